"""What an expert would say of a derivative: whether to believe it, and what to change."""

from __future__ import annotations

import math
from dataclasses import dataclass

from minnet.derivative.compared import Comparison, Row, relative_error
from minnet.derivative.formulas import EPSILON, best_step
from minnet.report.results import Finding, Verdict

#: a relative error above this is worth a warning about the step
NOTICEABLE = 1e-6
#: an error bar this small, relative to the derivative, is good enough for a verdict
MEANINGFUL = 1e-5
#: the usual rule of thumb for a correct gradient: relative error below this
USUAL_TOLERANCE = 1e-7
#: the one-sided slopes at a kink are off by this share of the distance between them, or less
ROUND = 1e-6


@dataclass(frozen=True)
class Advice:
    """The verdict on a derivative with its reason, and warnings; `claimed` by the user or not."""

    verdict: Verdict
    reason: str
    warnings: tuple[Finding, ...]
    claimed: bool = False


def advise(found: Comparison, claim: float | None = None) -> Advice:
    """Say what the checker would make of a claim, or of the reference, as an analytic derivative.

    Parameters
    ----------
    found : Comparison
    claim : float, optional
        Somebody's analytic derivative; by default the true one where it is known.

    Examples
    --------
    >>> from minnet.derivative.comparison import compare
    >>> from minnet.derivative.functions import FUNCTIONS
    >>> advice = advise(compare(FUNCTIONS["relu"], 0.0))
    >>> advice.verdict, advice.reason, [warning.code for warning in advice.warnings]
    ('pass', 'at a kink any slope from 0 to 1 is accepted', ['kink'])
    >>> advise(compare(FUNCTIONS["square"], 3.0), claim=12.0).verdict
    'fail'
    """
    verdict, reason = _verdict(found) if claim is None else _judged(found, claim)
    warning = _warning(found)
    return Advice(verdict, reason, () if warning is None else (warning,), claim is not None)


def usual_rule(found: Comparison) -> tuple[float, Verdict]:
    """Return the relative error of the central difference, and what the rule of thumb says of it.

    The rule is ``|n - a| / max(|n|, |a|) < 1e-7``.
    """
    error = relative_error(found.row("central").value, found.reference)
    return error, "pass" if error < USUAL_TOLERANCE else "fail"


def _verdict(found: Comparison) -> tuple[Verdict, str]:
    e, a = found.estimate, found.reference
    if not math.isfinite(found.value):
        return "error", f"the function is {found.value:g} here"
    if found.jumps:
        return "error", "the function jumps here"
    if not math.isfinite(e.error_bar):
        near = all(map(math.isfinite, found.slopes))
        steps = "only very short steps" if near else "no step"
        return "inconclusive", f"{steps} on which the function is finite on both sides"
    if e.at_kink:
        low, high = sorted(found.slopes)
        return "pass", f"at a kink any slope from {low:.6g} to {high:.6g} is accepted"
    size = max(abs(a), abs(e.value))
    visible = abs(a) > 1e-8 * abs(found.value) / max(abs(found.x), 1.0)
    if e.error_bar > MEANINGFUL * size and visible and not found.flat:
        return "inconclusive", f"the error bar, {e.error_bar:.1e}, is too large to judge by"
    if not found.exact:
        return "pass", f"a derivative within {e.error_bar:.1e} of {e.value:.10g} would pass"
    gap, measured = abs(a - e.value), f"the measured {e.value:.10g} ± {e.error_bar:.1e}"
    if gap <= e.error_bar + 4 * EPSILON * size:
        return "pass", f"{a:.10g} agrees with {measured}"
    return "fail", f"{a:.10g} is {gap:.1e} away from {measured}"


def _judged(found: Comparison, claim: float) -> tuple[Verdict, str]:
    """Judge a claim by the measured derivative and its error bar, and say what is off."""
    e, (low, high) = found.estimate, sorted(found.slopes)
    if not math.isfinite(found.value) or found.jumps:
        return "fail", f"{claim:.10g} is claimed, but there is no derivative here"
    if not math.isfinite(e.error_bar):
        return "inconclusive", f"there is no measured derivative to compare {claim:.10g} with"
    if found.at_kink:
        inside = low - e.error_bar * ROUND <= claim <= high + e.error_bar * ROUND
        said = f"between the slopes {low:.6g} and {high:.6g} of the kink"
        return (
            ("pass", f"{claim:.10g} is {said}")
            if inside
            else ("fail", f"{claim:.10g} is not {said}")
        )
    measured = f"the measured {e.value:.10g} ± {e.error_bar:.1e}"
    gap = abs(claim - e.value)
    if gap <= e.error_bar + 4 * EPSILON * abs(e.value):
        return "pass", f"{claim:.10g} agrees with {measured}"
    if abs(e.value) <= e.error_bar or claim == 0:
        return "fail", f"{claim:.10g} is {gap:.1e} away from {measured}"
    return "fail", f"{claim:.10g} is {claim / e.value:.6g} × {measured}"


