"""Where the tutorials are, and which there are."""

from __future__ import annotations

from pathlib import Path

from minnet.lessons.lesson import Lesson, LessonError, read_lesson
from minnet.report.words import nearest

_HERE = Path(__file__).resolve()
#: in an installed package they stand beside this file, in a source tree at its top
_PLACES = (_HERE.parent / "scripts", _HERE.parents[2] / "tutorials")


def folder() -> Path:
    """Return the folder of the scripts.

    Raises
    ------
    LessonError
        When there is none.
    """
    for place in _PLACES:
        if any(place.glob("[0-9][0-9]_*.py")):
            return place
    raise LessonError("the tutorials are not part of this installation; install minnet again")


def lessons() -> list[Lesson]:
    """Return the tutorials in their order.

    Raises
    ------
    LessonError
        When there are none, or one cannot be read.
    """
    return [read_lesson(path) for path in sorted(folder().glob("[0-9][0-9]_*.py"))]


def find(wanted: str, among: list[Lesson]) -> Lesson:
    """Return the tutorial of a number or a name: ``1``, ``01``, ``slope``, ``01_slope``.

    Raises
    ------
    LessonError
        When there is none, with the nearest.
    """
    for lesson in among:
        if wanted.lower() in (lesson.name, lesson.name[3:]) or (
            wanted.lstrip("0") == str(lesson.number)
        ):
            return lesson
    near = nearest(wanted, [lesson.name[3:] for lesson in among])
    numbers = [lesson.number for lesson in among]
    known = f"they are numbered {min(numbers)} to {max(numbers)}" if among else "there are none"
    hint = f"did you mean {near}?" if near else f"{known} (minnet tutorial lists them)"
    raise LessonError(f"there is no tutorial {wanted:.60}; {hint}")
