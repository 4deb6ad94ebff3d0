"""Arrays as heatmaps on axes: blue for negative, white for zero, red for positive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minnet.arrays import Array
from minnet.drawing.raster import DIVERGING, largest_of
from minnet.drawing.theme import bare

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap


def show_plane(axes: Axes, plane: Array, largest: float | None = None) -> Any:
    """Draw a plane of signed numbers with white for zero, and a scale beside it.

    Elements that are nan are grey; those that are inf (the gaps between tiles) are not drawn.

    Parameters
    ----------
    axes : Axes
    plane : array (H, W)
        From `minnet.drawing.raster.in_plane`.
    largest : float, optional
        What is fully blue or red; by default the largest value that is finite.
    """
    top = (largest_of(plane) if largest is None else largest) or 1.0
    image = axes.imshow(
        np.where(np.isinf(plane), 0.0, plane), cmap=diverging(), vmin=-top, vmax=top,
        alpha=np.where(np.isinf(plane), 0.0, 1.0), aspect="equal",
    )  # fmt: skip
    axes.set_facecolor("#808080")  # shows in the gaps between tiles
    bare(axes)
    bar = axes.figure.colorbar(image, ax=axes, shrink=0.75, pad=0.03)
    bar.outline.set_visible(False)
    bar.set_alpha(1.0)
    return image


def diverging() -> Colormap:
    """Return blue-white-red, told apart with any colour vision; gaps and nan stay empty."""
    from matplotlib.colors import LinearSegmentedColormap

    made = LinearSegmentedColormap.from_list("minnet", DIVERGING / 255.0)
    return made.with_extremes(bad="#80808055")


def reading(shape: tuple[int, ...]) -> str:
    """Say which axis lies where in a picture."""
    if len(shape) < 2:
        return "axis 0 →"
    if len(shape) == 2:
        return "axis 0 ↓, axis 1 →"
    if len(shape) == 3:
        return "a tile for each index on axis 0"
    return f"tiles: axis {len(shape) - 4} ↓, axis {len(shape) - 3} →"
