"""Is backward linear in the upstream gradient, and does it look at it at all?"""

from __future__ import annotations

from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case
from minnet.gradcheck.contract.findings import Contract, Gradients, claimer, distance
from minnet.report.results import Finding

#: a residual above the first share of the gradient is no round-off in any dtype; one above the
#: second is, in float64, if the gradient turns out to be wrong
NONLINEAR, SLIGHTLY_NONLINEAR = 5e-2, 1e-9


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


def check_upstream(
    case: Case, contract: Contract, given: Gradients, rng: np.random.Generator
) -> None:
    """Is backward linear in dout, and zero for dout = 0? Does it look at dout at all?"""
    if case.is_loss:
        return
    one = contract.weight
    other = random_upstream((one,), rng)
    claim = claimer(case)
    at_other, at_zero = claim(other), claim(0 * one)
    at_sum, at_large, at_small = claim(one + other), claim(1024 * one), claim(one / 1024)
    for name, gradient in given.items():
        scaled = (at_other, at_zero, at_sum, at_large, at_small)
        if not all(name in g and np.isfinite(g[name]).all() for g in (given, *scaled)):
            continue
        zero, floor = at_zero[name], contract.floor[name]
        if np.array_equal(at_other[name], gradient) and np.array_equal(zero, gradient):
            if np.abs(gradient).max(initial=0.0) > floor:
                contract.blame([name], "upstream_ignored", UPSTREAM_IGNORED)
            continue
        size = float(np.abs(gradient).max(initial=0.0) + np.abs(at_other[name]).max(initial=0.0))
        residual = max(
            distance(at_sum[name], gradient + at_other[name] - zero),
            distance(at_large[name] / 1024, gradient + (1 / 1024 - 1) * zero),
            distance(at_small[name] * 1024, gradient + 1023 * zero),
            float(np.abs(zero).max(initial=0.0)),
        )
        if residual > NONLINEAR * size + floor:
            _nonlinear(contract.gradients, name, zero, residual)
        elif residual > SLIGHTLY_NONLINEAR * size + floor and _in_float64(case, contract.raw[name]):
            _nonlinear(contract.suspicions, name, zero, residual)


def _in_float64(case: Case, gradient: Any) -> bool:
    """Return whether no array that is seen is of a shorter format, whose rounding is greater."""
    return all(np.asarray(a).dtype.itemsize >= 8 for a in (gradient, *case.variables.values()))


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
