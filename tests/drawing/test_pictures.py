"""Pictures of training, of filters and of kinks: what is drawn is the data."""

import numpy as np
import pytest
from figures import assert_labelled, assert_legible, cells, every, line

from minnet.drawing.kinks import plot_kinks
from minnet.drawing.planes import cells_of
from minnet.drawing.raster import colours
from minnet.drawing.theme import LIGHT
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
    clear, crosses, on_it = cells_of(np.arange(3), ("#80808033", LIGHT[1], LIGHT[2]))
    drawn = [[clear, on_it, crosses], [clear, crosses, clear]]
    np.testing.assert_array_equal(cells(right, (2, 3)), drawn)


def test_training_curves_count_epochs_from_one_and_accuracy_in_percent():
    loss, accuracy = plot_training({"training": [2.0, 1.0]}, {"training": [0.5, 0.75]}).axes
    np.testing.assert_array_equal(line(loss, "training"), [[1, 2], [2.0, 1.0]])
    np.testing.assert_array_equal(line(accuracy, "training")[1], [50, 75])
    assert (loss.get_xlabel(), accuracy.get_ylabel()) == ("epoch", "accuracy (%)")


def test_losses_over_many_powers_of_ten_get_a_logarithmic_axis():
    assert plot_training({"a": [1.0, 1e-4]}).axes[0].get_yscale() == "log"
    assert plot_training({"a": [1.0, 0.5]}).axes[0].get_yscale() == "linear"
    assert plot_training({"a": [1.0, np.nan]}).axes[0].get_yscale() == "linear"


def test_one_epoch_is_a_point_on_a_whole_number():
    (axes,) = plot_training({"training": [0.5]}).axes
    assert axes.get_lines()[0].get_marker() == "o" and axes.get_xlim() == (0.5, 1.5)
    assert [tick for tick in axes.get_xticks() if 0.5 <= tick <= 1.5] == [1]


def test_filters_and_maps_are_shown_one_a_tile_on_one_scale():
    W = RNG.normal(size=(3, 2, 4, 4))
    figure = plot_filters(W)
    np.testing.assert_array_equal(cells(figure.axes[0], W.shape), colours(W, np.abs(W).max()))
    maps = RNG.normal(size=(11, 4, 4))
    panel, key = plot_feature_maps(maps).axes
    drawn = cells(panel, (2, 8, 4, 4)).reshape(16, 4, 4, 4)
    np.testing.assert_array_equal(drawn[:11], colours(maps, np.abs(maps).max()))
    assert not drawn[11:].any()  # nothing is drawn beyond the last one
    assert [t.get_text() for t in panel.get_yticklabels()] == ["0–7", "8–10"]
    assert key.get_xlim() == pytest.approx((-np.abs(maps).max(), np.abs(maps).max()))


def test_filters_of_three_channels_are_shown_in_colour():
    W = RNG.normal(size=(2, 3, 5, 5))
    drawn = cells(plot_filters(W).axes[0], (1, 2, 5, 5))[0]
    shade = (255 * (W / (2 * np.abs(W).max()) + 0.5)).round()
    np.testing.assert_array_equal(drawn[..., :3], shade.transpose(0, 2, 3, 1))


def test_many_filters_are_one_image():
    figure = plot_filters(RNG.normal(size=(128, 128, 3, 3)))
    assert len(figure.axes) == 2  # the filters, and the key of their colours
    assert figure.axes[0].images[0].get_interpolation() == "antialiased"


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
