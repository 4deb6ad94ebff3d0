"""Plots of kinks: which elements a step moves across one, and where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from minnet.arrays import Array
from minnet.drawing.planes import cells_of, show_cells
from minnet.drawing.theme import colour, ink, new_figure, themed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@themed
def plot_kinks(x: Array, step: float, kink: float = 0.0, *, dark: bool = False) -> Figure:
    """Show which elements cross a kink when they move by a step.

    Parameters
    ----------
    x : array
        The values that go into the function with the kink (a ReLU's input).
    step : float
        By how much each is moved up and down.
    kink : float
        Where the kink is.
    dark : bool
        Draw on a dark background.
    """
    x = np.asarray(x, float)
    crossed = np.abs(x - kink) < step
    on_it = x == kink
    figure, axes = new_figure(10, 3.8, 1, 2)
    order = np.argsort(x, axis=None, kind="stable")
    rank, values = np.arange(x.size), x.ravel()[order]
    is_crossed, is_on = (crossed & ~on_it).ravel()[order], on_it.ravel()[order]
    plain = ~is_crossed & ~is_on
    left, right = axes[0]
    left.axhspan(kink - step, kink + step, color=colour(4, dark), alpha=0.25, linewidth=0,
                 label=f"within h = {step:g} of the kink")  # fmt: skip
    left.axhline(kink, color=ink(dark), linewidth=1)
    left.plot(rank[plain], values[plain], "o", color=colour(0, dark), markersize=4,
              label=f"clear of it: {plain.sum()}")  # fmt: skip
    left.plot(rank[is_crossed], values[is_crossed], "s", color=colour(1, dark), markersize=6,
              label=f"crosses it: {is_crossed.sum()}")  # fmt: skip
    left.plot(rank[is_on], values[is_on], "D", color=colour(2, dark), markersize=6,
              label=f"exactly on it: {is_on.sum()}")  # fmt: skip
    left.set_title("Elements beside the kink, by size")
    left.set_xlabel("rank of the element")
    left.set_ylabel("value")
    left.legend(loc="best")
    _draw_where(right, crossed, on_it, dark)
    return figure


def _draw_where(axes: Axes, crossed: Array, on_it: Array, dark: bool) -> None:
    state = np.where(on_it, 2, np.where(crossed, 1, 0))
    show_cells(axes, cells_of(state, ("#80808033", colour(1, dark), colour(2, dark))))
    axes.set_title("Where they are")
