"""The derivative calculator: every method side by side, and what an expert would say of them.

`compare` computes, `minnet.cli.derivative` prints, `minnet.views.plots_scalar` draws.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minnet.gradcheck.case import Array
from minnet.gradcheck.derivatives import (
    EPSILON,
    Estimate,
    adaptive,
    backward,
    best_step,
    central,
    complex_step,
    five_point,
    forward,
)
from minnet.gradcheck.results import Finding, Verdict
from minnet.views.functions import Function

#: name, short formula, order of the truncation error, function
DIFFERENCES: tuple[tuple[str, str, int, Callable[..., Any]], ...] = (
    ("forward", "(f(x+h)-f(x)) / h", 1, forward),
    ("backward", "(f(x)-f(x-h)) / h", 1, backward),
    ("central", "(f(x+h)-f(x-h))/2h", 2, central),
    ("five-point", "(8 d1 - d2) / 12h", 4, five_point),
)
#: the usual rule of thumb for a correct gradient: relative error below this
USUAL_TOLERANCE = 1e-7
#: a relative error above this is worth a warning about the step
NOTICEABLE = 1e-6
#: an error bar this small, relative to the derivative, is good enough for a verdict
MEANINGFUL = 1e-5


class CalculatorError(Exception):
    """The derivative cannot be calculated; the message says why and what to try."""


@dataclass(frozen=True)
class Row:
    """One method: what it gives and how far that is from the reference.

    `relative_error` is ``|n - a| / max(|n|, |a|)``. `note` says why there is no value.
    """

    method: str
    formula: str
    value: float
    absolute_error: float
    relative_error: float
    step: float
    note: str = ""


@dataclass(frozen=True)
class Comparison:
    """All methods at one point.

    `reference` is the true derivative where `exact`; at a kink the middle of the two one-sided
    `slopes` (from the left, from the right); else the adaptive value; nan where there is none.
    """

    function: Function
    x: float
    step: float | None
    value: float
    reference: float
    exact: bool
    estimate: Estimate
    slopes: tuple[float, float]
    rows: tuple[Row, ...]
    verdict: Verdict
    reason: str
    warnings: tuple[Finding, ...]

    def row(self, method: str) -> Row:
        """Return the row of one method."""
        return next(row for row in self.rows if row.method == method)


def compare(function: Function, x: float, step: float | None = None) -> Comparison:
    """Differentiate a function at a point with every method.

    Parameters
    ----------
    function : Function
    x : float
    step : float, optional
        One step h for the finite differences; by default each takes the best one of its order.

    Returns
    -------
    Comparison

    Raises
    ------
    CalculatorError
        When x or the step is not usable, or the function itself fails at x.

    Examples
    --------
    >>> from minnet.views.functions import FUNCTIONS
    >>> round(compare(FUNCTIONS["sigmoid"], 0.0, step=1e-4).row("central").value, 8)
    0.25
    """
    if not math.isfinite(x):
        raise CalculatorError(f"x is {x}: a derivative is taken at a finite number")
    if step is not None and not (math.isfinite(step) and step > 0):
        raise CalculatorError(
            f"the step is {step:g}: a difference needs a positive step h (over a distance of 0 "
            "it would be 0/0); leave --step out and a good one is chosen"
        )
    with np.errstate(all="ignore"):
        f = safe(function)
        value = f(x)
        estimate = _plain(adaptive(f, x))
        true = float(function.derivative(x)) if function.derivative else math.nan
        bent = estimate.at_kink or any(float(s(x)) == 0 for s in function.switches)
        exact = math.isfinite(true) and not bent
        reference = true if exact else estimate.value
        if not math.isfinite(value) or _jumps(f, x):
            reference, exact = math.nan, False
        tiny = best_step(x, 1)
        slopes = float(backward(f, x, tiny)), float(forward(f, x, tiny))
        if bent and math.isfinite(reference):
            reference = (slopes[0] + slopes[1]) / 2
        rows = (*_difference_rows(f, x, step, reference), *_other_rows(f, x, reference, estimate))
        found = Comparison(
            function, x, step, value, reference, exact, estimate, slopes, rows, "pass", "", ()
        )
        verdict, reason = _verdict(found)
        warnings = tuple(_warnings(found, f))
    return Comparison(**{**vars(found), "verdict": verdict, "reason": reason, "warnings": warnings})


@dataclass(frozen=True)
class Sweep:
    """The error of every finite difference against the step: arrays over `step`.

    `absolute` says that errors are absolute, because the derivative itself is 0.
    """

    step: Array
    errors: dict[str, Array]
    absolute: bool


def sweep(comparison: Comparison) -> Sweep:
    """Measure the error of the finite differences over steps from 1e-16 to 1, relative to x."""
    f, x = safe(comparison.function), comparison.x
    steps = np.logspace(-16, 0, 129) * max(abs(x), 1.0)
    absolute = abs(comparison.reference) < 1e-200
    scale = 1.0 if absolute else abs(comparison.reference)
    with np.errstate(all="ignore"):
        errors = {
            name: np.array([abs(rule(f, x, h) - comparison.reference) / scale for h in steps])
            for name, _, _, rule in DIFFERENCES
        }
    return Sweep(steps, errors, absolute)


def kinks_between(function: Function, low: float, high: float) -> bool:
    """Return whether a switch of the function changes sign, or is zero, from low to high."""
    with np.errstate(all="ignore"):
        return any(float(s(low)) * float(s(high)) <= 0 for s in function.switches)


def safe(function: Function) -> Callable[[Any], Any]:
    """Return the function with floating-point failures as inf and nan, others as one line."""

    def call(x: Any) -> Any:
        try:
            value = function(x)
        except OverflowError:
            return math.inf
        except (ValueError, ZeroDivisionError):
            return math.nan
        except Exception:
            if isinstance(x, complex):  # whatever it says, it does not take complex numbers
                raise TypeError("the function does not take complex numbers") from None
            raise CalculatorError(_failed(function, x)) from None
        if np.ndim(value) and np.size(value) == 1:
            value = np.asarray(value).reshape(())[()]
        if isinstance(x, complex):
            return value
        try:
            return float(value)
        except (TypeError, ValueError):
            raise CalculatorError(
                f"{function.name}({x:g}) returns {type(value).__name__} of shape "
                f"{np.shape(value)}: the calculator needs a function from a number to a number"
            ) from None

    return call


def _failed(function: Function, x: Any) -> str:
    error = sys.exc_info()[1]
    return f"{function.name}({x:g}) raised {type(error).__name__}: {error}"


def _plain(found: Estimate) -> Estimate:
    return Estimate(
        float(found.value), float(found.error_bar), float(found.step), bool(found.at_kink)
    )


def relative_error(numeric: float, analytic: float) -> float:
    """Return ``|n - a| / max(|n|, |a|)``, 0 where both are 0.

    >>> relative_error(1.0, 1.1)
    0.0909090909090909...
    """
    largest = max(abs(numeric), abs(analytic))
    return abs(numeric - analytic) / largest if largest else 0.0


def _row(name: str, formula: str, value: float, reference: float, step: float) -> Row:
    value = float(value)
    note = "" if math.isfinite(value) else "f is not finite at x ± h"
    error, relative = abs(value - reference), relative_error(value, reference)
    return Row(name, formula, value, error, relative, float(step), note)


def _difference_rows(
    f: Callable[[Any], Any], x: float, step: float | None, reference: float
) -> Iterator[Row]:
    for name, formula, order, rule in DIFFERENCES:
        h = best_step(x, order) if step is None else step
        yield _row(name, formula, rule(f, x, h), reference, h)


def _other_rows(
    f: Callable[[Any], Any], x: float, reference: float, estimate: Estimate
) -> Iterator[Row]:
    name, formula = "complex-step", "Im f(x + ih) / h"
    try:
        yield _row(name, formula, complex_step(f, x), reference, 1e-20)
    except TypeError:
        note = "f does not take complex numbers"
        yield Row(name, formula, math.nan, math.nan, math.nan, 1e-20, note)
    yield _row("adaptive", "fit over many h", estimate.value, reference, estimate.step)


def _verdict(found: Comparison) -> tuple[Verdict, str]:
    """Say what the checker would make of the reference as somebody's analytic derivative."""
    e, a = found.estimate, found.reference
    if not math.isfinite(found.value):
        return "error", f"the function is {found.value:g} here"
    if not math.isfinite(a):
        return "error", "the function jumps here"
    if not math.isfinite(e.error_bar):
        return "inconclusive", "no step on which the function is finite on both sides"
    if e.at_kink:
        low, high = sorted(found.slopes)
        return "pass", f"at a kink any slope from {low:.6g} to {high:.6g} is accepted"
    size = max(abs(a), abs(e.value))
    visible = abs(a) > 1e-8 * abs(found.value) / max(abs(found.x), 1.0)
    if e.error_bar > MEANINGFUL * size and visible and not _flat(found):
        return "inconclusive", f"the error bar, {e.error_bar:.1e}, is too large to judge by"
    if not found.exact:
        return "pass", f"a derivative within {e.error_bar:.1e} of {e.value:.10g} would pass"
    gap = abs(a - e.value)
    if gap <= e.error_bar + 4 * EPSILON * size:
        return "pass", f"{a:.10g} agrees with the measured {e.value:.10g} ± {e.error_bar:.1e}"
    return (
        "fail",
        f"{a:.10g} is {gap:.1e} away from the measured {e.value:.10g} ± {e.error_bar:.1e}",
    )


