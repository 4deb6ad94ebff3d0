"""What an expert would say of a derivative: whether to believe it, and what to change."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from minnet.derivative.formulas import EPSILON, best_step
from minnet.report.results import Finding, Verdict

if TYPE_CHECKING:
    from minnet.derivative.comparison import Comparison, Row

#: a relative error above this is worth a warning about the step
NOTICEABLE = 1e-6
#: an error bar this small, relative to the derivative, is good enough for a verdict
MEANINGFUL = 1e-5


def verdict_on(found: Comparison, f: Callable[[Any], Any]) -> tuple[Verdict, str]:
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
    if e.error_bar > MEANINGFUL * size and visible and not _flat(found, f):
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


def warnings_on(found: Comparison, f: Callable[[Any], Any]) -> Iterator[Finding]:
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
    elif _flat(found, f):
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
    if _bends_between(found, x - h, x + h):
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


def jumps(f: Callable[[Any], Any], x: float) -> bool:
    """Return whether the values just left and right of x differ as much as those farther off."""
    unit = max(abs(x), 1.0)
    near = abs(f(x + 1e-12 * unit) - f(x - 1e-12 * unit))
    right, left = f(x + 1e-3 * unit), f(x - 1e-3 * unit)
    size = max(abs(f(x)), abs(right), abs(left))
    return bool(near > 0.5 * abs(right - left) and near > 1e-6 * size)


def _flat(found: Comparison, f: Callable[[Any], Any]) -> bool:
    """Return whether the function does not change for some way around x."""
    x, here = found.x, found.value
    reach = max(abs(x), 1.0) / 10
    tiny = 1e-10 * abs(here)
    around = [f(x - reach), f(x - reach / 2), f(x + reach / 2), f(x + reach)]
    return all(abs(there - here) <= tiny for there in around)


def _bends_between(found: Comparison, low: float, high: float) -> bool:
    """Return whether a switch of the function changes sign, or is zero, from low to high."""
    return any(float(s(low)) * float(s(high)) <= 0 for s in found.function.switches)
