"""Functions that are constant but for jumps: floor, round, a quantiser.

Their jumps look like the rounding to a coarse number format, whose derivative is that of what is
rounded. But a format shows itself: its numbers are all that the outputs are, and it has steps no
wider than a few of its units. Any other function that does not change at all, wherever one looks
closely, has the derivative 0.
"""

from __future__ import annotations

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.measure.bars import LAST_PLACE, MOST, median, rounding
from minnet.gradcheck.measure.differences import Line

#: jumps smaller than this share of the output are rounding, in float32 as a rule; and so are
#: those smaller than this, where numbers near 1 were taken from each other
SMALLEST_JUMP, CANCELLED = 2.0**-18, 2.0**-36
#: where to look, in typical sizes, and how closely: not within the rounding of a float32 input
PLACES = (0.0, 0.0021, -0.0017, 0.037, -0.041, 0.43, -0.57)
CLOSE = 2.0**-18
#: the widest steps of rounding, relative to the output, by the format of the outputs
WIDEST_STEP = {np.float32: 2.0**-14, np.float16: 2.0**-4}


def without_jumps(noise: Array, line: Line, base: Array, scale: float) -> Array:
    """Return the noise of the outputs of `line`, that of a staircase without its jumps, (m,).

    Parameters
    ----------
    noise : array (m,)
        From `noise_floor`, which takes jumps for round-off.
    line, base, scale
        As in `noise_floor`.

    Examples
    --------
    >>> floor, rounded = (lambda t: np.floor([0.3 + t])), (lambda t: np.float16([0.3 + t]) * 1.0)
    >>> without_jumps(np.ones(1), floor, floor(0.0), 1.0) < 1e-16
    array([ True])
    >>> without_jumps(np.full(1, 1e-4), rounded, rounded(0.0), 1.0)
    array([0.0001])
    """
    size = np.abs(base)
    usual = float(median(size[size > 0])) if (size > 0).any() else 1.0
    jump = LAST_PLACE * noise / np.maximum(size, usual)
    jumping = (jump > SMALLEST_JUMP) & (noise > CANCELLED)
    if not jumping.any():
        return noise
    with np.errstate(all="ignore"):
        here = np.array([line(t * scale) for t in PLACES])
        there = np.array([line((t + CLOSE) * scale) for t in PLACES])
    flat = np.mean(here == there, axis=0) > MOST
    staircase = jumping & flat & np.isfinite(noise)
    for short, widest in WIDEST_STEP.items():
        if median(jump[jumping]) <= widest and _is_format(here[:, jumping], short):
            return noise
    return np.where(staircase, rounding() * size, noise)


def _is_format(values: Array, short: type) -> bool:
    """Return whether values are numbers of a short format, and need its last places."""
    values = values[np.isfinite(values) & (values != 0)]
    if not len(values) or np.any(values != values.astype(short)):
        return False
    digits = np.ldexp(np.frexp(values)[0], np.finfo(short).nmant + 1)
    return short is np.float32 or bool(np.mean(digits % 4 != 0) > MOST / 2)
