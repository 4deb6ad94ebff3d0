"""Plots of a derivative and the explorer: what is drawn is what was measured."""

import math

import matplotlib as mpl
import numpy as np
import pytest
from figures import assert_labelled, assert_legible, every, line

from minnet.derivative.advice import advise
from minnet.derivative.comparison import compare, sweep
from minnet.derivative.explorer import explore
from minnet.derivative.expressions import parse
from minnet.derivative.functions import FUNCTIONS
from minnet.derivative.plots import of_element, plot_derivative, plot_error, plot_tangent

RNG = np.random.default_rng(0)

PLOTS = {
    "derivative": lambda **k: plot_derivative(compare(FUNCTIONS["sigmoid"], 1.0), **k),
    "kinked derivative": lambda **k: plot_derivative(compare(FUNCTIONS["relu"], 0.0), **k),
    "flat derivative": lambda **k: plot_derivative(compare(FUNCTIONS["sigmoid"], 1000.0), **k),
}


@every(PLOTS)
def test_every_axis_that_has_ticks_is_labelled_and_every_figure_titled(draw):
    assert_labelled(draw())


@every(PLOTS)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_text_runs_out_of_the_figure_or_hides_in_the_background(draw, dark):
    assert_legible(draw(dark=dark), dark)


def test_secants_go_through_their_points_and_the_tangent_has_the_true_slope():
    found = compare(FUNCTIONS["tanh"], 0.5, step=0.4)
    (axes,) = plot_tangent(found).axes
    x, y = line(axes, "f(x)")
    np.testing.assert_allclose(y, np.tanh(x))
    ends = {"forward": (0.5, 0.9), "backward": (0.1, 0.5), "central": (0.1, 0.9)}
    for name, (left, right) in ends.items():
        x, y = line(axes, name)
        np.testing.assert_allclose(np.interp([left, right], x, y), np.tanh([left, right]))
    x, y = line(axes, "tangent")
    np.testing.assert_allclose((y[-1] - y[0]) / (x[-1] - x[0]), 1 - math.tanh(0.5) ** 2)


def test_a_step_too_short_to_see_is_drawn_longer_and_said_to_be():
    found = compare(FUNCTIONS["tanh"], 0.5, step=1e-6)
    (axes,) = plot_tangent(found).axes
    assert "1.0e-06 is too short to see" in axes.get_xlabel()
    labels = [text.get_text() for text in axes.get_legend().texts]
    for name in ("forward", "backward", "central"):  # the slopes of the table, and those drawn
        (said,) = (label for label in labels if label.startswith(name))
        x, y = line(axes, name)
        drawn = (y[-1] - y[0]) / (x[-1] - x[0])
        assert said == f"{name}: {found.row(name).value:.5g} (as drawn {drawn:.3g})"


@pytest.mark.parametrize(
    ("text", "x", "title"),
    [
        ("sqrt", 0.0, "No measurable slope at x = 0"),
        ("floor", 2.0, "A jump at x = 2: no derivative"),
        ("log", -1.0, "f(x) is nan at x = -1"),
        ("1/x", 0.0, "f(x) is inf at x = 0"),
    ],
)
def test_where_there_is_no_derivative_the_function_is_drawn_alone(text, x, title):
    figure = plot_derivative(compare(FUNCTIONS.get(text) or parse(text), x))
    (axes,) = figure.axes
    assert axes.get_title("left") == title
    assert not [a for a in axes.get_lines() if str(a.get_label()).startswith("tangent")]
    assert np.isfinite(line(axes, "f(x)")[1]).sum() > 50


@pytest.mark.parametrize(("text", "breaks"), [("1/x", 1), ("floor", 5), ("tanh", 0)])
def test_a_pole_and_a_jump_are_not_joined_by_a_line(text, breaks):
    (axes,) = plot_tangent(compare(FUNCTIONS.get(text) or parse(text), 0.31, step=0.5)).axes
    x, y = line(axes, "f(x)")
    assert np.isnan(y).sum() == breaks == np.isnan(x).sum()


