"""Numeric derivatives along a line, each output with its own error bar.

A function g of a step t is known only by calling it, with round-off. On one *ladder* of five
steps up to ±h it is split into its odd and its even part about t = 0,

    u(t) = (g(t) − g(−t)) / 2      = s·t   + a₃·t³ + a₅·t⁵ + …
    e(t) = (g(t) + g(−t)) / 2 − g(0) = ½k·|t| + a₂·t² + a₄·t⁴ + …

and both are fitted by least squares. s is the derivative. k is the kink: the difference of the
one-sided slopes, zero for a smooth function. What the fits leave over is the error, whatever
its cause: round-off, a truncated power of t, or a kink somewhere inside the ladder. Every
output keeps the ladder on which its error bar is smallest, so one output may be measured with
h = 1e-7 while its neighbour is exact at 0.1.

Sources: the fit is a Savitzky-Golay differentiator (Anal. Chem. 36, 1627, 1964); choosing the
step by its own error estimate follows Ridders (Adv. Eng. Software 4, 75, 1982).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.measure.bars import (
    EPS,
    LAST_PLACE,
    MEANINGFUL,
    MOST,
    NEGLIGIBLE,
    SPREAD,
    TINY,
    Slope,
    median,
    norm,
    rounding,
)
from minnet.records import dataclass, replace

#: the steps of one ladder, as fractions of its longest step h, in the order they are taken;
#: uneven, since even steps may all fall on the same phase of an oscillation
RUNGS = (1.0, 0.4093, 0.8219, 0.1771, 0.5927)
#: of a fit: how many rungs it takes, the odd powers, the even powers
Fit = tuple[int, tuple[int, ...], tuple[int, ...]]
#: the fits tried in turn; the even 1 stands for |t|, the kink
FITS: tuple[Fit, ...] = ((2, (1,), (1,)), (3, (1, 3), (1, 2)), (5, (1, 3, 5), (1, 2, 4)))
#: tried first where lines beside it were straight: that the even part is nothing says enough
STRAIGHT: Fit = (1, (1,), ())
#: an early fit will do if it leaves over no more than this, in units of the noise
EXACT = 5.0
#: an error bar is this many estimated standard errors; a kink needs 2.3, a kink of the slope 7.8
CONFIDENCE = 10.0
#: the first ladder's h, as a fraction of the typical size of what is perturbed
FIRST_STEP = 2.0**-6
#: the next ladder's h is shorter, or longer, by this factor
LADDER_RATIO = 32.0
#: no step is shorter than so many units in the last place of what is perturbed
RESOLUTION = 2048.0
#: refine until the error bar, relative to the derivative, is below this, unless told otherwise
TARGET = 1e-10

Line = Callable[[float], Array]


def slope(
    line: Line,
    base: Array,
    scale: float,
    noise: Array,
    weight: Array | None = None,
    step: float | None = None,
    resolution: float = EPS,
    target: float = 0.0,
    straight: bool = False,
    usual_noise: float | None = None,
) -> Slope:
    """Measure the derivative at t = 0 of every output of `line`.

    Parameters
    ----------
    line : callable
        t -> outputs, shape (m,), float64. Not-finite outputs mark steps outside the domain.
    base : array (m,)
        ``line(0)``.
    scale : float
        The typical size of what t = 1 perturbs, in units of t.
    noise : array (m,)
        The standard deviation of the round-off in each output (see `noise_floor`).
    weight : array (m,), optional
        How much each output counts; those of weight 0 are measured but not refined.
    step : float, optional
        Use the one ladder with this longest step instead of choosing.
    resolution : float
        How far apart, relative to `scale`, numbers of the input's format are.
    target : float
        Refine until the error bar, relative to the derivative, is below this, or below TARGET.
    straight : bool
        Whether the function was linear along another line that moved as much (see `is_straight`).
    usual_noise : float, optional
        The median of `noise`, where it is known.

    Returns
    -------
    Slope

    Examples
    --------
    >>> found = slope(lambda t: np.sin(1 + np.array([t])), np.sin([1.0]), 1.0, np.array([1e-17]))
    >>> bool(abs(found.value[0] - np.cos(1)) <= found.error_bar[0] < 1e-10)
    True
    """
    weight = np.ones(len(base)) if weight is None else np.abs(weight)
    enough, fits = _enough(noise, usual_noise), (STRAIGHT, *FITS) if straight else FITS
    shortest, target = RESOLUTION * resolution * scale, max(target, TARGET)

    def ladder(h: float, leave: bool = False) -> _Ladder:
        return _fit(line, base, h, scale, noise, enough, fits, leave)

    if step is not None:
        return _marked(ladder(step)).slope
    first = FIRST_STEP * scale
    best = ladder(first, leave=first / LADDER_RATIO**2 > shortest)
    shorter, longer = first / LADDER_RATIO ** (2 if best.torn else 1), first * LADDER_RATIO
    may_lengthen = True
    while True:
        missing, from_noise = best.missing(weight, target)
        if missing <= 0:
            break
        may_shorten = shorter > shortest
        if may_shorten and from_noise < MOST * missing:
            best = best.merged(ladder(shorter))
            shorter /= LADDER_RATIO
        elif may_lengthen and np.any(best.limited_by_noise(weight, longer / LADDER_RATIO)):
            best = best.merged(ladder(longer))
            may_lengthen = best.missing(weight, target)[0] < MOST * missing
            longer *= LADDER_RATIO
        elif may_shorten and np.any(best.refinable(weight)):
            best = best.merged(ladder(shorter))
            shorter /= LADDER_RATIO
        else:
            break
    return _marked(best).slope


def is_straight(line: Line, base: Array, scale: float, noise: Array) -> bool:
    """Return whether no output shows that it is not linear along a line, as far as noise lets see.

    >>> wave, straight = (lambda t: np.sin([t])), (lambda t: np.array([3 * t]))
    >>> [is_straight(line, np.zeros(1), 1.0, np.full(1, 1e-16)) for line in (wave, straight)]
    [False, True]
    """
    with np.errstate(all="ignore"):
        odd, even = _parts(line, base, FIRST_STEP * scale, RUNGS[: FITS[0][0]])
        return _left_over(FITS[0], odd, even, CONFIDENCE / EXACT * _enough(noise))[2]


def glanced(line: Line, base: Array, h: float, noise: Array) -> Slope:
    """Measure the derivative at t = 0 with one short step h there and back, and no more.

    A function that bends by a share of what it moves by has about the square of that share in its
    odd part. Where that guess is too little the bars are too narrow: what agrees within them is
    right, and what does not may be.

    >>> found = glanced(lambda t: np.exp([t]), np.ones(1), 1e-5, np.full(1, 1e-16))
    >>> bool(abs(found.value[0] - 1) <= found.error_bar[0] < 1e-8)
    True
    """
    with np.errstate(all="ignore"):
        (odd,), (even,) = _parts(line, base, h, RUNGS[:1])
        bent = np.square(norm(even) / max(norm(odd), TINY)) * np.abs(odd)  # inf where it sticks
        bar = CONFIDENCE * (bent + _amplified(*STRAIGHT) * np.maximum(noise, TINY)) / h
        reach = np.fmax(np.abs(odd) / h, np.abs(base))
    legal = np.isfinite(odd) & np.isfinite(bar)
    value, bar = np.where(legal, odd / h, 0.0), np.where(legal, bar, np.inf)
    return Slope(value, bar, np.zeros(len(base), bool), np.full(len(base), h), reach)


def _enough(noise: Array, usual: float | None = None) -> Array:
    """Return what a fit may leave over of each output and do."""
    return np.asarray(EXACT * np.maximum(noise, median(noise) if usual is None else usual))


@dataclass(frozen=True)
class _Ladder:
    """What one ladder, or the best of several, says of each output."""

    h: float
    slope: Slope
    half_kink: Array
    noise_part: Array
    change: Array  # by how much the output moved
    same_kink: Array  # how many ladders in a row found this kink
    confirmed: Array  # whether two ladders have agreed
    torn: bool = False  # whether it was left early

    def open(self, weight: Array) -> Array:
        """Return the bars that count: not those of a kink that stays however short the step."""
        settled = (self.same_kink >= 2) | (weight == 0)
        if not settled.any():
            return weight * self.slope.error_bar
        return np.where(settled, 0.0, weight) * np.where(settled, 0.0, self.slope.error_bar)

    def missing(self, weight: Array, target: float) -> tuple[float, float]:
        """Return by how much the bars exceed their aim in all, and noise's share of that."""
        bars = self.open(weight)
        derivative = norm(np.where(np.isfinite(bars), weight * self.slope.value, 0.0))
        total = SPREAD * norm(bars) if np.isfinite(bars).all() else np.inf
        aim = target * derivative
        if derivative <= total:  # nothing seen: is it zero beside what these outputs could do?
            aim = max(aim, TARGET * norm(weight * self.slope.reach))
        excess = total - aim
        if not excess > 0:
            return 0.0, 0.0
        return excess, SPREAD * norm((weight * self.noise_part)[bars > 0])

    def limited_by_noise(self, weight: Array, longest: float) -> Array:
        """Return which outputs did best on the longest ladder so far, and are as good as noise."""
        bars = self.open(weight)
        at_longest = self.slope.step >= longest
        return at_longest & (bars > 0) & ~(weight * self.noise_part < MOST * bars)

    def refinable(self, weight: Array) -> Array:
        """Return which outputs' bars are wider than what noise leaves to a shorter ladder.

        Noise weighs the more in it, and less only where it takes fewer rungs.
        """
        weighs_more = LADDER_RATIO * _amplified(*FITS[0]) / _amplified(*FITS[-1])
        return weight * self.noise_part * weighs_more < self.open(weight)

    def merged(self, other: _Ladder) -> _Ladder:
        """Return the better of two measurements, output by output."""
        mine, theirs = self.slope, other.slope
        apart = np.abs(theirs.value - mine.value)
        with np.errstate(invalid="ignore"):
            conflict = apart > mine.error_bar + theirs.error_bar
            said = MEANINGFUL * np.abs(mine.value)
            known = np.maximum(mine.error_bar, theirs.error_bar) <= said
        confirmed = self.confirmed | (known & ~conflict)
        conflict &= ~self.confirmed  # what two have agreed on, a noisy third does not upset
        shorter = other.h < mine.step
        # So short a step that round-off hides the change says nothing.
        hidden = np.abs(mine.value) <= CONFIDENCE * theirs.error_bar
        blind = (other.change == 0) & (mine.error_bar <= said) & hidden
        # Two that contradict each other: the longer has not seen the function, and the shorter
        # is to be trusted only as far as they are apart, until a third confirms it.
        take = np.where(conflict, shorter, theirs.error_bar < mine.error_bar) & ~blind
        their_bar = np.where(conflict, np.maximum(theirs.error_bar, apart), theirs.error_bar)

        def pick(here: Array, there: Array) -> Array:
            return np.where(take, there, here)

        chosen = Slope(
            pick(mine.value, theirs.value),
            pick(mine.error_bar, their_bar),
            mine.at_kink,
            pick(mine.step, theirs.step),
            mine.reach,
        )
        kink = pick(self.half_kink, other.half_kink)
        unchanged = np.abs(other.half_kink - self.half_kink) <= self.noise_part + other.noise_part
        again = unchanged & (other.half_kink > MOST * other.slope.error_bar)
        noise_part = pick(self.noise_part, other.noise_part)
        same_kink = np.where(again, self.same_kink + 1, 0)
        return _Ladder(self.h, chosen, kink, noise_part, self.change, same_kink, confirmed)


