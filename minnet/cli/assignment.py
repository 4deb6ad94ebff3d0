"""minnet assignment: the ready-made ones, a new one, its release, and whether it does its job."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from minnet.report.terminal import Style, clean

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

EPILOG = """\
An assignment is a folder: assignment.toml (title, file, points), the solution with holes between
# BEGIN SOLUTION and # END SOLUTION, README.md for students, and samples/ with expected grades.

Exit status: 0 all is well, 1 something is not, 2 the command line is wrong.
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "assignment",
        help="assignments that grade themselves: list, new, build, check",
        description="Make an assignment from a solution: the students' version, and an autograder "
        "for the platform you have.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(func=lambda args: _without_verb(parser))
    verbs = parser.add_subparsers(metavar="list | new | build | check")
    listing = verbs.add_parser("list", help="the ready-made assignments", allow_abbrev=False)
    listing.set_defaults(func=_list)
    new = verbs.add_parser("new", help="begin an assignment in a new folder", allow_abbrev=False)
    new.add_argument("folder", metavar="FOLDER", help="made; must not be there, or be empty")
    new.add_argument("--from", dest="name", metavar="NAME", help="which ready-made one to copy")
    new.set_defaults(func=_new)
    build = verbs.add_parser("build", help="make everything to hand out", allow_abbrev=False)
    build.add_argument("folder", metavar="FOLDER", help="the folder of the assignment")
    build.add_argument("--out", metavar="RELEASE", required=True, help="the folder to make")
    build.set_defaults(func=_build)
    check = verbs.add_parser("check", help="try the assignment out", allow_abbrev=False)
    check.add_argument("folder", metavar="FOLDER", help="the folder of the assignment")
    check.set_defaults(func=_check)


def _without_verb(parser: argparse.ArgumentParser) -> int:
    parser.error("say list, new, build or check")


def _list(args: argparse.Namespace) -> int:
    from minnet.assignments.ready_made import ready_made

    made = ready_made()
    width = max(map(len, made))
    for name, assignment in made.items():
        print(f"{name:<{width}}  {assignment.title}")
    print("\nminnet assignment new FOLDER --from NAME copies one.")
    return 0


def _new(args: argparse.Namespace) -> int:
    from minnet.assignments.folder import AssignmentError
    from minnet.assignments.ready_made import begin

    try:
        assignment = begin(Path(args.folder), args.name)
    except AssignmentError as error:
        return _complain(f"new: {error}", 2)
    print(f"{args.folder} is made: {assignment.title}. Its files:")
    print(f"  {'assignment.toml':<18}points, hints, limits")
    print(f"  {assignment.file:<18}the solution, with holes")
    print(f"  {'README.md':<18}for students")
    print(f"  {'samples':<18}submissions with their expected grades")
    print(f"Next: minnet assignment check {args.folder}")
    return 0


def _build(args: argparse.Namespace) -> int:
    from minnet.assignments.build import build
    from minnet.assignments.folder import AssignmentError, read_assignment
    from minnet.assignments.holes import HoleError

    try:
        made = build(read_assignment(args.folder), Path(args.out))
    except (AssignmentError, HoleError) as error:
        return _complain(f"build: {error}", 1)
    except OSError as error:
        return _complain(f"build: {error.filename or args.out} cannot be written: "
                         f"{error.strerror}", 1)  # fmt: skip
    width = max(len(part.path) for part in made)
    for part in made:
        print(clean(f"{part.path:<{width}}  {part.told}"))
    return 0


def _check(args: argparse.Namespace) -> int:
    from minnet.assignments.folder import AssignmentError, read_assignment
    from minnet.assignments.validate import validate
    from minnet.assignments.writers.words import shown

    style = Style.of(sys.stdout)
    try:
        assignment = read_assignment(args.folder)
    except AssignmentError as error:
        return _complain(f"check: {error}", 1)
    print(clean(f"{assignment.title}: {shown(assignment.points)} points, {assignment.file}"))
    wrong = 0
    for finding in validate(assignment):
        mark = style.paint("ok   ", "pass") if finding.ok else style.paint("WRONG", "fail")
        print(f"  {mark}  {clean(finding.text)}", flush=True)
        for detail in finding.details:
            print(f"         {clean(detail)}")
        wrong += not finding.ok
    if wrong:
        print(f"\n{wrong} to put right before this is handed out.")
    return 1 if wrong else 0


def _complain(message: str, status: int) -> int:
    print(clean(f"minnet assignment {message}"), file=sys.stderr)
    return status
