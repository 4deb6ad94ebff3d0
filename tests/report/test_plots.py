"""Plots: what is drawn is the data, every axis says what it shows, and both themes are legible."""

import math

import matplotlib as mpl
import numpy as np
import pytest
from reports import check, gradient, report, wrong_conv

from minnet.derivative.comparison import compare, sweep
from minnet.derivative.explorer import explore
from minnet.derivative.expressions import parse
from minnet.derivative.functions import FUNCTIONS
from minnet.derivative.plots import of_element, plot_derivative, plot_error, plot_tangent
from minnet.drawing.theme import DARK, LIGHT, save
from minnet.drawing.training import (
    confusion,
    plot_confusion,
    plot_feature_maps,
    plot_filters,
    plot_training,
)
from minnet.report.plots import plot_gradient, plot_heatmaps, plot_kinks, plot_scatter

RNG = np.random.default_rng(0)


def line(axes, label):
    """Return the data of the line whose label begins so."""
    found = [a for a in axes.get_lines() if str(a.get_label()).startswith(label)]
    assert len(found) == 1, [a.get_label() for a in axes.get_lines()]
    return found[0].get_data()


def images(figure):
    return [np.asarray(axes.images[0].get_array()) for axes in figure.axes if axes.images]


EVERY_PLOT = {
    "derivative": lambda **k: plot_derivative(compare(FUNCTIONS["sigmoid"], 1.0), **k),
    "kinked derivative": lambda **k: plot_derivative(compare(FUNCTIONS["relu"], 0.0), **k),
    "flat derivative": lambda **k: plot_derivative(compare(FUNCTIONS["sigmoid"], 1000.0), **k),
    "gradient": lambda **k: wrong_conv().plot("conv.w", **k),
    "heatmaps": lambda **k: plot_heatmaps(wrong_conv().gradient("conv.w"), **k),
    "scatter": lambda **k: plot_scatter(wrong_conv().gradient("conv.w"), **k),
    "kinks": lambda **k: plot_kinks(RNG.normal(size=(4, 5)), 0.3, **k),
    "training": lambda **k: plot_training({"a": [3, 2, 1]}, {"a": [0.1, 0.2, 0.3]}, **k),
    "filters": lambda **k: plot_filters(RNG.normal(size=(4, 2, 3, 3)), **k),
    "colour filters": lambda **k: plot_filters(RNG.normal(size=(4, 3, 3, 3)), **k),
    "maps": lambda **k: plot_feature_maps(RNG.normal(size=(6, 5, 5)), **k),
    "confusion": lambda **k: plot_confusion([0, 1, 1], [0, 1, 0], **k),
}
every_plot = pytest.mark.parametrize("draw", EVERY_PLOT.values(), ids=EVERY_PLOT)


@every_plot
def test_every_axis_that_has_ticks_is_labelled_and_every_figure_titled(draw):
    figure = draw()
    for axes in figure.axes:
        is_colour_bar = axes.get_label() == "<colorbar>"
        if is_colour_bar or not axes.get_visible():
            continue
        if len(axes.get_xticks()) and axes.xaxis.get_visible():
            assert axes.get_xlabel()
        if len(axes.get_yticks()) and axes.yaxis.get_visible():
            assert axes.get_ylabel()
    titles = [axes.get_title() + axes.get_title("left") for axes in figure.axes]
    assert figure.get_suptitle() or any(titles)


@every_plot
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_text_runs_out_of_the_figure_or_hides_in_the_background(draw, dark):
    figure = draw(dark=dark)
    renderer = figure.canvas.get_renderer()
    paper = np.mean(mpl.colors.to_rgb(figure.get_facecolor()))
    assert (paper < 0.2) == dark
    texts = [figure._suptitle] if figure._suptitle else []
    for axes in figure.axes:
        texts += [axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label]
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
            texts += [label for place, label in ticks if low <= place <= high]
    for text in texts:
        if text.get_visible() and text.get_text().strip():
            box = text.get_window_extent(renderer)
            assert box.x0 >= -1 and box.x1 <= figure.bbox.x1 + 1, text.get_text()
            assert abs(np.mean(mpl.colors.to_rgb(text.get_color())) - paper) > 0.5


def test_drawing_leaves_matplotlib_as_it_was():
    before = dict(mpl.rcParams)
    plot_training({"a": [1.0]}, dark=True)
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_the_palette_is_told_apart_with_any_colour_vision(palette):
    # Machado, Oliveira and Fernandes (2009): severity 1 of the three kinds of colour blindness
    kinds = {
        "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
        "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                   [-0.011820, 0.042940, 0.968881]],
        "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                   [0.004733, 0.691367, 0.303900]],
    }  # fmt: skip
    rgb = np.array([mpl.colors.to_rgb(c) for c in palette[:4]])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    for matrix in kinds.values():
        seen = np.clip(linear @ np.array(matrix).T, 0, 1) ** (1 / 2.2)
        gaps = np.linalg.norm(seen[:, None] - seen[None], axis=-1)[np.triu_indices(4, 1)]
        assert gaps.min() > 0.25


