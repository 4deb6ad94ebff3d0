"""Plots of what a network does: training curves, filters, feature maps, confusion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from minnet.arrays import Array
from minnet.drawing.planes import colour_key, show_cells
from minnet.drawing.raster import Layout, colours, largest_of
from minnet.drawing.theme import LINES, colour, new_figure, themed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: how many feature maps, or filters of one channel, lie in a row
PER_ROW = 8


@themed
def plot_training(
    losses: Mapping[str, Sequence[float]],
    accuracies: Mapping[str, Sequence[float]] | None = None,
    *,
    dark: bool = False,
) -> Figure:
    """Draw training curves, an epoch a point.

    Parameters
    ----------
    losses : mapping of str to sequence of float
        The loss after each epoch, by name: ``{"training": [...], "validation": [...]}``.
    accuracies : mapping of str to sequence of float, optional
        The same for accuracies, between 0 and 1.
    dark : bool
        Draw on a dark background.
    """
    columns = 2 if accuracies else 1
    figure, axes = new_figure(5.4 * columns, 3.8, 1, columns)
    _draw_curves(axes[0, 0], "Loss", "loss", losses, dark)
    if accuracies:
        percent = {name: 100 * np.asarray(values, float) for name, values in accuracies.items()}
        _draw_curves(axes[0, 1], "Accuracy", "accuracy (%)", percent, dark)
    _logarithmic_if_wide(axes[0, 0], losses)
    return figure


def _draw_curves(
    panel: Axes, title: str, label: str, curves: Mapping[str, Sequence[float] | Array], dark: bool
) -> None:
    from matplotlib.ticker import MaxNLocator

    for place, (name, values) in enumerate(curves.items()):
        y = np.asarray(values, float)
        epochs = np.arange(1, len(y) + 1)
        panel.plot(epochs, y, LINES[place % 4], color=colour(place % 6, dark), marker="o",
                   markersize=4, label=f"{name}: {y[-1]:.4g}" if len(y) else name)  # fmt: skip
    panel.set_title(title)
    panel.set_xlabel("epoch")
    panel.set_ylabel(label)
    longest = max((len(values) for values in curves.values()), default=1)
    panel.set_xlim(0.5, max(longest, 1) + 0.5)
    panel.xaxis.set_major_locator(MaxNLocator(9, integer=True, min_n_ticks=1))
    panel.grid(True, alpha=0.6)
    panel.legend(loc="best", title="last value")


def _logarithmic_if_wide(panel: Axes, losses: Mapping[str, Sequence[float]]) -> None:
    """Use a logarithmic axis where the losses span more than two powers of ten."""
    values = np.concatenate([np.asarray(v, float) for v in losses.values()] or [np.zeros(0)])
    values = values[np.isfinite(values)]
    if values.size and values.min() > 0 and values.max() > 100 * values.min():
        panel.set_yscale("log")


@themed
def plot_filters(W: Array, *, dark: bool = False) -> Figure:
    """Draw the filters of a convolution, one a tile.

    Parameters
    ----------
    W : array (F, C, H, W)
        Three channels are shown as the colours red, green and blue; otherwise every channel is a
        tile of its own.
    dark : bool
        Draw on a dark background.
    """
    W = np.asarray(W, float)
    if W.ndim != 4:
        raise ValueError(f"filters are of shape (F, C, H, W), not {W.shape}")
    filters, channels, *_ = W.shape
    largest = largest_of(W)
    name = f"{filters} filters"
    if channels != 3:
        cells = colours(W, largest)
        return _tiles(cells if channels > 1 else cells[:, 0], name, "filter", "weight", largest)
    rgb = np.nan_to_num(np.clip(W / (2 * largest or 1.0) + 0.5, 0, 1)).transpose(0, 2, 3, 1)
    cells = np.concatenate([rgb, np.ones((*rgb.shape[:-1], 1))], axis=-1)
    top = f"{name}: grey is 0, full colour {largest:.3g}"
    return _tiles((255 * cells).round().astype(np.uint8), top, "filter")


@themed
def plot_feature_maps(maps: Array, *, dark: bool = False) -> Figure:
    """Draw what a layer makes of one image, a channel a tile.

    Parameters
    ----------
    maps : array (C, H, W)
    dark : bool
        Draw on a dark background.
    """
    maps = np.asarray(maps, float)
    if maps.ndim != 3:
        raise ValueError(f"feature maps of one image are of shape (C, H, W), not {maps.shape}")
    largest = largest_of(maps)
    name = f"{len(maps)} feature maps"
    return _tiles(colours(maps, largest), name, "channel", "activation", largest)


@themed
def plot_confusion(
    target: Array, predicted: Array, names: Sequence[str] | None = None, *, dark: bool = False
) -> Figure:
    """Draw a confusion matrix: how often each class was taken for which.

    Parameters
    ----------
    target, predicted : array (N,) of int
        The true class and the predicted one.
    names : sequence of str, optional
        The classes' names, instead of their numbers.
    dark : bool
        Draw on a dark background.
    """
    counts = confusion(target, predicted, len(names) if names is not None else None)
    classes = len(counts)
    labels = list(names) if names is not None else [str(k) for k in range(classes)]
    right = np.trace(counts) / max(counts.sum(), 1)
    side = min(max(4.0, 0.5 * classes + 1.5), 14.0)
    figure, axes = new_figure(side + 0.8, side)
    panel = axes[0, 0]
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = panel.imshow(share, cmap="cividis", vmin=0, vmax=1)
    for i, j in np.ndindex(*counts.shape):
        if counts[i, j] and classes <= 20:
            panel.text(j, i, str(counts[i, j]), ha="center", va="center", fontsize=9,
                       color="black" if share[i, j] > 0.5 else "white")  # fmt: skip
    panel.set_xticks(range(classes), labels, rotation=90 if max(map(len, labels)) > 3 else 0)
    panel.set_yticks(range(classes), labels)
    panel.set_xlabel("predicted class")
    panel.set_ylabel("true class")
    panel.set_title(f"Confusion: {100 * right:.1f} % right of {counts.sum()}")
    bar = figure.colorbar(image, ax=panel, shrink=0.8, label="share of the true class")
    bar.outline.set_visible(False)
    return figure


def confusion(target: Array, predicted: Array, classes: int | None = None) -> Array:
    """Count how often each true class (row) was predicted as which (column).

    Examples
    --------
    >>> confusion(np.array([0, 0, 1]), np.array([0, 1, 1])).tolist()
    [[1, 1], [0, 1]]
    """
    target, predicted = np.asarray(target, int), np.asarray(predicted, int)
    if target.shape != predicted.shape:
        raise ValueError(
            f"target of shape {target.shape} and predicted of shape {predicted.shape} differ: "
            "both need one class for each sample"
        )
    largest = int(max(target.max(initial=0), predicted.max(initial=0))) + 1
    counts = np.zeros((classes or largest,) * 2, int)
    np.add.at(counts, (target, predicted), 1)
    return counts


def _tiles(
    cells: Array, title: str, kind: str, label: str = "", largest: float | None = None
) -> Figure:
    """Draw filters in rows and channels in columns, or one kind of tiles in rows of eight."""
    rows = None
    reading = "filter ↓  channel →"
    if cells.ndim == 4:
        count = len(cells)
        columns = min(count, PER_ROW) or 1
        blank = np.zeros((-count % columns, *cells.shape[1:]), np.uint8)
        cells = np.concatenate([cells, blank]).reshape(-1, columns, *cells.shape[1:])
        starts = range(0, count, columns)
        rows = [f"{i}–{min(i + columns, count) - 1}" if columns > 1 else str(i) for i in starts]
        reading = f"{kind}s in rows of {columns}"
    height, width = Layout.of(cells.shape[:-1]).size(10, 2)
    side = 6.5 * height / max(width, 1)
    figure, axes = new_figure(7.5, float(np.clip(side, 1, 9)) + 1.6)
    panel = axes[0, 0]
    show_cells(panel, cells, rows=rows)
    panel.set_xlabel(reading, fontsize=8.5)
    panel.set_title(title)
    if largest is not None:
        colour_key(figure, [panel], largest, label)
    return figure
