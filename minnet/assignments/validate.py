"""Whether an assignment does what it should, tried out with submissions made from its solution."""

from __future__ import annotations

import ast
import tempfile
import tomllib
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from minnet.assignments.cheats import CHEATS
from minnet.assignments.folder import Assignment, AssignmentError, need_solution
from minnet.assignments.grade import Grade, ItemGrade
from minnet.assignments.grading import grade
from minnet.assignments.holes import Hole, HoleError, Marked, Mistake, read_holes
from minnet.assignments.plan import tasks_of
from minnet.assignments.writers.words import shown, title
from minnet.conventions import check
from minnet.gradcheck.diagnosis.codes import CODES
from minnet.report.words import plural

#: so many times the solution is graded, each time at other cases
SEEDS = 5
#: the class for which the time is told
STUDENTS, CORES = 200, 2
#: where the submissions with known grades are, and where the grades are
SAMPLES, EXPECTED = "samples", "expected.toml"


@dataclass(frozen=True)
class Finding:
    """What came of one question: whether it is as it should be, and what is to be said of it."""

    ok: bool
    text: str
    details: tuple[str, ...] = ()


@dataclass
class Trial:
    """An assignment on trial."""

    assignment: Assignment
    marked: Marked
    workshop: Path
    seconds: list[float] = field(default_factory=list)

    def grade(self, source: str, name: str = "") -> Grade:
        """Return the grade of a submission with this text."""
        path = self.workshop / (name or self.assignment.file)
        path.write_text(source, encoding="utf-8", newline="\n")
        return grade(self.assignment, path)


def validate(assignment: Assignment) -> Iterator[Finding]:
    """Try an assignment out, and yield what is found, question after question.

    What it means for students comes first: what cannot be handed out is not tried further.

    Parameters
    ----------
    assignment : Assignment

    Yields
    ------
    Finding
    """
    try:
        source = need_solution(assignment).read_text(encoding="utf-8")
        marked = read_holes(source, assignment.file)
        student = marked.student()
        yield strips_clean(assignment, marked, student)
        if not marked.holes:
            return
        with tempfile.TemporaryDirectory() as folder:
            trial = Trial(assignment, marked, Path(folder))
            yield solution_is_right(assignment)
            yield solution_gets_all(trial)
            yield nothing_gets_nothing(trial, student)
            yield cheats_get_nothing(trial)
            yield each_hole_costs_its_own(trial)
            yield each_mistake_is_caught(trial)
            yield from samples_get_what_they_should(trial)
            yield time_for_a_class(trial)
    except (AssignmentError, HoleError) as error:
        yield Finding(False, str(error))
    except (OSError, UnicodeDecodeError) as error:
        yield Finding(False, f"{assignment.solution} cannot be read: {error}")


def strips_clean(assignment: Assignment, marked: Marked, student: str) -> Finding:
    """No line of the solution is told elsewhere, and students have the same functions."""
    holes = marked.holes
    if not holes:
        return Finding(False, f"{marked.name} has no hole: nothing is left for students to write")
    wrong = [
        f"{path.name} tells {told}"
        for path in sorted(assignment.folder.glob("*.md"))
        for told in marked.leaks(path.read_text(encoding="utf-8"))
    ]
    hidden = {line for first, last in marked.hidden for line in range(first, last + 1)}
    gone = _signatures(marked.source, hidden) - _signatures(student)
    wrong += [f"students do not have {name}, or with other arguments" for name in sorted(gone)]
    number = sum(len(hole.mistakes) for hole in holes)
    stated = f"{plural(len(holes), 'hole')}, {plural(number, 'stated mistake')}"
    return Finding(not wrong, f"the solution is stripped: {stated}", tuple(wrong))


def solution_is_right(assignment: Assignment) -> Finding:
    """Minnet's checker finds nothing wrong with the solution: grading goes by it."""
    report = check(str(assignment.solution))
    names = {item.name for item in assignment.items}
    wrong = []
    for found in report.checks:
        if found.name in names and found.verdict != "pass":
            wrong.append(
                f"{found.name}: {found.verdict}; minnet check {assignment.solution} tells more"
            )
    return Finding(not wrong, "minnet check finds nothing wrong with the solution", tuple(wrong))


def solution_gets_all(trial: Trial) -> Finding:
    """The solution gets all points, whatever the cases."""
    wrong = []
    for number in range(SEEDS):
        made = trial.grade(f"{trial.marked.source}\n# {number}\n")
        trial.seconds.append(made.seconds)
        wrong += [f"{title(item)}: {item.verdict}" for item in made.items if _lost(item)]
        wrong += [f"flagged as {flag.code}: {flag.message}" for flag in made.flags]
    all_points = shown(trial.assignment.points)
    text = f"the solution gets {all_points} of {all_points} points, {SEEDS} times at other cases"
    return Finding(not wrong, text, tuple(dict.fromkeys(wrong)))


def nothing_gets_nothing(trial: Trial, student: str) -> Finding:
    """An empty file and the student's version as handed out get 0, and say what is to do."""
    empty, stub = trial.grade(""), trial.grade(student)
    wrong = []
    if empty.score:
        wrong.append(f"an empty file gets {shown(empty.score)} points")
    if stub.message:
        wrong.append(f"the student's version cannot be run: {stub.message}")
    for item in stub.items:
        if item.score:
            wrong.append(f"with every hole empty, {title(item)} gets {shown(item.score)}")
        elif item.verdict != "not_implemented" and not stub.message:
            wrong.append(f"with every hole empty, {title(item)} is not said to be left to write")
    text = "an empty file and the student's version get 0"
    return Finding(not wrong, text, tuple(wrong))