def _warnings(found: Comparison, f: Callable[[Any], Any]) -> Iterator[Finding]:
    """Yield what an expert would point out."""
    if not math.isfinite(found.value):
        yield _not_finite(found)
        return
    if not math.isfinite(found.reference):
        yield Finding(
            "jump",
            f"the function jumps at x = {found.x:g}: it has no derivative there, and a difference "
            "across the jump grows without limit as h shrinks; move x off the jump",
        )
    elif found.estimate.at_kink or any(float(s(found.x)) == 0 for s in found.function.switches):
        yield _at_kink(found)
    elif _flat(found):
        yield Finding(
            "saturated",
            f"the function is flat around x = {found.x:g} (saturated): the derivative is "
            f"{found.reference:.3g}, no gradient gets through, and a relative error would only "
            "compare round-off. Test where the function is steep.",
        )
    else:
        yield from _step_advice(found, f)


def _not_finite(found: Comparison) -> Finding:
    if math.isnan(found.value):
        return Finding(
            "domain",
            f"the function is not defined at x = {found.x:g} (it gives nan): choose x inside its "
            "domain",
        )
    return Finding(
        "overflow",
        f"the function overflows at x = {found.x:g} (it gives {found.value:g}), or has a pole "
        "there: choose another x, or a formula that does not overflow",
    )


