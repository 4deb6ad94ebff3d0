"""Optimizers take the same steps as PyTorch's, at the same rates, with the same clipping."""

import math
import pickle

import numpy as np
import pytest

from minnet import SGD, Adam, Dense, RMSProp, Sequential, WarmupCosine
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


def with_gradients(model, size=1.0):
    """Give every parameter a random gradient."""
    rng = np.random.default_rng(7)
    for _, layer in model.walk():
        for name in layer.parameters:
            setattr(layer, "d" + name, size * rng.normal(size=getattr(layer, name).shape))
    return model


def test_a_step_before_backward_says_so():
    with pytest.raises(RuntimeError, match="call backward before step"):
        SGD().step(Dense(2, 2))


@pytest.mark.parametrize(
    "make, said",
    [
        (lambda: SGD(lr=0), "lr, the learning rate, must be positive, not 0"),
        (lambda: Adam(-1), "lr, the learning rate, must be positive, not -1"),
        (lambda: SGD(momentum=1), r"momentum must be in \[0, 1\)"),
        (lambda: RMSProp(clip=0), "clip, the largest norm, must be positive, not 0"),
        (lambda: WarmupCosine(0.0, 10), "peak, .*must be positive"),
        (lambda: WarmupCosine(0.1, 10, warmup=10), "10 steps must be shorter than all 10 steps"),
        (lambda: WarmupCosine(0.1, 10, warmup=-1), "warmup must be at least 0, not -1"),
        (lambda: WarmupCosine(0.1, 10, end=0.2), r"must be in \[0, 0.1\], not 0.2"),
    ],
)
def test_impossible_settings_are_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()


@pytest.mark.parametrize("warmup, end", [(0, 0.0), (1, 0.0), (4, 0.01)])
def test_warm_up_and_cosine_are_pytorchs_linear_and_cosine_schedules(warmup, end):
    torch = pytest.importorskip("torch")
    peak, steps = 0.3, 11
    peer = torch.optim.SGD([torch.zeros(1)], lr=peak)
    schedules = torch.optim.lr_scheduler
    rising = schedules.LinearLR(peer, start_factor=1 / (warmup + 1), total_iters=warmup or 1)
    falling = schedules.CosineAnnealingLR(peer, T_max=steps - warmup, eta_min=end)
    both = schedules.SequentialLR(peer, [rising, falling], milestones=[warmup])
    ours = WarmupCosine(peak, steps, warmup, end)
    for step in range(steps + 1):
        assert ours(step) == pytest.approx(peer.param_groups[0]["lr"], rel=1e-12, abs=1e-15)
        peer.step()
        both.step()
    assert ours(10 * steps) == end  # where PyTorch's cosine would rise again


@pytest.mark.parametrize(
    "make", [SGD, lambda lr: SGD(lr, momentum=0.9), RMSProp, lambda lr: Adam(lr, weight_decay=0.1)]
)
def test_a_schedule_is_a_learning_rate_that_is_set_before_every_step(make):
    schedule = WarmupCosine(0.1, steps=5, warmup=2)
    scheduled, by_hand = make(schedule), make(1.0)
    first, second = Dense(3, 2, rng=0), Dense(3, 2, rng=0)
    for step in range(5):
        by_hand.lr = schedule(step)
        for layer, optimizer in ((first, scheduled), (second, by_hand)):
            layer.dW, layer.db = np.full((3, 2), 1.0 + step), np.full(2, 0.5)
            optimizer.step(layer)
        assert scheduled.rate == schedule(step)
    np.testing.assert_array_equal(first.W, second.W)
    np.testing.assert_array_equal(first.b, second.b)


def test_a_schedule_goes_on_with_the_next_step_until_the_optimizer_is_reset():
    optimizer, layer = Adam(lambda step: 0.1 / (1 + step)), with_gradients(Dense(3, 2, rng=0))
    for rate in (0.1, 0.05, 0.1 / 3):
        optimizer.step(layer)
        assert optimizer.rate == pytest.approx(rate)
    optimizer.reset()
    assert optimizer.rate == 0.1 and optimizer.steps == 0 and not optimizer.states


def test_an_optimizer_that_was_pickled_goes_on_as_if_it_had_not_been():
    layer, optimizer = with_gradients(Dense(3, 2, rng=0)), Adam(WarmupCosine(0.1, 9, 3), clip=1.0)
    optimizer.step(layer)
    layer_again, again = pickle.loads(pickle.dumps((layer, optimizer)))
    for one, other in ((layer, optimizer), (layer_again, again)):
        other.step(one)
    np.testing.assert_array_equal(layer.W, layer_again.W)


@pytest.mark.parametrize("rate", [-0.1, math.nan, math.inf])
def test_a_rate_that_cannot_be_is_refused_with_its_step(rate):
    optimizer, layer = SGD(lambda step: rate if step else 0.1), with_gradients(Dense(3, 2, rng=0))
    optimizer.step(layer)
    before = layer.W.copy()
    with pytest.raises(ValueError, match="the learning rate that .* gives step 1 must be"):
        optimizer.step(layer)
    np.testing.assert_array_equal(layer.W, before)


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_gradients_are_clipped_together_as_pytorch_clips_them(size):
    torch = pytest.importorskip("torch")
    model = with_gradients(Sequential(Dense(3, 2, rng=0), Dense(2, 4, rng=1)), size)
    tensors = []
    for name, W in model.named_parameters().items():
        tensors.append(torch.tensor(W, requires_grad=True))
        tensors[-1].grad = torch.tensor(model.named_gradients()[name])
    norm = float(torch.nn.utils.clip_grad_norm_(tensors, max_norm=2.0))
    torch.optim.SGD(tensors, lr=1.0).step()
    SGD(lr=1.0, clip=2.0).step(model)
    for W, tensor in zip(model.named_parameters().values(), tensors, strict=True):
        # PyTorch divides by the norm + 1e-6
        np.testing.assert_allclose(W, tensor.detach().numpy(), rtol=0, atol=2.0 * 1e-6 / norm)


def test_what_is_clipped_has_the_norm_asked_for_and_the_gradients_stay_as_they_were():
    model = with_gradients(Sequential(Dense(3, 2, rng=0), Dense(2, 4, rng=1)), 50.0)
    before = [W.copy() for W in model.named_parameters().values()]
    gradients = [dW.copy() for dW in model.named_gradients().values()]
    SGD(lr=1.0, clip=0.5).step(model)
    after = model.named_parameters().values()
    moved = np.concatenate([(a - b).ravel() for a, b in zip(after, before, strict=True)])
    assert np.linalg.norm(moved) == pytest.approx(0.5, rel=1e-12)
    for dW, old in zip(model.named_gradients().values(), gradients, strict=True):
        np.testing.assert_array_equal(dW, old)


def test_the_norm_of_large_float32_gradients_does_not_overflow():
    layer = Dense(3, 2).astype(np.float32)
    layer.W[...], layer.b[...] = 0, 0
    layer.dW, layer.db = np.full((3, 2), 1e30, np.float32), np.zeros(2, np.float32)
    SGD(lr=1.0, clip=1.0).step(layer)
    assert layer.W.dtype == np.float32
    np.testing.assert_allclose(layer.W, -1 / 6**0.5, rtol=1e-6)


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
