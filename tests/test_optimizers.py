"""Optimizers take the same steps as PyTorch's."""

import numpy as np
import pytest

from minnet import SGD, Adam, Dense, RMSProp
from minnet.initializers import NAMES, VARIANCE, initialize


@pytest.mark.parametrize(
    "ours, theirs, settings",
    [
        (SGD(0.1), "SGD", {"lr": 0.1}),
        (SGD(0.1, momentum=0.9), "SGD", {"lr": 0.1, "momentum": 0.9}),
        (
            SGD(0.1, momentum=0.8, nesterov=True, weight_decay=0.1),
            "SGD",
            {"lr": 0.1, "momentum": 0.8, "nesterov": True, "weight_decay": 0.1},
        ),
        (RMSProp(0.01), "RMSprop", {"lr": 0.01}),
        (Adam(0.01), "Adam", {"lr": 0.01}),
        (Adam(0.01, weight_decay=0.1), "AdamW", {"lr": 0.01, "weight_decay": 0.1}),
    ],
)
def test_steps_agree_with_pytorch(ours, theirs, settings):
    torch = pytest.importorskip("torch")
    layer = Dense(3, 2, rng=0)
    tensors = [torch.tensor(layer.W, requires_grad=True), torch.tensor(layer.b, requires_grad=True)]
    peer = getattr(torch.optim, theirs)(tensors, **settings)
    rng = np.random.default_rng(1)
    for _ in range(5):
        layer.dW, layer.db = rng.normal(size=(3, 2)), rng.normal(size=2)
        for tensor, gradient in zip(tensors, (layer.dW, layer.db), strict=True):
            tensor.grad = torch.from_numpy(gradient.copy())
        ours.step(layer)
        peer.step()
    np.testing.assert_allclose(layer.W, tensors[0].detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(layer.b, tensors[1].detach().numpy(), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("make", [SGD, lambda: SGD(momentum=0.9), RMSProp, Adam])
def test_a_step_keeps_dtype_array_and_gradient(make):
    layer = Dense(3, 2, rng=0).astype(np.float32)
    layer(np.ones((4, 3), np.float32))
    layer.backward(np.ones((4, 2), np.float32))
    W, dW = layer.W, layer.dW.copy()
    before = W.copy()
    optimizer = make()
    optimizer.step(layer)
    assert layer.W is W and W.dtype == np.float32 and (before != W).all()
    np.testing.assert_array_equal(layer.dW, dW)
    for state in optimizer.states.values():
        assert all(array.dtype == np.float32 for array in state.values())


def test_a_step_before_backward_says_so():
    with pytest.raises(RuntimeError, match="call backward before step"):
        SGD().step(Dense(2, 2))


@pytest.mark.parametrize("make", [lambda: SGD(lr=0), lambda: Adam(-1), lambda: SGD(momentum=1)])
def test_impossible_settings_are_refused(make):
    with pytest.raises(ValueError, match="lr|momentum"):
        make()


@pytest.mark.parametrize("name", NAMES)
def test_initializers_have_the_variance_they_promise(name):
    W = initialize(name, (300, 200), 300, 200, rng=0)
    expected = 0 if name == "zeros" else VARIANCE[name.split("_")[0]](300, 200)
    assert abs(W.var() - expected) <= 0.02 * expected
    if name.endswith("uniform"):
        assert abs(W).max() <= (3 * expected) ** 0.5


def test_an_unknown_initializer_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="unknown initializer 'he'.*he_normal"):
        Dense(2, 2, init="he")
