"""Plots of the derivative of a function of one variable: secants, tangent, error against h."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from minnet.arrays import Array
from minnet.derivative.compared import Comparison, Sweep
from minnet.derivative.comparison import safe, sweep
from minnet.derivative.formulas import EPSILON
from minnet.derivative.functions import Function
from minnet.drawing.theme import LINES, colour, ink, new_figure, themed
from minnet.report.words import index_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: errors below this are drawn here: a logarithm has no zero
FLOOR = 1e-17
#: how many steep places of a curve are looked into, and how often the distance is halved there
MOST_GAPS, HALVINGS = 40, 25


@themed
def plot_derivative(found: Comparison, *, dark: bool = False) -> Figure:
    """Draw a function with its secants and tangent, and beside it the error against the step.

    Where there is no derivative, or none that can be measured, the function alone.

    Parameters
    ----------
    found : Comparison
        From `minnet.derivative.comparison.compare`.
    dark : bool
        Draw on a dark background.
    """
    if not math.isfinite(found.reference):
        return plot_tangent(found, dark=dark)
    figure, axes = new_figure(9.5, 4.4, 1, 2)
    draw_tangent(axes[0, 0], found, dark)
    draw_errors(axes[0, 1], found, sweep(found), dark)
    return figure


@themed
def plot_tangent(found: Comparison, *, dark: bool = False) -> Figure:
    """Draw a function with the secants of its one-sided and central differences."""
    figure, axes = new_figure(6, 4.4)
    draw_tangent(axes[0, 0], found, dark)
    return figure


@themed
def plot_error(found: Comparison, *, dark: bool = False) -> Figure:
    """Draw the error of each finite difference against the step h, both logarithmic.

    Raises
    ------
    ValueError
        When there is no derivative that an error could be measured from.
    """
    if not math.isfinite(found.reference):
        raise ValueError(f"{found.function.name} has no derivative at {found.x:g} to compare with")
    figure, axes = new_figure(6, 4.4)
    draw_errors(axes[0, 0], found, sweep(found), dark)
    return figure


def of_element(
    f: Callable[[Array], float], x: Array, index: tuple[int, ...], analytic: float | None = None
) -> Function:
    """Return f as a function of one element of x: any gradient's element can so be plotted.

    Parameters
    ----------
    f : callable
        From an array to a number: a loss, or the sum of outputs times an upstream gradient.
    x : array
        The values of all elements.
    index : tuple of int
        The element that varies.
    analytic : float, optional
        The derivative that is claimed for it.

    Examples
    --------
    >>> from minnet.derivative.advice import advise
    >>> from minnet.derivative.comparison import compare
    >>> W = np.ones((2, 3))
    >>> g = of_element(lambda W: float((W**2).sum()), W, (1, 2), analytic=2.0)
    >>> advise(compare(g, W[1, 2])).verdict
    'pass'
    """

    def call(value: Any) -> Any:
        moved = np.array(x, np.result_type(np.asarray(x).dtype, np.asarray(value).dtype))
        moved[index] = value
        return f(moved)

    name = f"element {index_text(index)}"
    derivative = None if analytic is None else lambda _: analytic
    return Function(name, name, call, derivative)


def draw_tangent(
    axes: Axes, found: Comparison, dark: bool, view: tuple[float, float] | None = None
) -> None:
    """Draw the function, its secants and its tangent on `axes`.

    A step too short to be seen is drawn longer, unless a `view` along x is given; the axis says
    so, and the legend has the slopes that were measured beside those that are drawn.
    """
    x, step = found.x, found.row("central").step
    reach = max(min(max(2.5, 0.5 * abs(x)), _curvature_reach(found)), 3 * step)
    visible = step if step > reach / 30 or view else reach / 3
    t = np.linspace(*(view or (x - reach, x + reach)), 401)
    points = x + visible * np.array([-1, 0, 1])
    with np.errstate(all="ignore"):
        y, values = _one_by_one(found, t), _one_by_one(found, points)
        line_t, line_y = _broken(found, t, y)
        tangent = values[1] + found.reference * (t - x)
    name = textwrap.shorten(found.function.text, 30, placeholder=" …")
    axes.plot(line_t, line_y, color=ink(dark), linewidth=2.4, label=f"f(x) = {name}", zorder=3)
    if math.isfinite(found.value) and not found.jumps:
        _draw_secants(axes, found, t, points, values, dark)
        enlarged = "" if visible == step else f"; {step:.1e} is too short to see"
        axes.set_xlabel(f"x (points drawn at x ± {visible:.2g}{enlarged})")
    else:
        points, values = points[1:2], values[1:2]
        axes.set_xlabel("x")
    if math.isfinite(found.reference) and not found.at_kink:
        axes.plot(t, tangent, color=colour(3, dark), linewidth=1.6,
                  label=f"tangent: {found.reference:.5g}")  # fmt: skip
    axes.plot(points, values, "o", color=ink(dark), zorder=4)
    _fit_view(axes, t, y)
    axes.set_title(_headline(found))
    axes.set_ylabel("f(x)")
    if not np.isfinite(y).any():
        axes.text(0.5, 0.5, "f(x) is finite nowhere near", transform=axes.transAxes, ha="center")
    axes.legend(loc="best", fontsize=8.5)


def _headline(found: Comparison) -> str:
    """Say what there is to see at x."""
    at = f"at x = {found.x:.4g}"
    if not math.isfinite(found.value):
        return f"f(x) is {found.value:g} {at}"
    if found.jumps:
        return f"A jump {at}: no derivative"
    if found.at_kink:
        return f"A kink {at}: two slopes"
    if not math.isfinite(found.reference):
        return f"No measurable slope {at}"
    return f"Secants and tangent {at}"


def _draw_secants(
    axes: Axes, found: Comparison, t: Array, points: Array, values: Array, dark: bool
) -> None:
    """Draw the lines through two of three points: left, middle and right."""
    secants = (("forward", 1, 2), ("backward", 0, 1), ("central", 0, 2))
    for place, (name, one, other) in enumerate(secants):
        row = found.row(name)
        if np.isfinite(values[[one, other]]).all() and math.isfinite(row.value):
            with np.errstate(all="ignore"):
                slope = (values[other] - values[one]) / (points[other] - points[one])
                secant = values[one] + slope * (t - points[one])
            label = f"{name}: {row.value:.5g}"
            if f"{slope:.3g}" != f"{row.value:.3g}":
                label += f" (as drawn {slope:.3g})"
            axes.plot(t, secant, LINES[place + 1], color=colour(place, dark), linewidth=1.6,
                      label=label)  # fmt: skip


def _broken(found: Comparison, t: Array, y: Array) -> tuple[Array, Array]:
    """Return the curve with a gap where it jumps, or has a pole, between two of its points."""
    known = y[np.isfinite(y)]
    if known.size < 2:
        return t, y
    height = float(np.percentile(known, 95) - np.percentile(known, 5))
    steep = np.flatnonzero(np.abs(np.diff(y)) > 0.1 * height)
    gaps = [i for i in steep[:MOST_GAPS] if _apart(found, t[i], t[i + 1], y[i], y[i + 1])]
    places = np.array(gaps, int) + 1
    return np.insert(t, places, np.nan), np.insert(y, places, np.nan)


def _apart(found: Comparison, left: float, right: float, low: float, high: float) -> bool:
    """Return whether two values stay apart however near their points come."""
    f, between = safe(found.function), abs(high - low)
    for _ in range(HALVINGS):
        middle = (left + right) / 2
        value = f(middle)
        if not math.isfinite(value):
            return True
        if abs(value - low) > abs(high - value):
            right, high = middle, value
        else:
            left, low = middle, value
    return abs(high - low) > 0.5 * between


def draw_errors(axes: Axes, found: Comparison, swept: Sweep, dark: bool) -> None:
    """Draw error against h with the slopes that theory gives, the chosen h and the error bar."""
    for place, (formula, errors) in enumerate(swept.errors):
        known = np.isfinite(errors)
        axes.plot(swept.step[known], np.maximum(errors[known], FLOOR), LINES[place],
                  color=colour(place, dark), linewidth=1.8,
                  label=f"{formula.name} (order {formula.order})")  # fmt: skip
    scale = 1.0 if swept.absolute else abs(found.reference) or 1.0
    noise = EPSILON * max(abs(found.value), abs(found.x * found.reference)) / scale
    axes.plot(swept.step, noise / swept.step, color=ink(dark), linewidth=1, alpha=0.6)
    axes.annotate("round-off  ε|f|/h", (swept.step[30], noise / swept.step[30]), fontsize=9,
                  xytext=(6, 6), textcoords="offset points", color=ink(dark))  # fmt: skip
    _mark_bar(axes, found, scale, dark)
    if found.step is not None:
        axes.axvline(found.step, color=ink(dark), linewidth=1.2, linestyle="--")
        _mark(axes, found.step, "your h", dark)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(swept.step[0], swept.step[-1])
    axes.set_ylim(FLOOR, 1e3)
    axes.grid(True, which="major", alpha=0.6)
    axes.set_title(
        "At a kink, no step gets nearer" if found.at_kink else "Error against the step h"
    )
    axes.set_xlabel("step h (in units of x)")
    axes.set_ylabel("absolute error" if swept.absolute else "relative error")
    axes.legend(loc="best", fontsize=8.5)


def _mark_bar(axes: Axes, found: Comparison, scale: float, dark: bool) -> None:
    """Show the error bar of the adaptive value, and the step that it settled on."""
    bar = found.estimate.error_bar / scale
    if math.isfinite(bar):
        axes.axhspan(FLOOR, max(bar, 2 * FLOOR), color=colour(5, dark), alpha=0.25, linewidth=0,
                     label=f"adaptive error bar: {bar:.0e}")  # fmt: skip
        axes.axvline(found.estimate.step, color=colour(5, dark), linewidth=1.2)
        _mark(axes, found.estimate.step, "adaptive h", dark)


def _mark(axes: Axes, step: float, text: str, dark: bool) -> None:
    axes.annotate(text, (step, 1e3), xytext=(3, -3), textcoords="offset points", rotation=90,
                  va="top", ha="left", fontsize=9, color=ink(dark))  # fmt: skip


def _curvature_reach(found: Comparison) -> float:
    """Return how far around x the function looks smooth: sin(200x) is shown over a short way."""
    return 1000 * found.estimate.step if math.isfinite(found.estimate.error_bar) else math.inf


def _one_by_one(found: Comparison, points: Array) -> Array:
    f = safe(found.function)
    return np.array([f(float(point)) for point in points])


def _fit_view(axes: Axes, t: Array, y: Array) -> None:
    """Show the function; secants may leave the picture."""
    known = y[np.isfinite(y)]
    if known.size:
        low, high = float(np.percentile(known, 1)), float(np.percentile(known, 99))
        margin = 0.15 * (high - low) or 0.5 * max(abs(high), 1.0)
        axes.set_ylim(low - margin, high + margin)
    axes.set_xlim(t[0], t[-1])
