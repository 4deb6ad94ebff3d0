"""minnet tutorial: from a slope to a small transformer, a cell at a time."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from minnet.cli.outputs import deliver, no_new_file
from minnet.report.terminal import Style, clean

if TYPE_CHECKING:
    from minnet.lessons.checking import Outcome
    from minnet.lessons.lesson import Lesson
    from minnet.lessons.progress import Progress

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

EPILOG = """\
Examples:

    minnet tutorial                            which there are, and how far you are
    minnet tutorial 1                          step through the first: Enter runs a cell, q leaves
    minnet tutorial 1 --student slope.py       your own copy, with holes to fill
    minnet tutorial 1 --check slope.py         which of them are right, and what is next
    minnet tutorial 1 --notebook slope.ipynb   the same for Jupyter

No file is ever overwritten. Exit status: 0 all is well, 1 an exercise is not right yet, 2 the
command line is wrong. The limit of time for one cell is 5 minutes; MINNET_TIME_LIMIT sets
another. Your progress is kept in a small file that `minnet tutorial` names, and that you may
delete; MINNET_PROGRESS names another. Pictures that cannot be shown are kept beside it.
"""
#: a line of prose is hard to read when it is longer
_WIDEST = 80


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "tutorial",
        help="from a slope to a small transformer: list, step through, exercises",
        description="Tutorials in which you write every backward pass yourself, and are told "
        "at once what is not right yet.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("number", metavar="N", nargs="?", help="which one; none: list them")
    parser.add_argument("--student", metavar="FILE.py", help="write it with holes to fill")
    parser.add_argument("--notebook", metavar="FILE.ipynb", help="the same as a notebook")
    parser.add_argument("--check", metavar="FILE", help="check your version of it")
    parser.add_argument(
        "--hints",
        choices=("none", "code", "full", "fix"),
        default="full",
        help="how much --check tells of a mistake: nothing, its code, all (default), or an edit "
        "that cures it as well",
    )
    parser.add_argument("--restart", action="store_true", help="step through from the beginning")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    from minnet.lessons.lesson import LessonError
    from minnet.lessons.scripts import find, lessons

    try:
        known = lessons()
        if args.number is None:
            return _list(known) if not _options(args) else _complain(
                f"say which tutorial: minnet tutorial 1 {_options(args)[0]} ..."
            )  # fmt: skip
        lesson = find(args.number, known)
        if args.student is not None or args.notebook is not None:
            return _write(lesson, args.student, args.notebook)
        if args.check is not None:
            return _check(lesson, args.check, known, args.hints)
    except LessonError as error:
        return _complain(str(error))
    return _walk(lesson, args.restart)


def _options(args: argparse.Namespace) -> list[str]:
    given = {"--student": args.student, "--notebook": args.notebook, "--check": args.check,
             "--restart": args.restart or None}  # fmt: skip
    return [option for option, value in given.items() if value is not None]


# --- the list ---------------------------------------------------------------------------------


def _list(known: list[Lesson]) -> int:
    from textwrap import wrap

    from minnet.lessons.progress import load, progress_file

    style, path = Style.of(sys.stdout), progress_file()
    progress = load(path)
    for lesson in known:
        line = f"{lesson.number:>2}  {lesson.title}"
        state = _state(lesson, progress.get(lesson.name))
        room = _WIDEST - len(line) - len(state) - 8
        end = f"{' ' * max(room, 2)}{state}  {lesson.minutes:>2} min"
        print(style.paint(line, "bold") + end)
        for text in wrap(lesson.teaches, _WIDEST - 4):
            print("    " + style.paint(style.finish(text), "dim"))
    minutes = sum(lesson.minutes for lesson in known)
    print(f"\nAbout {max(round(minutes / 60), 1)} hours in all. Begin with: minnet tutorial 1")
    if path.exists():
        print(f"Your progress is in {clean(path)} (delete it to begin anew).")
    return 0


def _state(lesson: Lesson, progress: Progress | None) -> str:
    """Return how far a learner is, in a word or two."""
    if progress is None:
        return ""
    count = len(lesson.places)
    right = len(set(progress.right) & set(lesson.places))
    if count and right == count:
        return "done"
    if right:
        return f"{right} of {count} right"
    if progress.read:
        return "read"
    return "begun" if progress.cell else ""


# --- one of them ------------------------------------------------------------------------------


def _write(lesson: Lesson, student: str | None, notebook: str | None) -> int:
    """Write the version with holes, as a script, a notebook or both."""
    for option, path, suffix in (("--student", student, ".py"), ("--notebook", notebook, ".ipynb")):
        if path is not None and (problem := no_new_file(path, suffix)):
            return _complain(f"{option}: {problem}")
    try:
        if student is not None:
            deliver(student, lesson.student)
        if notebook is not None:
            deliver(notebook, lesson.notebook(lesson.student))
    except OSError as error:
        if error.filename is None:
            raise
        return _complain(f"cannot write {error.filename}: {error.strerror}")
    if "-" not in (student, notebook):
        _say_what_to_do(lesson, str(student or notebook))
    return 0


def _say_what_to_do(lesson: Lesson, path: str) -> None:
    count = len(lesson.places)
    print(f"{lesson.number}. {lesson.title}: {count} exercise{'s' if count != 1 else ''}.")
    for place in lesson.places:
        print(f"  {place}")
    print("Each is marked `# --- your code ---`. When you have written one:")
    print(f"  minnet tutorial {lesson.number} --check {clean(path)}")


def _check(lesson: Lesson, path: str, known: list[Lesson], hints: str) -> int:
    from minnet.lessons import progress
    from minnet.lessons.checking import check_file

    line = _ProgressLine()
    try:
        outcomes = check_file(lesson, Path(path), line.show, hints)
    finally:
        line.clear()
    style = Style.of(sys.stdout)
    print(style.finish(f"{lesson.number}. {lesson.title}\n"))
    _tell(outcomes, style)
    kept = progress.load(progress.progress_file()).get(lesson.name, progress.Progress())
    kept.right = [o.exercise.name for o in outcomes if o.standing == "right"]
    problem = progress.save(progress.progress_file(), lesson.name, kept)
    print(style.finish(_next(lesson, outcomes, path, known)))
    if problem:
        print(f"minnet tutorial: {clean(problem)}", file=sys.stderr)
    return 0 if all(outcome.standing == "right" for outcome in outcomes) else 1


def _tell(outcomes: list[Outcome], style: Style) -> None:
    """Print how each exercise stands, then what the checks say, each text once."""
    kinds = {"right": "pass", "todo": "not_implemented", "wrong": "fail", "unknown": "inconclusive"}
    words = {"right": "right", "todo": "to do", "wrong": "WRONG", "unknown": "?"}
    width = max((len(outcome.exercise.name) for outcome in outcomes), default=0)
    texts: list[str] = []
    for outcome in outcomes:
        mark = style.paint(f"{words[outcome.standing]:<5}", kinds[outcome.standing])
        line = f"  {mark}  {outcome.exercise.name:<{width}}"
        short = "\n" not in outcome.text and len(outcome.text) < _WIDEST - width - 11
        if outcome.standing == "todo":
            line += f"  line {outcome.exercise.lines[0]}"
        elif outcome.text and short:
            line += f"  {clean(outcome.text)}"
        elif outcome.text:
            line += "  with a warning, see below" if outcome.standing == "right" else ""
            texts.append(outcome.text)
        print(style.finish(line.rstrip()))
    for text in dict.fromkeys(texts):
        print()
        print("\n".join(style.finish(clean(line)) for line in text.split("\n")))
    print()


def _next(lesson: Lesson, outcomes: list[Outcome], path: str, known: list[Lesson]) -> str:
    """Return what to do next."""
    for standing in ("wrong", "todo", "unknown"):
        for outcome in outcomes:
            if outcome.standing != standing:
                continue
            name, line = outcome.exercise.name, outcome.exercise.lines[0]
            if standing == "todo":
                return f"Next: write {name}, line {line} of {clean(path)}."
            if standing == "wrong":
                return f"Next: mend {name}, line {line} of {clean(path)}, and check again."
            return (
                f"Next: look at {name}. A fresh copy to compare with: "
                f"minnet tutorial {lesson.number} --student NEW.py"
            )
    after = next((other for other in known if other.number > lesson.number), None)
    if after is None:
        return "All right. That was the last tutorial: you have written every backward pass."
    return f"All right. Next: minnet tutorial {after.number} ({after.title})"


def _walk(lesson: Lesson, restart: bool) -> int:
    from minnet.lessons import progress
    from minnet.lessons.pictures import take_backend
    from minnet.lessons.stepping import Walk

    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if hasattr(sys.stdout, "reconfigure"):  # a script prints what it likes, as x²
        sys.stdout.reconfigure(errors="replace")
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    style = Style.of(sys.stdout)._replace(width=max(width - 1, 20))
    walk = Walk(lesson, style, progress.progress_file().parent / "pictures", take_backend(terminal))
    if not terminal:
        return 0 if walk.all_at_once().well else 1
    path = progress.progress_file()
    kept = progress.load(path).get(lesson.name, progress.Progress())
    start = 0 if restart or kept.cell >= len(walk.cells) else kept.cell
    if start:
        print(f"You were at cell {start + 1} of {len(walk.cells)}; "
              f"minnet tutorial {lesson.number} --restart begins again.\n")  # fmt: skip
    stop = walk.by_steps(input, start)
    kept.cell = stop.cell
    kept.read = kept.read or stop.cell >= len(walk.cells)
    if problem := progress.save(path, lesson.name, kept):
        print(f"minnet tutorial: {clean(problem)}", file=sys.stderr)
    else:
        print(_farewell(lesson, stop.cell < len(walk.cells), path))
    return 0 if stop.well else 1


def _farewell(lesson: Lesson, early: bool, path: Path) -> str:
    if early:
        return f"minnet tutorial {lesson.number} goes on here (kept in {clean(path)})."
    return (
        "That was all of it. Now write the exercises yourself:\n"
        f"  minnet tutorial {lesson.number} --student {lesson.name[3:]}.py"
    )


class _ProgressLine:
    """One line on standard error that says which line runs; nothing unless it is a terminal."""

    def __init__(self) -> None:
        self._on = sys.stderr.isatty()

    def show(self, line: int) -> None:
        """Say which line runs."""
        if self._on:
            print(f"\r\x1b[Krunning line {line} ...\r", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Remove it."""
        if self._on:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _complain(message: str) -> int:
    print(clean(f"minnet tutorial: {message}"), file=sys.stderr)
    return 2
