"""Every layer agrees with PyTorch: output and all gradients, in float64, to 1e-10."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minnet

torch = pytest.importorskip("torch")
nn = torch.nn

sizes = st.integers(1, 4)
seeds = st.integers(0, 2**32 - 1)
quick = settings(max_examples=30, deadline=None)
TORCH_NAMES = {"W": "weight", "b": "bias", "gamma": "weight", "beta": "bias"}


def assert_agree(layer, peer, x, transpose=False):
    """Compare out, dx and the parameters' gradients on the same numbers."""
    rng = np.random.default_rng(0)
    peer = peer.double()
    with torch.no_grad():
        for name in layer.parameters:
            values = getattr(layer, name)
            values[...] = rng.normal(size=values.shape)
            values = values.T if transpose and values.ndim == 2 else values
            getattr(peer, TORCH_NAMES[name]).copy_(torch.from_numpy(np.ascontiguousarray(values)))
    input_ = torch.tensor(x, requires_grad=True)
    expected = peer(input_)
    out = layer(x)
    np.testing.assert_allclose(out, expected.detach().numpy(), rtol=1e-10, atol=1e-10)
    dout = rng.normal(size=out.shape)
    expected.backward(torch.from_numpy(dout))
    dx = layer.backward(dout)
    np.testing.assert_allclose(dx, input_.grad.numpy(), rtol=1e-10, atol=1e-10)
    for name in layer.parameters:
        gradient = getattr(peer, TORCH_NAMES[name]).grad.numpy()
        gradient = gradient.T if transpose and gradient.ndim == 2 else gradient
        np.testing.assert_allclose(getattr(layer, "d" + name), gradient, rtol=1e-10, atol=1e-10)


@st.composite
def windows(draw, padding=True):
    """An image shape with a kernel that fits, a stride, and a padding."""
    kernel = draw(sizes), draw(sizes)
    pad = (draw(st.integers(0, 2)), draw(st.integers(0, 2))) if padding else (0, 0)
    height = draw(st.integers(max(1, kernel[0] - 2 * pad[0]), 9))
    width = draw(st.integers(max(1, kernel[1] - 2 * pad[1]), 9))
    shape = draw(sizes), draw(sizes), height, width
    return shape, kernel, (draw(sizes), draw(sizes)), pad


@quick
@given(windows(), sizes, st.booleans(), seeds)
def test_conv2d(window, filters, bias, seed):
    shape, kernel, stride, padding = window
    x = np.random.default_rng(seed).normal(size=shape)
    assert_agree(
        minnet.Conv2D(shape[1], filters, kernel, stride, padding, bias, rng=seed),
        nn.Conv2d(shape[1], filters, kernel, stride, padding, bias=bias),
        x,
    )


@quick
@given(windows(padding=False), seeds, st.booleans())
def test_pooling(window, seed, ties):
    shape, kernel, stride, _ = window
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 3, size=shape).astype(float) if ties else rng.normal(size=shape)
    assert_agree(minnet.MaxPool2D(kernel, stride), nn.MaxPool2d(kernel, stride), x)
    assert_agree(minnet.AvgPool2D(kernel, stride), nn.AvgPool2d(kernel, stride), x)


@quick
@given(sizes, sizes, sizes, st.booleans(), seeds)
def test_dense(batch, inputs, outputs, bias, seed):
    x = np.random.default_rng(seed).normal(size=(batch, inputs))
    peer = nn.Linear(inputs, outputs, bias=bias)
    assert_agree(minnet.Dense(inputs, outputs, bias, rng=seed), peer, x, transpose=True)


@quick
@given(st.integers(2, 5), sizes, sizes, sizes, st.booleans(), st.booleans(), seeds)
def test_batch_norm(batch, channels, height, width, images, training, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(batch, channels, height, width) if images else (batch, channels))
    layer = minnet.BatchNorm(channels)
    peer = (nn.BatchNorm2d if images else nn.BatchNorm1d)(channels).double()
    if not training:
        layer.running_mean = rng.normal(size=channels)
        layer.running_var = rng.uniform(0.5, 2, size=channels)
        peer.running_mean.copy_(torch.from_numpy(layer.running_mean))
        peer.running_var.copy_(torch.from_numpy(layer.running_var))
        layer.eval()
        peer.eval()
    assert_agree(layer, peer, x)
    np.testing.assert_allclose(layer.running_mean, peer.running_mean, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(layer.running_var, peer.running_var, rtol=1e-10, atol=1e-12)


@quick
@given(sizes, st.lists(st.integers(2, 4), min_size=1, max_size=3), seeds)
def test_layer_norm(batch, shape, seed):
    x = np.random.default_rng(seed).normal(size=(batch, *shape))
    assert_agree(minnet.LayerNorm(tuple(shape)), nn.LayerNorm(shape), x)


@quick
@given(st.lists(sizes, min_size=2, max_size=4), seeds, st.sampled_from([1.0, 30.0, 1000.0]))
def test_activations(shape, seed, scale):
    x = scale * np.random.default_rng(seed).normal(size=shape)
    x.ravel()[::3] = 0
    assert_agree(minnet.ReLU(), nn.ReLU(), x)
    assert_agree(minnet.LeakyReLU(0.2), nn.LeakyReLU(0.2), x)
    assert_agree(minnet.Sigmoid(), nn.Sigmoid(), x)
    assert_agree(minnet.Tanh(), nn.Tanh(), x)
    assert_agree(minnet.Softmax(), nn.Softmax(dim=-1), x)
    assert_agree(minnet.Flatten(), nn.Flatten(), x)


def test_dropout_with_the_same_mask():
    x = np.random.default_rng(0).normal(size=(4, 5))
    layer = minnet.Dropout(0.4, rng=0)
    out, dout = layer(x), np.random.default_rng(1).normal(size=x.shape)
    input_ = torch.tensor(x, requires_grad=True)
    expected = input_ * torch.from_numpy(out != 0) / 0.6
    expected.backward(torch.from_numpy(dout))
    np.testing.assert_allclose(out, expected.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(layer.backward(dout), input_.grad.numpy(), rtol=1e-12)


def test_a_residual_network_inside_a_network():
    rng = np.random.default_rng(0)
    inner = [minnet.Dense(4, 4, rng=rng), minnet.Tanh(), minnet.Dense(4, 4, rng=rng)]
    model = minnet.Sequential(
        minnet.Dense(3, 4, rng=rng), minnet.Residual(*inner), minnet.Dense(4, 2, rng=rng)
    )
    x = rng.normal(size=(5, 3))
    tensors = {
        name: torch.tensor(values, requires_grad=True)
        for name, values in model.named_parameters().items()
    }

    def dense(x, name):
        return x @ tensors[f"{name}.W"] + tensors[f"{name}.b"]

    h = dense(torch.tensor(x), "0")
    expected = dense(h + dense(torch.tanh(dense(h, "1.0")), "1.2"), "2")
    out = model(x)
    dout = rng.normal(size=out.shape)
    expected.backward(torch.from_numpy(dout))
    model.backward(dout)
    np.testing.assert_allclose(out, expected.detach().numpy(), rtol=1e-10)
    for name, gradient in model.named_gradients().items():
        np.testing.assert_allclose(gradient, tensors[name].grad.numpy(), rtol=1e-10, atol=1e-12)
