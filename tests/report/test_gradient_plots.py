"""Plots of gradients: what is drawn is the data, and both themes are legible."""

import numpy as np
import pytest
from figures import assert_labelled, assert_legible, every, images
from reports import gradient, wrong_conv

from minnet.report.plots import plot_gradient, plot_heatmaps, plot_scatter

PLOTS = {
    "gradient": lambda **k: wrong_conv().plot("conv.w", **k),
    "heatmaps": lambda **k: plot_heatmaps(wrong_conv().gradient("conv.w"), **k),
    "scatter": lambda **k: plot_scatter(wrong_conv().gradient("conv.w"), **k),
}


@every(PLOTS)
def test_every_axis_that_has_ticks_is_labelled_and_every_figure_titled(draw):
    assert_labelled(draw())


@every(PLOTS)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_text_runs_out_of_the_figure_or_hides_in_the_background(draw, dark):
    assert_legible(draw(dark=dark), dark)


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
    g = gradient("w", (3, 3))
    g.elements.analytic[:] *= 1 + 1e-13
    figure = plot_heatmaps(g)
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
