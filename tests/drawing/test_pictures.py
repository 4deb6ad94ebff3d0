"""Pictures of training, of filters and of kinks: what is drawn is the data."""

import numpy as np
import pytest
from figures import assert_labelled, assert_legible, every, images, line

from minnet.drawing.kinks import plot_kinks
from minnet.drawing.training import (
    confusion,
    plot_confusion,
    plot_feature_maps,
    plot_filters,
    plot_training,
)

RNG = np.random.default_rng(0)

PLOTS = {
    "kinks": lambda **k: plot_kinks(RNG.normal(size=(4, 5)), 0.3, **k),
    "training": lambda **k: plot_training({"a": [3, 2, 1]}, {"a": [0.1, 0.2, 0.3]}, **k),
    "filters": lambda **k: plot_filters(RNG.normal(size=(4, 2, 3, 3)), **k),
    "colour filters": lambda **k: plot_filters(RNG.normal(size=(4, 3, 3, 3)), **k),
    "maps": lambda **k: plot_feature_maps(RNG.normal(size=(6, 5, 5)), **k),
    "confusion": lambda **k: plot_confusion([0, 1, 1], [0, 1, 0], **k),
}


@every(PLOTS)
def test_every_axis_that_has_ticks_is_labelled_and_every_figure_titled(draw):
    assert_labelled(draw())


@every(PLOTS)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_text_runs_out_of_the_figure_or_hides_in_the_background(draw, dark):
    assert_legible(draw(dark=dark), dark)


def test_which_elements_cross_a_kink():
    x = np.array([[-1.0, 0.0, 0.05], [0.2, -0.05, 3.0]])
    left, right = plot_kinks(x, 0.1).axes[:2]
    labels = [text.get_text() for text in left.get_legend().texts]
    assert labels[1:] == ["clear of it: 3", "crosses it: 2", "exactly on it: 1"]
    np.testing.assert_array_equal(right.images[0].get_array()[::4, ::4], [[0, 2, 1], [0, 1, 0]])


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
