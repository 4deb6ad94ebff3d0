"""Functions of one number that several layers are made of."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from minnet.arrays import Floats

STEPS = 2048  # table entries per unit: what the series leaves out is below 1e-16
EDGE = 9  # where the table ends: the distribution is 0 or 1 from here on
FURTHEST = 39  # from here on the density is 0, even in float64


def sigmoid(x: Floats) -> Floats:
    """Return ``1 / (1 + exp(-x))`` as ``(1 + tanh(x / 2)) / 2``, which overflows nowhere.

    Examples
    --------
    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    out: Floats = np.tanh(0.5 * x)
    out *= 0.5
    out += 0.5
    return out


def gaussian(x: Floats) -> tuple[Floats, Floats]:
    """Return the standard normal density φ(x) and distribution Φ(x) = ½ (1 + erf(x / √2)).

    NumPy has no erf. But Φ is the integral of φ, a table gives it at points ``a`` close
    together, and the rest of the way, ``d = x − a``, is a few terms of a series: with
    ``φ(x − s) = φ(x) exp(x s − s²/2)``, integrated over s from 0 to d,

        Φ(x) = Φ(a) + φ(x) (d + x d²/2 + (x² − 1) d³/6 + …)

    Parameters
    ----------
    x : array of any shape
        Finite numbers, in float64 or a shorter format.

    Returns
    -------
    density, distribution : array
        Both of the shape and dtype of `x`, the distribution to 3e-16, or 1e-7 in float32.

    Examples
    --------
    >>> density, distribution = gaussian(np.array([1.0]))
    >>> float(2 * distribution[0] - 1), math.erf(1 / math.sqrt(2))
    (0.6826894921370859, 0.6826894921370859)
    """
    inside = x.clip(-FURTHEST, FURTHEST)
    square = inside * inside
    density: Floats = np.exp(square * -0.5)
    density *= math.sqrt(0.5 / math.pi)
    a = np.rint(x.clip(-EDGE, EDGE) * STEPS)
    index = a.astype(np.int32)
    a /= STEPS
    d = inside - a
    if x.dtype.itemsize > 4:  # in float32 the first term is enough
        d *= 1 + d * (inside / 2 + d * (square - 1) / 6)
    d *= density
    d += _table(x.dtype).take(index + EDGE * STEPS)
    return density, d


@cache
def _table(dtype: np.dtype[Any]) -> Floats:
    """Return Φ at all multiples of 1 / STEPS from -EDGE to EDGE."""
    points = np.arange(-EDGE * STEPS, EDGE * STEPS + 1) / STEPS
    values = [0.5 * math.erfc(-point / math.sqrt(2)) for point in points.tolist()]
    return np.array([0.0, *values[1:]]).astype(dtype)
