"""minnet derivative: the derivative of a function at a point, by every method side by side."""

from __future__ import annotations

import argparse
import difflib
import importlib
import math
import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from minnet.cli.outputs import deliver, unwritable
from minnet.derivative.advice import USUAL_TOLERANCE, Advice, advise, usual_rule
from minnet.derivative.as_json import to_json
from minnet.derivative.compared import Comparison, Row
from minnet.derivative.comparison import CalculatorError, compare, safe
from minnet.derivative.expressions import ExpressionError, number, parse
from minnet.derivative.functions import FUNCTIONS, Function, named
from minnet.report.digits import MOST_DIGITS, matching_digits
from minnet.report.terminal import Style, clean, columns, wrap
from minnet.report.words import WORDS, plural

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "derivative",
        help="a function's derivative at a point, by every method side by side",
        description="Differentiate a function at a point by forward, backward, central, "
        "five-point, complex-step and adaptive differences, compare them with the true "
        "derivative, and say what to watch out for.",
        epilog="functions known by name: " + ", ".join(FUNCTIONS),
    )
    parser.add_argument(
        "function",
        metavar="FUNCTION",
        nargs="?",
        help='a name (sigmoid), an expression in x ("x**2 + sin(3*x)"), or package.module:function',
    )
    parser.add_argument("--at", metavar="X", help="the point: 0.5, -1e-3, pi/2")
    parser.add_argument("--step", metavar="H", help="one step h for all differences")
    parser.add_argument("--claim", metavar="VALUE", help="your own derivative, to be judged: 6")
    parser.add_argument("--plot", metavar="FILE", help="save a picture: .png, .svg or .pdf")
    parser.add_argument("--json", metavar="FILE", help="write what was found as JSON; - for stdout")
    parser.add_argument(
        "--explore",
        action="store_true",
        help="a window in which x and h can be moved (the function and --at may be left out)",
    )
    # argparse takes "-1e-3" and "-pi/2" for options unless it is told that they are numbers
    parser._negative_number_matcher = re.compile(r"^-[\d.(]|^-pi|^-e\b|^-inf|^-nan")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    style = Style.of(sys.stdout)
    if problem := unwritable({"--plot": args.plot, "--json": args.json}):
        return _complain(problem)
    try:
        if args.explore:
            return _explore(args)
        if args.function is None or args.at is None:
            return _complain("name a function and a point: minnet derivative sigmoid --at 0.5")
        function = find_function(args.function)
        x = _number(args.at, "--at")
        step = None if args.step is None else _number(args.step, "--step")
        claim = None if args.claim is None else _number(args.claim, "--claim")
        found = compare(function, x, step)
    except (CalculatorError, ExpressionError) as error:
        return _complain(str(error))
    advice = advise(found, claim)
    if args.json != "-":
        print(style.finish("\n".join(lines(found, advice, style))))
    try:
        if args.json:
            deliver(args.json, to_json(found, advice, claim) + "\n")
    except OSError as error:
        return _complain(f"cannot write {args.json}: {error.strerror or error}")
    if args.plot and (problem := _save_plot(found, args.plot)):
        return _complain(problem)
    return 0 if advice.verdict == "pass" else 1


def _explore(args: argparse.Namespace) -> int:
    """Open the explorer and wait until its window is closed."""
    from minnet.derivative.explorer import CHOICE, explore, has_screen

    own = [] if args.function is None else [find_function(args.function)]
    x = 0.5 if args.at is None else _number(args.at, "--at")
    h = 0.1 if args.step is None else _number(args.step, "--step")
    if not has_screen():
        return _complain(
            "there is no screen to open a window on (or Python's tkinter is missing); --plot FILE "
            "draws a picture, and minnet.derivative.explorer.explore() works in a notebook"
        )
    explore([*own, *CHOICE], x, h)
    return 0


def lines(found: Comparison, advice: Advice, style: Style) -> Iterator[str]:
    """Yield the text of a comparison and of the advice on it, line by line."""
    f = found.function
    name = "f" if f.text == f.name else clean(f.name)
    yield style.paint(f"{name}(x) = {clean(f.text)} at x = {found.x:.15g}", "bold")
    yield f"{name}(x) = {found.value + 0.0:.15g}"
    yield from _derivative(found, style)
    yield ""
    exists = math.isfinite(found.value) and not found.jumps
    if exists:
        yield from _table(found, style)
        yield ""
    if exists and math.isfinite(found.row("central").value):
        yield from _arithmetic(found, style)
        yield ""
    said = WORDS[advice.verdict].name if exists or advice.claimed else "no derivative"
    label = style.paint(f"verdict: {said}", advice.verdict)
    yield from wrap(f"{label}: ", advice.reason, style, indent=9)
    if math.isfinite(found.reference) and math.isfinite(found.row("central").value):
        yield from _usual_rule(found, style)
    for warning in advice.warnings:
        label = style.paint(f"warning[{warning.code}] ", "warning")
        yield from wrap(label, warning.message, style, indent=2)
        yield style.paint(f"  more: minnet explain {warning.code}", "dim")


