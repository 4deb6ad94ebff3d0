"""The few functions of SciPy that layers are written with, for where it is not installed.

Each gives what SciPy's gives for real arrays, by its definition there.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minnet.arrays import Array

erf = np.vectorize(math.erf, otypes=[float])


def expit(x: Any) -> Any:
    """Return the logistic sigmoid."""
    return 0.5 * (1.0 + np.tanh(0.5 * np.asarray(x)))


def softmax(x: Any, axis: Any = None) -> Any:
    """Return exp(x) over its sum along an axis, or over all."""
    return np.exp(x - logsumexp(x, axis, keepdims=True))


def logsumexp(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return log(sum(exp(a))) along an axis, or over all."""
    top = np.max(a, axis=axis, keepdims=True)
    total = np.log(np.sum(np.exp(a - top), axis=axis, keepdims=True)) + top
    return total if keepdims else np.squeeze(total, axis=axis)[()]


def correlate2d(
    in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: float = 0
) -> Array:
    """Return the sums of the products of `in2` with the parts of `in1` that it is laid on.

    >>> correlate2d([[1, 2, 3]], [[10, 1]], "valid")
    array([[12, 23]])
    """
    x, k = np.atleast_2d(in1), np.atleast_2d(in2)
    if mode == "valid" and any(a < b for a, b in zip(x.shape, k.shape, strict=True)):
        return np.asarray(correlate2d(k, x, mode)[::-1, ::-1])
    pads = {"constant_values": fillvalue} if boundary == "fill" else {}
    how: Any = {"fill": "constant", "wrap": "wrap", "symm": "symmetric"}[boundary]
    before = {"full": [s - 1 for s in k.shape], "same": [(s - 1) // 2 for s in k.shape]}
    behind = {"full": [s - 1 for s in k.shape], "same": [s // 2 for s in k.shape]}
    around = list(zip(before.get(mode, (0, 0)), behind.get(mode, (0, 0)), strict=True))
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(x, around, how, **pads), k.shape)
    return np.asarray(np.einsum("ijkl,kl->ij", windows, k))


def convolve2d(
    in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: float = 0
) -> Array:
    """Return the correlation with `in2` turned round.

    >>> convolve2d([[1, 2, 3]], [[10, 1]], "valid")
    array([[21, 32]])
    """
    x, k = np.atleast_2d(in1), np.atleast_2d(in2)
    if mode != "same":
        return correlate2d(x, k[::-1, ::-1], mode, boundary, fillvalue)
    whole = correlate2d(x, k[::-1, ::-1], "full", boundary, fillvalue)
    (top, left), (rows, columns) = ((s - 1) // 2 for s in k.shape), x.shape
    return whole[top : top + rows, left : left + columns]


#: the functions of each module
MODULES: dict[str, dict[str, Any]] = {
    "scipy.special": {"erf": erf, "expit": expit, "softmax": softmax, "logsumexp": logsumexp},
    "scipy.signal": {"correlate2d": correlate2d, "convolve2d": convolve2d},
}
