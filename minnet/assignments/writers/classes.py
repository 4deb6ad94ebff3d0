"""The tables of a whole class: one of minnet's own, and a column of a Canvas export."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from minnet.assignments.grade import Grade
from minnet.assignments.writers.words import by_name, lines, plain, shown

#: the columns of a Canvas export that name a student
_CANVAS_NAMES = ("ID", "SIS User ID", "SIS Login ID", "Student")
#: how Canvas names the files of a bulk download: name, LATE, the ID, the submission, the file
_CANVAS_FILE = re.compile(r"[^_]+_(?:LATE_)?(?P<id>\d+)_\d+_")


class CanvasError(Exception):
    """Why a Canvas export cannot be filled, in one line."""


@dataclass(frozen=True)
class Filled:
    """A Canvas export with a column filled.

    Attributes
    ----------
    text : str
        The export.
    without_score : tuple of str
        Students of the export for whom there is none.
    without_row : tuple of str
        Submissions that belong to no student of the export.
    """

    text: str
    without_score: tuple[str, ...]
    without_row: tuple[str, ...]


def class_csv(rows: Iterable[tuple[str, Grade]]) -> str:
    """Return the table of a class: a row for each student and submission's grade.

    Examples
    --------
    >>> print(class_csv([("ada", Grade("Convolution", "layers.py", (), "full", 1.5))]))
    student,score,max_score,codes,flags,isolation,seconds,message
    ada,0,0,,,full,1.5,
    <BLANKLINE>
    """
    rows = list(rows)
    names = list(dict.fromkeys(name for _, grade in rows for name in by_name(grade.items)))
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    head = ["student", "score", "max_score", *names, "codes", "flags", "isolation", "seconds"]
    table.writerow([_cell(name) for name in [*head, "message"]])
    for student, grade in rows:
        table.writerow([_cell(value) for value in _row(student, grade, names)])
    return out.getvalue()


def fill_canvas(export: str, scores: Mapping[str, Fraction], column: str) -> Filled:
    """Fill one column of a Canvas gradebook export, and leave everything else as it is.

    Parameters
    ----------
    export : str
        The course's own export.
    scores : dict
        Points by submission: a student's ID, SIS ID, login or name, or the name that the file
        has in Canvas's bulk download.
    column : str
        The title of the assignment's column, or the number Canvas puts behind it.

    Returns
    -------
    Filled

    Raises
    ------
    CanvasError
        When it is no export, or has no such column.
    """
    mark = "\ufeff" if export.startswith("\ufeff") else ""
    export = export.removeprefix(mark)
    first = export.split("\n", 1)[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    rows = list(csv.reader(io.StringIO(export), delimiter=delimiter))
    if not rows or "Student" not in rows[0][0] or "ID" not in rows[0]:
        raise CanvasError("this is no Canvas gradebook export: its first row names no Student, ID")
    place = _column(rows[0], column)
    unused = dict(scores)
    without: list[str] = []
    for row in rows[1:]:
        if not _is_student(row, place):
            continue
        found = next((name for name in scores if _belongs(name, rows[0], row)), None)
        if found is None:
            without.append(row[0])
        elif row[place].strip().upper() != "EX":  # excused stays excused
            points = shown(scores[found])
            row[place] = points.replace(".", ",") if delimiter == ";" else points
        unused.pop(found or "", None)
    out = io.StringIO()
    end = "\r\n" if "\r\n" in export else "\n"
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    return Filled(mark + out.getvalue(), tuple(without), tuple(unused))


def _row(student: str, grade: Grade, names: Sequence[str]) -> list[str]:
    items = by_name(grade.items)
    got = [shown(sum((i.score for i in items.get(name, [])), Fraction(0))) for name in names]
    codes = dict.fromkeys(code for item in grade.items for code in item.codes)
    flags = dict.fromkeys(flag.code for flag in grade.flags)
    return [
        student, shown(grade.score), shown(grade.max_score), *got, " ".join(codes),
        " ".join(flags), grade.isolation, f"{grade.seconds:.1f}",
        lines(grade.message, 300).replace("\n", " "),
    ]  # fmt: skip


def _cell(value: str) -> str:
    """Return a value that no spreadsheet takes for a formula.

    >>> _cell("=1+1"), _cell("-3")
    ("'=1+1", "'-3")
    """
    value = plain(value)
    return "'" + value if value[:1] in ("=", "+", "-", "@") else value


def _column(head: Sequence[str], wanted: str) -> int:
    by_number = [k for k, name in enumerate(head) if name.rstrip().endswith(f"({wanted})")]
    by_title = [k for k, name in enumerate(head) if name == wanted or _title(name) == wanted]
    found = by_title or by_number
    if len(found) == 1:
        return found[0]
    columns = [name for name in head if re.search(r"\(\d+\)\s*$", name)]
    known = "; there are " + ", ".join(columns) if columns else ""
    many = f"there are {len(found)} columns" if found else "there is no column"
    raise CanvasError(f"{many} {wanted!r} in this export{known}")


def _title(name: str) -> str:
    return re.sub(r"\s*\(\d+\)\s*$", "", name)


def _is_student(row: Sequence[str], place: int) -> bool:
    """Return whether a row is one of a student; some say what the points possible are."""
    return len(row) > place and bool(row[0].strip()) and "Points Possible" not in row[0]


def _belongs(name: str, head: Sequence[str], row: Sequence[str]) -> bool:
    match = _CANVAS_FILE.match(name)
    if match and "ID" in head and row[head.index("ID")] == match["id"]:
        return True
    values = [row[k].strip() for k, title in enumerate(head) if title in _CANVAS_NAMES]
    return name in values or name.lower() in [value.lower() for value in values if "@" in value]