# --- the derivative ----------------------------------------------------------------------------


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
    (axes,) = plot_tangent(compare(FUNCTIONS["tanh"], 0.5, step=1e-6)).axes
    assert "enlarged: 1.0e-06 is too short to see" in axes.get_xlabel()


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
    assert (right.verdict, wrong.verdict) == ("pass", "fail")
    h, error = line(plot_error(right).axes[0], "central")
    assert np.nanmin(error) < 1e-9


# --- gradients ----------------------------------------------------------------------------------


def test_heatmaps_show_analytic_numeric_and_difference_filter_by_filter():
    g = wrong_conv().gradient("conv.w")
    analytic, numeric, difference = images(plot_heatmaps(g))[:3]
    W = g.elements.numeric.reshape(2, 3, 3, 3)
    # an element is 4 pixels a side, and tiles are 1 apart
    np.testing.assert_allclose(numeric[13:25:4, 26:38:4], W[1, 2])
    np.testing.assert_allclose(analytic - numeric, difference)
    np.testing.assert_allclose(difference[0:12:4, 0:12:4], [[0, 0, 1]] * 3)


def test_analytic_and_numeric_share_a_scale_with_white_at_zero():
    figure = plot_heatmaps(wrong_conv().gradient("conv.w"))
    analytic, numeric, _ = [axes.images[0] for axes in figure.axes if axes.images][:3]
    assert analytic.get_clim() == numeric.get_clim()
    low, high = analytic.get_clim()
    assert low == -high
    assert min(analytic.cmap(analytic.norm(0.0))[:3]) > 0.95


def test_when_all_agree_the_difference_is_white_and_not_blown_up_noise():
    figure = plot_heatmaps(report(check("f", gradient("w", (3, 3)))).gradient())
    last = [axes.images[0] for axes in figure.axes if axes.images][2]
    assert last.get_clim()[1] > 0.1


def test_elements_not_measured_are_grey_and_not_zero():
    g = gradient("w", (2, 3), wrong=[0])
    some = type(g.elements)(*(a[:4] for a in vars(g.elements).values()))
    part = type(g)(**{**vars(g), "elements": some})
    shown = np.ma.masked_invalid(images(plot_heatmaps(part))[0])
    assert np.ma.getmaskarray(shown)[::4, ::4].sum() == 2


def test_the_scatter_marks_wrong_elements_and_kinks_and_bars():
    g = gradient("w", (4, 5), wrong=[3, 4], kink=[7])
    (axes,) = plot_scatter(g).axes
    labels = [text.get_text() for text in axes.get_legend().texts]
    assert labels == ["agreement", "right: 17", "at a kink: 1", "wrong: 2"]
    wrong = next(c for c in axes.containers if c.get_label() == "wrong: 2")
    np.testing.assert_allclose(wrong[0].get_ydata(), g.elements.analytic[[3, 4]])
    np.testing.assert_allclose(wrong[0].get_xdata(), g.elements.numeric[[3, 4]])
    kink = next(c for c in axes.containers if c.get_label() == "at a kink: 1")
    (segment,) = kink[2][0].get_segments()
    assert segment[1][0] - segment[0][0] == pytest.approx(1.0)  # ± 0.5


def test_values_that_are_not_finite_are_counted_and_not_drawn():
    g = gradient("w", (4,), wrong=[0, 1])
    g.elements.analytic[:2] = [np.nan, np.inf]
    labels = [text.get_text() for text in plot_scatter(g).axes[0].get_legend().texts]
    assert "not finite, not drawn: 2" in labels


@pytest.mark.parametrize("shape", [(), (5,), (4, 5), (2, 3, 4), (2, 2, 2, 2, 2), (1, 1)])
def test_a_gradient_of_any_shape_can_be_plotted(shape):
    figure = plot_gradient(gradient("w", shape, wrong=[0]))
    assert "of" in figure.get_suptitle()


def test_a_report_plots_its_worst_gradient():
    assert "conv.w" in wrong_conv().plot().get_suptitle()
    with pytest.raises(KeyError, match=r"it has: conv.x"):
        wrong_conv().plot("nothing")


def test_a_gradient_without_measured_elements_says_what_to_do():
    g = type(gradient())("w", (2,), "pass")
    with pytest.raises(ValueError, match="elements='all'"):
        plot_gradient(g)