def cheats_get_nothing(trial: Trial) -> Finding:
    """Zeros everywhere get nothing, and what comes in handed back gets nothing."""
    wrong = []
    for name, made in CHEATS.items():
        source = made(trial.marked.source)
        for item in trial.grade(source).items:
            if item.score:
                wrong.append(f"{name}: {title(item)} gets {shown(item.score)}")
    return Finding(not wrong, "zeros everywhere and inputs handed back get 0", tuple(wrong))


def each_hole_costs_its_own(trial: Trial) -> Finding:
    """A hole that is empty costs points, and only those of the item that it belongs to."""
    functions = {
        (task.item.name, part): code.__name__
        for task in tasks_of(trial.assignment, 0)
        for part, code in task.asked[0].case.code.items()
    }
    wrong = []
    for hole in trial.marked.holes:
        made = trial.grade(trial.marked.without(hole))
        lost = dict.fromkeys((item.name, item.part) for item in made.items if _lost(item))
        name = f"{hole.name} (line {hole.first})"
        if not lost:
            wrong.append(f"{name} costs nothing when it is empty")
        if hole.place in functions.values():  # a helper may serve any item
            others = [" ".join(key) for key in lost if not _owns(hole, *key, functions)]
            wrong += [f"{name}, when it is empty, costs {other} too" for other in others]
    return Finding(not wrong, "each hole alone costs the points of its own item", tuple(wrong))


def each_mistake_is_caught(trial: Trial) -> Finding:
    """A stated mistake costs points and is named."""
    mistakes = [mistake for hole in trial.marked.holes for mistake in hole.mistakes]
    wrong = [told for mistake in mistakes if (told := _not_caught(trial, mistake))]
    caught = len(mistakes) - len(wrong)
    text = f"{caught} of {len(mistakes)} stated mistakes cost points and are named"
    return Finding(not wrong, text, tuple(wrong))


def samples_get_what_they_should(trial: Trial) -> Iterator[Finding]:
    """Every submission in samples/ gets the grade that expected.toml says."""
    folder = trial.assignment.folder / SAMPLES
    if not folder.is_dir():
        return
    expected = expected_scores(folder)
    wrong = []
    there = {path.name for path in folder.iterdir() if path.suffix == ".py"}
    wrong += [f"{name} has no grade in {EXPECTED}" for name in sorted(there - set(expected))]
    for name, score in expected.items():
        if name not in there:
            wrong.append(f"{EXPECTED} names {name}, which is not there")
            continue
        made = grade(trial.assignment, folder / name)
        if shown(made.score) != shown(score):
            wrong.append(f"{name} gets {shown(made.score)}, and {shown(score)} is expected")
    right = f"{len(expected) - len(wrong)} of {len(expected)}"
    yield Finding(not wrong, f"{right} samples get the grade that is expected", tuple(wrong))


def expected_scores(folder: Path) -> dict[str, Fraction]:
    """Return the grades in a folder of samples, by the names of the files.

    Raises
    ------
    AssignmentError
        When they cannot be read.
    """
    path = folder / EXPECTED
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Fraction)
        return {name: Fraction(score) for name, score in values.items()}
    except (OSError, ValueError, TypeError) as error:
        raise AssignmentError(f'{path}: {error}; write "right.py" = 100, a line each') from None


def time_for_a_class(trial: Trial) -> Finding:
    """How long a submission takes, and a class."""
    typical = sorted(trial.seconds)[len(trial.seconds) // 2]
    minutes = typical * STUDENTS / CORES / 60
    ok = typical <= trial.assignment.seconds / 2
    details = () if ok else (
        f"that is more than half of the limit, seconds = {trial.assignment.seconds:g}: a slower "
        "machine, or a slower right answer, would not come to an end",
    )  # fmt: skip
    text = (
        f"{typical:.1f} s a submission; {STUDENTS} on {CORES} cores take about {minutes:.0f} min"
        if minutes >= 1
        else f"{typical:.1f} s a submission; {STUDENTS} on {CORES} cores take about a minute"
    )
    return Finding(ok, text, details)


def _not_caught(trial: Trial, mistake: Mistake) -> str:
    """Return how a stated mistake slips through, or ""."""
    where = f"line {mistake.line}, {mistake.code}"
    if mistake.code not in CODES:
        return f"{where}: there is no such code; minnet explain lists them"
    source = trial.marked.with_mistake(mistake)
    try:
        compile(source, trial.assignment.file, "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"{where}: with the mistake the file does not compile: {error.msg}"
    made = trial.grade(source)
    lost = [item for item in made.items if _lost(item)]
    codes = list(dict.fromkeys(code for item in lost for code in item.codes))
    if not lost:
        return f"{where}: it costs nothing"
    if mistake.code not in codes:
        return f"{where}: it costs points and is called {', '.join(codes) or 'nothing'}"
    return ""


def _owns(hole: Hole, item: str, part: str, functions: Mapping[tuple[str, str], str]) -> bool:
    """Return whether points may be lost with a hole: backward's with forward's, not vice versa."""
    own = [functions.get((item, "forward"))]
    own += [functions.get((item, "backward"))] if part == "backward" else []
    return hole.place in own


def _lost(item: ItemGrade) -> bool:
    return item.score < item.max_score


def _signatures(source: str, hidden: Container[int] = ()) -> set[str]:
    """Return the functions of a program with their arguments."""
    return {
        f"{node.name}({ast.unparse(node.args)})"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.lineno not in hidden
    }
