"""Which tutorials there are, and each stated mistake put into its script: ``playing.py SCRIPT``.

The script runs once, in a process of its own. Where a hole is, a copy of the process is made for
each of its mistakes, which runs on with the mistake in it to the check of that hole.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import minnet  # noqa: F401  (whose checks are watched)
from minnet.assignments.hole import Hole, Mistake
from minnet.lessons.checking import Told, listen, outcomes_of
from minnet.lessons.child import Telling, run_cell, watch_checks
from minnet.lessons.exercises import find_exercises
from minnet.lessons.lesson import Lesson, read_lesson
from minnet.lessons.pictures import take_backend
from minnet.lessons.running import Runner

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted((ROOT / "tutorials").glob("[0-9][0-9]_*.py"))


@cache
def outcomes_of_mistakes(script: Path) -> dict[int, dict[str, object]]:
    """Return what the check says of each stated mistake, by the line of its comment."""
    ended = python(str(Path(__file__)), str(script))
    assert ended.returncode == 0, ended.stderr
    return {int(line): said for line, said in json.loads(ended.stdout).items()}


def python(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a fresh Python, in which nothing is drawn on a screen."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg",
                   "PYTHONIOENCODING": "utf-8", "OPENBLAS_NUM_THREADS": "1"}  # fmt: skip
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
        cwd=folder,
        timeout=300,
    )


def play(lesson: Lesson, folder: Path) -> dict[int, dict[str, object]]:
    """Run a script up to its last check, and each mistake from its hole to its check."""
    parts = lesson.cells(lesson.source)
    exercises = {e.name: e for e in find_exercises(lesson.places, parts)}
    runner, found = Runner(str(folder / lesson.file), parts), {}
    Path(runner.file).write_text(lesson.source, encoding="utf-8")
    last = max((exercise.cell for exercise in exercises.values()), default=-1)
    for number, cell in enumerate(parts[: last + 1]):
        if cell.kind != "code":
            continue
        end = cell.line + cell.source.count("\n")
        for hole in lesson.marked.holes:
            for mistake in hole.mistakes if cell.line <= hole.first <= end else ():
                check = exercises[hole.place].cell
                found[mistake.line] = in_a_copy(runner, lesson, hole, mistake, number, check)
        runner.run(cell)
    return found


def in_a_copy(
    runner: Runner, lesson: Lesson, hole: Hole, mistake: Mistake, first: int, check: int
) -> dict[str, object]:
    """Return how a hole stands with a mistake in it, found out in a copy of this process."""
    text = lesson.marked.with_mistake(mistake)
    path = Path(runner.file).with_name(f"{lesson.name}_{mistake.line}.py")
    path.write_text(text, encoding="utf-8")
    reading, writing = os.pipe()
    if not os.fork():
        stream = os.fdopen(writing, "w", encoding="utf-8")
        tell = Telling(stream)
        sys.stdout = io.StringIO()
        runner.file = runner.module.__file__ = str(path)
        watch_checks(tell, runner.file)
        for cell in lesson.cells(text)[first : check + 1]:
            if cell.kind == "code":
                run_cell(runner, cell, tell)
        tell("done")
        os._exit(0)
    os.close(writing)
    told = Told()
    with os.fdopen(reading, encoding="utf-8") as lines:
        listen(lines, told)
    os.wait()
    parts = lesson.cells(text)
    outcomes = outcomes_of(find_exercises(lesson.places, parts), parts, told, path)
    mine = next(o for o in outcomes if o.exercise.name == hole.place)
    return {"standing": mine.standing, "text": mine.text, "findings": mine.findings,
            "first": mine.exercise.lines[0]}  # fmt: skip


if __name__ == "__main__":
    take_backend(interactive=False)
    printed = sys.stdout
    sys.stdout = io.StringIO()
    with tempfile.TemporaryDirectory() as scratch:
        said = play(read_lesson(Path(sys.argv[1])), Path(scratch).resolve())
    print(json.dumps(said), file=printed)