def test_a_name_with_dollars_is_not_read_as_a_formula():
    figure = plot_scatter(gradient("$\\frac{$", (2,)))
    assert "frac" in figure.get_suptitle()


def test_which_elements_cross_a_kink():
    x = np.array([[-1.0, 0.0, 0.05], [0.2, -0.05, 3.0]])
    left, right = plot_kinks(x, 0.1).axes[:2]
    labels = [text.get_text() for text in left.get_legend().texts]
    assert labels[1:] == ["clear of it: 3", "crosses it: 2", "exactly on it: 1"]
    np.testing.assert_array_equal(right.images[0].get_array()[::4, ::4], [[0, 2, 1], [0, 1, 0]])


# --- training -----------------------------------------------------------------------------------


def test_training_curves_count_epochs_from_one_and_accuracy_in_percent():
    loss, accuracy = plot_training({"training": [2.0, 1.0]}, {"training": [0.5, 0.75]}).axes
    np.testing.assert_array_equal(line(loss, "training"), [[1, 2], [2.0, 1.0]])
    np.testing.assert_array_equal(line(accuracy, "training")[1], [50, 75])
    assert (loss.get_xlabel(), accuracy.get_ylabel()) == ("epoch", "accuracy (%)")


def test_losses_over_many_powers_of_ten_get_a_logarithmic_axis():
    assert plot_training({"a": [1.0, 1e-4]}).axes[0].get_yscale() == "log"
    assert plot_training({"a": [1.0, 0.5]}).axes[0].get_yscale() == "linear"
    assert plot_training({"a": [1.0, np.nan]}).axes[0].get_yscale() == "linear"


def test_filters_and_maps_are_shown_one_a_tile_on_one_scale():
    W = RNG.normal(size=(3, 2, 4, 4))
    shown = images(plot_filters(W))[:6]
    np.testing.assert_allclose(shown[3], W[1, 1])
    maps = RNG.normal(size=(5, 4, 4))
    figure = plot_feature_maps(maps)
    np.testing.assert_allclose(images(figure)[4], maps[4])
    scales = {axes.images[0].get_clim() for axes in figure.axes[:5]}
    assert len(scales) == 1


def test_filters_of_three_channels_are_shown_in_colour():
    assert images(plot_filters(RNG.normal(size=(2, 3, 5, 5))))[0].shape == (5, 5, 3)


def test_wrong_shapes_are_refused_with_both_shapes():
    with pytest.raises(ValueError, match=r"\(F, C, H, W\), not \(3, 3\)"):
        plot_filters(np.zeros((3, 3)))
    with pytest.raises(ValueError, match=r"\(C, H, W\), not \(1, 2, 3, 4\)"):
        plot_feature_maps(np.zeros((1, 2, 3, 4)))
    with pytest.raises(ValueError, match=r"shape \(2,\) and predicted of shape \(3,\)"):
        confusion([0, 1], [0, 1, 1])


def test_the_confusion_matrix_counts_true_rows_and_predicted_columns():
    figure = plot_confusion([0, 0, 1, 2], [0, 1, 1, 2], names=["cat", "dog", "eel"])
    axes = figure.axes[0]
    counts = {text.get_position(): text.get_text() for text in axes.texts}
    assert counts == {(0, 0): "1", (1, 0): "1", (1, 1): "1", (2, 2): "1"}
    assert axes.get_title("left") == "Confusion: 75.0 % right of 4"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted class", "true class")
    assert [text.get_text() for text in axes.get_yticklabels()] == ["cat", "dog", "eel"]


# --- files and the explorer ---------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_plot_can_be_saved(tmp_path, ending):
    save(plot_training({"a": [1.0]}), tmp_path / f"p.{ending}")
    assert (tmp_path / f"p.{ending}").stat().st_size > 1000


def test_a_format_that_is_not_known_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"\.docx is no picture format; use one of: .*\.png"):
        save(plot_training({"a": [1.0]}), tmp_path / "p.docx")


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
    slope = compare(FUNCTIONS["sigmoid"], 1.5, 0.01).row("forward").value
    assert line(curve, "forward")[0].size and f"{slope:.5g}" in str(
        [text.get_text() for text in curve.get_legend().texts]
    )


def test_the_explorer_changes_function_and_warns_at_a_kink(explorer):
    explorer.choice.set_active(1)
    explorer.x_slider.set_val(0.0)
    assert explorer.found.function.name == "relu"
    assert "on a kink" in explorer._message.get_text()
    explorer.choice.set_active(2)
    assert explorer.found.function.text == parse("sin(20*x)").text


def test_the_explorer_shows_round_off_at_the_shortest_steps(explorer):
    explorer.h_slider.set_val(-15.5)
    assert [w.code for w in explorer.found.warnings] == ["step_too_small"]
