"""minnet check: which gradient is wrong, where, and what the mistake looks like."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING, Literal

from minnet.cli.arguments import natural
from minnet.cli.outputs import deliver, discard_output, unwritable
from minnet.report.terminal import clean

if TYPE_CHECKING:
    from minnet.report.report import Report as AnyReport

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

EPILOG = """\
What is found in a file, by its names: X_forward with X_backward (cs231n, deeplearning.ai),
X_loss, classes with forward and backward (mytorch, nnfs, or any other style), and minnet
layers with examples. What has another name is checked when the file gives cases for it:

    def minnet_cases(rng):
        yield "conv", (x, w, b, {"stride": 1, "pad": 0})   # conv_forward and conv_backward
        yield MyLayer(3, 4), rng.standard_normal((5, 3))   # a layer and its input

Exit status: 0 everything passed, 1 something did not, 2 the command line is wrong.
The limit of time for one case is 60 seconds; MINNET_TIME_LIMIT sets another.
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "check",
        help="check backward passes: a file, a module, a class; or minnet's own layers",
        description="Compare every gradient that a backward pass gives with the measured one, "
        "and say what is wrong with those that differ.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "targets",
        metavar="TARGET",
        nargs="*",
        help="FILE.py, FILE.py:NAME or package.module[:NAME]; none: minnet's own layers",
    )
    parser.add_argument("--json", metavar="FILE", help="write the report as JSON; - for stdout")
    parser.add_argument("--html", metavar="FILE", help="write the report as a page")
    parser.add_argument("--plot", metavar="FILE", help="draw what the report begins with")
    parser.add_argument("--seed", metavar="N", type=natural, default=0, help="default 0")
    parser.add_argument(
        "--elements",
        metavar="N",
        type=_elements,
        help="how many elements of each gradient to measure one by one, or all",
    )
    parser.add_argument("--only", metavar="PATTERN", help="only names that match: conv, 'affine*'")
    parser.add_argument(
        "--hints",
        choices=("none", "code", "full", "fix"),
        default="full",
        help="how much to tell of a mistake: nothing, its code, all (default), or an edit "
        "that cures it as well",
    )
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    if problem := unwritable(
        {"--json": args.json, "--html": args.html, "--plot": args.plot}, args.targets
    ):
        return _complain(problem)
    from minnet.conventions import check
    from minnet.conventions.isolated.limits import problem_with_time_limit
    from minnet.conventions.isolated.process import Interrupted
    from minnet.report.report import Report

    if problem := problem_with_time_limit():
        return _complain(problem)
    progress, interrupted = _ProgressLine(), False
    try:
        report = check(
            *args.targets,
            seed=args.seed,
            elements=args.elements,
            only=args.only,
            hints=args.hints,
            progress=progress,
        )
    except Interrupted as stop:
        report, interrupted = Report(stop.targets, args.seed), True
    finally:
        progress.clear()
    status = _deliver(report, args.json, args.html)
    if args.plot and (problem := _draw(report, args.plot)):
        status = _complain(problem)
    progress.finish()
    if interrupted:
        return 130
    return 2 if any(target.wrong_target for target in report.targets) else status


def _deliver(report: AnyReport, json: str | None, html: str | None) -> int:
    status = 0 if report else 1
    try:
        if json == "-" or html == "-":
            deliver("-", report.to_json() + "\n" if json == "-" else page_of(report))
        else:
            from minnet.report import text

            text.write(report)
        if json not in (None, "-"):
            deliver(str(json), report.to_json() + "\n")
        if html not in (None, "-"):
            deliver(str(html), page_of(report))
    except BrokenPipeError:  # whoever reads has enough, and the verdict is what it is
        discard_output()
        return status
    except OSError as error:
        name = error.filename or "the report"
        return _complain(f"cannot write {name}: {error.strerror or error}")
    return status


def _draw(report: AnyReport, path: str) -> str:
    """Draw what the report begins with; return why that cannot be done."""
    from minnet.drawing.theme import save

    try:
        save(report.plot(), path)
    except KeyError:
        return f"{path} is not written: there is no gradient to draw"
    except (OSError, ValueError) as error:
        return f"{path} is not written: {error}"
    print(clean(f"wrote {path}"), file=sys.stderr)
    return ""


def page_of(report: AnyReport) -> str:
    """Return the page of a report."""
    from minnet.report.page import page

    return page(report)


class _ProgressLine:
    """One line on standard error that says what takes so long, and at last how long all took.

    Nothing unless that is a terminal: what is printed elsewhere is the same for the same seed.
    """

    PATIENCE = 2.0

    def __init__(self) -> None:
        self._shown = False
        self._on = sys.stderr.isatty()
        self._start = time.perf_counter()

    def __call__(self, name: str, cases: int, seconds: float) -> None:
        if self._on and seconds > self.PATIENCE:
            done = f"{cases} case{'s' if cases != 1 else ''} done, " if cases else ""
            line = f"checking {clean(name)}: {done}{seconds:.0f} s"
            print(f"\r{line:<60.70}", end="", file=sys.stderr, flush=True)
            self._shown = True
        elif seconds <= self.PATIENCE:
            self.clear()

    def clear(self) -> None:
        """Remove the line."""
        if self._shown:
            print("\r" + " " * 72 + "\r", end="", file=sys.stderr, flush=True)
            self._shown = False

    def finish(self) -> None:
        """Say how long it took."""
        if self._on:
            print(f"{time.perf_counter() - self._start:.1f} s", file=sys.stderr)


def _elements(text: str) -> int | Literal["all"]:
    if text == "all":
        return "all"
    try:
        return natural(text)
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number nor 'all'") from None


def _complain(message: str) -> int:
    print(clean(f"minnet check: {message}"), file=sys.stderr)
    return 2