def test_the_error_curve_shows_the_measured_errors_with_the_slopes_of_theory():
    found = compare(FUNCTIONS["exp"], 1.0)
    (axes,) = plot_error(found).axes
    assert axes.get_xscale() == axes.get_yscale() == "log"
    for name, order in (("forward", 1), ("central", 2), ("five-point", 4)):
        h, error = line(axes, name)
        rising = (h > 1e-2) & (h < 3e-1)
        slope = np.polyfit(np.log(h[rising]), np.log(error[rising]), 1)[0]
        assert slope == pytest.approx(order, abs=0.15)
    h, error = line(axes, "forward")
    falling = (h > 1e-15) & (h < 1e-10)
    assert np.polyfit(np.log(h[falling]), np.log(error[falling]), 1)[0] == pytest.approx(
        -1, abs=0.2
    )


def test_the_error_curve_marks_the_chosen_step_the_users_and_the_bar():
    found = compare(FUNCTIONS["exp"], 1.0, step=1e-3)
    (axes,) = plot_error(found).axes
    verticals = [float(a.get_xdata()[0]) for a in axes.get_lines() if len(a.get_xdata()) == 2]
    assert found.estimate.step in verticals and 1e-3 in verticals
    assert {"adaptive h", "your h"} <= {text.get_text() for text in axes.texts}
    assert any(t.get_text().startswith("adaptive error bar") for t in axes.get_legend().texts)


def test_errors_are_absolute_where_the_derivative_is_zero():
    assert sweep(compare(FUNCTIONS["square"], 0.0)).absolute
    (axes,) = plot_error(compare(FUNCTIONS["square"], 0.0)).axes
    assert axes.get_ylabel() == "absolute error"


def test_the_error_of_any_element_of_a_gradient_can_be_drawn():
    x, W, dout = RNG.normal(size=(2, 3)), RNG.normal(size=(3, 4)), RNG.normal(size=(2, 4))

    def loss(W):
        return float((np.tanh(x @ W) * dout).sum())

    dW = x.T @ (dout * (1 - np.tanh(x @ W) ** 2))
    right = compare(of_element(loss, W, (1, 2), analytic=dW[1, 2]), W[1, 2])
    wrong = compare(of_element(loss, W, (1, 2), analytic=2 * dW[1, 2]), W[1, 2])
    assert [advise(found).verdict for found in (right, wrong)] == ["pass", "fail"]
    h, error = line(plot_error(right).axes[0], "central")
    assert np.nanmin(error) < 1e-9


# --- the explorer ------------------------------------------------------------------------------


@pytest.fixture
def explorer():
    before = mpl.get_backend()
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    found = explore(["sigmoid", "relu", "sin(20*x)"], x=0.5, h=0.1)
    yield found
    plt.close(found.figure)
    mpl.use(before)


def test_the_explorer_follows_its_sliders(explorer):
    explorer.x_slider.set_val(1.5)
    explorer.h_slider.set_val(-2.0)
    assert (explorer.found.x, explorer.found.step) == (1.5, pytest.approx(0.01))
    curve = explorer.figure.axes[0]
    assert curve.get_title("left") == "Secants and tangent at x = 1.5"
    assert any(row.startswith("central") for row in explorer._table.get_text().splitlines())
    slope = compare(FUNCTIONS["sigmoid"], 1.5, 0.01).row("forward").value
    assert line(curve, "forward")[0].size and f"{slope:.5g}" in str(
        [text.get_text() for text in curve.get_legend().texts]
    )


def test_the_explorer_changes_function_and_warns_at_a_kink(explorer):
    explorer.choice.set_active(1)
    explorer.x_slider.set_val(0.02)  # as near as a hand comes
    assert explorer.found.function.name == "relu" and explorer.found.x == 0.0
    assert "on a kink" in explorer._message.get_text()
    explorer.choice.set_active(2)
    assert explorer.found.function.text == parse("sin(20*x)").text


def test_the_explorer_s_view_stays_where_it_is(explorer):
    view = explorer.figure.axes[0].get_xlim(), explorer.figure.axes[0].get_ylim()
    explorer.x_slider.set_val(-2.0)
    explorer.h_slider.set_val(-7.0)
    assert view == (explorer.figure.axes[0].get_xlim(), explorer.figure.axes[0].get_ylim())


def test_the_explorer_shows_round_off_at_the_shortest_steps(explorer):
    explorer.h_slider.set_val(-15.5)
    assert [w.code for w in explorer.advice.warnings] == ["step_too_small"]
