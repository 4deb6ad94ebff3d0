"""The error model: how bars add up, what round-off is allowed, and what a bar must be below.

A measured derivative comes with an error bar for every output (`differences`), and a claimed one
with the round-off of the backward pass that computed it. Everything that is decided about the two
rests on the few rules here, and nowhere else:

- bars of different outputs add in squares, those of outputs at a kink in full (`added`);
- an analytic gradient may be off by the round-off of as many operations (`Precision.round_off`);
- a bar means something when it is small beside the gradient, or beside what the gradient might
  have been (`means_something`).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.records import NamedTuple, dataclass

EPS, TINY = float(np.finfo(float).eps), float(np.finfo(float).tiny)
#: beside a sum of squares above this, squares that have underflowed are nothing
LEAST_SQUARE = TINY / EPS**2
#: the bars of many outputs add up to this many times the root of the sum of their squares
SPREAD = 2.0
#: round-off allowed to the analytic gradient, in units of the forward pass's own
ROUNDING = 64.0
#: an error bar above this share of the gradient says nothing
MEANINGFUL = 0.2
#: a gradient within this share of what the outputs could do counts as zero
NEGLIGIBLE = 1e-6
#: a forward pass with more relative round-off than this is remarked on
COARSE = 1e-11
#: for the most part: by more than this share
MOST = 0.5
#: a unit in the last place, in standard deviations of a rounding: errors are even over its width
LAST_PLACE = math.sqrt(12)


@dataclass(frozen=True)
class Slope:
    """The derivative of each output along a line; all arrays are of shape (m,), float64.

    The true derivative lies within ``value ± error_bar``. Where `at_kink`, the two one-sided
    slopes differ however short the step, and ``value ± error_bar`` reaches from one to the
    other. `step` is the h each output settled on; `reach` is how large the
    derivative might have been: as the output moved on the first ladder, or as it is large.
    """

    value: Array
    error_bar: Array
    at_kink: Array
    step: Array
    reach: Array


class Sums(NamedTuple):
    """Derivatives of the outputs, added up to `count` gradients: four arrays of shape (count,).

    The gradient lies within ``value ± error_bar``; `reach` is how large it might have been, and
    `at_kink` says that an output it is made of stands at a kink.
    """

    value: Array
    error_bar: Array
    at_kink: Array
    reach: Array


class Precision(NamedTuple):
    """The round-off of a forward pass, relative to its outputs, and what it allows backward.

    >>> exact = Precision(EPS)
    >>> bool(exact.round_off(np.array([1.0, 0.0]))[1] > 0)  # zero beside a one, but for round-off
    True
    """

    noise: float

    def round_off(self, gradient: Array, axis: int | None = None) -> Array:
        """Return by how much each element may be off; `typical` is taken along `axis`."""
        size = np.abs(gradient)
        if not (finite := np.isfinite(size)).all():
            size = np.where(finite, size, 0.0)
        largest = float(size.max(initial=TINY))
        typical = (
            np.sqrt(np.mean((size / largest) ** 2, axis=axis, keepdims=True)) * largest
            if size.size
            else 0.0
        )
        return np.asarray(ROUNDING * self.noise * (size + typical))

    def round_off_of_sum(self, terms: Array, size: float | None = None) -> float:
        """Return by how much the sum of `terms`, each as good as the forward pass, may be off.

        `size` is their norm, where it is known.
        """
        lost_in_adding = 4 * EPS * float(np.abs(terms).sum())
        size = norm(terms) if size is None else size
        return ROUNDING * self.noise * size + lost_in_adding

    @property
    def telling(self) -> float:
        """The relative error below which a bar is nothing beside backward's round-off."""
        return self.negligible / 2

    @property
    def zero(self) -> float:
        """The share of what a gradient might have been below which it is zero."""
        return ROUNDING * self.noise

    @property
    def negligible(self) -> float:
        """The share of its surroundings below which a gradient is nothing but round-off."""
        return ROUNDING * min(self.noise, NEGLIGIBLE)


def norm(values: Array, axis: int | None = None) -> Any:
    """Return the root of the sum of squares, which need not be numbers that float64 can hold.

    >>> f"{norm(np.array([3e200, 4e200])):.6g}"
    '5e+200'
    """
    if axis is None:
        with np.errstate(over="ignore"):
            squares = float(np.square(values).sum())
        if LEAST_SQUARE < squares < math.inf:
            return math.sqrt(squares)  # as a rule
    sizes = np.abs(values)
    unit = _largest(sizes)
    found = unit * np.sqrt(np.sum((sizes / unit) ** 2, axis=axis))
    return float(found) if axis is None else found


def _largest(sizes: Any) -> float:
    """Return the largest of some sizes that is finite, and no zero."""
    largest = float(sizes.max(initial=TINY))
    if math.isfinite(largest):
        return largest  # as a rule; to leave some out takes three times as long
    return float(np.max(sizes, where=np.isfinite(sizes), initial=TINY))


def rounding(dtype: type = float) -> float:
    """Return the standard deviation of rounding to a number format, relative to the number."""
    eps = EPS if dtype in (float, np.float64) else float(np.finfo(dtype).eps)
    return eps / LAST_PLACE


