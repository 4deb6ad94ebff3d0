"""Plots of gradients: heatmaps, analytic against numeric, and the telling one of a report."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minnet.arrays import Array
from minnet.drawing.raster import in_plane, spread
from minnet.drawing.theme import bare, colour, ink, new_figure, themed
from minnet.report.results import Elements, GradientResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

#: gradients of more elements are shown as a scatter: a heatmap would have more cells than pixels
LARGEST_HEATMAP = 40_000
#: pixels a side for each element, beside a gap of one between tiles
ZOOM = 4


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
    _draw_heatmaps(axes[0, :3], gradient, elements, dark)
    _draw_scatter(axes[0, 3], elements, dark)
    figure.suptitle(_title(gradient))
    return figure


@themed
def plot_heatmaps(gradient: GradientResult, *, dark: bool = False) -> Figure:
    """Draw the analytic and numeric gradients and their difference, filters side by side.

    Parameters and errors as for `plot_gradient`.
    """
    figure, axes = new_figure(10, 3.8, 1, 3)
    _draw_heatmaps(axes[0], gradient, _measured(gradient), dark)
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


def diverging() -> Colormap:
    """Return blue-white-red, told apart with any colour vision; gaps and nan stay empty."""
    from matplotlib.colors import LinearSegmentedColormap

    from minnet.drawing.raster import DIVERGING

    made = LinearSegmentedColormap.from_list("minnet", DIVERGING / 255.0)
    return made.with_extremes(bad="#80808055")


def show_plane(axes: Axes, plane: Array, largest: float | None = None, label: str = "") -> Any:
    """Draw a plane of signed numbers with white for zero, and a scale beside it.

    Elements that are nan are grey; those that are inf (the gaps between tiles) are not drawn.
    """
    known = np.abs(plane[np.isfinite(plane)])
    top = largest if largest is not None else float(known.max(initial=0.0))
    top = top or 1.0
    image = axes.imshow(
        np.where(np.isinf(plane), 0.0, plane), cmap=diverging(), vmin=-top, vmax=top,
        alpha=np.where(np.isinf(plane), 0.0, 1.0), aspect="equal",
    )  # fmt: skip
    axes.set_facecolor("#808080")  # shows in the gaps between tiles
    bare(axes)
    bar = axes.figure.colorbar(image, ax=axes, shrink=0.75, pad=0.03, label=label)
    bar.outline.set_visible(False)
    bar.set_alpha(1.0)
    return image


def _measured(gradient: GradientResult) -> Elements:
    if gradient.elements is None or not len(gradient.elements):
        raise ValueError(
            f"no element of the gradient of {gradient.wrt} was measured one by one, so there is "
            "nothing to draw; check again with elements='all'"
        )
    return gradient.elements


def _title(gradient: GradientResult) -> str:
    """Return the figure's title: what it is, and how much of it is wrong."""
    name = getattr(gradient, "name", gradient.wrt)
    shape = "×".join(map(str, gradient.shape)) or "a number"
    elements = _measured(gradient)
    wrong = int(np.count_nonzero(elements.wrong))
    said = f"{wrong} of {len(elements)} measured elements wrong" if wrong else "all agree"
    return f"gradient of {_plain(name)} ({shape}): {gradient.verdict}, {said}"


def _plain(text: str) -> str:
    """Return the user's text so that matplotlib does not read it as a formula."""
    return text.replace("$", r"\$")


def _draw_heatmaps(axes: Any, gradient: GradientResult, elements: Elements, dark: bool) -> None:
    difference = elements.analytic - elements.numeric
    both = np.concatenate([elements.analytic, elements.numeric])
    size = float(np.abs(both[np.isfinite(both)]).max(initial=0.0))
    off = None if elements.wrong.any() else size
    named = [
        ("analytic (backward's)", elements.analytic, size),
        ("numeric (measured)", elements.numeric, size),
        ("difference", difference, off),
    ]
    for ax, (name, values, largest) in zip(axes, named, strict=True):
        plane = in_plane(spread(elements, values, gradient.shape), ZOOM)
        show_plane(ax, plane, largest)
        ax.set_title(name, fontsize=10.5, fontweight="normal")
        ax.set_xlabel(_reading(gradient.shape), fontsize=9)


def _reading(shape: tuple[int, ...]) -> str:
    """Say which axis lies where in a picture."""
    if len(shape) < 2:
        return "axis 0 →"
    if len(shape) == 2:
        return "axis 0 ↓, axis 1 →"
    if len(shape) == 3:
        return "a tile for each index on axis 0"
    return f"tiles: axis {len(shape) - 4} ↓, axis {len(shape) - 3} →"


def _draw_scatter(axes: Axes, elements: Elements, dark: bool) -> None:
    a, n = elements.analytic, elements.numeric
    finite = np.isfinite(a) & np.isfinite(n)
    both = np.concatenate([a[finite], n[finite]])
    low, high = float(both.min(initial=0.0)), float(both.max(initial=0.0))
    margin = 0.08 * (high - low) or 1.0
    ends = np.array([low - margin, high + margin])
    axes.plot(ends, ends, color=ink(dark), linewidth=1, label="agreement", zorder=1)
    kinds = (
        ("right", ~elements.wrong & ~elements.at_kink, "o", 0),
        ("at a kink", elements.at_kink & ~elements.wrong, "D", 2),
        ("wrong", elements.wrong, "X", 1),
    )
    for name, mask, marker, place in kinds:
        mask = mask & finite
        if mask.any():
            bars = np.where(np.isfinite(elements.error_bar), elements.error_bar, 0.0)[mask]
            axes.errorbar(n[mask], a[mask], xerr=bars, fmt=marker, color=colour(place, dark),
                          markersize=5 if name != "wrong" else 7, elinewidth=1, alpha=0.8,
                          label=f"{name}: {int(mask.sum())}", markeredgewidth=0)  # fmt: skip
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


def _draw_where(axes: Axes, crossed: Array, on_it: Array, dark: bool) -> None:
    from matplotlib.colors import ListedColormap

    state = np.where(on_it, 2.0, np.where(crossed, 1.0, 0.0))
    plane = in_plane(state, ZOOM)
    blank = "#80808033"
    shades = ListedColormap([blank, colour(1, dark), colour(2, dark)])
    alpha = np.where(np.isinf(plane), 0.0, 1.0)
    axes.imshow(np.where(np.isinf(plane), 0.0, plane), cmap=shades, vmin=0, vmax=2, alpha=alpha)
    bare(axes)
    axes.set_title("Where they are")
    axes.set_xlabel(_reading(state.shape))
