"""An explorer of the derivative: move x and h, and see secants, tangent and errors follow."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minnet.derivative.advice import Advice, advise
from minnet.derivative.compared import Comparison
from minnet.derivative.comparison import compare, sweep
from minnet.derivative.expressions import parse
from minnet.derivative.functions import Function, Scalar, named
from minnet.derivative.plots import draw_errors, draw_tangent
from minnet.drawing.theme import colour, ink, theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: the functions to choose from
CHOICE = ("sigmoid", "tanh", "relu", "gelu", "square", "sin", "exp", "abs", "sin(20*x)")
#: a kink nearer than this share of the view is what is meant
SNAP = 0.004


def has_screen() -> bool:
    """Return whether matplotlib can open a window here."""
    from matplotlib import get_backend

    return str(get_backend()).lower() not in ("agg", "pdf", "ps", "svg", "cairo", "template")


def explore(
    functions: Sequence[str | Function] = CHOICE,
    x: float = 0.5,
    h: float = 0.1,
    *,
    dark: bool = False,
) -> Explorer:
    """Open the explorer in a window, or in a notebook under ``%matplotlib widget``.

    In a script it stays open until its window is closed.

    Parameters
    ----------
    functions : sequence of str or Function
        Names of known functions, or expressions in x.
    x, h : float
        Where the sliders begin.
    dark : bool
        Draw on a dark background.

    Returns
    -------
    Explorer
        Keep it: matplotlib's widgets stop when nobody holds them.

    Examples
    --------
    >>> explorer = explore(["square"], x=3.0)  # doctest: +SKIP
    """
    from matplotlib import pyplot as plt

    with theme(dark):
        figure = plt.figure(figsize=(8.8, 5.6), dpi=100, layout="none")
        explorer = Explorer(figure, functions, x, h, dark=dark)
    plt.show()
    return explorer


class Explorer:
    """Two plots, two sliders, a choice of functions and a small table, on a figure.

    Attributes
    ----------
    figure : Figure
    x_slider, h_slider : matplotlib.widgets.Slider
        The point, and the logarithm (base 10) of the step.
    choice : matplotlib.widgets.RadioButtons
        The function.
    found : Comparison
        What is shown at the moment.
    advice : Advice
        What is to be said of it.
    """

    def __init__(
        self,
        figure: Figure,
        functions: Sequence[str | Function],
        x: float,
        h: float,
        *,
        dark: bool = False,
    ) -> None:
        from matplotlib.widgets import RadioButtons, Slider

        self.figure, self.dark = figure, dark
        known = [f if isinstance(f, Function) else named(f) or parse(f) for f in functions]
        self.functions = {function.name: function for function in known}
        self._view = min(-5.0, x - 1), max(5.0, x + 1)
        self._curve, self._errors = figure.subplots(1, 2)
        figure.subplots_adjust(left=0.27, right=0.975, top=0.92, bottom=0.34, wspace=0.34)
        self.x_slider = Slider(
            figure.add_axes((0.27, 0.16, 0.58, 0.035)), "x", *self._view, valinit=x
        )
        self.h_slider = Slider(
            figure.add_axes((0.27, 0.1, 0.58, 0.035)), "log₁₀ h", -16.0, 0.0, valinit=math.log10(h)
        )
        radio = figure.add_axes((0.01, 0.46, 0.18, 0.46))
        radio.set_title("f(x)")
        radio.spines[:].set_visible(False)
        look = {"edgecolor": ink(dark), "facecolor": colour(0, dark)}
        self.choice = RadioButtons(radio, list(self.functions), radio_props=look)
        self._table = figure.text(0.01, 0.42, "", fontsize=7.5, va="top", family="monospace")
        self._message = figure.text(0.01, 0.01, "", fontsize=9, va="bottom")
        self._changed()
        self.x_slider.on_changed(self._changed)
        self.h_slider.on_changed(self._changed)
        self.choice.on_clicked(self._changed)

    def _compare(self) -> Comparison:
        function = self.functions[str(self.choice.value_selected)]
        x = self._snapped(function, float(self.x_slider.val))
        self.x_slider.valtext.set_text(f"{x:.4g}")
        return compare(function, x, float(10.0**self.h_slider.val))

    def _snapped(self, function: Function, x: float) -> float:
        """Return x, or the kink that is so near that no hand could meet it."""
        near = SNAP * (self._view[1] - self._view[0])
        for switch in function.switches:
            with np.errstate(all="ignore"):
                low, high = float(switch(x - near)), float(switch(x + near))
            if low * high < 0:
                kink = _zero(switch, x - near, x + near)
                return round(kink, 12) + 0.0
        return x

    def _changed(self, _: Any = None) -> None:
        self.found: Comparison = self._compare()
        self.advice: Advice = advise(self.found)
        self._draw()

    def _draw(self) -> None:
        with theme(self.dark):
            for axes in (self._curve, self._errors):
                axes.clear()
            draw_tangent(self._curve, self.found, self.dark, view=self._view)
            if math.isfinite(self.found.reference):
                draw_errors(self._errors, self.found, sweep(self.found), self.dark)
            for axes in (self._curve, self._errors):  # ticks are made later, out of the theme
                axes.tick_params(which="both", colors=ink(self.dark), labelsize=8)
                axes.set_title(axes.get_title("left"), fontsize=10)
                axes.legend(loc="best", fontsize=6.5)
        h = 10.0**self.h_slider.val
        self.h_slider.valtext.set_text(f"h = {h:.1e}")
        self._table.set_text("\n".join(self._rows()))
        warnings = self.advice.warnings
        first = warnings[0].message if warnings else self.advice.reason
        self._message.set_text("\n".join(textwrap.wrap(first, 120, max_lines=2)))
        self.figure.canvas.draw_idle()

    def _rows(self) -> Iterator[str]:
        """Yield the methods with their values and errors."""
        yield f"{'':<10} {'value':>9} {'error':>7}"
        for row in self.found.rows:
            cells = (f"{row.value:.6g}", f"{row.absolute_error:.0e}")
            shown = (c if math.isfinite(float(c)) else "-" for c in cells)
            yield "{:<10} {:>9} {:>7}".format(row.method[:10], *shown)


def _zero(f: Scalar, low: float, high: float) -> float:
    """Return where f passes through zero between two points, by halving."""
    for _ in range(60):
        middle = (low + high) / 2
        if float(f(low)) * float(f(middle)) <= 0:
            high = middle
        else:
            low = middle
    return (low + high) / 2
