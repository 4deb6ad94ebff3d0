"""The round-off in the outputs of a function, measured.

Outputs are computed at points so close together that the smooth part vanishes in their fourth
differences; what remains is noise. Nothing is assumed of the dtype: a layer may compute in
float32 inside, or add a large constant and take it away again.

Source: ECnoise (Moré and Wild, SIAM J. Sci. Comput. 33, 1292, 2011).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.measure.bars import MOST, NEGLIGIBLE, TINY, median, rounding
from minnet.gradcheck.measure.differences import Line

#: where outputs are computed, in spacings, and the order of the differences that remove the smooth
#: part. Uneven: what is rounded to a short format on the way may step evenly, and evenly spaced
#: points would see no noise in that.
PLACES, ORDER = (0.0, 1.31, 2.13, 2.79, 4.22, 4.87, 6.18, 7.0), 4
#: spacings to try, as fractions of the scale: the first at which the outputs do not stick
#: (no powers of two: neat steps give neat values, which look like those of a short format)
SPACINGS = (0.7391 * 2.0**-20, 0.7391 * 2.0**-13, 0.7391 * 2.0**-6)
#: an output sticks when more than this share of the points repeat the value before
STUCK = 0.25
#: relative noise above this may be a kink or a bend: looked at again with the points closer
SUSPECT, CLOSER = 1e-13, (2.0**-6, 2.0**-12, 2.0**-18)
#: how far to go for outputs that do not move at all: these powers of 2
FURTHER = range(-6, 34)


def noise_floor(line: Line, base: Array, scale: float, *others: Line) -> Array:
    """Measure the round-off in every output of `line`: its standard deviation, shape (m,).

    Parameters
    ----------
    line : callable
        t -> outputs, shape (m,), float64.
    base : array (m,)
        ``line(0)``.
    scale : float
        The typical size of what t = 1 perturbs, in units of t.
    *others : callable
        Lines in other directions, tried where the outputs hardly move along the first.

    Examples
    --------
    >>> coarse = lambda t: np.sin(np.arange(50) + t).astype(np.float32).astype(float)
    >>> bool(1e-9 < np.median(noise_floor(coarse, coarse(0.0), 1.0)) < 1e-7)
    True
    """
    size = np.abs(base)
    measured, moving, found = _measure((line, *others), base, scale)
    if not found:
        measured = _noise_elsewhere(line, base, scale, measured)
    usual = float(median(size[size > 0])) if (size > 0).any() else 0.0
    # A few points may look quiet by accident: hold each output to its neighbours' level. What has
    # all but cancelled says nothing of them: its noise is large beside itself alone.
    some = moving & (size > NEGLIGIBLE * usual)
    typical = float(median(measured[some] / size[some])) if some.any() else 0.0
    least = max(typical, rounding()) * np.where(moving, size, np.maximum(size, usual))
    zero = moving & (size == 0)
    if zero.any():
        least[zero] = median(measured[zero])
    return np.asarray(np.maximum(measured, least))


def _measure(lines: Sequence[Line], base: Array, scale: float) -> tuple[Array, Array, bool]:
    """Return the noise, which outputs move, and whether most of those move at every point."""
    size = np.abs(base)
    measured = np.zeros(len(base))
    found = False
    for spacing, line in product(SPACINGS, lines):
        spread, moving, stuck = _noise_at(line, base, spacing * scale)
        measured = np.where(np.isfinite(spread), spread, measured)
        found = bool(moving.any() and np.mean(stuck[moving]) < MOST)
        if found:
            break
    usual = np.maximum(size, median(size))
    for closer in CLOSER:
        suspect = measured > SUSPECT * usual
        if not suspect.any():
            break
        spread, _, stuck = _noise_at(line, base, closer * spacing * scale)
        if stuck[suspect].all():
            break
        measured = np.where(suspect & ~stuck & (spread < MOST * measured), spread, measured)
    return measured, moving, found


def _noise_elsewhere(line: Line, base: Array, scale: float, measured: Array) -> Array:
    """Return the noise at the nearest point where outputs move that here do not.

    The loss of samples that are classified well enough is exactly 0, and stays so, though its
    derivative is not: the change is below the last digit of an intermediate result. That is
    told from a dead ReLU by the noise with which the outputs wake.
    """
    for t in (scale * way * 2.0**k for k in FURTHER for way in (1, -1)):
        there = line(t)
        if np.mean(there != base) < MOST or not np.isfinite(there).all():
            continue
        measured = np.maximum(measured, rounding() * median(np.abs(there)))
        onward = _starting_at(line, t)
        noise, moving, found = _measure([onward], there, max(scale, abs(t)))
        if found:
            share = median(noise[moving] / np.maximum(np.abs(there[moving]), TINY))
            least = min(float(share), rounding(np.float16)) * np.abs(base)
            return np.asarray(np.maximum(np.maximum(noise, median(noise[moving])), least))
    return measured


def _starting_at(line: Line, t: float) -> Line:
    return lambda s: line(t + math.copysign(s, t))


def _noise_at(line: Line, base: Array, spacing: float) -> tuple[Array, Array, Array]:
    """Return the noise at points `spacing` apart, which outputs move, and which stick.

    An output sticks when points repeat its values: they are closer than its number format tells
    apart.
    """
    values = np.stack([base, *(line(place * spacing) for place in PLACES[1:])])
    steps = np.diff(values, axis=0)
    moving = np.isfinite(values).all(axis=0) & (steps != 0).any(axis=0)
    stuck = np.mean(steps == 0, axis=0) > STUCK
    with np.errstate(all="ignore"):
        differences = np.tensordot(_DIFFERENCES, values - base, 1)
        largest = np.maximum(np.abs(differences).max(axis=0), TINY)  # squares may underflow
        spread = largest * np.sqrt(np.mean((differences / largest) ** 2, axis=0))
        for short in (np.float32, np.float16):
            # Numbers of a short format are rounded to it, however quiet a few of them look.
            rounded = moving & (base == base.astype(short))
            if not rounded.any():
                break  # nor numbers of a shorter one; the other points need no look
            rounded &= (values == values.astype(short)).all(axis=0)
            least = np.where(rounded, rounding(short) * np.abs(base), 0.0)
            spread = np.maximum(spread, least)
    return spread, moving, stuck


def _differences() -> Array:
    """Return what makes of the values at all places differences with the variance of one value.

    Each row holds the weights of a divided difference of neighbouring places.
    """
    rows = np.zeros((len(PLACES) - ORDER, len(PLACES)))
    for first, row in enumerate(rows):
        near = np.array(PLACES[first : first + ORDER + 1])
        apart = near[:, None] - near + np.eye(ORDER + 1)
        row[first : first + ORDER + 1] = 1 / np.prod(apart, axis=1)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


_DIFFERENCES = _differences()
