"""Losses: right against PyTorch and differences, stable, and clear about bad targets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minnet import MSE, BinaryCrossEntropy, HalfSquaredError, Hinge, SoftmaxCrossEntropy

LOSSES = [MSE, HalfSquaredError, SoftmaxCrossEntropy, BinaryCrossEntropy, Hinge]
quick = settings(max_examples=40, deadline=None)
seeds = st.integers(0, 2**32 - 1)
scales = st.sampled_from([1.0, 30.0, 1000.0])


@pytest.mark.parametrize("cls", LOSSES)
def test_gradients_are_those_of_forward(cls):
    for loss, (x, y) in cls.examples(np.random.default_rng(0)):
        before = x.copy()
        loss(x, y)
        gradient = loss.backward()
        assert gradient.dtype == x.dtype
        np.testing.assert_array_equal(x, before)
        if x.dtype != np.float64:
            continue
        for index in np.ndindex(x.shape):
            step = np.zeros_like(x)
            step[index] = 1e-6
            slope = (loss.forward(x + step, y) - loss.forward(x - step, y)) / 2e-6
            assert abs(slope - gradient[index]) < 1e-8


@pytest.mark.parametrize("cls", LOSSES)
def test_formulas_that_are_expressions_give_what_the_loss_computes(cls):
    for loss, (prediction, target) in cls.examples(np.random.default_rng(0)):
        if cls is SoftmaxCrossEntropy and target.ndim == 2:
            continue  # the formulas are written for labels
        results = {"out": loss(prediction, target), "dprediction": loss.backward()}
        assert results.keys() <= cls.formulas.keys()
        names = {**vars(np), **vars(loss), "prediction": prediction, "target": target}
        for name, formula in cls.formulas.items():
            names[name] = eval(formula, names)  # our own text
            if name in results:
                tolerance = 1e-10 if prediction.dtype == np.float64 else 1e-6
                np.testing.assert_allclose(names[name], results[name], atol=tolerance)


@pytest.mark.parametrize("cls", LOSSES)
def test_the_documentation_of_a_class_ends_with_its_formulas(cls):
    shown = [f"{name} = {formula}" for name, formula in cls.formulas.items()]
    assert cls.__doc__.endswith("\n".join(["", "Formulas", "--------", *shown]))


@quick
@given(st.integers(1, 6), st.integers(1, 5), scales, seeds)
def test_losses_agree_with_pytorch(N, C, scale, seed):
    torch = pytest.importorskip("torch")
    F = torch.nn.functional
    rng = np.random.default_rng(seed)
    x = scale * rng.normal(size=(N, C))
    y = rng.normal(size=(N, C))
    labels = rng.integers(0, C, size=N)
    onehot, binary = np.eye(C)[labels], rng.uniform(size=(N, C))
    t = torch.from_numpy
    for loss, target, expected in [
        (MSE(), y, lambda p: F.mse_loss(p, t(y))),
        (HalfSquaredError(), y, lambda p: F.mse_loss(p, t(y), reduction="sum") / 2),
        (SoftmaxCrossEntropy(), labels, lambda p: F.cross_entropy(p, t(labels))),
        (SoftmaxCrossEntropy(), onehot, lambda p: F.cross_entropy(p, t(onehot))),
        (
            BinaryCrossEntropy(),
            binary,
            lambda p: F.binary_cross_entropy_with_logits(p, t(binary)),
        ),
        (Hinge(), labels, lambda p: C * F.multi_margin_loss(p, t(labels))),
    ]:
        prediction = torch.tensor(x, requires_grad=True)
        value = expected(prediction)
        value.backward()
        np.testing.assert_allclose(loss(x, target), value.item(), rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(loss.backward(), prediction.grad, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cross_entropies_are_exact_at_logits_of_a_thousand(dtype):
    x = np.array([[1000.0, -1000.0]], dtype)
    loss = SoftmaxCrossEntropy()
    with np.errstate(all="raise", under="ignore"):
        assert loss(x, np.array([1])) == 2000
        np.testing.assert_array_equal(loss.backward(), [[1, -1]])
        assert BinaryCrossEntropy()(x, np.array([[0.0, 1.0]], dtype)) == 1000


@pytest.mark.parametrize("cls", LOSSES)
def test_a_float64_target_does_not_raise_a_float32_prediction(cls):
    target = np.array([1, 0]) if cls is Hinge else np.array([[0.0, 1.0], [1.0, 0.0]])
    loss = cls()
    loss(np.zeros((2, 2), np.float32), target)
    assert loss.backward().dtype == np.float32


@pytest.mark.parametrize("cls", [SoftmaxCrossEntropy, Hinge])
@pytest.mark.parametrize(
    "labels, error, words",
    [
        ([0, 3], ValueError, "label 3 of sample 1 is out of range.*3 classes, 0 to 2"),
        ([0, -1], ValueError, "label -1 of sample 1"),
        ([0, 1, 2], ValueError, r"shape \(2,\).*got \(3,\)"),
        ([0.0, 1.0], TypeError, "float64"),
    ],
)
def test_bad_labels_are_refused_in_one_line(cls, labels, error, words):
    with pytest.raises(error, match=words) as refusal:
        cls()(np.zeros((2, 3)), np.array(labels))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("cls", [MSE, HalfSquaredError, BinaryCrossEntropy])
def test_a_target_that_would_broadcast_is_refused(cls):
    with pytest.raises(ValueError, match=r"\(4, 1\).*\(4,\)"):
        cls()(np.zeros((4, 1)), np.zeros(4))


@pytest.mark.parametrize("cls", LOSSES)
def test_bad_predictions_are_refused(cls):
    target = np.zeros((2, 3)) if cls in (MSE, HalfSquaredError, BinaryCrossEntropy) else [0, 0]
    with pytest.raises(TypeError, match="int64"):
        cls()(np.zeros((2, 3), int), target)
    with pytest.raises(ValueError, match="NaN"):
        cls()(np.full((2, 3), np.nan), target)
    with pytest.raises(ValueError, match="empty"):
        cls()(np.zeros((0, 3)), target)


@pytest.mark.parametrize("cls", LOSSES)
def test_backward_before_forward_says_so(cls):
    with pytest.raises(RuntimeError, match="backward was called before forward"):
        cls().backward()


def test_binary_targets_outside_the_unit_interval_are_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        BinaryCrossEntropy()(np.zeros(2), np.array([0.0, 2.0]))