def _warning(found: Comparison) -> Finding | None:
    """Return what an expert would point out."""
    if not math.isfinite(found.value):
        return _not_finite(found)
    if found.jumps:
        return Finding(
            "jump",
            f"the function jumps at x = {found.x:g}: it has no derivative there, and a difference "
            "across the jump grows without limit as h shrinks; move x off the jump",
        )
    if found.at_kink:
        return _at_kink(found)
    if found.flat:
        return Finding(
            "saturated",
            f"the function is flat around x = {found.x:g} (saturated): the derivative is "
            f"{found.reference:.3g}, no gradient gets through, and a relative error would only "
            "compare round-off. Test where the function is steep.",
        )
    if not math.isfinite(found.estimate.error_bar):
        if all(map(math.isfinite, found.slopes)):
            return Finding(
                "edge",
                f"x = {found.x:g} is very near to where the function overflows, or to a pole, or "
                "to the edge of its domain: the steps that stay inside are too short to measure "
                "with; move x away",
            )
        return Finding(
            "edge",
            f"x = {found.x:g} is at the edge of the domain, or at a pole: on one side at least the "
            "function is not finite, however small the step; move x inside",
        )
    return _useless_step(found) or _inexact(found)


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


def _useless_step(found: Comparison) -> Finding | None:
    """Return why the central difference says nothing with its step, if it does not."""
    x, row = found.x, found.row("central")
    h = row.step
    if x + h == x or x - h == x:
        return Finding(
            "step_too_small",
            f"the step h = {h:g} is lost beside x = {x:g}: x + h rounds to x, so every "
            f"difference is 0; try h = {best_step(x, 2):.0e}",
        )
    if found.kink_inside:
        return Finding(
            "kink_inside",
            f"there is a kink between x - h and x + h: the difference mixes two slopes; take h "
            f"smaller than the distance of {x:g} to the kink",
        )
    if not math.isfinite(row.value):
        return Finding(
            "step_too_large",
            f"the function is not finite at x ± h: h = {h:g} steps out of its domain; take a "
            "smaller step",
        )
    return None


def _inexact(found: Comparison) -> Finding | None:
    """Return why the central difference is less exact than it might be, if it is."""
    x, row, reference = found.x, found.row("central"), found.reference
    size = max(abs(reference), 1e-9 * max(abs(found.value), 1e-300) / max(abs(x), 1.0))
    one_sided = max(abs(found.row(name).value) for name in ("forward", "backward"))
    if math.isfinite(one_sided) and abs(reference) < 1e-9 * one_sided:
        return _STATIONARY
    if row.absolute_error > NOTICEABLE * size:
        return _blame_step(found, row)
    if abs(reference) < 1e-9 * abs(found.value) / max(abs(x), 1.0):
        return _STATIONARY
    return None


_STATIONARY = Finding(
    "stationary",
    "the derivative is 0 or nearly so here: a relative error divides by next to nothing; "
    "look at the absolute error",
)


def _blame_step(found: Comparison, row: Row) -> Finding:
    """Say whether round-off or truncation is the larger part of the central error."""
    h, better = row.step, found.row("adaptive").step
    noise = EPSILON * max(abs(found.value), abs(found.x * found.reference)) / h
    if 20 * noise >= row.absolute_error:
        return Finding(
            "step_too_small",
            f"h = {h:g} is too small: round-off in f, about {noise * h:.0e}, is "
            f"divided by h and leaves an error of {row.absolute_error:.1e}; "
            f"try h = {best_step(found.x, 2):.0e}",
        )
    return Finding(
        "step_too_large",
        f"h = {h:g} is too large: the function bends too much between x - h and x + h "
        f"(truncation), which leaves an error of {row.absolute_error:.1e}; "
        f"try h = {min(better, h / 10):.0e}",
    )
