"""Upstream gradients, and what the two Jacobians make of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import split_like
from minnet.gradcheck.measure.probe import Jacobian, Probe
from minnet.gradcheck.verdict.judge import ROUNDING


def combine(J: Jacobian, weight: Array, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Return ``weight @ J`` shaped as `shape`, and its error bar (see `measure.gather`)."""
    w = np.abs(weight)[:, None]
    use = w > 0
    value = np.where(use, J.value, 0.0)
    bars = np.where(use, J.error_bar, 0.0) * w
    smooth = np.where(J.at_kink, 0.0, bars)
    spread = np.minimum(2 * np.sqrt((smooth**2).sum(axis=0)), smooth.sum(axis=0))
    bar = spread + np.where(J.at_kink, bars, 0.0).sum(axis=0)
    return (weight @ value).reshape(shape), bar.reshape(shape)


def adds_up(rows: Array, weight: Array, analytic: Array, probe: Probe) -> bool:
    """Whether backward is linear: the rows of A, weighted, are the analytic gradient."""
    told, size = weight @ rows, np.abs(weight) @ np.abs(rows)
    limit = 1e3 * ROUNDING * probe.relative_noise * (size + size.max(initial=0.0))
    return bool(np.all(np.abs(told - analytic.ravel()) <= limit))


def fresh_weight(outputs: tuple[Array, ...], seed: int = 2) -> Array:
    """Return an upstream gradient without zeros, flat, exact in the dtype of the outputs."""
    rng = np.random.default_rng(seed)
    m = sum(out.size for out in outputs)
    weight = rng.choice([-1.0, 1.0], m) * rng.uniform(0.5, 1.5, m)
    pieces = [piece.ravel().astype(np.float64) for piece in split_like(weight, outputs)]
    return np.concatenate(pieces)


def jittered(variables: Mapping[str, Array]) -> dict[str, Array]:
    """Return other values of the same signs, ties and sizes.

    >>> jittered({"x": np.array([0.0, 1.0, -1.0, 1.0])})["x"].round(2).tolist()[0]
    0.0
    """
    rng = np.random.default_rng(3)
    changed = {}
    for name, x in variables.items():
        values, which = np.unique(x, return_inverse=True)
        factors = rng.uniform(0.8, 1.25, values.size)
        changed[name] = (x * factors[which].reshape(x.shape)).astype(x.dtype)
    return changed
