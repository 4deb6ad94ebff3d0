"""minnet check: which gradient is wrong, where, and what the mistake looks like."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

from minnet.ahead import start_ahead
from minnet.cli.arguments import natural, positive, seconds
from minnet.cli.outputs import deliver, discard_output, say_written, unwritable

if TYPE_CHECKING:
    from minnet.report.report import Report as AnyReport

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

EPILOG = """\
What is found in a file, by its names: X_forward with X_backward (cs231n, deeplearning.ai),
X_loss, classes with forward and backward (mytorch, nnfs, or any other style), networks with
feedforward and backprop, the operations of autograd engines, and minnet layers with examples.
What has another name is checked when the file gives cases for it:

    def minnet_cases(rng):
        yield "conv", (x, w, b, {"stride": 1, "pad": 0})   # conv_forward and conv_backward
        yield MyLayer(3, 4), rng.standard_normal((5, 3))   # a layer and its input

Exit status: 0 everything passed, 1 something did not, 2 the command line is wrong.
The limit of time for one case is 60 seconds; MINNET_TIME_LIMIT sets another. There is none for all
cases together unless --total-time-limit sets one.
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
        help="FILE.py, FILE.py:NAME, NOTEBOOK.ipynb or package.module[:NAME]; none: minnet's own "
        "layers",
    )
    parser.add_argument("--json", metavar="FILE", help="write the report as JSON; - for stdout")
    parser.add_argument("--html", metavar="FILE", help="write the report as a page")
    parser.add_argument("--plot", metavar="FILE", help="draw what the report begins with")
    parser.add_argument("--junit", metavar="FILE", help="write the report as JUnit XML, for CI")
    parser.add_argument("--seed", metavar="N", type=natural, default=0, help="default 0")
    parser.add_argument(
        "--elements",
        metavar="N",
        type=_elements,
        help="how many elements of each gradient to measure one by one, or all",
    )
    parser.add_argument(
        "--only", metavar="PATTERN", help="only names that match: conv, 'affine*', or conv,relu"
    )
    parser.add_argument(
        "--jobs", metavar="N", type=positive, default=1, help="how many processes at a time"
    )
    parser.add_argument(
        "--total-time-limit",
        metavar="SECONDS",
        type=seconds,
        help="stop then, and say what was not checked",
    )
    parser.add_argument(
        "-q", "--quiet", action="store_true", help="a line for each target, and nothing more"
    )
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
    outputs = {"--json": args.json, "--html": args.html, "--junit": args.junit}
    if problem := unwritable({**outputs, "--plot": args.plot}, args.targets):
        return _complain(problem)
    start_ahead()
    from minnet.cli.live import Live
    from minnet.conventions import check
    from minnet.conventions.isolated.jobs import Interrupted
    from minnet.conventions.isolated.limits import problem_with_time_limit
    from minnet.gradcheck.telling import report_on

    if problem := problem_with_time_limit():
        return _complain(problem)
    live, interrupted = Live(quiet=args.quiet), False
    try:
        report = check(
            *args.targets,
            seed=args.seed,
            elements=args.elements,
            only=args.only,
            hints=args.hints,
            jobs=args.jobs,
            total_time_limit=args.total_time_limit,
            watch=live,
        )
    except Interrupted as stop:
        report, interrupted = report_on(stop.targets, args.seed, args.hints), True
    finally:
        live.clear()
    status = _deliver(report, outputs, quiet=args.quiet)
    if args.plot and (problem := _draw(report, args.plot)):
        status = _complain(problem)
    live.finish()
    if interrupted:
        return 130
    return 2 if any(target.wrong_target for target in report.targets) else status


def _deliver(report: AnyReport, outputs: Mapping[str, str | None], *, quiet: bool) -> int:
    status = 0 if report else 1
    made = {option: (path, FORMATS[option]) for option, path in outputs.items() if path}
    try:
        if not any(path == "-" for path, _ in made.values()):
            from minnet.report import text

            text.write(report, quiet=quiet)
        for path, text_of in made.values():
            deliver(path, text_of(report))
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
    say_written(path)
    return ""


def _json(report: AnyReport) -> str:
    return report.to_json() + "\n"


def _page(report: AnyReport) -> str:
    from minnet.report.page import page

    return page(report)


def _junit(report: AnyReport) -> str:
    from minnet.report.as_junit import to_junit

    return to_junit(report)


#: what each option writes
FORMATS: Mapping[str, Callable[[AnyReport], str]] = {
    "--json": _json,
    "--html": _page,
    "--junit": _junit,
}


def _elements(text: str) -> int | Literal["all"]:
    if text == "all":
        return "all"
    try:
        return natural(text)
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number nor 'all'") from None


def _complain(message: str) -> int:
    from minnet.report.terminal import clean

    print(clean(f"minnet check: {message}"), file=sys.stderr)
    return 2
