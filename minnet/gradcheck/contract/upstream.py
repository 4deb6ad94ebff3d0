"""Is backward linear in the upstream gradient, and does it look at it at all?"""

from __future__ import annotations

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.contract.findings import Examination
from minnet.gradcheck.measure.bars import ROUGHEST
from minnet.report.results import Finding

#: dout times this, and divided by it: a power of two, which leaves no rounding of its own
SCALED = 1024.0


def random_upstream(
    outputs: tuple[Array, ...], rng: np.random.Generator, is_loss: bool = False
) -> Array:
    """Return a random upstream gradient for `outputs`, flat; never ones, which hide mistakes.

    The values lie between 0.5 and 1.5, of either sign, and are exact in the outputs' dtype.
    """
    sizes = [np.size(out) for out in outputs]
    if is_loss:
        return np.ones(sum(sizes))
    pieces = [
        (rng.choice([-1.0, 1.0], size) * rng.uniform(0.5, 1.5, size)).astype(out.dtype)
        for out, size in zip(outputs, sizes, strict=True)
    ]
    return np.concatenate(pieces, dtype=np.float64)


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
        at_sum - (gradient + at_other - zero),
        at_large / SCALED - (gradient + (1 / SCALED - 1) * zero),
        at_small * SCALED - (gradient + (SCALED - 1) * zero),
        zero,
    )
    allowed = asked.claims.probe.precision.round_off(np.abs(gradient) + np.abs(at_other))
    if all(np.all(np.abs(residual) <= allowed) for residual in residuals):
        return
    slack = np.maximum(allowed, 4 * asked.claims.slack(name, asked.dout))  # it has four terms
    if np.array_equal(at_other, gradient) and np.array_equal(zero, gradient):
        if np.any(np.abs(gradient) > slack):
            asked.contract.blame([name], "upstream_ignored", UPSTREAM_IGNORED)
        return
    size = float(np.abs(gradient).max(initial=0.0) + np.abs(at_other).max(initial=0.0))
    # What no rounding explains fails by itself; less explains a gradient that is wrong.
    beyond = max(float((np.abs(r) - slack).max(initial=0.0)) for r in residuals)
    if beyond > 0:
        where = asked.contract.gradients if beyond > ROUGHEST * size else asked.contract.suspicions
        _nonlinear(where, name, zero, max(float(np.abs(r).max()) for r in residuals))


UPSTREAM_IGNORED = (
    "The gradient of {wrt} is the same whatever dout is: by the chain rule it must be multiplied "
    "by the upstream gradient."
)


def _nonlinear(where: dict[str, list[Finding]], name: str, at_zero: Array, residual: float) -> None:
    offset = float(np.abs(at_zero).max(initial=0.0))
    if offset >= 0.1 * residual:
        message = (
            f"With dout = 0 the gradient of {name} should be 0, but it reaches {offset:.3g}: "
            "something is added that does not come from dout."
        )
    else:
        message = (
            f"The gradient of {name} is not linear in dout: doubling dout does not double it, or "
            "the gradients for two douts do not add up. dout may only be multiplied and summed."
        )
    found = Finding("nonlinear_upstream", message, {"at_zero": offset, "residual": residual})
    where.setdefault(name, []).append(found)
