"""Grade one submission: whatever it is and does, a complete `Grade` comes of it."""

from __future__ import annotations

import stat
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from minnet.assignments.asking import Asking
from minnet.assignments.folder import Assignment
from minnet.assignments.grade import Flag, Grade, ItemGrade
from minnet.assignments.isolation.lockdown import WALLS
from minnet.assignments.isolation.puppet import STARTING, Setting
from minnet.assignments.isolation.remote import forget_all
from minnet.assignments.isolation.session import Ended, Raised, Session
from minnet.assignments.judging import Outcome
from minnet.assignments.plan import Share, Task, seed_of, tasks_of
from minnet.gradcheck.diagnosis.codes import CODES
from minnet.gradcheck.options import Options
from minnet.report.results import VERDICTS

#: how well a submission can be shut in, from least to most
LEVELS = ("process", "partial", "full")
#: most bytes of a submission's file
MOST_BYTES = 1 << 20
#: least seconds for one answer
LEAST_PATIENCE = 1.0
#: an item that is inconclusive is given its points, and a person is told
GIVEN = ("pass", "inconclusive")


def grade(
    assignment: Assignment,
    submission: Path,
    *,
    require: str = "process",
    walls: Sequence[str] = WALLS,
) -> Grade:
    """Return the grade of a submission; it may be anything, and do anything.

    Parameters
    ----------
    assignment : Assignment
    submission : Path
        The file, or a folder that holds it under its name.
    require : "process", "partial" or "full"
        What is graded only when it can be shut in so well.
    walls : sequence of str
        Which walls to put up, where the system has them.

    Returns
    -------
    Grade

    Raises
    ------
    AssignmentError
        When the assignment itself is wrong: in one line.
    """
    start = time.perf_counter()
    file = submission / assignment.file if submission.is_dir() else submission
    source, problem = read_submission(file)
    tasks = tasks_of(assignment, seed_of(assignment, source))
    if problem:
        made = nothing(assignment, tasks, submission.name, problem)
    else:
        try:
            made = _graded(assignment, tasks, submission.name, source, require, walls)
        except Exception as error:  # a mistake of minnet's own must not cost a whole class
            why = f"minnet itself failed ({type(error).__name__}: {error}); a person has to look"
            made = nothing(assignment, tasks, submission.name, why)
            made = replace(made, flags=(Flag("grader_failed", why),))
    return replace(made, seconds=round(time.perf_counter() - start, 2))


def level_here(assignment: Assignment, walls: Sequence[str] = WALLS) -> str:
    """Return how well a submission of an assignment is shut in on this machine."""
    with Session(_setting(assignment, walls), assignment.file, b"", STARTING) as session:
        return session.start().level


def read_submission(file: Path) -> tuple[bytes, str]:
    """Return the bytes of a submission, or in words why there are none."""
    try:
        status = file.lstat()
        if stat.S_ISLNK(status.st_mode):
            return b"", f"{file.name} is a link to another file; hand in the file itself"
        if not stat.S_ISREG(status.st_mode):
            return b"", f"{file.name} is no file"
        if status.st_size > MOST_BYTES:
            return b"", f"{file.name} is larger than {MOST_BYTES // 1024} KiB"
        source = file.read_bytes()
    except FileNotFoundError:
        return b"", f"there is no {file.name} in what was handed in"
    except (OSError, ValueError) as error:
        return b"", f"{file.name} cannot be read: {getattr(error, 'strerror', None) or error}"
    if not source.strip():
        return b"", f"{file.name} is empty"
    return source, ""


def nothing(
    assignment: Assignment, tasks: Iterable[Task], name: str, why: str, level: str = "process"
) -> Grade:
    """Return the complete grade of a submission of which nothing could be run."""
    outcome = Outcome("error", (), why)
    items = [_item(task, share, [outcome], assignment) for task in tasks for share in task.shares]
    return Grade(assignment.title, name, tuple(items), level, 0.0, (), why)


