"""A whole network: the guilty layer is named, the wiring is checked, the loss may be anything."""

import numpy as np
import pytest

from minnet import MSE, Dense, ReLU, Sequential, Tanh
from minnet.gradcheck.models import check_model, layers_of

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 2))


def squared_error(prediction, target):
    """Return a loss and its gradient, as a function does that keeps no state."""
    return ((prediction - target) ** 2).mean(), 2 * (prediction - target) / target.size


def layers():
    rng = np.random.default_rng(1)
    return [Dense(3, 4, rng=rng), Tanh(), Dense(4, 4, rng=rng), ReLU(), Dense(4, 2, rng=rng)]


def verdicts(report):
    return {check.name: check.verdict for check in report.checks}


class WrongTanh(Tanh):
    def backward(self, dout):
        return 1.001 * super().backward(dout)


def test_a_right_network_passes_layer_by_layer_and_end_to_end():
    found = verdicts(check_model(Sequential(*layers()), MSE(), X, Y))
    assert list(found) == [
        "0 Dense", "1 Tanh", "2 Dense", "3 ReLU", "4 Dense", "loss MSE", "end to end",
    ]  # fmt: skip
    assert set(found.values()) == {"pass"}


@pytest.mark.parametrize("place", [1, 3])
def test_the_guilty_layer_is_named_and_no_other(place):
    chain = layers()
    chain[place] = WrongTanh()
    report = check_model(Sequential(*chain), MSE(), X, Y)
    failing = [name for name, verdict in verdicts(report).items() if verdict != "pass"]
    assert failing == [f"{place} WrongTanh"]
    assert [skipped.name for skipped in report.targets[0].skipped] == ["end to end"]


def test_each_layer_is_checked_at_the_activations_that_reach_it():
    class WrongWhereLarge(Tanh):
        def backward(self, dout):
            return super().backward(dout) + 0.1 * dout * (np.abs(self.out) > 0.999)

    weak, strong = Dense(3, 4, rng=RNG), Dense(3, 4, rng=RNG)
    strong.W[...] = 100 * weak.W
    for dense, verdict in ((weak, "pass"), (strong, "fail")):
        model = Sequential(dense, WrongWhereLarge(), Dense(4, 2, rng=RNG))
        assert verdicts(check_model(model, MSE(), X, Y))["1 WrongWhereLarge"] == verdict


def test_a_mistake_in_the_loss_is_not_blamed_on_the_layers():
    def wrong(prediction, target):
        loss, gradient = squared_error(prediction, target)
        return loss, 2 * gradient

    found = verdicts(check_model(Sequential(*layers()), wrong, X, Y))
    assert [name for name, verdict in found.items() if verdict != "pass"] == ["loss wrong"]


@pytest.mark.parametrize("loss", [MSE(), squared_error])
def test_a_loss_may_be_an_object_or_a_function(loss):
    found = verdicts(check_model(Sequential(*layers()), loss, X, Y))
    assert set(found.values()) == {"pass"} and "end to end" in found


class Chain:
    """A network of its own make, whose backward calls the layers in an order of its own."""

    def __init__(self, order, chain=None):
        self.layers, self.order = chain or layers(), order

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for index in self.order:
            dout = self.layers[index].backward(dout)
        return dout


def test_a_mistake_in_the_wiring_shows_end_to_end():
    assert set(verdicts(check_model(Chain([4, 3, 2, 1, 0]), MSE(), X, Y)).values()) == {"pass"}
    found = verdicts(check_model(Chain([4, 2, 1, 0]), MSE(), X, Y))
    assert found.pop("end to end") == "fail"
    assert set(found.values()) == {"pass"}


def of_the_whole(order, chain=None, y=Y, **options):
    """Return the first diagnosis of every gradient that is wrong end to end."""
    whole = check_model(Chain(order, chain), MSE(), X, y, **options).checks[-1]
    wrong = [g for g in whole.cases[0].gradients if g.verdict == "fail"]
    assert whole.name == "end to end" and wrong
    return [gradient.diagnosis[:1] for gradient in wrong]


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ([4, 2, 1, 0], "leaves out layer 3 (ReLU)"),
        ([4, 3, 2, 2, 1, 0], "calls layer 2 (Dense) twice"),
        ([4, 3, 2, 1, 1, 0], "calls layer 1 (Tanh) twice"),
    ],
)
def test_the_layer_that_is_left_out_or_called_twice_is_named(order, words):
    for (found,) in of_the_whole(order):
        assert found.code == "wiring" and words in found.message


def test_layers_called_in_forward_order_are_named():
    chain = [Dense(3, 3, rng=RNG), Tanh(), Dense(3, 3, rng=RNG)]
    for (found,) in of_the_whole([0, 1, 2], chain, RNG.normal(size=(5, 3))):
        assert found.code == "wiring" and "forward order" in found.message


def test_a_mistake_that_is_not_in_the_order_is_not_blamed_on_it():
    class Halved(Chain):
        def backward(self, dout):
            return super().backward(0.5 * dout)

    whole = check_model(Halved([4, 3, 2, 1, 0]), MSE(), X, Y).checks[-1]
    assert {g.diagnosis[0].code for g in whole.cases[0].gradients} == {"scale"}


def test_of_the_wiring_too_no_more_is_told_than_was_asked_for():
    assert of_the_whole([4, 2, 1, 0], hints="none")[0] == ()
    ((found,), *_) = of_the_whole([4, 2, 1, 0], hints="code")
    assert found.code == "wiring" and "ReLU" not in found.message


def test_blank_inputs_meet_kinks_in_every_layer_and_pass():
    x = X.copy()
    x[:3] = 0
    model = Sequential(Dense(3, 4, rng=RNG), ReLU(), Dense(4, 4, rng=RNG), ReLU())
    for name, value in model.named_parameters().items():
        if name.endswith("b"):
            value[...] = 0
    found = verdicts(check_model(model, MSE(), x, RNG.normal(size=(5, 4))))
    assert set(found.values()) == {"pass"}


def test_a_layer_that_raises_is_reported_by_its_name():
    class Broken(Tanh):
        def forward(self, x):
            raise ValueError("no such thing")

    chain = layers()
    chain[1] = Broken()
    report = check_model(Sequential(*chain), MSE(), X, Y)
    assert verdicts(report)["1 Broken"] == "error"
    assert "no such thing" in str(report)


def test_the_model_is_left_as_it_was():
    model = Sequential(*layers())
    before = {name: value.copy() for name, value in model.named_parameters().items()}
    check_model(model, MSE(), X, Y)
    for name, value in model.named_parameters().items():
        np.testing.assert_array_equal(value, before[name])


def test_layers_are_found_under_the_usual_names():
    class Other:
        def __init__(self):
            self.modules = layers()

    assert len(layers_of(Other())) == 5
    assert layers_of(Dense(2, 2)) == []


def test_a_bad_option_is_named_before_anything_runs():
    with pytest.raises(ValueError, match="^seed is -1; it has to be"):
        check_model(Sequential(*layers()), MSE(), X, Y, seed=-1)
