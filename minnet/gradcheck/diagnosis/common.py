"""What the hypotheses share: words for a gradient, and the factor between two arrays."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.gradcheck.measure.bars import MEANINGFUL
from minnet.report.results import Factor

#: a list of indices or values in the evidence is cut to so many
LISTED = 8
#: how far a mistake at an edge reaches, a padding or a crop that is off: so many places
EDGE = 2
#: axes are exchanged or reversed in every way up to so many of them: those of a 3-D convolution
MANY_AXES = 5


def gradient_of(evidence: Evidence) -> str:
    """Return what to call the gradient in a sentence: "dx", or "the gradient of 0.W"."""
    return name_of_gradient(evidence.wrt)


def name_of_gradient(variable: str) -> str:
    """Return what to call the gradient of a variable.

    >>> name_of_gradient("W"), name_of_gradient("0.W")
    ('dW', 'the gradient of 0.W')
    """
    return f"d{variable}" if variable.isidentifier() else f"the gradient of {variable}"


def factor_between(evidence: Evidence, where: Array | None = None) -> Factor | None:
    """Return the constant factor of analytic to numeric on the elements `where`, if there is one.

    The bars weight the elements; every element has to agree with the one factor.
    """
    use = evidence.known if where is None else evidence.known & where
    a, g = evidence.a[use], evidence.numeric[use]
    bar, tolerance = evidence.bar[use], evidence.tolerance[use]
    return factor_of(a, g, bar, tolerance - bar)


def factor_of(a: Array, g: Array, bar: Array, round_off: Array) -> Factor | None:
    """Return c such that |a − c·g| is within the errors on every element, or None."""
    tolerance = bar + round_off
    solid = tolerance < MEANINGFUL * np.abs(g)
    if not solid.any() or not np.isfinite(a).all():
        return None
    share = tolerance[solid] / np.abs(g[solid])
    weights = (share.min() / share) ** 2
    c = float((weights * a[solid] / g[solid]).sum() / weights.sum())
    if not np.all(np.abs(a - c * g) <= abs(c) * tolerance + round_off):
        return None
    return Factor(c, (1 + abs(c)) * float(share.min()))


def rounded(factor: Factor) -> Factor:
    """Return the factor as the roundest number within its error.

    >>> rounded(Factor(0.49999999999, 1e-9)).value, rounded(Factor(1.00000010001, 1e-10)).value
    (0.5, 1.0000001)
    """
    for digits in range(1, np.finfo(float).precision):
        value = float(f"{factor.value:.{digits}g}")
        if factor.near(value):
            return Factor(value, factor.error + abs(value - factor.value))
    return factor


def permutations(ndim: int) -> Iterator[tuple[int, ...]]:
    """Yield every order of the axes but their own; none where they are too many."""
    if 2 <= ndim <= MANY_AXES:
        yield from itertools.islice(itertools.permutations(range(ndim)), 1, None)


def subsets(axes: Iterable[int]) -> Iterator[tuple[int, ...]]:
    """Yield every choice of some of the axes, small ones first; none where they are too many."""
    chosen = list(axes)
    for count in range(1, len(chosen) + 1) if len(chosen) <= MANY_AXES else ():
        yield from itertools.combinations(chosen, count)


def times(c: float) -> str:
    """Return a factor in words.

    >>> times(0.5), times(2.0), times(0.125)
    ('half', 'twice', '0.125 times')
    """
    if c in (0.5, 2.0):
        return "half" if c == 0.5 else "twice"
    text = f"{c:.4g}"
    return f"{c:.9g} times" if text == "1" else f"{text} times"