def _derivative(found: Comparison, style: Style) -> Iterator[str]:
    """Yield what the derivative is, as far as it is known."""
    bar = found.estimate.error_bar
    if not math.isfinite(found.value) or found.jumps:
        yield "there is no derivative here"
    elif not math.isfinite(bar):
        yield "the derivative cannot be measured here"
    elif found.at_kink:
        left, right = found.slopes
        yield f"slope {left:.6g} from the left, {right:.6g} from the right: no derivative"
        yield style.paint("errors below are from the middle of the two", "dim")
    elif found.exact:
        yield f"true derivative = {found.reference:.15g}"
    else:
        yield f"derivative = {found.reference:.15g} ± {bar:.1e} (adaptive; the true one is unknown)"


def find_function(text: str) -> Function:
    """Return the function that the user named.

    Parameters
    ----------
    text : str
        A known name, ``package.module:function``, or an expression in x.

    Raises
    ------
    CalculatorError
        When it is none of these; the message says what comes closest.
    ExpressionError
        When it looks like an expression but is none.
    """
    known = named(text)
    if known is not None:
        return known
    if re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*", text.strip()):
        return _imported(*text.strip().split(":"))
    if text.strip().isidentifier() and text.strip() not in ("x", "pi", "e"):
        close = difflib.get_close_matches(text.lower(), FUNCTIONS, n=1)
        guess = f"; did you mean {close[0]}?" if close else ""
        raise CalculatorError(
            f"no function is called {clean(text)!r:.60}{guess} Known are: {', '.join(FUNCTIONS)}; "
            'or give an expression such as "x**2 + sin(3*x)", or package.module:function'
        )
    return parse(text)


def _imported(module: str, name: str) -> Function:
    """Import a function of the user's; the current directory counts."""
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        found: Any = importlib.import_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever the user's module does when imported
        raise CalculatorError(
            f"cannot import {module!r}: {type(error).__name__}: {error}"
        ) from None
    for part in name.split("."):
        if not hasattr(found, part):
            close = difflib.get_close_matches(part, dir(found), n=1)
            guess = f"; did you mean {close[0]}?" if close else ""
            raise CalculatorError(f"module {module!r} has no {name!r}{guess}")
        found = getattr(found, part)
    if not callable(found):
        raise CalculatorError(f"{module}:{name} is {type(found).__name__}, not a function")
    return Function(name, f"{module}:{name}", found)


def _number(text: str, option: str) -> float:
    try:
        return number(text)
    except ExpressionError as error:
        raise CalculatorError(f"{option}: {error}") from None


def _table(found: Comparison, style: Style) -> Iterator[str]:
    header = ("method", "formula", "value", "abs. error", "rel. error")
    cells = [_cells(row) for row in found.rows]
    if (
        not found.exact and not found.row("adaptive").note
    ):  # the adaptive value is what the others are compared with
        cells[-1] = (*cells[-1][:3], f"± {found.estimate.error_bar:.1e}", "")
    yield from columns([header, *cells], [""] * 9, style, left=2)
    yield style.paint("d1 = f(x+h) - f(x-h), d2 = f(x+2h) - f(x-2h)", "dim")
    if found.step is not None:
        yield style.paint(f"h = {found.step:g} for the first four", "dim")
    else:
        steps = {f"{row.step:.1e}": row.method for row in reversed(found.rows[:4])}
        text = ", ".join(f"{h} ({method})" for h, method in reversed(steps.items()))
        yield style.paint(f"h = {text}", "dim")
    missing = [row for row in found.rows if row.note]
    for row in missing:
        yield style.paint(f"{row.method}: {row.note}", "dim")


def _cells(row: Row) -> tuple[str, ...]:
    errors = row.absolute_error, row.relative_error
    value = "-" if row.note else f"{row.value:.15g}"
    shown = (f"{error:.1e}" if math.isfinite(error) else "-" for error in errors)
    return row.method, row.formula, value, *shown


def _arithmetic(found: Comparison, style: Style) -> Iterator[str]:
    """Yield the central difference, worked out, with every digit that its numbers have."""
    row = found.row("central")
    f = safe(found.function)
    right, left = f(found.x + row.step), f(found.x - row.step)
    yield "the central difference, digit by digit:"
    for name, value in (("f(x+h)", right), ("f(x-h)", left), ("difference", right - left)):
        yield f"  {name:<10} = {value + 0.0:>+25.17g}"
    yield f"  {'/ 2h':<10} = {row.value + 0.0:>+25.17g}"
    lost = int(matching_digits(right, left))
    if 0 < lost < MOST_DIGITS:
        said = f"the first {plural(lost, 'digit')} of the two cancel"
        yield style.paint(f"  {said}: at most {MOST_DIGITS - lost} are left", "dim")


def _usual_rule(found: Comparison, style: Style) -> Iterator[str]:
    """Say what the rule of thumb would make of it."""
    error, verdict = usual_rule(found)
    yield from wrap(
        "",
        f"The usual rule, |num - ana| / max(|num|, |ana|) < {USUAL_TOLERANCE:g} with the central "
        f"difference, gives {error:.1e}: {WORDS[verdict].name}.",
        style,
        indent=2,
    )


def _save_plot(found: Comparison, path: str) -> str:
    """Write the picture; return why that cannot be done."""
    from minnet.derivative.plots import plot_derivative
    from minnet.drawing.theme import save

    try:
        save(plot_derivative(found), path)
    except (OSError, ValueError) as error:
        return f"cannot write {path}: {error}"
    print(clean(f"wrote {path}"))
    return ""


def _complain(message: str) -> int:
    style = Style.of(sys.stderr)
    for line in wrap("minnet derivative: ", message, style, indent=2):
        print(style.finish(line), file=sys.stderr)
    return 2
