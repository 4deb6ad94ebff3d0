"""The heatmaps of a gradient: what backward claims, what was measured, how they differ."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from minnet.arrays import Array
from minnet.drawing.raster import colours, largest_of, spread
from minnet.records import dataclass
from minnet.report.results import Elements, GradientResult
from minnet.report.words import plural


@dataclass(frozen=True)
class Heatmaps:
    """Three pictures of one gradient, and what is marked in them.

    Attributes
    ----------
    analytic, numeric, difference : array (*shape, 4) of uint8
        Colours, grey where an element was not measured. A difference within its error bar, and
        one at a kink, where any slope between two is right, is none: it is white.
    wrong, at_kink : array (*shape) of bool
    largest : float
        What is fully blue or red in the first two.
    furthest : float
        And in the third; 0 where no element is wrong.
    """

    analytic: Array
    numeric: Array
    difference: Array
    wrong: Array
    at_kink: Array
    largest: float
    furthest: float


def heatmaps_of(elements: Elements, shape: tuple[int, ...]) -> Heatmaps:
    """Return the heatmaps of the elements that were measured of a gradient of this shape."""
    largest = largest_of(np.concatenate([elements.analytic, elements.numeric]))
    with np.errstate(invalid="ignore", over="ignore"):
        difference = np.where(elements.wrong, elements.analytic - elements.numeric, 0.0)
    bars = elements.error_bar[~elements.at_kink]
    furthest = max(largest_of(difference), largest_of(bars)) if elements.wrong.any() else 0.0

    def mask(which: Array) -> Array:
        full = np.zeros(shape, bool)
        full[tuple(elements.index.T)] = which
        return full

    return Heatmaps(
        spread(elements.index, colours(elements.analytic, largest), shape),
        spread(elements.index, colours(elements.numeric, largest), shape),
        spread(elements.index, colours(difference, furthest), shape),
        mask(elements.wrong),
        mask(elements.at_kink & ~elements.wrong),
        largest,
        furthest,
    )


def can_be_drawn(gradient: GradientResult, largest: int) -> bool:
    """Return whether heatmaps say something: half of the elements are known, and not too many."""
    size = math.prod(gradient.shape)
    known = 0 if gradient.elements is None else len(gradient.elements)
    return bool(gradient.shape) and 1 < size <= largest and known >= size / 2


def counted(elements: Elements) -> str:
    """Say how many of the measured elements are wrong, agree, or lie at a kink."""
    wrong = int(np.count_nonzero(elements.wrong))
    at_kink = int(np.count_nonzero(elements.at_kink & ~elements.wrong))
    agree = len(elements) - wrong - at_kink
    parts = [f"{wrong} wrong"] * bool(wrong) + [f"{agree} agree"] * bool(agree)
    parts += [f"{at_kink} at a kink"] * bool(at_kink)
    if len(parts) == 1:
        return f"{plural(len(elements), 'measured element')}: {parts[0]}"
    return f"of {len(elements)} measured elements " + ", ".join(parts)


def marks(
    elements: Elements, shape: tuple[int, ...], wrong: str = "outlined", dots: bool = True
) -> Iterator[str]:
    """Yield what the marks mean that are in the heatmaps of these elements.

    `wrong` says how wrong elements are marked, `dots` whether those at a kink are.
    """
    if elements.wrong.any() and wrong:
        yield f"{wrong}: wrong"
    if dots and (elements.at_kink & ~elements.wrong).any():
        yield "dot: at a kink, where any slope within the bar is right"
    if len(elements) < math.prod(shape):
        yield "grey: not measured"
    if np.isnan(elements.analytic).any() or np.isnan(elements.numeric).any():
        yield "yellow: not a number (nan)"
    if np.isinf(elements.analytic).any():
        yield "infinite: in full colour"
