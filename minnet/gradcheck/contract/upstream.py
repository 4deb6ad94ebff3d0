"""Is backward linear in the upstream gradient, and does it look at it at all?"""

from __future__ import annotations

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.contract.findings import Examination
from minnet.gradcheck.randomness import random_upstream
from minnet.report.results import Finding

#: dout times this, and divided by it: a power of two, which leaves no rounding of its own
SCALED = 1024.0
#: gradients for so many upstream gradients are compared at once, each with its own round-off
COMPARED = 4


def check_upstream(asked: Examination) -> None:
    """Is backward linear in dout, and zero for dout = 0? Does it look at dout at all?"""
    if asked.case.is_loss:
        return
    one = asked.dout
    other = random_upstream((one,), asked.rng)
    douts = (other, 0 * one, one + other, SCALED * one, one / SCALED)
    claims = [asked.claimed(asked.case.run(), dout) for dout in douts]
    for name, gradient in asked.given.items():
        if all(name in g and np.isfinite(g[name]).all() for g in (asked.given, *claims)):
            _compare(asked, name, gradient, *(g[name] for g in claims))


def _compare(
    asked: Examination,
    name: str,
    gradient: Array,
    at_other: Array,
    zero: Array,
    at_sum: Array,
    at_large: Array,
    at_small: Array,
) -> None:
    """Compare the gradients for several upstream gradients; `zero` is that for dout = 0."""
    residuals = (
        (at_sum - (gradient + at_other - zero), 1.0),
        (at_large / SCALED - (gradient + (1 / SCALED - 1) * zero), SCALED),
        (at_small * SCALED - (gradient + (SCALED - 1) * zero), 1 / SCALED),
        (zero, 1.0),
    )
    allowed = asked.claims.probe.precision.round_off(np.abs(gradient) + np.abs(at_other))
    if all(np.all(np.abs(residual) <= allowed) for residual, _ in residuals):
        return
    slack = np.maximum(allowed, COMPARED * asked.claims.slack(name, asked.dout))

    def is_beyond(residual: Array, scale: float) -> bool:
        """Whether no round-off explains it, neither here nor, scaled, where it was computed."""
        if np.all(np.abs(residual) <= slack):
            return False
        there = COMPARED * asked.claims.slack(name, scale * asked.dout) / scale
        return bool(np.any(np.abs(residual) > np.maximum(slack, there)))

    if np.array_equal(at_other, gradient) and np.array_equal(zero, gradient):
        if np.any(np.abs(gradient) > slack):
            asked.contract.blame([name], "upstream_ignored", UPSTREAM_IGNORED)
        return
    if any(is_beyond(*residual) for residual in residuals):
        found = _nonlinear(name, zero, bool(np.any(np.abs(zero) > slack)))
        asked.contract.gradients.setdefault(name, []).append(found)


UPSTREAM_IGNORED = (
    "The gradient of {wrt} is the same whatever dout is: by the chain rule it must be multiplied "
    "by the upstream gradient."
)


def _nonlinear(name: str, at_zero: Array, something: bool) -> Finding:
    """Say that a gradient is not linear in dout; it may be something even where dout is 0."""
    offset = float(np.abs(at_zero).max(initial=0.0))
    if something:
        message = (
            f"With dout = 0 the gradient of {name} should be 0, but it reaches {offset:.3g}: "
            "something is added, or put in its place, that does not come from dout."
        )
        hint = (
            "look for a number that is assigned where a number times dout belongs, or for a term "
            "without dout"
        )
    else:
        message = (
            f"The gradient of {name} is not linear in dout: doubling dout does not double it, or "
            "the gradients for two douts do not add up. dout may only be multiplied and summed."
        )
        hint = ""
    return Finding("nonlinear_upstream", message, {"at_zero": offset}, hint=hint)