def zero_beside(reach: float) -> float:
    """Return what is zero but for round-off, where the outputs move by `reach`."""
    return ROUNDING * EPS * reach


def means_something(bar: float, size: float, reach: float, precision: Precision) -> bool:
    """Return whether a bar is small beside the gradient, or beside what it might have been."""
    coarse = precision.zero if precision.noise <= ROUNDING * rounding(np.float32) else 0.0
    zero = max(NEGLIGIBLE, coarse)  # with more noise than that, what is lost is not nothing
    return bar < math.inf and (bar <= MEANINGFUL * size or bar <= zero * reach)


def added(root: Array, plain: Array, at_kink: Array) -> Array:
    """Return the bar of a sum: of smooth outputs the bars' norm and sum, of kinks the sum.

    The errors of different outputs are independent of the random signs of the upstream
    gradient, so their bars add in squares; at a kink the two slopes bound an interval, and
    intervals add in full.
    """
    return np.asarray(np.fmin(SPREAD * root, plain) + at_kink)


def gather(found: Slope, dout: Array, owner: Array | None = None, count: int = 1) -> Sums:
    """Add up the outputs' derivatives, each times its upstream gradient, with their error bars.

    Parameters
    ----------
    found : Slope
        Of every output, (m,).
    dout : array (m,)
        The upstream gradient; an output where it is 0 takes no part.
    owner : array of int (m,), optional
        Which of `count` sums each output belongs to; -1: none was seen to move it, so that its
        bar belongs to all. By default all outputs make one sum.
    count : int
    """
    if owner is None:
        return _gathered_in_one(found, dout)
    used = (owner >= 0) & (dout != 0)
    slot = np.where(used, owner, 0)

    def add(terms: Array, where: Array) -> Array:
        if not where.any():  # as a rule nothing is at a kink
            return np.zeros(count)
        return np.bincount(slot, np.where(where, terms, 0.0), minlength=count)

    def norms(terms: Array, where: Array) -> Array:
        sizes = np.abs(terms)
        unit = _largest(sizes)
        return unit * np.sqrt(add((sizes / unit) ** 2, where))

    with np.errstate(invalid="ignore", over="ignore"):
        bars = np.where(dout != 0, np.abs(dout) * found.error_bar, 0.0)
        smooth, kinks = used & ~found.at_kink, used & found.at_kink
        unseen = bars[(owner < 0) & ~found.at_kink]
        root = np.hypot(norms(bars, smooth), norm(unseen))
        return Sums(
            add(dout * found.value, used),
            added(root, add(bars, smooth) + float(np.sum(unseen)), add(bars, kinks)),
            add(np.ones(len(dout)), kinks) > 0,
            norms(dout * found.reach, used),
        )


def _gathered_in_one(found: Slope, dout: Array) -> Sums:
    """Return what `gather` does where all outputs make one sum, in a fraction of the time."""
    value, error_bar, at_kink, reach = found.value, found.error_bar, found.at_kink, found.reach
    if not dout.all():
        used = dout != 0
        value, error_bar, at_kink, reach = (x[used] for x in (value, error_bar, at_kink, reach))
        dout = dout[used]
    with np.errstate(invalid="ignore", over="ignore"):
        bars = np.abs(dout) * error_bar
        some = bool(at_kink.any())
        smooth = bars[~at_kink] if some else bars
        bar = added(norm(smooth), smooth.sum(), bars[at_kink].sum())
        # one after the other, as those of several sums are added
        total = np.bincount(np.zeros(len(dout), int), dout * value, minlength=1)
        furthest = norm(dout * reach)
    return Sums(total, np.array([bar]), np.array([some]), np.array([furthest]))


class Jacobian(NamedTuple):
    """∂output/∂variable with its error bars: three arrays of shape (m, n)."""

    value: Array
    error_bar: Array
    at_kink: Array

    def gradient(self, dout: Array) -> tuple[Array, Array]:
        """Return ``dout @ J`` and its error bar, (n,) each: what `gather` makes of each column."""
        size = np.abs(dout)[:, None]
        value = np.where(size > 0, self.value, 0.0)
        bars = np.where(size > 0, self.error_bar, 0.0) * size
        smooth = np.where(self.at_kink, 0.0, bars)
        kinks = np.where(self.at_kink, bars, 0.0).sum(axis=0)
        return dout @ value, added(norm(smooth, axis=0), smooth.sum(axis=0), kinks)


def median(values: Array) -> Any:
    """Return what `np.median` does, the first call of which imports `numpy.ma`: 7 ms.

    >>> [float(median(np.array(v))) for v in ([3.0, 1.0, 2.0], [1.0, 2.0], [np.nan, 1.0, 2.0])]
    [2.0, 1.5, nan]
    """
    if not values.size:
        return math.nan
    low, high = (values.size - 1) // 2, values.size // 2
    ordered = np.partition(values, (low, high, -1), axis=None)  # NaN comes last
    return ordered[-1] if np.isnan(ordered[-1]) else ordered[low : high + 1].mean()
