"""The files that commands write: never over code or over each other, and whole or not at all."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

#: what is somebody's work, and no report
_CODE = (".py", ".ipynb", ".toml", ".cfg")


def unwritable(outputs: Mapping[str, str | None], targets: Sequence[str] = ()) -> str:
    """Return why some output must not or cannot be written; "" where all can.

    Parameters
    ----------
    outputs : dict of str to str
        The file that is asked for by each option: ``{"--json": "report.json"}``; None where it is
        not asked for. ``-`` is standard output, for one of them.
    targets : sequence of str
        What the command reads.

    Examples
    --------
    >>> unwritable({"--json": "layers.py"}, ["layers.py"])
    '--json: layers.py is code, and would be overwritten: name another file'
    """
    wanted = {option: path for option, path in outputs.items() if path is not None}
    if list(wanted.values()).count("-") > 1:
        return f"{' and '.join(wanted)} cannot both be written to standard output"
    taken: dict[Path, str] = {}
    for option, path in wanted.items():
        problem = "" if path == "-" else _problem(path, targets)
        place = Path(path).absolute()
        if not problem and path != "-" and place in taken:
            problem = f"{path} is what {taken[place]} writes: name another file"
        if problem:
            return f"{option}: {problem}"
        taken[place] = option
    return ""


def no_new_file(path: str, suffix: str) -> str:
    """Return why a new file of somebody's work cannot be made here; "" where it can.

    Whatever is there already stays: it may be a day's work.

    Examples
    --------
    >>> no_new_file("slope.txt", ".py")
    'slope.txt does not end in .py: name a file that does'
    """
    if path == "-":
        return ""
    if problem := _no_place(path):
        return problem
    if Path(path).suffix.lower() != suffix:
        return f"{path} does not end in {suffix}: name a file that does"
    if os.path.lexists(path):
        return f"{path} is there already, and may hold your work: name a new file"
    return ""


def deliver(path: str, text: str) -> None:
    """Write a file, and say so; ``-`` is standard output.

    Raises
    ------
    OSError
        It cannot be written.
    """
    if path == "-":
        print(text, end="")
        return
    from minnet.files import write_text  # late: NumPy comes with it

    write_text(path, text)
    say_written(path)


def say_written(path: str) -> None:
    """Say that a file has been written."""
    from minnet.report.terminal import clean

    print(f"wrote {clean(path)}", file=sys.stderr)


def discard_output() -> None:
    """Let what is still to be printed go nowhere: the reader of standard output has gone."""
    with (
        open(os.devnull, "w", encoding="utf-8") as nothing,
        contextlib.suppress(OSError, ValueError),
    ):
        os.dup2(nothing.fileno(), sys.stdout.fileno())


def _problem(path: str, targets: Sequence[str]) -> str:
    place = Path(path)
    if place.suffix.lower() in _CODE:
        return f"{path} is code, and would be overwritten: name another file"
    if any(_is_same(place, target) for target in targets):
        return f"{path} is what is looked at, and would be overwritten: name another file"
    return _no_place(path)


def _no_place(path: str) -> str:
    """Return why no file can have this name; "" where one can."""
    place = Path(path)
    if not path.strip():
        return "an empty name; name a file"
    try:
        if place.is_dir():
            return f"{path} is a folder; name a file"
        if not place.resolve().parent.is_dir():
            return f"there is no folder {place.parent} to write {place.name} in"
    except (OSError, ValueError) as error:
        return f"{path:.60} cannot be the name of a file: {getattr(error, 'strerror', error)}"
    return ""


def _is_same(place: Path, target: str) -> bool:
    file = target.rpartition(":")[0] if ":" in target[2:] else target
    return bool(file) and place.absolute() == Path(file).absolute()
