"""Plots of gradients: heatmaps, analytic against numeric, and the telling one of a report."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minnet.arrays import Array
from minnet.drawing.planes import reading, show_plane
from minnet.drawing.raster import in_plane
from minnet.drawing.theme import colour, ink, new_figure, themed
from minnet.report.heatmaps import heatmaps_of
from minnet.report.results import Elements, GradientResult
from minnet.report.words import WORDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: gradients of more elements are shown as a scatter: a heatmap would have more cells than pixels
LARGEST_HEATMAP = 40_000
#: pixels a side for each element, beside a gap of one between tiles
ZOOM = 4
HEATMAP_TITLES = ("analytic (backward's)", "numeric (measured)", "difference beyond the error bar")


@themed
def plot_gradient(gradient: GradientResult, *, dark: bool = False) -> Figure:
    """Draw the most telling picture of one gradient.

    Heatmaps show *where* it is wrong, when it has two axes or more and most of its elements
    were measured; a scatter of analytic against numeric shows *how* it is wrong otherwise. Both
    are drawn where both say something.

    Parameters
    ----------
    gradient : GradientResult
        With its measured elements.
    dark : bool
        Draw on a dark background.

    Raises
    ------
    ValueError
        When no element was measured one by one.

    Returns
    -------
    Figure
    """
    elements = _measured(gradient)
    size = math.prod(gradient.shape)
    in_space = len(gradient.shape) >= 1 and 1 < size <= LARGEST_HEATMAP
    if not in_space or len(elements) < size / 2:
        return plot_scatter(gradient, dark=dark)
    figure, axes = new_figure(13, 3.9, 1, 4)
    _draw_heatmaps(axes[0, :3], gradient)
    _draw_scatter(axes[0, 3], elements, dark)
    figure.suptitle(_title(gradient))
    return figure


@themed
def plot_heatmaps(gradient: GradientResult, *, dark: bool = False) -> Figure:
    """Draw the analytic and numeric gradients and their difference, filters side by side.

    Parameters and errors as for `plot_gradient`.
    """
    figure, axes = new_figure(10, 3.8, 1, 3)
    _draw_heatmaps(axes[0], gradient)
    figure.suptitle(_title(gradient))
    return figure


@themed
def plot_scatter(gradient: GradientResult, *, dark: bool = False) -> Figure:
    """Draw analytic against numeric, an element a point, with error bars; wrong ones marked.

    Parameters and errors as for `plot_gradient`. A right gradient lies on the diagonal; one
    off by a factor on another line through the origin.
    """
    figure, axes = new_figure(5.4, 5.2)
    _draw_scatter(axes[0, 0], _measured(gradient), dark)
    figure.suptitle(_title(gradient).replace(": ", ":\n", 1))
    return figure


def _measured(gradient: GradientResult) -> Elements:
    if gradient.elements is None or not len(gradient.elements):
        raise ValueError(
            f"no element of the gradient of {gradient.wrt} was measured one by one, so there is "
            "nothing to draw; check again with elements='all'"
        )
    return gradient.elements


def _title(gradient: GradientResult) -> str:
    """Return the figure's title: what it is, and how much of it is wrong."""
    shape = "×".join(map(str, gradient.shape)) or "a number"
    elements = _measured(gradient)
    verdict = WORDS[gradient.verdict].name
    return f"gradient of {_plain(gradient.name)} ({shape}): {verdict}, {counted(elements)}"


def counted(elements: Elements) -> str:
    """Say how many of the measured elements are wrong, agree, or lie at a kink."""
    wrong = int(np.count_nonzero(elements.wrong))
    at_kink = int(np.count_nonzero(elements.at_kink & ~elements.wrong))
    agree = len(elements) - wrong - at_kink
    parts = [f"{wrong} wrong"] * bool(wrong) + [f"{agree} agree"] * bool(agree)
    parts += [f"{at_kink} at a kink"] * bool(at_kink)
    return f"of {len(elements)} measured elements " + ", ".join(parts)


def _plain(text: str) -> str:
    """Return the user's text so that matplotlib does not read it as a formula."""
    return text.replace("$", r"\$")


def _draw_heatmaps(axes: Any, gradient: GradientResult) -> None:
    found = heatmaps_of(_measured(gradient), gradient.shape)
    for ax, title, heatmap in zip(axes, HEATMAP_TITLES, found, strict=True):
        show_plane(ax, in_plane(heatmap.values, ZOOM), heatmap.largest)
        ax.set_title(title, fontsize=10.5, fontweight="normal")
        ax.set_xlabel(reading(gradient.shape), fontsize=9)


def _draw_scatter(axes: Axes, elements: Elements, dark: bool) -> None:
    finite = np.isfinite(elements.analytic) & np.isfinite(elements.numeric)
    both = np.concatenate([elements.analytic[finite], elements.numeric[finite]])
    low, high = float(both.min(initial=0.0)), float(both.max(initial=0.0))
    margin = 0.08 * (high - low) or 1.0
    ends = np.array([low - margin, high + margin])
    axes.plot(ends, ends, color=ink(dark), linewidth=1, label="agreement", zorder=1)
    _draw_points(axes, elements, finite, dark)
    lost = int(np.count_nonzero(~finite))
    if lost:
        axes.plot([], [], " ", label=f"not finite, not drawn: {lost}")
    axes.set_xlim(ends[0], ends[1])
    axes.set_ylim(ends[0], ends[1])
    axes.set_aspect("equal")
    axes.grid(True, alpha=0.5)
    axes.set_title("analytic against numeric", fontsize=10.5, fontweight="normal")
    axes.set_xlabel("numeric (measured, ± error bar)")
    axes.set_ylabel("analytic (backward's)")
    axes.legend(loc="best", fontsize=8.5)


def _draw_points(axes: Axes, elements: Elements, finite: Array, dark: bool) -> None:
    bars = np.where(np.isfinite(elements.error_bar), elements.error_bar, 0.0)
    kinds = (
        ("right", ~elements.wrong & ~elements.at_kink, "o", 5, 0),
        ("at a kink", elements.at_kink & ~elements.wrong, "D", 5, 2),
        ("wrong", elements.wrong, "X", 7, 1),
    )
    for name, mask, marker, size, place in kinds:
        shown = mask & finite
        if shown.any():
            axes.errorbar(elements.numeric[shown], elements.analytic[shown], xerr=bars[shown],
                          fmt=marker, color=colour(place, dark), markersize=size, elinewidth=1,
                          alpha=0.8, label=f"{name}: {int(shown.sum())}",
                          markeredgewidth=0)  # fmt: skip