def _graded(
    assignment: Assignment,
    tasks: Sequence[Task],
    name: str,
    source: bytes,
    require: str,
    walls: Sequence[str],
) -> Grade:
    setting = _setting(assignment, walls)
    patience = max(LEAST_PATIENCE, assignment.seconds / (2 * len(tasks) + 2))
    with Session(setting, assignment.file, source, patience) as session:
        level = ""
        try:
            level = session.start().level
            if LEVELS.index(level) < LEVELS.index(require):
                why = f"not graded: isolation is {level} here, and {require} is required"
                return nothing(assignment, tasks, name, why, level)
            session.load()
        except Raised as error:
            why = _not_importable(error, assignment.file, source)
            return nothing(assignment, tasks, name, why, level)
        except Ended as error:
            why = f"{assignment.file} cannot be imported: {error}"
            return nothing(assignment, tasks, name, why, level or "process")
        try:
            asking = _asked(assignment, tasks, session, source)
            flags = [_measured(one.task) for one in asking if one.measures_itself()]
            flags += [_own_forward(one) for one in asking if one.own_forward]
        finally:
            forget_all(session)
        level = min((tried.level for tried in session.tried), key=LEVELS.index)
    items = [
        _item(one.task, share, list(one.outcomes(share.part, share.wrt, share.family)), assignment)
        for one in asking
        for share in one.task.shares
    ]
    return Grade(assignment.title, name, tuple(items), level, 0.0, (*flags, *_flags(items)))


def _setting(assignment: Assignment, walls: Sequence[str]) -> Setting:
    own = [path.resolve() for path in sorted(assignment.folder.glob("*.*"))]
    return Setting(
        packages=assignment.imports,
        memory_mb=assignment.memory_mb,
        seconds=assignment.seconds,
        walls=tuple(walls),
        forbidden=(*map(str, own), __file__),  # minnet's layers are answers, too
    )


def _asked(
    assignment: Assignment, tasks: Sequence[Task], session: Session, source: bytes
) -> list[Asking]:
    """Put every item to the submission."""
    hints = "full" if assignment.hints in ("full", "fix") else "code"
    options = Options(seed=seed_of(assignment, source), hints=hints)  # type: ignore[arg-type]
    text = source.decode("utf-8", errors="replace")
    asking = [Asking(task, session, text, options) for task in tasks]
    for one in asking:
        one.ask()
    for one in asking:
        one.measure()
        if assignment.hints in ("full", "fix"):
            one.name_slip()
    return asking


def _not_importable(error: Raised, file: str, source: bytes) -> str:
    lines = source.decode("utf-8", errors="replace").splitlines()
    text = lines[error.line - 1].strip()[:80] if 0 < error.line <= len(lines) else ""
    where = f" (line {error.line}: {text})" if text else ""
    if error.kind in ("SyntaxError", "IndentationError", "TabError"):
        return f"{file} does not compile: {error}{where}"
    said = f"{error.kind}: {error}" if str(error) else error.kind
    return f"{file} cannot be imported: {said}{where}"


def _item(
    task: Task, share: Share, outcomes: Sequence[Outcome], assignment: Assignment
) -> ItemGrade:
    """Return what is given for one thing: all of its points, or none."""
    worst = max(outcomes, key=lambda outcome: VERDICTS.index(outcome.verdict))
    alike = [outcome for outcome in outcomes if outcome.verdict == worst.verdict]
    codes = tuple(dict.fromkeys(code for outcome in alike for code in outcome.codes))
    given = worst.verdict in GIVEN
    return ItemGrade(
        name=task.item.name,
        part=share.part,
        wrt=share.wrt,
        family=share.family,
        score=share.points if given else Fraction(0),
        max_score=share.points,
        verdict=worst.verdict,
        codes=() if worst.verdict == "pass" else codes,
        message=_told(worst, assignment.hints),
    )


def _told(outcome: Outcome, hints: str) -> str:
    if outcome.verdict == "pass" or hints == "none":
        return ""
    if hints == "code" and outcome.verdict == "fail":
        return " ".join(CODES[code] for code in outcome.codes[:1] if code in CODES)
    return outcome.message


def _measured(task: Task) -> Flag:
    what = (
        f"{task.item.name}: backward costs as much as running forward for every element of the "
        "input. It may measure the gradient instead of computing it: look at it"
    )
    return Flag("finite_differences", what)


def _own_forward(one: Asking) -> Flag:
    names = ", ".join(one.own_forward)
    what = (
        f"{one.task.item.name}: forward is wrong, and the gradient of {names} is right for it. "
        "Look whether it is the function that was asked for, with a mistake, or an easier one"
    )
    return Flag("own_forward", what)


def _flags(items: Iterable[ItemGrade]) -> Iterable[Flag]:
    for item in items:
        if item.verdict == "inconclusive":
            what = f"{item.name}: {f'gradient of {item.wrt}' if item.wrt else item.part}"
            yield Flag("inconclusive", f"{what} ({item.family} cases): {item.message}".rstrip(": "))
