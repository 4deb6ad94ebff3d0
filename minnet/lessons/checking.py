"""Check a learner's file: every exercise by the script's own checks, in a process of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

from minnet.assignments.markers import HoleError
from minnet.assignments.notebook import Cell, NotebookError, cells, script_in_cells
from minnet.conventions.isolated.limits import MEMORY, time_limit
from minnet.lessons.exercises import Exercise, find_exercises
from minnet.lessons.lesson import Lesson, LessonError

#: how an exercise stands; `unknown` is one whose check did not run
Standing = Literal["right", "todo", "wrong", "unknown"]
#: what ends the child where it does not end itself, in seconds beyond the limit of a cell
_GRACE = 10.0
#: how long one cell may take: a lesson's longest takes half a minute of a quick machine at rest
SECONDS = 300.0


@dataclass(frozen=True)
class Outcome:
    """How one exercise stands.

    Attributes
    ----------
    exercise : Exercise
    standing : "right", "todo", "wrong" or "unknown"
    text : str
        What its check says where there is something to say, or why it did not run.
    findings : tuple of dict
        The code and the line of each mistake or warning, first the one that is told first.
    """

    exercise: Exercise
    standing: Standing
    text: str = ""
    findings: tuple[dict[str, Any], ...] = ()


@dataclass
class Told:
    """What a child has told."""

    cell: int = 0
    checks: list[dict[str, Any]] = field(default_factory=list)
    crashes: list[dict[str, Any]] = field(default_factory=list)
    ended: str = ""


def check_file(
    lesson: Lesson,
    path: Path,
    progress: Callable[[int], None] | None = None,
    hints: str = "full",
) -> list[Outcome]:
    """Check a learner's version of a tutorial.

    Parameters
    ----------
    lesson : Lesson
    path : Path
        A script or a notebook.
    progress : callable, optional
        Called with the line of each cell when it begins to run.
    hints : {"none", "code", "full", "fix"}
        How much minnet's checks tell of a mistake.

    Raises
    ------
    LessonError
        When it cannot be read, does not compile, or is not this tutorial.
    """
    source = _read(path)
    if path.suffix.lower() == ".ipynb":
        with tempfile.TemporaryDirectory(prefix="minnet-", ignore_cleanup_errors=True) as folder:
            exported = Path(folder, f"{path.stem}.py")
            exported.write_text(_exported(source, path.name), encoding="utf-8", newline="\n")
            return check_file(lesson, exported, progress, hints)
    parts = _cells_of(source, path.name)
    names = lesson.places
    exercises = find_exercises(names, parts)
    if not source.strip():
        raise LessonError(f"{path} is empty; minnet tutorial {lesson.number} --student NEW.py "
                          "writes one with holes to fill")  # fmt: skip
    if names and not any(exercise.lines[0] for exercise in exercises):
        raise LessonError(
            f"{path} has no {_listed(names)} in it: is it of another tutorial? "
            f"This is {lesson.number}, {lesson.title}"
        )
    last = max((exercise.cell for exercise in exercises), default=-1)
    code = [cell for cell in parts[: last + 1] if cell.kind == "code"]
    told = _run(path, code, progress, hints)
    return outcomes_of(exercises, parts, told, path)


def outcomes_of(
    exercises: Sequence[Exercise], parts: Sequence[Cell], told: Told, path: Path
) -> list[Outcome]:
    """Return how the exercises of a file stand, by what its run has told."""
    outcomes = [_outcome(exercise, parts, told, path) for exercise in exercises]
    return [_waiting(outcome, outcomes) for outcome in outcomes]


def _read(path: Path) -> str:
    """Return the text of a learner's file."""
    if path.is_dir():
        raise LessonError(f"{path} is a folder; name a file")
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise LessonError(f"{path} does not exist; --student {path} makes it") from None
    except UnicodeDecodeError:
        raise LessonError(f"{path} is not text in UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise LessonError(f"{path} cannot be read: {error.strerror}") from None


def _exported(source: str, name: str) -> str:
    """Return a notebook as a script; its lines count through the cells of code."""
    try:
        return script_in_cells(source, name)
    except NotebookError as error:
        raise LessonError(str(error)) from None


def _cells_of(source: str, name: str) -> list[Cell]:
    """Return the cells of a script."""
    try:
        return cells(source, name)
    except (NotebookError, HoleError) as error:
        raise LessonError(str(error)) from None


def _run(
    path: Path, parts: Sequence[Cell], progress: Callable[[int], None] | None, hints: str
) -> Told:
    """Run cells in a child and return what it told."""
    told, seconds = Told(), time_limit(SECONDS)
    environment = os.environ | {"MPLBACKEND": "Agg", "PYTHONIOENCODING": "utf-8"}
    here = str(Path(__file__).resolve().parents[2])
    environment["PYTHONPATH"] = os.pathsep.join(
        part for part in (here, os.environ.get("PYTHONPATH", "")) if part
    )
    with tempfile.TemporaryDirectory(prefix="minnet-", ignore_cleanup_errors=True) as folder:
        hung = Path(folder, "hung.txt")
        file = str(path.resolve())
        asked = {
            "file": file,
            "folder": str(path.resolve().parent),
            "cells": [{"source": cell.source, "line": cell.line} for cell in parts],
            "seconds": seconds,
            "hung": str(hung),
            "hints": hints,
        }
        with subprocess.Popen(
            [sys.executable, "-m", "minnet.lessons.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            text=True,
            encoding="utf-8",
        ) as process:
            assert process.stdin is not None and process.stdout is not None
            try:
                json.dump(asked, process.stdin)
                process.stdin.close()
                listen(process.stdout, told, progress)
            finally:
                process.kill()
        if not told.ended:
            told.ended = _how_it_ended(hung, file, seconds, process.returncode, told.cell)
    return told


def listen(lines: Iterable[str], told: Told, progress: Callable[[int], None] | None = None) -> None:
    """Take in what a child tells, a line of JSON each."""
    for line in lines:
        try:
            fact = json.loads(line)
        except ValueError:
            continue
        if fact["kind"] == "cell":
            told.cell = fact["line"]
            if progress is not None:
                progress(told.cell)
        elif fact["kind"] == "check":
            told.checks.append(fact)
        elif fact["kind"] == "crash":
            told.crashes.append(fact)
        elif fact["kind"] == "memory":
            told.ended = f"it took more than {MEMORY // 1024**3} GB of memory"
        elif fact["kind"] == "done":
            told.ended = "done"


def _how_it_ended(hung: Path, file: str, seconds: float, code: int, cell: int) -> str:
    """Return why a child did not come to its end: an endless loop, or the end of its process."""
    trace = hung.read_text(encoding="utf-8", errors="replace") if hung.exists() else ""
    lines = re.findall(rf'File "{re.escape(file)}", line (\d+)', trace)
    if "Timeout" in trace:
        where = lines[0] if lines else cell
        return f"line {where} was still running after {seconds:g} s: an endless loop?"
    how = f"signal {-code}" if code < 0 else f"status {code}"
    return f"the cell at line {cell} ended the Python process ({how})"


def _outcome(exercise: Exercise, parts: Sequence[Cell], told: Told, path: Path) -> Outcome:
    if not exercise.lines[0]:
        return Outcome(exercise, "unknown", f"there is no {exercise.name} in {path.name}")
    if exercise.cell < 0:
        text = f"the cell that checks {exercise.name} is not in {path.name} any more"
        return Outcome(exercise, "unknown", text)
    said = [
        check
        for check in told.checks
        if any(first <= check["line"] <= last for first, last in exercise.checks)
    ]
    wrong = [check for check in said if check["verdict"] != "pass"]
    text = _placed(wrong[0], exercise, path) if wrong else ""
    if len(wrong) > 1:
        text += (
            f"\n\n(of the {len(said)} checks of {exercise.name}, {len(wrong)} are not right yet)"
        )
    if exercise.empty:
        return Outcome(exercise, "todo", text)
    if wrong:
        unwritten = all(check["verdict"] == "not_implemented" for check in wrong)
        missing = all(f["code"] == "missing" for check in wrong for f in _found(check)[:1])
        if (unwritten or missing) and not exercise.returns:
            text = f"line {exercise.lines[1]}: it ends without a return, so it gives nothing back"
            return Outcome(exercise, "wrong", text)
        found = tuple(finding for check in wrong for finding in check.get("findings", ()))
        return Outcome(exercise, "todo" if unwritten else "wrong", text, found)
    if said:
        for crash in told.crashes:  # what the cell goes on to say of the numbers
            if crash["cell"] == parts[exercise.cell].line:
                return Outcome(exercise, "wrong", f"line {crash['line']}: {crash['error']}")
        # what passes may have a warning all the same: it changes an array of the caller's
        warned = [check for check in said if any(map(partial(_is_own, exercise), _found(check)))]
        found = tuple(finding for check in warned for finding in _found(check))
        return Outcome(exercise, "right", warned[0]["text"] if warned else "", found)
    return Outcome(exercise, *_why_not_checked(exercise, parts, told))


def _placed(check: dict[str, Any], exercise: Exercise, path: Path) -> str:
    """Return what a check says; a sentence of the script's own with the line, if there is one."""
    text = str(check["text"])
    for finding in _found(check):
        if finding["line"] is None and exercise.only:
            finding["line"] = exercise.only
            text += f"\n  --> {path.name}:{exercise.only}"
    return text


def _found(check: dict[str, Any]) -> list[dict[str, Any]]:
    return list(check.get("findings", ()))


def _is_own(exercise: Exercise, finding: dict[str, Any]) -> bool:
    """Return whether a finding is of the learner's own lines; one without a line may be."""
    return not finding["line"] or _holds(exercise, finding["line"])


def _waiting(outcome: Outcome, outcomes: Sequence[Outcome]) -> Outcome:
    """Return an outcome; one that another exercise of the same check explains, waits for that."""
    if outcome.exercise.empty or not outcome.text or outcome.standing in ("right", "unknown"):
        return outcome
    lines = {finding["line"] for finding in outcome.findings if finding["line"]}
    mine = any(_holds(outcome.exercise, line) for line in lines)
    for other in (other.exercise for other in outcomes if other is not outcome):
        together = bool(set(other.checks) & set(outcome.exercise.checks))
        if (together and other.empty) or (not mine and any(_holds(other, line) for line in lines)):
            return Outcome(outcome.exercise, "unknown", f"its check needs {other.name} to be right")
    return outcome


def _holds(exercise: Exercise, line: int) -> bool:
    return exercise.lines[0] <= line <= exercise.lines[1]


def _why_not_checked(exercise: Exercise, parts: Sequence[Cell], told: Told) -> tuple[Standing, str]:
    """Return what kept the check of an exercise from running."""
    own = parts[exercise.cell].line
    for crash in told.crashes:
        if crash["cell"] <= own:
            inside = _holds(exercise, crash["line"])
            text = f"line {crash['line']}: {crash['error']}"
            return ("wrong", text) if inside else ("unknown", f"not reached: {text}")
    if told.ended != "done":
        match = re.match(r"line (\d+)", told.ended)
        inside = match is not None and _holds(exercise, int(match[1]))
        return ("wrong", told.ended) if inside else ("unknown", f"not reached: {told.ended}")
    return "unknown", "its check did not run: is the cell below it as it was?"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