def _fit(
    line: Line,
    base: Array,
    h: float,
    scale: float,
    noise: Array,
    enough: Array,
    fits: Sequence[Fit] = FITS,
    leave: bool = False,
) -> _Ladder:
    """Fit the odd and the even part of `line` on the ladder with longest step `h`.

    Where two or three rungs already fit so well that `enough` is left over at the most (a layer
    linear in its weights), the others are not taken; nor where they show it to be torn by kinks,
    if it may be left then for a much shorter one. Of what is torn it says nothing.
    """
    with np.errstate(all="ignore"):
        u, e = _parts(line, base, h, RUNGS[: fits[0][0]])
        left, spread = False, np.zeros(0)
        for fit in fits:
            if len(u) < fit[0]:
                more = _parts(line, base, h, RUNGS[len(u) : fit[0]])
                u, e = np.concatenate([u, more[0]]), np.concatenate([e, more[1]])
            before, (spread, half_kink, exact) = spread, _left_over(fit, u, e, enough)
            if leave and fit is FITS[1]:
                torn = _torn(before, spread, enough, np.abs(u[0]))
                left = bool(torn.any())
            if exact or left:
                break
        odd, _, lengthens = _fit_matrices(fit[0], fit[1])
        change = np.maximum(np.abs(u).max(axis=0), np.abs(e).max(axis=0))
        amplify = CONFIDENCE * lengthens / h
        value, half_kink = odd @ u / h, half_kink / h
        # the input is rounded, too, and the output follows
        noise = np.fmax(noise, rounding() * scale * np.abs(value))
        # an output that did not change at all is known to its last place
        noise_part = np.where(change == 0, LAST_PLACE / h, amplify) * np.maximum(noise, TINY)
        bar = np.maximum(np.maximum(amplify * spread, noise_part) + half_kink, TINY)
        # What says nothing, and not because of noise: the steps are too long for this function.
        poor = (CONFIDENCE * spread > MEANINGFUL * change) & (spread > CONFIDENCE * noise)
        reach = np.fmax(change / h, np.abs(base) / scale)
        illegal = poor | ~np.isfinite(value + bar)
    if left:
        illegal |= torn
    if illegal.any():
        value[illegal], bar[illegal], half_kink[illegal] = 0.0, np.inf, 0.0
    none = np.zeros(len(base), bool)
    found = Slope(value, bar, none, np.full(len(base), h), reach)
    return _Ladder(h, found, half_kink, noise_part, change, none.astype(int), none, left)


