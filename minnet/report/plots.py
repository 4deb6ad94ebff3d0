"""Plots of gradients: heatmaps, analytic against numeric, and the telling one of a report."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from minnet.arrays import Array
from minnet.drawing.planes import colour_key, show_cells
from minnet.drawing.theme import colour, ink, new_figure, themed
from minnet.report.heatmaps import can_be_drawn, counted, heatmaps_of, marks
from minnet.report.results import Elements, GradientResult, LocatedGradient
from minnet.report.terminal import clean
from minnet.report.words import WORDS, shown_place

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: gradients of more elements are shown as a scatter: a heatmap would have more cells than pixels
LARGEST_HEATMAP = 40_000
#: in a heatmap of more elements a dot would be smaller than can be seen
MOST_DOTS = 10_000
#: letters of a title that an inch has room for, and lines of a diagnosis
PER_INCH, MOST_LINES = 11, 3


@themed
def plot_gradient(gradient: GradientResult, *, dark: bool = False) -> Figure:
    """Draw the most telling picture of one gradient.

    Heatmaps show *where* it is wrong, when it has an axis or more and most of its elements
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
    if not can_be_drawn(gradient, LARGEST_HEATMAP):
        return plot_scatter(gradient, dark=dark)
    figure, axes = new_figure(10.5, 4.6, 1, 4)
    _draw_heatmaps(figure, axes[0, :3], gradient)
    _draw_scatter(axes[0, 3], gradient, elements, dark)
    _entitle(figure, gradient)
    return figure


@themed
def plot_heatmaps(gradient: GradientResult, *, dark: bool = False) -> Figure:
    """Draw the analytic and numeric gradients and their difference, filters side by side.

    Parameters and errors as for `plot_gradient`.
    """
    figure, axes = new_figure(9, 4.6, 1, 3)
    _draw_heatmaps(figure, axes[0], gradient)
    _entitle(figure, gradient)
    return figure


@themed
def plot_scatter(gradient: GradientResult, *, dark: bool = False) -> Figure:
    """Draw analytic against numeric, an element a point, with error bars; wrong ones marked.

    Parameters and errors as for `plot_gradient`. A right gradient lies on the diagonal; one
    off by a factor on another line through the origin.
    """
    figure, axes = new_figure(6, 5.6)
    _draw_scatter(axes[0, 0], gradient, _measured(gradient), dark)
    _entitle(figure, gradient)
    return figure


def _measured(gradient: GradientResult) -> Elements:
    if gradient.elements is None or not len(gradient.elements):
        raise ValueError(
            f"no element of the gradient of {gradient.wrt} was measured one by one, so there is "
            "nothing to draw; check again with elements='all'"
        )
    return gradient.elements


def _entitle(figure: Figure, gradient: GradientResult) -> None:
    """Give a figure its title, in lines that fit."""
    width = int(PER_INCH * figure.get_figwidth())
    lines: list[str] = []
    for text in title(gradient):
        lines += textwrap.wrap(text, width, max_lines=MOST_LINES, placeholder=" …")
    # matplotlib would read what is between dollars as a formula
    plain = "\n".join(lines).replace("$", r"\$")
    figure.suptitle(plain, x=0.01, ha="left", fontsize=10)


def title(gradient: GradientResult) -> Iterator[str]:
    """Yield what is to be known of a picture: which gradient, what is wrong with it, the case."""
    shape = "×".join(map(str, gradient.shape)) or "a number"
    head = f"gradient of {clean(gradient.name)} ({shape}) is {WORDS[gradient.verdict].word}"
    first = gradient.diagnosis[0] if gradient.diagnosis else None
    if first is not None:
        head += f" [{clean(first.code)}]"
        if first.line is not None:
            head += f", {clean(shown_place(first.line.file, first.line.number))}"
    yield head
    if first is not None:
        yield clean(" ".join(first.message.split()))
    if gradient.note:
        yield "note: " + clean(gradient.note)
    if isinstance(gradient, LocatedGradient):
        yield f"case: {clean(gradient.case)}"
    yield counted(_measured(gradient))


def _draw_heatmaps(figure: Figure, axes: Any, gradient: GradientResult) -> None:
    elements = _measured(gradient)
    found = heatmaps_of(elements, gradient.shape)
    wrong, at_kink = found.wrong, found.at_kink
    bars = elements.error_bar[~elements.at_kink & np.isfinite(elements.error_bar)]
    sure = f"\n(each ± {bars.max():.0e} or less)" if bars.size else ""
    off = f"difference:\n{_beyond(elements)}"
    marked = show_cells(axes[0], found.analytic, wrong=wrong, kink=at_kink)
    show_cells(axes[1], found.numeric, kink=at_kink)
    show_cells(axes[2], found.difference, wrong=wrong, kink=at_kink)
    heads = ("analytic:\nwhat backward returned", f"numeric: measured{sure}", off)
    for panel, head in zip(axes, heads, strict=True):
        panel.set_title(head, fontsize=9.5, fontweight="normal")
    shared = axes[:2] if found.furthest else axes
    colour_key(figure, shared, found.largest, "analytic and numeric")
    if found.furthest:
        colour_key(figure, axes[2:3], found.furthest, "difference")
    meaning = " · ".join(marks(elements, gradient.shape, marked, found.at_kink.size < MOST_DOTS))
    if meaning:
        figure.supxlabel(meaning, fontsize=8.5, x=0.01, ha="left")


def _beyond(elements: Elements) -> str:
    """Say how many differences are drawn."""
    wrong = int(np.count_nonzero(elements.wrong))
    if not wrong:
        return "none beyond its error bar"
    return f"{wrong} of {len(elements)} beyond the error bar"


def _draw_scatter(axes: Axes, gradient: GradientResult, elements: Elements, dark: bool) -> None:
    from matplotlib.transforms import ScaledTranslation

    finite = np.isfinite(elements.analytic) & np.isfinite(elements.numeric)
    both = np.concatenate([elements.analytic[finite], elements.numeric[finite]])
    low, high = float(both.min(initial=0.0)), float(both.max(initial=0.0))
    margin = 0.08 * (high - low) or 1.0
    ends = np.array([low - margin, high + margin])
    axes.plot(ends, ends, color=ink(dark), linewidth=1, label="agreement", zorder=1)
    factor = gradient.diagnosis[0].factor if gradient.diagnosis else None
    if factor is not None:
        axes.plot(ends, factor.value * ends, "--", color=colour(1, dark), linewidth=1, zorder=1,
                  label=f"numeric × {factor.value:.6g}")  # fmt: skip
    _draw_points(axes, elements, finite, dark)
    lost = int(np.count_nonzero(~finite))
    if lost:
        axes.plot([], [], " ", label=f"not finite, not drawn: {lost}")
    axes.set_xlim(ends[0], ends[1])
    axes.set_ylim(ends[0], ends[1])
    axes.set_aspect("equal", anchor="N")
    axes.locator_params(nbins=5)
    axes.tick_params(labelsize=8.5)
    axes.grid(True, alpha=0.5)
    axes.set_title("analytic against numeric", fontsize=9.5, fontweight="normal")
    axes.set_xlabel("numeric (measured, ± error bar)", fontsize=8.5)
    axes.set_ylabel("analytic (backward's)", fontsize=8.5)
    below = ScaledTranslation(0, -0.55, axes.figure.dpi_scale_trans)  # in inches
    axes.legend(loc="upper left", bbox_to_anchor=(-0.05, 0), fontsize=8, borderpad=0,
                bbox_transform=axes.transAxes + below)  # fmt: skip


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
