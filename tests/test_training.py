"""fit: it learns, repeats, keeps a record, and stops clearly when numbers go wrong."""

import copy

import matplotlib
import numpy as np
import pytest

from minnet import (
    MSE,
    SGD,
    Adam,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    MaxPool2D,
    ReLU,
    Residual,
    Sequential,
    SoftmaxCrossEntropy,
    Tanh,
    TokenCrossEntropy,
    fit,
    linear_data,
    load_digits,
)
from minnet.training import Diverged, evaluate

matplotlib.use("Agg")


def small_cnn(seed=0):
    rng = np.random.default_rng(seed)
    return Sequential(
        Conv2D(1, 8, 3, padding=1, rng=rng), ReLU(), MaxPool2D(2),
        Conv2D(8, 16, 3, padding=1, rng=rng), ReLU(), MaxPool2D(2),
        Flatten(), Dense(64, 10, rng=rng),
    )  # fmt: skip


def small_data(n=32):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, 4)), rng.integers(0, 3, size=n)


def test_a_small_cnn_learns_the_digits():
    train, test = load_digits()
    model = small_cnn().astype(np.float32)
    history = fit(
        model, SoftmaxCrossEntropy(), SGD(0.05, momentum=0.9), train,
        epochs=12, batch_size=32, validation=test, progress=False,
    )  # fmt: skip
    assert history.validation_accuracy[-1] >= 0.95
    assert history.loss[-1] < 0.1 * history.loss[0]


def test_linear_regression_recovers_the_true_weights():
    x, y, weights = linear_data(100, ones=True)
    model = Dense(6, 1, bias=False, rng=0)
    fit(model, MSE(), SGD(0.1), (x, y), epochs=60, progress=False)
    np.testing.assert_allclose(model.W[:, 0], weights, atol=1e-9)


def test_the_same_seed_gives_the_same_result():
    def train(seed):
        model = Sequential(Dense(4, 5, rng=0), Dropout(0.2, rng=1), Tanh(), Dense(5, 3, rng=2))
        fit(model, SoftmaxCrossEntropy(), Adam(), small_data(), epochs=3, seed=seed, progress=False)
        return model.layers[0].W

    np.testing.assert_array_equal(train(0), train(0))
    assert (train(0) != train(1)).any()


@pytest.mark.parametrize(
    "model",
    [
        Sequential(Dense(4, 3, rng=0)),
        Sequential(Flatten(), Dense(4, 5, rng=0), ReLU(), Dense(5, 3, rng=0)),
        Sequential(Sequential(ReLU(), Dense(4, 4, rng=0)), Tanh(), Dense(4, 3, rng=0)),
        Sequential(Residual(Dense(4, 4, rng=0), Tanh()), Dense(4, 3, rng=0)),
        Sequential(BatchNorm(4), Dense(4, 3, rng=0)),
        Dense(4, 3, rng=0),
    ],
)
def test_skipping_the_input_gradient_changes_no_update(model):
    x, y = small_data(16)
    by_hand, loss, optimizer = copy.deepcopy(model), SoftmaxCrossEntropy(), SGD(0.1)
    order = np.random.default_rng(0).permutation(len(x))
    loss(by_hand.forward(x[order]), y[order])
    by_hand.backward(loss.backward())
    optimizer.step(by_hand)
    fit(model, loss, SGD(0.1), (x, y), epochs=1, batch_size=16, seed=0, progress=False)
    for name, values in model.named_parameters().items():
        np.testing.assert_allclose(values, by_hand.named_parameters()[name], rtol=1e-12)
    assert all(layer.needs_dx for _, layer in model.walk())
    assert model.backward(np.ones((16, 3))) is not None


def test_history_records_every_epoch_and_draws():
    x, y = small_data()
    model = Sequential(Dense(4, 3, rng=0))
    history = fit(
        model, SoftmaxCrossEntropy(), SGD(), (x, y), epochs=3, validation=(x, y), progress=False
    )
    for record in vars(history).values():
        assert len(record) == 3
    ax = history.plot()
    assert len(ax.get_lines()) == 2 and ax.get_xlabel() == "epoch"


def test_progress_is_a_line_per_epoch(capsys):
    x, y = small_data()
    fit(Dense(4, 3, rng=0), SoftmaxCrossEntropy(), SGD(), (x, y), epochs=2, validation=(x, y))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and lines[0].startswith("epoch 1/2  loss ")


def test_regression_has_no_accuracy():
    x, y, _ = linear_data(20)
    history = fit(Dense(6, 1, rng=0), MSE(), SGD(), (x, y), epochs=1, progress=False)
    assert history.accuracy == [] and len(history.loss) == 1


def test_divergence_names_the_layer_whose_output_broke_first():
    x, y, _ = linear_data(64)
    model = Sequential(Dense(6, 8, rng=0), ReLU(), Sequential(Dense(8, 1, rng=0)))
    with pytest.raises(Diverged, match=r"epoch \d+, batch \d+: layer \d.*Dense") as stop:
        fit(model, MSE(), SGD(lr=1e200), (x, y), epochs=50, progress=False)
    assert "smaller learning rate" in str(stop.value) and "\n" not in str(stop.value)
    assert all(layer.needs_dx for _, layer in model.walk())


def test_a_parameter_that_is_nan_is_named():
    model = Sequential(Dense(4, 5, rng=0), Tanh(), Dense(5, 3, rng=0))
    model.layers[2].b[1] = np.nan
    with pytest.raises(Diverged, match=r"layer 2 Dense.*its b is not finite"):
        fit(model, SoftmaxCrossEntropy(), SGD(), small_data(), epochs=1, progress=False)


