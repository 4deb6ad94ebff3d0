"""What every platform's files are made from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from minnet.assignments.folder import TOML, Assignment, need_solution
from minnet.assignments.holes import Marked, read_holes
from minnet.assignments.packing import Packed


@dataclass(frozen=True)
class Source:
    """An assignment with its solution, read and stripped.

    Attributes
    ----------
    assignment : Assignment
    marked : Marked
        The solution and its holes.
    student : str
        The students' version.
    readme : str
        The hand-out.
    """

    assignment: Assignment
    marked: Marked
    student: str
    readme: str

    @property
    def slug(self) -> str:
        """The title as a name for folders.

        Letters, digits and hyphens only.
        """
        words = re.findall(r"[a-z0-9]+", self.assignment.title.lower())
        return "-".join(words) or "assignment"

    def private(self) -> dict[str, Packed]:
        """Return the assignment as a grader needs it, solution and secret included."""
        files = {
            TOML: self.assignment.folder / TOML,
            self.assignment.file: self.assignment.solution,
        }
        return {name: Packed(path.read_bytes()) for name, path in files.items()}


def read_source(assignment: Assignment) -> Source:
    """Return what the files of a release are made from.

    Raises
    ------
    AssignmentError, HoleError
        When the solution is missing, or cannot be stripped clean.
    """
    marked = read_holes(need_solution(assignment).read_text(encoding="utf-8"), assignment.file)
    student = marked.student()
    path = assignment.folder / "README.md"
    readme = path.read_text(encoding="utf-8") if path.is_file() else f"# {assignment.title}\n"
    return Source(assignment, marked, student, readme)
