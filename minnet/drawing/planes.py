"""Arrays as pictures on axes: cells in tiles, their indices beside them, and a key of colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minnet.arrays import Array
from minnet.drawing.raster import DIVERGING, SMALLEST_MARKED, Layout, marked
from minnet.drawing.theme import bare

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

#: pixels of the longer side of a picture, and of a cell's side
PIXELS, LARGEST_CELL = 700, 48
#: pixels between two tiles
GAP = 6
#: cells smaller than this, in pixels a side, are ringed where no more than so many are wrong
RINGED, MOST_RINGS = 12, 200
#: how many indices are written along a side
MOST_TICKS = 9


def show_cells(
    axes: Axes,
    cells: Array,
    *,
    wrong: Array | None = None,
    kink: Array | None = None,
    rows: Sequence[str] | None = None,
) -> str:
    """Draw an array of colours, and say along each side which index is where.

    Parameters
    ----------
    axes : Axes
    cells : array (*shape, 4) of uint8
        From `minnet.drawing.raster.colours`.
    wrong, kink : array (*shape) of bool, optional
        What is outlined, and what gets a dot.
    rows : sequence of str, optional
        What the rows of tiles are called; by default their indices.

    Returns
    -------
    str
        How wrong elements are marked: "outlined", "ringed" where they are few and too small for
        that, or "".
    """
    shape = cells.shape[:-1]
    layout = Layout.of(shape)
    zoom = layout.zoom(PIXELS, LARGEST_CELL)
    gap = GAP if zoom > 1 else 1
    pixels = layout.draw(marked(cells, zoom, wrong, kink), gap)
    # where there are more pixels than the screen has, neighbours are mixed: no moiré
    axes.imshow(pixels, interpolation="nearest" if zoom > 2 else "antialiased", aspect="equal")
    axes.set_anchor("N")
    bare(axes)
    _name_sides(axes, layout, zoom, gap, len(shape), rows)
    axes.tick_params(length=0, pad=2, labelsize=8)
    axes.set_xlabel(reading(shape), fontsize=8.5)
    if wrong is None or not wrong.any():
        return ""
    if zoom >= RINGED:
        return "outlined"
    if np.count_nonzero(wrong) > MOST_RINGS:
        return "outlined" if zoom >= SMALLEST_MARKED else ""
    down, across = layout.middles(zoom, gap)
    axes.scatter(across[wrong.ravel()], down[wrong.ravel()], s=40, facecolors="none",
                 edgecolors="#1b1f24", linewidths=1, clip_on=False)  # fmt: skip
    return "ringed"


def _name_sides(
    axes: Axes, layout: Layout, zoom: int, gap: int, ndim: int, rows: Sequence[str] | None
) -> None:
    """Write indices along the sides that have several, of tiles or else of elements."""
    tiled = ndim > 2
    for set_ticks, tiles, length, names in zip(
        (axes.set_yticks, axes.set_xticks), layout.tiles, layout.tile, (rows, None), strict=True
    ):
        count = tiles if tiled else length
        pitch = length * zoom + gap if tiled else zoom
        middle = (length * zoom if tiled else zoom) / 2 - 0.5
        if count > 1 or ndim == 4:
            shown = ticks(count)
            labels = [str(i) if names is None else names[i] for i in shown]
            set_ticks([i * pitch + middle for i in shown], labels)


def ticks(count: int) -> list[int]:
    """Return which of so many indices are written: all, or some at equal distances.

    >>> ticks(4), ticks(30)
    ([0, 1, 2, 3], [0, 5, 10, 15, 20, 25])
    """
    steps = (s * 10**p for p in range(9) for s in (1, 2, 5))
    step = next(step for step in steps if (count - 1) // step < MOST_TICKS)
    return list(range(0, count, step))


def colour_key(figure: Figure, axes: Sequence[Axes], largest: float, label: str) -> Any:
    """Draw what the colours of signed numbers mean, under the axes that have them."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    top = largest or 1.0
    scale = ScalarMappable(Normalize(-top, top), diverging())
    bar = figure.colorbar(
        scale, ax=list(axes), location="bottom", shrink=0.6, aspect=28, pad=0.04, label=label
    )
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8)
    bar.ax.xaxis.label.set_fontsize(8.5)
    bar.locator = _few_ticks()
    bar.update_ticks()
    return bar


def _few_ticks() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(4, symmetric=True)


def diverging() -> Colormap:
    """Return blue-white-red, told apart with any colour vision."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("minnet", DIVERGING / 255.0)


def reading(shape: tuple[int, ...]) -> str:
    """Say which axis lies where in a picture.

    >>> reading((2, 3)), reading((2, 3, 5, 5))
    ('axis 0 ↓  axis 1 →', 'tiles: axis 0 ↓  axis 1 →\\ninside: axis 2 ↓  axis 3 →')
    """
    ways = " ↓", " →"
    last = len(shape) - 1
    if not shape:
        return "one number"
    if len(shape) == 1:
        return "axis 0 →"
    inside = f"axis {last - 1}{ways[0]}  axis {last}{ways[1]}"
    if len(shape) == 2:
        return inside
    if len(shape) == 3:
        return f"tiles: axis 0{ways[1]}\ninside: {inside}"
    rows = "axis 0" if len(shape) == 4 else f"axes 0 to {last - 3}"
    return f"tiles: {rows}{ways[0]}  axis {last - 2}{ways[1]}\ninside: {inside}"


def cells_of(values: Array, palette: Sequence[str]) -> Array:
    """Return the colours of whole numbers as (*shape, 4) bytes, by their place in a palette.

    >>> cells_of(np.array([1, 0]), ["#ffffff", "#ff0000"]).tolist()
    [[255, 0, 0, 255], [255, 255, 255, 255]]
    """
    from matplotlib.colors import to_rgba

    table = np.array([to_rgba(colour) for colour in palette])
    return np.asarray((255 * table[np.asarray(values, int)]).round(), np.uint8)
