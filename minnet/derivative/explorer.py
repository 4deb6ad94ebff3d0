"""An explorer of the derivative: move x and h, and see secants, tangent and errors follow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from minnet.derivative.advice import Advice, advise
from minnet.derivative.compared import Comparison
from minnet.derivative.comparison import compare, sweep
from minnet.derivative.expressions import parse
from minnet.derivative.functions import named
from minnet.derivative.plots import draw_errors, draw_tangent
from minnet.drawing.theme import colour, ink, theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: the functions to choose from
CHOICE = ("sigmoid", "tanh", "relu", "gelu", "square", "sin", "exp", "abs", "sin(20*x)")


def explore(
    functions: Sequence[str] = CHOICE, x: float = 0.5, h: float = 0.1, *, dark: bool = False
) -> Explorer:
    """Open the explorer in a window, or in a notebook under ``%matplotlib widget``.

    Parameters
    ----------
    functions : sequence of str
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
        figure = plt.figure(figsize=(11, 6.4), layout="none")
        explorer = Explorer(figure, functions, x, h, dark=dark)
    plt.show(block=False)
    return explorer


class Explorer:
    """Two plots, two sliders and a choice of functions, on a figure.

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
        self, figure: Figure, functions: Sequence[str], x: float, h: float, *, dark: bool = False
    ) -> None:
        from matplotlib.widgets import RadioButtons, Slider

        self.figure, self.dark = figure, dark
        self.functions = {text: named(text) or parse(text) for text in functions}
        self._curve, self._errors = figure.subplots(1, 2)
        figure.subplots_adjust(left=0.24, right=0.975, top=0.9, bottom=0.3, wspace=0.28)
        self.x_slider = Slider(figure.add_axes((0.24, 0.13, 0.6, 0.035)), "x", -5.0, 5.0, valinit=x)
        self.h_slider = Slider(
            figure.add_axes((0.24, 0.06, 0.6, 0.035)), "log₁₀ h", -16.0, 0.0, valinit=math.log10(h)
        )
        radio = figure.add_axes((0.01, 0.3, 0.15, 0.6))
        radio.set_title("f(x)")
        radio.spines[:].set_visible(False)
        look = {"edgecolor": ink(dark), "facecolor": colour(0, dark)}
        self.choice = RadioButtons(radio, list(self.functions), radio_props=look)
        self._message = figure.text(0.24, 0.01, "", fontsize=9, va="bottom")
        self._changed()
        self.x_slider.on_changed(self._changed)
        self.h_slider.on_changed(self._changed)
        self.choice.on_clicked(self._changed)

    def _compare(self) -> Comparison:
        function = self.functions[str(self.choice.value_selected)]
        return compare(function, float(self.x_slider.val), float(10.0**self.h_slider.val))

    def _changed(self, _: Any = None) -> None:
        self.found: Comparison = self._compare()
        self.advice: Advice = advise(self.found)
        self._draw()

    def _draw(self) -> None:
        with theme(self.dark):
            for axes in (self._curve, self._errors):
                axes.clear()
            draw_tangent(self._curve, self.found, self.dark, enlarge=False)
            if math.isfinite(self.found.reference):
                draw_errors(self._errors, self.found, sweep(self.found), self.dark)
            for axes in (self._curve, self._errors):  # ticks are made later, out of the theme
                axes.tick_params(which="both", colors=ink(self.dark))
        h = 10.0**self.h_slider.val
        self.h_slider.valtext.set_text(f"h = {h:.1e}")
        warnings = self.advice.warnings
        first = warnings[0].message.split(":")[0] if warnings else ""
        self._message.set_text(first[:110])
        self.figure.canvas.draw_idle()