def _parts(line: Line, base: Array, h: float, rungs: Sequence[float]) -> tuple[Array, Array]:
    """Return the odd and the even part of `line` at the rungs of a ladder, (rungs, m) each."""
    there, back = (np.array([line(way * h * rung) for rung in rungs]) for way in (1, -1))
    odd, even = there - back, there + back
    odd /= 2
    even /= 2
    even -= base
    return odd, even


def _left_over(fit: Fit, u: Array, e: Array, enough: Array) -> tuple[Array, Array, bool]:
    """Return what a fit leaves over of each output, half its kink, and whether that is nothing."""
    count, odd_powers, even_powers = fit
    if fit is STRAIGHT:
        spread = np.abs(e[0])
        return spread, np.zeros(len(spread)), bool((spread <= enough).all())
    even, even_left, lengthens = _fit_matrices(count, even_powers)
    left_over = np.concatenate([_fit_matrices(count, odd_powers)[1] @ u, even_left @ e])
    unit = np.maximum(np.abs(left_over).max(axis=0), TINY)  # squares may overflow
    left_over /= unit
    freedom = 2 * count - len(odd_powers) - len(even_powers)
    spread = unit * np.sqrt(np.einsum("ij,ij->j", left_over, left_over) / freedom)
    half_kink = np.abs(even @ e)
    exact = (spread <= enough) & (half_kink <= enough * lengthens)
    return spread, half_kink, bool(exact.all())


