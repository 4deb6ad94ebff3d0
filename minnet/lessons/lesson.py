"""One tutorial: what its header says, its cells and exercises, and what is made of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from minnet.assignments.holes import Marked, read_holes
from minnet.assignments.markers import markers
from minnet.assignments.notebook import Cell, cells, notebook

_FIELDS = ("title", "question", "teaches", "minutes")
_BORDER = "# ---"


class LessonError(Exception):
    """What is wrong with a tutorial or a learner's file, in one line."""


@dataclass(frozen=True)
class Lesson:
    """A tutorial.

    Attributes
    ----------
    name : str
        That of its file: ``"01_slope"``.
    source : str
        The script, with its solutions.
    title, question, teaches : str
        A line each.
    minutes : int
        How long it takes.
    """

    name: str
    source: str
    title: str
    question: str
    teaches: str
    minutes: int

    @property
    def number(self) -> int:
        """Its place among the tutorials: 1 is the first."""
        return int(self.name[:2])

    @property
    def file(self) -> str:
        """What its file is called."""
        return f"{self.name}.py"

    @cached_property
    def marked(self) -> Marked:
        """The script and its holes."""
        return read_holes(self.source, self.file)

    @property
    def places(self) -> tuple[str, ...]:
        """The functions and methods that hold them: the exercises."""
        return tuple(dict.fromkeys(hole.place for hole in self.marked.holes))

    @cached_property
    def student(self) -> str:
        """The script with holes, as learners get it."""
        return self.marked.student()

    @cached_property
    def solution(self) -> str:
        """The script with its solutions, without the comments that mark them."""
        drop = {marker.line for marker in markers(self.source, self.file)}
        lines = self.source.split("\n")
        return "\n".join(line for number, line in enumerate(lines, 1) if number not in drop)

    def cells(self, source: str) -> list[Cell]:
        """Return the cells of a version of this script."""
        return cells(source, self.file)

    def notebook(self, source: str) -> str:
        """Return a version of this script as the text of a notebook."""
        return notebook(self.cells(source))


def read_lesson(path: Path) -> Lesson:
    """Read a tutorial.

    Raises
    ------
    LessonError
        When its header or its cells are not as they have to be.
    """
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LessonError(f"{path} cannot be read: {error}") from None
    said = read_header(source, path.name)
    if not said["minutes"].isdecimal():
        raise LessonError(f"{path.name}: minutes is a whole number, not {said['minutes']!r}")
    return Lesson(
        path.stem, source, said["title"], said["question"], said["teaches"], int(said["minutes"])
    )


def read_header(source: str, name: str = "script.py") -> dict[str, str]:
    """Return what the header of a script says.

    Raises
    ------
    LessonError
        When it has none, or not all of it.

    Examples
    --------
    >>> text = "# ---\\n# title: A slope\\n# question: How?\\n# teaches: it\\n# minutes: 5\\n# ---"
    >>> read_header(text)["title"]
    'A slope'
    """
    lines = source.splitlines()
    if not lines or lines[0].strip() != _BORDER or _BORDER not in (s.strip() for s in lines[1:]):
        raise LessonError(f"{name}: it begins with a header between two lines {_BORDER}")
    said: dict[str, str] = {}
    for number, line in enumerate(lines[1:], 2):
        if line.strip() == _BORDER:
            break
        match = re.fullmatch(r"# (\w+): (\S.*)", line.rstrip())
        if match is None or match[1] not in _FIELDS or match[1] in said:
            raise LessonError(
                f"{name}, line {number}: {line!r} is none of {', '.join(_FIELDS)}, once each"
            )
        said[match[1]] = match[2]
    if missing := [field for field in _FIELDS if field not in said]:
        raise LessonError(f"{name}: its header lacks {', '.join(missing)}")
    return said
