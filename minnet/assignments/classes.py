"""Grade a class: every submission in a folder, several at a time, to be gone on with at any time.

Each grade is kept in a file beside the table as soon as it is there. Whoever starts again after a
power cut grades what is not in it yet; a submission that was changed since is graded anew.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from minnet.assignments.failure import failed
from minnet.assignments.folder import Assignment, read_assignment
from minnet.assignments.grade import Flag, Grade
from minnet.assignments.grading import grade
from minnet.assignments.records import Records, digest_of

#: seconds beyond those of a submission after which its grader is believed to hang
GRACE = 60.0
#: what a grade is flagged with whose grader failed; it is made again the next time
LOST = "grader_failed"
#: grades that a grader makes before a fresh one takes its place
MOST_GRADES = 50
_POLL = 0.5
#: told the student, the grade, how many are done, and of how many
Progress = Callable[[str, Grade, int, int], None]


@dataclass(frozen=True)
class Handed:
    """What one student has handed in: a file, or a folder with the file in it."""

    student: str
    path: Path


def handed_in(folder: Path, assignment: Assignment) -> list[Handed]:
    """Return the submissions in a folder, by name: Python files, and folders."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "__")):
            continue
        if path.suffix == ".py":
            found.append(Handed(path.stem, path))
        elif path.is_dir() and not path.is_symlink():
            found.append(Handed(path.name, file_in(path, assignment.file)))
    return found


def file_in(folder: Path, file: str) -> Path:
    """Return the file of a submission: that of its name, or the only Python file there is."""
    wanted = folder / file
    if wanted.exists() or wanted.is_symlink():
        return wanted
    others = sorted(folder.rglob(file)) or sorted(folder.glob("*.py"))
    return others[0] if len(others) == 1 else wanted


def grade_class(
    assignment: Assignment,
    submissions: Sequence[Handed],
    records: Records,
    *,
    jobs: int = 1,
    progress: Progress = lambda student, grade, done, total: None,
) -> list[tuple[str, Grade]]:
    """Return the grade of every student, in their order.

    Parameters
    ----------
    assignment : Assignment
    submissions : sequence of Handed
    records : Records
        What was graded before; every new grade is put in at once.
    jobs : int
        How many are graded at a time.
    progress : callable
    """
    keys = {handed.student: digest_of(handed.path) for handed in submissions}
    waiting = [h for h in submissions if records.get(h.student, keys[h.student]) is None]
    done = len(submissions) - len(waiting)
    for handed, made in _graded(assignment, waiting, jobs):
        records.put(handed.student, keys[handed.student], made, lasting=not is_lost(made))
        done += 1
        progress(handed.student, made, done, len(submissions))
    found = [(h.student, records.get(h.student, keys[h.student])) for h in submissions]
    return [(student, made) for student, made in found if made is not None]


def is_lost(grade: Grade) -> bool:
    """Return whether a grade says that its grader failed, and nothing of the submission."""
    return any(flag.code == LOST for flag in grade.flags)


def _graded(
    assignment: Assignment, waiting: Sequence[Handed], jobs: int
) -> Iterator[tuple[Handed, Grade]]:
    """Yield grades as they are made, by several graders; one that hangs or ends is replaced."""
    left = list(reversed(waiting))
    tried_again: set[str] = set()
    graders: list[_Grader] = []
    try:
        while left or any(grader.busy for grader in graders):
            graders = [grader for grader in graders if grader.busy or not grader.spent]
            while left and len(graders) < jobs:
                graders.append(_Grader(assignment))
            for grader in graders:
                if left and not grader.busy:
                    grader.begin(left.pop())
            busy = {grader.connection: grader for grader in graders if grader.busy}
            wait(list(busy), timeout=_POLL)
            for grader in busy.values():
                handed = grader.busy
                if handed is None or (made := grader.result()) is None:
                    continue
                if is_lost(made) and handed.student not in tried_again:
                    tried_again.add(handed.student)
                    left.append(handed)
                else:
                    yield handed, made
    finally:
        for grader in graders:
            grader.close()


class _Grader:
    """A process that makes one grade after the other."""

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        self.connection, theirs = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=_serve, args=(theirs, assignment.folder))
        self._process.daemon = False
        self._process.start()
        theirs.close()
        self.busy: Handed | None = None
        self._made, self._until = 0, 0.0
        self.spent = False

    def begin(self, handed: Handed) -> None:
        """Have it grade a submission."""
        self.busy = handed
        self._until = time.monotonic() + self._assignment.seconds + GRACE
        try:
            self.connection.send(handed.path)
        except OSError:
            self.spent = True

    def result(self) -> Grade | None:
        """Return the grade if there is one by now; a complete failure if there never will be."""
        assert self.busy is not None
        made, why = None, ""
        try:
            if self.connection.poll():
                made = self.connection.recv()
        except (EOFError, OSError):
            why = "the grader ended while it graded this"
        if made is None and not why and time.monotonic() > self._until:
            why = "the grader took too long over this, and was stopped"
        if why:
            made = failed(self._assignment, self.busy.path.name, why)
            made = replace(made, flags=(Flag(LOST, why),))
            self.close()
        if made is not None:
            self.busy = None
            self._made += 1
            if self._made >= MOST_GRADES:
                self.close()
        return made

    def close(self) -> None:
        """End the process."""
        self.spent = True
        self._process.kill()
        self._process.join(timeout=10)
        self.connection.close()


_CONTEXT = multiprocessing.get_context("spawn")


def _serve(connection: Connection[Any, Any], folder: Path) -> None:
    assignment = read_assignment(folder)
    while True:
        try:
            path = connection.recv()
        except EOFError:
            return
        connection.send(grade(assignment, path))
