"""The grades of a class that have been made, in a file that survives a kill at any moment."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

from minnet.assignments.folder import Assignment
from minnet.assignments.grade import Flag, Grade, ItemGrade
from minnet.assignments.grading import read_submission
from minnet.version import __version__


class Records:
    """Grades by student, a line of JSON each, appended as they are made.

    A line that a kill has cut off is passed over. Grades of another state of the assignment, or
    by another minnet, do not count.

    Parameters
    ----------
    path : Path
        The file; it need not be there.
    assignment : Assignment
    """

    def __init__(self, path: Path, assignment: Assignment) -> None:
        self._path = path
        self._state = state_of(assignment)
        self._grades: dict[tuple[str, str], Grade] = {}
        whole = b""
        if path.exists():
            whole = path.read_bytes()
            for line in whole.splitlines():
                self._take(line)
        if whole and not whole.endswith(b"\n"):  # what is appended begins on a line of its own
            with path.open("ab") as file:
                file.write(b"\n")

    def get(self, student: str, digest: str) -> Grade | None:
        """Return the grade of a student for a submission of this digest."""
        return self._grades.get((student, digest))

    def put(self, student: str, digest: str, grade: Grade, lasting: bool = True) -> None:
        """Keep a grade; if it is to last, it is on the disk when this returns."""
        self._grades[student, digest] = grade
        if not lasting:
            return
        record = {"state": self._state, "student": student, "digest": digest}
        line = json.dumps(record | {"grade": as_record(grade)})
        with self._path.open("ab") as file:
            file.write(line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _take(self, line: bytes) -> None:
        try:
            record = json.loads(line)
            if record["state"] == self._state:
                made = from_record(record["grade"])
                self._grades[record["student"], record["digest"]] = made
        except (ValueError, KeyError, TypeError):
            return


def state_of(assignment: Assignment) -> str:
    """Return what changes when the assignment does."""
    digest = hashlib.sha256(__version__.encode())
    for path in sorted(assignment.folder.glob("*.*")):
        if path.suffix in (".toml", ".py"):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def digest_of(submission: Path) -> str:
    """Return what changes when a submission does."""
    source, problem = read_submission(submission)
    return hashlib.sha256(source or problem.encode()).hexdigest()[:16]


def as_record(grade: Grade) -> dict[str, Any]:
    """Return a grade as JSON has it, its points exact.

    >>> from_record(as_record(Grade("A", "f.py", (), "full", 1.0))) == Grade(
    ...     "A", "f.py", (), "full", 1.0)
    True
    """
    record = asdict(grade)
    for item in record["items"]:
        item["score"], item["max_score"] = str(item["score"]), str(item["max_score"])
    return record


def from_record(record: dict[str, Any]) -> Grade:
    """Return the grade of a record."""
    items = tuple(
        ItemGrade(**item | {
            "score": Fraction(item["score"]),
            "max_score": Fraction(item["max_score"]),
            "codes": tuple(item["codes"]),
        })
        for item in record["items"]
    )  # fmt: skip
    flags = tuple(Flag(**flag) for flag in record["flags"])
    return Grade(**record | {"items": items, "flags": flags})
