"""minnet grade: what a submission gets, or a class of them."""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from minnet.cli.outputs import unwritable
from minnet.report.terminal import clean

if TYPE_CHECKING:
    from minnet.assignments.folder import Assignment
    from minnet.assignments.grade import Grade

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

#: what ``--format`` takes; a test holds it to be what the writers have
FORMATS = (
    "json", "gradescope", "prairielearn", "autolab", "classroom50", "actions", "coderunner", "text",
)  # fmt: skip
LEVELS = ("process", "partial", "full")
EPILOG = """\
A submission runs in a process of its own that only answers calls with arrays. How well it is
shut in is measured and said in every result: full, partial or process.

Exit status: 0 a grade was made, whatever it is; 1 none could be; 2 the command line is wrong.
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "grade",
        help="grade a submission, or a class of them",
        description="Give points to a submission of an assignment, or to all in a folder.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("submission", metavar="SUBMISSION", nargs="?", help="the file, or a folder with it")
    add("--assignment", metavar="FOLDER", required=True, help="the folder of the assignment")
    add("--format", choices=FORMATS, help="default: text")
    add("--out", metavar="FILE", help="write the result there, whole at any moment")
    add(
        "--require-isolation",
        choices=LEVELS,
        default="process",
        metavar="LEVEL",
        help="grade only where submissions are shut in so well: process, partial or full",
    )
    add("--class", dest="folder", metavar="FOLDER", help="a file or a folder for each student")
    add("--csv", metavar="FILE", help="with --class: the table of all grades")
    add("--jobs", metavar="N", type=int, default=os.cpu_count() or 1, help="how many at a time")
    add("--html", metavar="DIR", help="with --class: a page for each student")
    add("--canvas", metavar="EXPORT", help="with --class: fill a column of a Canvas export")
    add("--column", metavar="TITLE", help="which column of it; default: the assignment's title")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    from minnet.assignments.folder import AssignmentError, read_assignment
    from minnet.assignments.grading import level_here

    if problem := _wrong(args):
        return _complain(problem, 2)
    try:
        assignment = read_assignment(args.assignment)
        needed = LEVELS.index(args.require_isolation)
        if needed and LEVELS.index(level := level_here(assignment)) < needed:
            return _complain(
                f"submissions can be shut in {level} here, and --require-isolation asks for "
                f"{args.require_isolation}; nothing was graded",
                1,
            )
        return _class(args, assignment) if args.folder else _single(args, assignment)
    except AssignmentError as error:
        return _complain(str(error), 1)


def _wrong(args: argparse.Namespace) -> str:
    """Return what is wrong with the command line, or ""."""
    if not Path(args.assignment).exists():
        return f"there is no {args.assignment}; --assignment names the assignment's folder"
    if bool(args.submission) == bool(args.folder):
        return "give either one SUBMISSION or --class FOLDER"
    only = {"--csv": args.csv, "--html": args.html, "--canvas": args.canvas}
    for option, value in only.items():
        if value and not args.folder:
            return f"{option} goes with --class"
    if args.folder and (args.out or args.format):
        return "--out and --format go with one SUBMISSION; --class writes --csv FILE"
    if args.folder and not args.csv:
        return "--class needs --csv FILE, where the table of grades is written"
    if args.folder and not Path(args.folder).is_dir():
        return f"there is no folder {args.folder}"
    if args.jobs < 1:
        return f"--jobs is {args.jobs}; at least 1 is graded at a time"
    if args.canvas and not Path(args.canvas).is_file():
        return f"there is no {args.canvas}; --canvas names the export of the course's gradebook"
    read = [path for path in (args.submission, args.canvas) if path]
    return unwritable({"--out": args.out, "--csv": args.csv}, read)


def _single(args: argparse.Namespace, assignment: Assignment) -> int:
    """Grade one submission; a complete result stands there from the beginning."""
    from minnet.assignments.failure import failed
    from minnet.assignments.grading import grade
    from minnet.assignments.writers import FORMATS, deliver

    write = FORMATS[args.format or "text"]
    submission = Path(args.submission)
    if args.out == "-":
        args.out = None
    if args.out:
        deliver(args.out, write(failed(assignment, submission.name)))
    made = grade(assignment, submission, require=args.require_isolation)
    if args.out:
        deliver(args.out, write(made))
    else:
        print(write(made), end="")
    return 0


def _class(args: argparse.Namespace, assignment: Assignment) -> int:
    """Grade all submissions in a folder."""
    from minnet.assignments.classes import grade_class, handed_in
    from minnet.assignments.overview import overview, page
    from minnet.assignments.records import Records
    from minnet.assignments.writers import deliver
    from minnet.assignments.writers.classes import class_csv

    submissions = handed_in(Path(args.folder), assignment)
    if not submissions:
        return _complain(f"{args.folder} holds no submission: no .py file and no folder", 1)
    records = Records(Path(f"{args.csv}.progress"), assignment)
    graded = grade_class(assignment, submissions, records, jobs=args.jobs, progress=_say)
    deliver(args.csv, class_csv(graded))
    if args.html:
        Path(args.html).mkdir(parents=True, exist_ok=True)
        for student, made in graded:
            deliver(Path(args.html) / f"{_as_file(student)}.html", page(student, made))
    print(clean_lines(overview(graded)), end="")
    return _canvas(args, assignment, graded) if args.canvas else 0


def _canvas(
    args: argparse.Namespace, assignment: Assignment, graded: list[tuple[str, Grade]]
) -> int:
    """Fill a column of a Canvas export, in a copy beside it."""
    from minnet.assignments.writers import deliver
    from minnet.assignments.writers.classes import CanvasError, fill_canvas

    export = Path(args.canvas)
    scores = {student: made.score for student, made in graded}
    try:
        text = export.read_text(encoding="utf-8")
        filled = fill_canvas(text, scores, args.column or assignment.title)
    except (CanvasError, OSError, UnicodeDecodeError) as error:
        return _complain(f"{args.canvas}: {error}", 1)
    out = export.with_name(f"{export.stem}-graded{export.suffix}")
    deliver(out, filled.text)
    print(f"\nfilled: {out}")
    for what, names in (
        ("without a submission", filled.without_score),
        ("submissions of nobody in the export", filled.without_row),
    ):
        if names:
            print(clean(f"{what}: {', '.join(names)}"))
    return 0


def _say(student: str, made: Grade, done: int, total: int) -> None:
    """Say that a grade was made, on standard error."""
    from minnet.assignments.writers.words import shown

    points = f"{shown(made.score)} of {shown(made.max_score)}"
    print(clean(f"{done}/{total}  {student}: {points}, {made.seconds:.1f} s"), file=sys.stderr)


def _as_file(student: str) -> str:
    """Return a name that no student can make a path of, and no two students share."""
    safe = re.sub(r"[^\w@+-]", "_", student)
    if safe == student:
        return safe
    return f"{safe}-{hashlib.sha256(student.encode('utf-8', 'replace')).hexdigest()[:8]}"


def clean_lines(text: str) -> str:
    """Return lines without what would move a terminal's cursor."""
    return "".join(clean(line) + "\n" for line in text.splitlines())


def _complain(message: str, status: int) -> int:
    print(clean(f"minnet grade: {message}"), file=sys.stderr)
    return status