def _at_kink(found: Comparison) -> Finding:
    left, right = found.slopes
    return Finding(
        "kink",
        f"x = {found.x:g} is on a kink: the slope is {left:.6g} from the left and {right:.6g} "
        f"from the right, and the central difference gives their mean, {(left + right) / 2:.6g}. "
        "There is no derivative to check: any slope between the two is right; move x off the kink.",
    )


def _step_advice(found: Comparison, f: Callable[[Any], Any]) -> Iterator[Finding]:
    if not math.isfinite(found.estimate.error_bar):
        yield Finding(
            "edge",
            f"x = {found.x:g} is at the edge of the domain, or at a pole: on one side at least the "
            "function is not finite, however small the step; move x inside",
        )
        return
    x, row = found.x, found.row("central")
    h, reference = row.step, found.reference
    if x + h == x or x - h == x:
        yield Finding(
            "step_too_small",
            f"the step h = {h:g} is lost beside x = {x:g}: x + h rounds to x, so every "
            f"difference is 0; try h = {best_step(x, 2):.0e}",
        )
        return
    if kinks_between(found.function, x - h, x + h):
        yield Finding(
            "kink_inside",
            f"there is a kink between x - h and x + h: the difference mixes two slopes; take h "
            f"smaller than the distance of {x:g} to the kink",
        )
        return
    if not math.isfinite(row.value):
        yield Finding(
            "step_too_large",
            f"the function is not finite at x ± h: h = {h:g} steps out of its domain; take a "
            "smaller step",
        )
        return
    size = max(abs(reference), 1e-9 * max(abs(found.value), 1e-300) / max(abs(x), 1.0))
    noise = EPSILON * max(abs(found.value), abs(x * reference)) / h
    if row.absolute_error > NOTICEABLE * size:
        yield _blame_step(found, row, noise)
    elif abs(reference) < 1e-9 * abs(found.value) / max(abs(x), 1.0):
        yield Finding(
            "stationary",
            "the derivative is 0 or nearly so here: a relative error divides by next to nothing; "
            "look at the absolute error",
        )


def _blame_step(found: Comparison, row: Row, noise: float) -> Finding:
    """Say whether round-off or truncation is the larger part of the central error."""
    better = found.row("adaptive").step
    if 20 * noise >= row.absolute_error:
        return Finding(
            "step_too_small",
            f"h = {row.step:g} is too small: round-off in f, about {noise * row.step:.0e}, is "
            f"divided by h and leaves an error of {row.absolute_error:.1e}; "
            f"try h = {best_step(found.x, 2):.0e}",
        )
    return Finding(
        "step_too_large",
        f"h = {row.step:g} is too large: the function bends too much between x - h and x + h "
        f"(truncation), which leaves an error of {row.absolute_error:.1e}; "
        f"try h = {min(better, row.step / 10):.0e}",
    )


def _jumps(f: Callable[[Any], Any], x: float) -> bool:
    """Return whether the values just left and right of x differ as much as those farther off."""
    unit = max(abs(x), 1.0)
    near = abs(f(x + 1e-12 * unit) - f(x - 1e-12 * unit))
    right, left = f(x + 1e-3 * unit), f(x - 1e-3 * unit)
    size = max(abs(f(x)), abs(right), abs(left))
    return bool(near > 0.5 * abs(right - left) and near > 1e-6 * size)


def _flat(found: Comparison) -> bool:
    """Return whether the function does not change for some way around x."""
    f, x, here = safe(found.function), found.x, found.value
    reach = max(abs(x), 1.0) / 10
    tiny = 1e-10 * abs(here)
    around = [f(x - reach), f(x - reach / 2), f(x + reach / 2), f(x + reach)]
    return all(abs(there - here) <= tiny for there in around)
