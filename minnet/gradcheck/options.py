"""How to check: the keywords that all of the checks have in common."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Literal

from minnet.records import dataclass

ElementCount = int | Literal["all"] | None
Hints = Literal["none", "code", "full", "fix"]
#: from nothing to everything
HINTS: tuple[Hints, ...] = ("none", "code", "full", "fix")


@dataclass(frozen=True)
class Options:
    """The keywords of a check.

    Attributes
    ----------
    seed : int
        Of every random number that the check draws.
    elements : int or "all", optional
        How many elements per gradient to measure one by one.
    step : float, optional
        The longest step h to use, instead of choosing it.
    hints : "none", "code", "full" or "fix"
        How much a diagnosis tells: nothing, its code, all but the cure, or that as well.

    Raises
    ------
    ValueError
        Names the option, what it is and what it may be.

    Examples
    --------
    >>> Options(elements="all").elements
    'all'
    >>> Options(seed=-1)
    Traceback (most recent call last):
    ValueError: seed is -1; it has to be a whole number from 0
    """

    seed: int = 0
    elements: ElementCount = None
    step: float | None = None
    hints: Hints = "full"

    def __post_init__(self) -> None:
        for name, good, may_be in (
            ("seed", _is_count(self.seed), "a whole number from 0"),
            (
                "elements",
                self.elements in (None, "all") or _is_count(self.elements),
                '"all" or a count',
            ),
            ("step", self.step is None or _is_length(self.step), "a positive number"),
            ("hints", self.hints in HINTS, '"none", "code", "full" or "fix"'),
        ):
            if not good:
                raise ValueError(f"{name} is {getattr(self, name)!r}; it has to be {may_be}")


def _is_count(value: object) -> bool:
    return isinstance(value, Integral) and int(value) >= 0


def _is_length(value: object) -> bool:
    return isinstance(value, Real) and 0 < float(value) < math.inf