def _torn(before: Array, spread: Array, enough: Array, moved: Array) -> Array:
    """Return which outputs a ladder that is to be left does not fit; none, where it is not.

    Of a smooth function each fit leaves over the less by the square of the step. What does not
    shrink so, and is a share of what an output `moved` by that is neither large nor tiny, is due
    to kinks here and there within the steps, which two more rungs would not fit. Among many such
    outputs no other is to be trusted that is not fitted exactly.
    """
    unfit, share = spread > enough, LADDER_RATIO * spread
    kinks = unfit & (before < share) & (moved / LADDER_RATIO < share) & (share < moved)
    return np.asarray(unfit & (np.mean(kinks) > MOST))


def _marked(ladder: _Ladder) -> _Ladder:
    """Mark the outputs whose bar is, for the most part, a kink that no ladder got rid of."""
    kink = ladder.half_kink
    if not kink.any():
        return ladder
    bar, value = ladder.slope.error_bar, ladder.slope.value
    at_kink = (kink > MOST * bar) & (kink > NEGLIGIBLE * np.abs(value)) & np.isfinite(bar)
    return replace(ladder, slope=replace(ladder.slope, at_kink=at_kink))


def _amplified(count: int, odd_powers: tuple[int, ...], _: tuple[int, ...]) -> float:
    """Return by how much a fit multiplies the noise in what it is given."""
    return _fit_matrices(count, odd_powers)[2]


@cache
def _fit_matrices(count: int, powers: tuple[int, ...]) -> tuple[Array, Array, float]:
    """Return what reads the first coefficient off a fit, what projects the fit away, a norm.

    The norm is that of the row that reads: by so much it amplifies noise.
    """
    terms = np.array(RUNGS[:count])[:, None] ** np.array(powers)
    inverse = np.linalg.pinv(terms)
    first = inverse[0] if powers else np.zeros(count)
    return first, np.eye(count) - terms @ inverse, float(np.linalg.norm(first))
