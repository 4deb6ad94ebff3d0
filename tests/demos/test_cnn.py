"""The CNN demo: few digits are explained, cured, and measured again to nine and more."""

import numpy as np
import pytest

from minnet import Conv2D, MaxPool2D, ReLU, Sequential, load_digits
from minnet.demos import cnn, practice
from minnet.demos.cnn import ENOUGH_DIGITS, Point
from minnet.demos.kinks import branches, crossed, held
from minnet.demos.training import train


@pytest.fixture(scope="module")
def data():
    return load_digits(seed=0)


@pytest.fixture(scope="module")
def point(data):
    model = cnn.build(0)
    cnn.warm_up(model, data[0], cnn.WARM_UP_STEPS, 0)
    return cnn.find_batch(model, data[0])[0]


@pytest.fixture(scope="module")
def picks(point):
    """The whole first layer, and some of the others."""
    some = practice.draw(point, np.random.default_rng(0), 80)
    return some | {name: f for name, f in point.everything().items() if name[0] == "0"}


@pytest.fixture(scope="module")
def found(point, picks):
    return cnn.explain(point, cnn.measure(point, picks), cnn.loss_noise(point))


def test_the_first_layer_has_weights_with_few_digits_and_weights_with_many(found):
    digits = found.where(found.layer == "conv 1").comparison.digits
    assert digits.min() <= 4
    assert np.median(digits) >= ENOUGH_DIGITS


def test_every_loss_of_digits_has_a_cause(found):
    assert "unexplained" not in found.cause
    assert ((found.cause == "") == (found.comparison.digits >= ENOUGH_DIGITS)).all()
    assert (found.cause == "kink").any() and (found.cause == "round-off").any()
    assert (found.kinks[found.cause == "kink"] > 0).all()


def test_a_wrong_gradient_is_not_explained_away(point, found):
    healthy = found.where((found.kinks == 0) & (np.abs(found.analytic) > 1e-3))
    off = cnn.replace(healthy, analytic=healthy.analytic * (1 + 1e-6))
    cause = cnn.explain(point, off, cnn.loss_noise(point)).cause
    assert np.mean(cause == "unexplained") > 0.9


def test_holding_the_branches_cures_the_kinks(point, found):
    kinked = found.where(found.cause == "kink")
    cures = cnn.cure(point, kinked)
    assert cures.held.digits.min() > kinked.comparison.digits.max()
    assert np.median(cures.held.digits) >= 8


def test_what_is_measured_of_the_rows_is_in_their_order(point, found):
    two = found.where(np.flatnonzero(np.isin(found.parameter, ["0.W", "0.b"])))
    with pytest.raises(ValueError, match="must stand together"):
        cnn.cure(point, two.where(np.argsort(two.analytic)))


def test_minnet_measures_the_same_weights_to_nine_digits(point, found):
    suspects = found.where(found.cause != "")
    again = cnn.remeasure(point, suspects)
    assert again.comparison.digits.min() >= ENOUGH_DIGITS
    assert (np.abs(again.comparison.difference) <= again.error_bar).all()


def test_every_link_of_the_chain_is_right(point):
    assert cnn.check_links(point)


def test_weights_are_put_back_after_the_measurement(point, picks):
    before = {name: W.copy() for name, W in point.model.named_parameters().items()}
    cnn.loss_noise(point)
    cnn.measure(point, {"0.b": picks["0.b"]})
    for name, W in point.model.named_parameters().items():
        assert np.array_equal(W, before[name])


def test_a_slope_from_a_layer_on_is_that_of_the_whole_network(point):
    picks = {"3.W": np.array([0, 500]), "7.b": np.array([3])}
    whole = cnn.slopes(point.model, point.loss, picks, cnn.STEP)
    np.testing.assert_allclose(cnn.loss_slopes(point, picks, cnn.STEP), whole, rtol=1e-5)


def test_a_kink_is_counted_where_a_relu_or_a_window_changes_and_nowhere_else():
    model = Sequential(Conv2D(1, 1, 1, rng=0), ReLU(), MaxPool2D(2))
    model.layers[0].W[...], model.layers[0].b[...] = 1.0, 0.0
    x = np.array([[1.0, 2.0, -1e-6, -1.0], [0.5, 0.25, -2.0, -3.0]]).reshape(1, 1, 2, 4)
    before = branches(model, x)
    model.layers[0].b[...] = 1e-5  # one ReLU becomes active, no window with winners changes
    assert crossed(before, branches(model, x)) == (1, 0)
    x[0, 0, 0, 0] = 2.1  # the first window has another winner
    model.layers[0].b[...] = 0.0
    assert crossed(before, branches(model, x)) == (0, 1)
    assert crossed(before, before) == (0, 0)


def test_a_network_with_held_branches_is_the_same_at_its_point(point):
    smooth = Point(held(point.model, point.branches()), point.x, point.y)
    assert smooth.loss() == point.loss()


def test_the_practice_shows_what_it_is_meant_to_show(point, picks, data):
    some = practice.draw(point, np.random.default_rng(0))
    double, *singles = practice.precision(point, some, 0)
    assert all(single.digits.median <= double.digits.median - 4 for single in singles)
    few, *_, many = practice.batch_sizes(point.model, data[0])
    assert few.crossing < many.crossing
    start, later = practice.training_steps(point, data[0], 0)
    assert start.on_kink > later.on_kink and start.bias.median < later.bias.median
    none, *_, strong = practice.weight_decay(point, 0)
    assert strong.flipped < none.flipped / 10
    frozen = practice.dropout(point, some, 0)
    assert frozen.free.median == 0 and frozen.frozen.median >= 8


@pytest.mark.parametrize("seed", [0, 1])
def test_at_least_97_of_100_held_out_digits_are_recognised(seed):
    trained = train(*load_digits(seed=seed), seed)
    assert trained.accuracy >= 0.97
    assert len(trained.history.loss) == len(trained.history.validation_accuracy) == 21
