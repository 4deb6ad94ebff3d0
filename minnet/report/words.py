"""How verdicts, indices and numbers are written, wherever they are shown."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from minnet.records import NamedTuple
from minnet.report.results import Verdict


class Words(NamedTuple):
    """What a verdict is called.

    `name` is the verdict itself and `label` its mark before a line ("FAIL"). `word` says it of
    one thing ("right"), `outcome` of the gradients that have it ("w wrong"), and `counted`
    after a number ("2 with an error").
    """

    name: str
    label: str
    word: str
    outcome: str
    counted: str


#: the one table of what verdicts are called
WORDS: Mapping[Verdict, Words] = {
    "pass": Words("pass", "ok", "right", "right", "right"),
    "fail": Words("fail", "FAIL", "wrong", "wrong", "wrong"),
    "inconclusive": Words("inconclusive", "unsure", "not certain", "not certain", "not certain"),
    "not_implemented": Words(
        "not implemented", "todo", "to do", "not implemented yet", "not implemented"
    ),
    "error": Words("error", "ERROR", "error", "an error", "with an error"),
}


def index_text(index: Iterable[int]) -> str:
    """Return an element's index, or a shape, as text: ``(0,2,1)``."""
    return "(" + ",".join(str(int(i)) for i in index) + ")"


def ranges(numbers: Iterable[int]) -> str:
    """Return sorted whole numbers as text.

    >>> ranges([0, 3, 4, 5])
    '0, 3-5'
    """
    groups: list[list[int]] = []
    for number in map(int, numbers):
        if groups and number == groups[-1][-1] + 1:
            groups[-1].append(number)
        else:
            groups.append([number])
    return ", ".join(f"{g[0]}-{g[-1]}" if len(g) > 1 else str(g[0]) for g in groups)


def numbers(pair: tuple[float, float], bar: float = 0.0) -> tuple[str, str]:
    """Return two numbers as text, with as many digits as it takes to see them differ.

    The second is a measured one: of its digits, none is written that its error bar leaves open.

    >>> numbers((1.0, 1.23456789), bar=2.5e-3), numbers((0.0, 3e-17), bar=1e-12)
    (('1', '1.2346'), ('0', '0'))
    """
    for digits in (6, 9, 12, 17):
        first, second = (f"{value:.{digits}g}" for value in pair)
        if first != second or pair[0] == pair[1]:
            break
    return first, _up_to(bar, pair[1], second)


def _up_to(bar: float, value: float, text: str) -> str:
    """Return a number's text, cut where its error bar, written with two digits, ends."""
    if not (0 < bar < math.inf and math.isfinite(value)) or value == 0:
        return text
    known = math.floor(math.log10(abs(value))) - math.floor(math.log10(bar)) + 2
    shorter = f"{value:.{known}g}" if known > 0 else "0"
    return shorter if len(shorter) < len(text) else text


def plural(count: int, noun: str) -> str:
    """Return a count and its noun: ``1 case``, ``2 cases``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def listed(names: Iterable[str]) -> str:
    """Return names as text: ``x, w and b``."""
    *first, last = [*names] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def in_runs(names: Iterable[str]) -> list[str]:
    """Return names, of three and more that are numbered in a row only the first and the last.

    >>> in_runs(["x", "W1", "b1", "W2", "b2", "W3", "b3"])
    ['x', 'W1 to W3', 'b1 to b3']
    """
    given = list(dict.fromkeys(names))
    rows: dict[str, list[str]] = {}
    for name in given:
        rows.setdefault(name.rstrip("0123456789"), []).append(name)
    found = {name: name for name in given}
    for stem, row in rows.items():
        numbered = [[f"{stem}{start + i}" for i in range(len(row))] for start in (0, 1)]
        if len(row) > 2 and row in numbered:
            found |= dict.fromkeys(row, f"{row[0]} to {row[-1]}")
    return list(dict.fromkeys(found.values()))


def nearest(wanted: str, known: Iterable[str], *, least: float = 0.5) -> str:
    """Return the known name that is probably meant, whatever its capitals; "" where none is near.

    >>> nearest("gul", ["GELU", "GLU", "Dense"]), nearest("nothing like it", ["Dense"])
    ('GLU', '')
    """
    import difflib  # late: most names are right

    lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(wanted.lower(), lower, n=1, cutoff=least)
    return lower[found[0]] if found else ""


def did_you_mean(wanted: str, known: Iterable[str]) -> str:
    """Return the question for a name that is not there, or else which there are.

    >>> did_you_mean("gul", ["GELU", "GLU"]), did_you_mean("zz", ["GELU", "GLU"])
    ('did you mean GLU?', 'there are GELU and GLU')
    """
    names = list(known)
    near = nearest(wanted, names)
    return f"did you mean {near}?" if near else f"there are {listed(names)}"


def shown_place(file: str, number: int) -> str:
    """Return a line of a file, or of a notebook's cell, as the reader would look for it.

    >>> shown_place("layers.py", 13), shown_place("homework.ipynb cell 4", 3)
    ('layers.py:13', 'homework.ipynb, cell 4, line 3')
    """
    cell = _cell(file)
    return f"{cell}, line {number}" if cell else f"{shown_path(file)}:{number}"


def short_place(file: str, number: int) -> str:
    """Return the same with the name of the file alone.

    >>> short_place("course/week1/layers.py", 13)
    'layers.py:13'
    """
    return shown_place(file, number) if _cell(file) else f"{Path(file).name}:{number}"


def _cell(file: str) -> str:
    """Return the cell that code was compiled from under this name; "" where it is no cell."""
    if found := re.fullmatch(r"(.*\.ipynb) (cell \d+)", file):
        return f"{found[1]}, {found[2]}"
    live = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    named = getattr(getattr(live, "compile", None), "format_code_name", lambda file: None)(file)
    return f"cell {named[1]}" if named else ""


def shown_path(file: str) -> str:
    """Return a file's path as the reader would type it: relative where it lies below.

    Of a notebook's cell it is what the cell is called.
    """
    if cell := _cell(file):
        return cell
    try:
        return str(Path(file).relative_to(Path.cwd()))
    except ValueError:
        return file
