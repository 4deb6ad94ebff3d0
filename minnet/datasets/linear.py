"""Regression data whose true weights are known."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minnet.arrays import Floats, number_in, random_numbers, shown, whole_number


def linear_data(
    n: int = 100,
    weights: Sequence[float] = (0.5, 1.0, -2.0, 3.0, -1.5, 2.5),
    noise: float = 0.0,
    ones: bool = False,
    rng: np.random.Generator | int | None = 0,
) -> tuple[Floats, Floats, Floats]:
    """Return ``x``, ``y = x @ weights + noise`` and the weights.

    Parameters
    ----------
    n : int
        Number of samples.
    weights : sequence of float
        The true weights. With `ones`, the first is the bias w0.
    noise : float
        Standard deviation of the normal noise added to ``y``.
    ones : bool
        Whether the first column of ``x``, x0, is 1, so that it carries the bias.
    rng : numpy.random.Generator or int
        Source of randomness, or its seed.

    Returns
    -------
    x : array, shape (n, D)
        Standard normal features (after x0).
    y : array, shape (n, 1)
    weights : array, shape (D,)

    Examples
    --------
    >>> x, y, weights = linear_data(4, weights=(1.0, 2.0), ones=True)
    >>> x[:, 0]
    array([1., 1., 1., 1.])
    >>> bool(np.allclose(y[:, 0], 1 + 2 * x[:, 1]))
    True
    """
    n, generator = whole_number("n, the number of samples,", n), random_numbers(rng)
    noise = number_in("noise, a standard deviation,", noise, 0, math.inf)
    true = _numbers(weights)
    x = generator.normal(size=(n, len(true)))
    if ones:
        x[:, 0] = 1
    y = x @ true + noise * generator.normal(size=n)
    return x, y[:, None], true


def _numbers(weights: Any) -> Floats:
    """Return the weights as an array, or say that they are none."""
    with contextlib.suppress(TypeError, ValueError):
        found = np.asarray(weights, dtype=float)
        if found.ndim == 1 and found.size and np.isfinite(found).all():
            return found
    raise ValueError(f"weights must be a sequence of one number or more, not {shown(weights)}")
