"""The heatmaps of a gradient: what backward claims, what was measured, how they differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minnet.arrays import Array
from minnet.drawing.raster import largest_of, spread
from minnet.report.results import Elements


@dataclass(frozen=True)
class Heatmap:
    """Values of the gradient's shape, nan where none was measured, and the top of their scale."""

    name: str
    values: Array
    largest: float


def heatmaps_of(elements: Elements, shape: tuple[int, ...]) -> tuple[Heatmap, Heatmap, Heatmap]:
    """Return the analytic and the numeric gradient, on one scale, and their difference.

    A difference within its error bar, and one at a kink, where any slope between two is right, is
    none: it is 0. Where no element is wrong the difference is on the scale of the others.
    """
    size = largest_of(np.concatenate([elements.analytic, elements.numeric]))
    with np.errstate(invalid="ignore"):
        difference = np.where(elements.wrong, elements.analytic - elements.numeric, 0.0)
    off = largest_of(difference) if elements.wrong.any() else size

    def heatmap(name: str, values: Array, largest: float) -> Heatmap:
        return Heatmap(name, spread(elements.index, values, shape), largest)

    return (
        heatmap("analytic", elements.analytic, size),
        heatmap("numeric", elements.numeric, size),
        heatmap("difference", difference, off),
    )
