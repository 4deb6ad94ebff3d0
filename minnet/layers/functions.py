"""Functions of one number that several layers are made of."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from minnet.arrays import Floats

STEPS = 256  # table entries per unit: the error of the trapezoid rule is below 1e-16
FURTHEST = 39  # beyond, the density is 0 even in float64


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

    NumPy has no erf. But Φ is the integral of φ, and a table gives it at points ``a`` so close
    together that the trapezoid rule with its end correction bridges the distance ``d = x − a``
    to the last digit. With ``φ'(x) = −x φ(x)``,

        Φ(x) = Φ(a) + d (φ(a) + φ(x)) / 2 + d² (x φ(x) − a φ(a)) / 12 + O(d⁵)

    Parameters
    ----------
    x : array of any shape
        Finite numbers, float64 or float32.

    Returns
    -------
    density, distribution : array
        Both of the shape and dtype of `x`, the distribution to 3e-16 or 1e-7.

    References
    ----------
    The Euler–Maclaurin formula: M. Abramowitz, I. Stegun, "Handbook of mathematical
    functions", 1964, 25.4.7.

    Examples
    --------
    >>> density, distribution = gaussian(np.array([1.0]))
    >>> float(2 * distribution[0] - 1), math.erf(1 / math.sqrt(2))
    (0.6826894921370859, 0.6826894921370859)
    """
    densities, distributions = _table(x.dtype)
    x = np.clip(x, -FURTHEST, FURTHEST)
    density: Floats = np.exp(x * x * -0.5)
    density *= math.sqrt(0.5 / math.pi)
    a = np.rint(x * STEPS)
    index = a.astype(np.intp)
    index += FURTHEST * STEPS
    a /= STEPS
    d = x - a
    start = densities.take(index)
    distribution = x * density
    distribution -= a * start
    distribution *= d / 6
    distribution += start
    distribution += density
    distribution *= d / 2
    distribution += distributions.take(index)
    return density, distribution


@cache
def _table(dtype: np.dtype[Any]) -> tuple[Floats, Floats]:
    """Return φ and Φ at all multiples of 1 / STEPS."""
    points = np.arange(-FURTHEST * STEPS, FURTHEST * STEPS + 1) / STEPS
    densities = np.exp(points**2 * -0.5) * math.sqrt(0.5 / math.pi)
    distributions = [0.5 * math.erfc(-point / math.sqrt(2)) for point in points.tolist()]
    return densities.astype(dtype), np.array(distributions).astype(dtype)
