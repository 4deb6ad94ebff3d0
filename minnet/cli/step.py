"""minnet step: walk through forward and backward, an operation at a time."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from minnet.cli.arguments import natural
from minnet.cli.outputs import deliver, unwritable
from minnet.report.terminal import clean

if TYPE_CHECKING:
    from minnet.steps.walk import Place, Walk

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

EPILOG = """\
Examples:

    minnet step conv                              a convolution, on a small image
    minnet step layers.py:affine                  your own; where a case fails, that one
    minnet step conv --plain --at 'dx[0,0,1,1]'   what made this one number
    minnet step demo --html step.html             a network's one step of training, as a page

In the terminal: arrows to walk, Enter opens a number, ? tells all keys, q ends. Without one (a
pipe, a file) or with --plain everything is written out, for a screen reader too.
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "step",
        help="walk through forward and backward, an operation at a time",
        description="Show what each line of forward and backward computes, with the numbers, "
        "and for every number what made it.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "target",
        metavar="NAME",
        nargs="?",
        default="demo",
        help="a layer or loss of minnet's (conv, Dense), FILE.py:NAME, or demo (the default)",
    )
    parser.add_argument("--case", metavar="N", type=natural, help="another case, counted from 1")
    parser.add_argument("--at", metavar="NUMBER", help="a number to begin with: 'dW[2,1]'")
    parser.add_argument("--plain", action="store_true", help="write everything out as text")
    parser.add_argument("--html", metavar="FILE", help="write a page")
    parser.add_argument("--json", metavar="FILE", help="write the trace as JSON; - for stdout")
    parser.add_argument("--seed", metavar="N", type=natural, default=0, help="default 0")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    from minnet.conventions.importing import TargetError
    from minnet.steps.choose import choose
    from minnet.steps.walk import NoSuchNumber, walk_of

    outputs = {"--html": args.html, "--json": args.json}
    if problem := unwritable(outputs, [args.target]):
        return _complain(problem)
    try:
        chosen = choose(args.target, args.case, args.seed, _progress)
        walk = walk_of(chosen, args.seed)
        at = None if args.at is None else walk.place(args.at)
    except TargetError as error:
        return _complain(str(error))
    except NoSuchNumber as error:
        return _complain(f"--at: {error}")
    try:
        _show(walk, at, args)
    except OSError as error:
        if error.filename is None:  # standard output, of which `minnet.cli` tells
            raise
        return _complain(f"cannot write {error.filename}: {error.strerror}")
    return 0


def _show(walk: Walk, at: Place | None, args: argparse.Namespace) -> None:
    if args.html is not None:
        from minnet.steps.page import page

        deliver(args.html, page(walk, at))
    if args.json is not None:
        from minnet.steps.as_json import to_json

        deliver(args.json, to_json(walk, at) + "\n")
    if args.html is None and args.json is None:
        _walk(walk, at, args.plain)


def _walk(walk: Walk, at: Place | None, plain: bool) -> None:
    """Walk in the terminal, or write all of it where there is none."""
    if not plain and sys.stdin.isatty() and sys.stdout.isatty():
        from minnet.steps.terminal import explore

        explore(walk, at)
        return
    from minnet.report.terminal import Style
    from minnet.steps.plain import transcript

    style, text = Style.of(sys.stdout), transcript(walk, at)
    print(style.finish(text if style.unicode else text.replace("·", "*")), end="")


def _progress(name: str, case: int) -> None:
    if sys.stderr.isatty() and case > 1:
        print(f"\rlooking at {clean(name)}, case {case}", end="\r", file=sys.stderr, flush=True)


def _complain(message: str) -> int:
    print(clean(f"minnet step: {message}"), file=sys.stderr)
    return 2