@pytest.mark.parametrize(
    "spoil, error, words",
    [
        (lambda x, y: (x, y[:-1]), ValueError, r"\(32, 4\).*\(31,\)"),
        (lambda x, y: (x * np.nan, y), ValueError, "NaN"),
        (lambda x, y: (x.astype(int), y), TypeError, "int64"),
        (lambda x, y: (x[:0], y[:0]), ValueError, "empty"),
        (lambda x, y: x, TypeError, "pair"),
        (lambda x, y: (x, y + 1), ValueError, "out of range"),
    ],
)
def test_bad_data_is_refused_in_one_line(spoil, error, words):
    with pytest.raises(error, match=words) as refusal:
        data = spoil(*small_data())
        fit(Dense(4, 3, rng=0), SoftmaxCrossEntropy(), SGD(), data, progress=False)
    assert "\n" not in str(refusal.value)


def test_the_loss_of_an_epoch_is_the_mean_over_samples_also_when_batches_differ_in_size():
    x, y = small_data(32)
    model, loss = Dense(4, 3, rng=0), SoftmaxCrossEntropy()
    expected = loss(model(x), y)
    history = fit(model, loss, SGD(lr=1e-15), (x, y), epochs=1, batch_size=5, progress=False)
    assert history.loss[0] == pytest.approx(expected, rel=1e-12)
    assert history.accuracy[0] == (model(x).argmax(axis=1) == y).mean()


def test_the_first_layer_that_learns_is_asked_for_no_input_gradient():
    returned = []

    class Spy(Dense):
        def backward(self, dout):
            returned.append(super().backward(dout))
            return returned[-1]

    model = Sequential(Flatten(), Spy(4, 5, rng=0), Tanh(), Spy(5, 3, rng=0))
    fit(model, SoftmaxCrossEntropy(), SGD(), small_data(), epochs=1, batch_size=32, progress=False)
    last, first = returned
    assert first is None and last.shape == (32, 5)


def test_evaluate_in_batches_is_the_mean_over_all_samples():
    x, y = small_data()
    model, loss = Dense(4, 3, rng=0), SoftmaxCrossEntropy()
    value, accuracy = evaluate(model, loss, (x, y), batch_size=5)
    assert value == pytest.approx(loss(model(x), y), rel=1e-12)
    assert accuracy == (model(x).argmax(axis=1) == y).mean()


@pytest.mark.parametrize("ignored", [None, -1, 0])
def test_of_sequences_every_label_counts_alike_but_those_ignored(ignored):
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 5, size=(11, 6)), rng.integers(0, 5, size=(11, 6))
    if ignored is not None:
        y[np.arange(6) >= rng.integers(1, 7, size=(11, 1))] = ignored
    kept = y != ignored if ignored is not None else np.ones(y.shape, bool)
    model, loss = Sequential(Embedding(5, 4, rng=0), Dense(4, 5, rng=1)), TokenCrossEntropy(ignored)
    expected = loss(model(x), y)
    right = (model(x).argmax(axis=-1) == y)[kept].mean()
    value, accuracy = evaluate(model, loss, (x, y), batch_size=2)
    assert value == pytest.approx(expected, rel=1e-12) and accuracy == right
    history = fit(model, loss, SGD(lr=1e-15), (x, y), epochs=1, batch_size=4, progress=False)
    assert history.loss[0] == pytest.approx(expected, rel=1e-12)
    assert history.accuracy[0] == right


def test_integers_are_looked_up_whatever_the_dtype_of_the_model():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 5, size=(8, 6)), rng.integers(0, 3, size=(8, 6))
    model = Sequential(Embedding(5, 4, rng=0), Dense(4, 3, rng=1)).astype(np.float32)
    fit(model, TokenCrossEntropy(), SGD(0.1), (x, y), epochs=1, progress=False)
    assert all(W.dtype == np.float32 for W in model.named_parameters().values())


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: BatchNorm(3, momentum=2.0), "momentum must be in [0, 1], not 2.0"),
        (lambda: BatchNorm(3, eps=-1.0), "eps must be at least 0, not -1.0"),
        (lambda: Adam(1e-3, 1.0), "beta1 must be in [0, 1), not 1.0"),
        (lambda: SGD("fast"), "must be a number, not 'fast'"),
        (lambda: Dense(2.5, 2), "in_features must be a whole number, not 2.5"),
        (lambda: Dense(3, 1)(np.array([["a", "b", "c"]])), "expects a float array"),
        (
            lambda: evaluate(Dense(1, 1), MSE(), (np.ones((4, 1)), np.ones((4, 1))), -5),
            "at least 1",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(make, says):
    with pytest.raises((TypeError, ValueError)) as raised:
        make()
    assert says in str(raised.value) and "\n" not in str(raised.value)


def test_an_optimizer_and_a_loss_are_objects_and_no_names():
    data = np.ones((4, 1)), np.ones((4, 1))
    with pytest.raises(TypeError, match="such as Adam"):
        fit(Dense(1, 1), MSE(), "adam", data)
    with pytest.raises(TypeError, match="such as MSE"):
        fit(Dense(1, 1), "mse", Adam(1e-3), data)


def test_one_layer_cannot_stand_in_two_places():
    layer = Dense(3, 3)
    with pytest.raises(ValueError, match="argument 1 is the same layer as argument 0"):
        Sequential(layer, layer)
