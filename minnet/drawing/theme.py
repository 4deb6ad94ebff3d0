"""How every plot looks: light or dark, colours that any eye tells apart, and how it is saved.

matplotlib is imported inside the functions, so that importing minnet does not pay for it.
Figures are made without pyplot: they belong to whoever asked for them, and nothing pops up.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

P = ParamSpec("P")

#: The first four are far apart with normal, protan, deutan and tritan vision (a test measures
#: it); most are of Okabe and Ito's palette (jfly.uni-koeln.de/color, 2008).
LIGHT = ("#0072B2", "#D55E00", "#882255", "#888888", "#E69F00", "#56B4E9")
DARK = ("#56B4E9", "#F5793A", "#F0E442", "#FF9DA7", "#F0B840", "#9AD0F5")
#: dashes tell series apart without colour
LINES = ("-", "--", "-.", ":")


@contextmanager
def theme(dark: bool) -> Iterator[None]:
    """Draw light or dark inside this block."""
    import matplotlib as mpl
    from cycler import cycler

    ink, soft, paper = (
        ("#e6edf3", "#55606c", "#0f1318") if dark else ("#1b1f24", "#d0d7de", "white")
    )
    settings: dict[Any, Any] = {
        "figure.facecolor": paper, "axes.facecolor": paper, "savefig.facecolor": paper,
        "text.color": ink, "axes.labelcolor": ink, "axes.titlecolor": ink,
        "xtick.color": ink, "ytick.color": ink, "axes.edgecolor": ink,
        "grid.color": soft, "axes.grid": False, "grid.linewidth": 0.6,
        "axes.spines.top": False, "axes.spines.right": False,
        "axes.titlesize": 12, "axes.titleweight": "bold", "axes.titlelocation": "left",
        "axes.labelsize": 10.5, "legend.framealpha": 0.85, "legend.facecolor": paper,
        "legend.edgecolor": "none", "legend.fontsize": 9.5,
        "font.size": 10.5, "lines.linewidth": 2.0, "figure.constrained_layout.use": True,
        "axes.prop_cycle": cycler(color=DARK if dark else LIGHT),
        "figure.dpi": 110, "savefig.dpi": 160, "image.interpolation": "nearest",
    }  # fmt: skip
    with mpl.rc_context(settings):
        yield


def themed(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Let a function that draws a figure do so in the theme of its keyword ``dark``."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with theme(bool(kwargs.get("dark", False))):
            figure = draw(*args, **kwargs)
            for _ in range(2):  # laid out in the theme; the room for titles is known by then
                figure.draw_without_rendering()
            figure.set_layout_engine("none")  # laid out again, titles would move
            return figure

    return drawn


def colour(position: int, dark: bool) -> str:
    """Return a colour of the palette: 0 blue, 1 orange, then by the theme."""
    return (DARK if dark else LIGHT)[position]


def ink(dark: bool) -> str:
    """Return the colour of text and axes."""
    return "#e6edf3" if dark else "#1b1f24"


def new_figure(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Figure, Any]:
    """Return a figure of so many inches, and its axes as a (rows, columns) array."""
    figure = _picture()(figsize=(width, height))
    return figure, figure.subplots(rows, columns, squeeze=False)


@cache
def _picture() -> type[Figure]:
    """Return the class of figures that a notebook shows by themselves, without pyplot."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    class Picture(Figure):
        """A figure that represents itself."""

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            FigureCanvasAgg(self)

        def _repr_png_(self) -> bytes:
            file = io.BytesIO()
            self.savefig(file, format="png", bbox_inches="tight")
            return file.getvalue()

    return Picture


def bare(axes: Axes) -> None:
    """Take ticks and frame from axes that show a picture."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def save(figure: Figure, path: str | Path) -> None:
    """Write a figure; the file's ending says in which format.

    Raises
    ------
    ValueError
        When the format is not known.
    OSError
        When the file cannot be written.
    """
    formats = sorted(figure.canvas.get_supported_filetypes())
    ending = Path(path).suffix.lower().lstrip(".")
    if ending not in formats:
        raise ValueError(
            f"{'.' + ending if ending else 'a name without an ending'} is no picture format; "
            f"use one of: {', '.join('.' + name for name in formats)}"
        )
    figure.savefig(path, facecolor=figure.get_facecolor())
