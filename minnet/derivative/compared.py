"""What was measured of a derivative: every method at one point, and its error at every step."""

from __future__ import annotations

import math
from dataclasses import dataclass

from minnet.arrays import Array
from minnet.derivative.formulas import Difference, Estimate
from minnet.derivative.functions import Function


@dataclass(frozen=True)
class Row:
    """One method: what it gives and how far that is from the reference.

    `relative_error` is ``|n - a| / max(|n|, |a|)``. `note` says why there is no value.
    """

    method: str
    formula: str
    value: float
    absolute_error: float
    relative_error: float
    step: float
    note: str = ""


@dataclass(frozen=True)
class Comparison:
    """All methods at one point.

    Attributes
    ----------
    function : Function
    x : float
    step : float, optional
        The step h that was asked for; None where each difference took its best one.
    value : float
        The function at x.
    reference : float
        The true derivative where `exact`; at a kink the middle of the two one-sided `slopes`;
        else the adaptive value; nan where there is none, and where none can be measured.
    exact : bool
    estimate : Estimate
        The adaptive value with its error bar.
    slopes : tuple of float
        The slope from the left, and from the right.
    rows : tuple of Row
    bent : bool
        Whether the function is bent at x, as far as its slopes or its formula tell.
    kink_inside : bool
        Whether its formula has a kink between the two points of the central difference.
    flat : bool
        Whether it does not change for some way around x.
    jumps : bool
        Whether its values left and right of x stay apart.
    """

    function: Function
    x: float
    step: float | None
    value: float
    reference: float
    exact: bool
    estimate: Estimate
    slopes: tuple[float, float]
    rows: tuple[Row, ...]
    bent: bool
    kink_inside: bool
    flat: bool
    jumps: bool = False

    @property
    def at_kink(self) -> bool:
        """Whether x is on a kink: bent, and not a jump."""
        return self.bent and math.isfinite(self.reference)

    def row(self, method: str) -> Row:
        """Return the row of one method."""
        return next(row for row in self.rows if row.method == method)


@dataclass(frozen=True)
class Sweep:
    """The error of every finite difference against the step: arrays over `step`.

    `absolute` says that errors are absolute, because the derivative itself is 0.
    """

    step: Array
    errors: tuple[tuple[Difference, Array], ...]
    absolute: bool


def relative_error(numeric: float, analytic: float) -> float:
    """Return ``|n - a| / max(|n|, |a|)``, 0 where both are 0.

    >>> relative_error(1.0, 1.1)
    0.0909090909090909...
    """
    largest = max(abs(numeric), abs(analytic))
    return abs(numeric - analytic) / largest if largest else 0.0
