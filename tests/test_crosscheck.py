"""Crosscheck: what agrees with PyTorch passes, what differs by more than round-off does not."""

import sys

import numpy as np
import pytest

from minnet import (
    LSTM,
    BatchNorm,
    Conv2D,
    Dense,
    Embedding,
    Layer,
    LeakyReLU,
    MaxPool2D,
    MultiHeadAttention,
    ReLU,
    crosscheck,
)
from minnet.crosschecking import CrossCheck

torch = pytest.importorskip("torch")
nn = torch.nn
LINEAR = {"weight": "W.T", "bias": "b"}


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def dense(cls=Dense, outputs=2):
    layer = cls(3, outputs, rng=0)
    layer.b = normal(outputs)
    return layer


def verdicts(report):
    return {row.name: str(row).split()[0] for row in report.rows}


def test_what_is_right_agrees_in_output_and_every_gradient():
    report = crosscheck(dense(), nn.Linear(3, 2), normal(5, 3), parameters=LINEAR)
    assert isinstance(report, CrossCheck) and report
    assert verdicts(report) == dict.fromkeys(["out", "dx", "dW", "db"], "ok")
    assert all(row.difference <= row.error_bar < 1e-12 for row in report.rows)
    assert str(report).splitlines()[0] == "Dense(W (3, 2), b (2,)) beside PyTorch's Linear"
    assert len(str(report).splitlines()) == 6


def test_gate_orders_transposed_weights_and_second_biases_are_mapped_in_the_call():
    def gates(W):
        i, f, o, g = W.chunk(4, dim=-1)
        return torch.cat([i, f, g, o], dim=-1)

    parameters = {
        "weight_ih_l0": lambda p: gates(p["Wx"]).T,
        "weight_hh_l0": lambda p: gates(p["Wh"]).T,
        "bias_ih_l0": 0.25,
        "bias_hh_l0": lambda p: gates(p["b"]) - 0.25,
    }
    peer = nn.LSTM(3, 4, batch_first=True)
    inputs = normal(2, 5, 3), normal(2, 4), normal(2, 4, seed=1)
    report = crosscheck(
        LSTM(3, 4, rng=0),
        peer,
        *inputs,
        parameters=parameters,
        call=lambda module, x, h, c: module(x, (h[None], c[None])),
    )
    assert report
    assert list(verdicts(report)) == ["out", "dx", "dh0", "dc0", "dWx", "dWh", "db"]
    parameters["weight_ih_l0"] = "Wx.T"  # the gates as they are
    assert not crosscheck(LSTM(3, 4, rng=0), peer, normal(2, 5, 3), parameters=parameters)


def test_names_with_dots_integer_inputs_and_masks():
    x, seen = normal(2, 3, 6), np.tril(np.ones((3, 3), bool))
    report = crosscheck(
        MultiHeadAttention(6, 2, rng=0),
        nn.MultiheadAttention(6, 2, batch_first=True),
        x,
        np.broadcast_to(seen, (2, 3, 3)),
        parameters={
            "in_proj_weight": "0.W.T",
            "in_proj_bias": "0.b",
            "out_proj.weight": "2.W.T",
            "out_proj.bias": "2.b",
        },
        call=lambda module, x, mask: module(x, x, x, None, True, ~mask.repeat_interleave(2, 0)),
    )
    assert report and list(verdicts(report)) == ["out", "dx", "d0.W", "d0.b", "d2.W", "d2.b"]
    tokens = np.array([[0, 3, 3]])
    report = crosscheck(Embedding(4, 2), nn.Embedding(4, 2), tokens, parameters={"weight": "W"})
    assert report and list(verdicts(report)) == ["out", "dW"]


def test_running_averages_are_mapped_like_parameters_and_the_mode_is_the_layer_s():
    layer = BatchNorm(3).eval()
    layer.running_mean, layer.running_var = normal(3), normal(3) ** 2 + 0.5
    parameters = {"weight": "gamma", "bias": "beta", "running_var": "running_var"}
    peer, x = nn.BatchNorm1d(3), normal(4, 3)
    assert not crosscheck(layer, peer, x, parameters=parameters)
    assert crosscheck(layer, peer, x, parameters=parameters | {"running_mean": "running_mean"})
    assert crosscheck(layer.train(), peer, x, parameters=parameters)


@pytest.mark.parametrize("name", ["dx", "dW", "db"])
def test_a_gradient_that_is_off_by_a_millionth_of_a_millionth_is_seen(name):
    class Off(Dense):
        def backward(self, dout):
            dx = super().backward(dout)
            gradient = {"dx": dx, "dW": self.dW, "db": self.db}[name]
            gradient[...] *= 1 + 1e-12
            return dx

    report = crosscheck(dense(Off, 40), nn.Linear(3, 40), normal(20, 3), parameters=LINEAR)
    assert {row for row, verdict in verdicts(report).items() if verdict == "WRONG"} == {name}
    off = next(row for row in report.rows if row.name == name)
    assert off.wrong > 0.9 * np.prod(off.shape) and "kink" not in str(report)


def test_one_wrong_element_is_counted():
    class Off(Dense):
        def backward(self, dout):
            dx = super().backward(dout)
            dx[1, 2] += 1e-9
            return dx

    report = crosscheck(dense(Off), nn.Linear(3, 2), normal(5, 3), parameters=LINEAR)
    assert "1 of 15 differ" in str(report) and not report


def test_an_output_that_differs_is_wrong_though_the_gradients_agree():
    class Off(Dense):
        def forward(self, x):
            return super().forward(x) + 1e-9

    report = crosscheck(dense(Off), nn.Linear(3, 2), normal(5, 3), parameters=LINEAR)
    assert verdicts(report) == {"out": "WRONG", "dx": "ok", "dW": "ok", "db": "ok"}


class HalfAtZero(nn.Module):
    """A ReLU whose slope at 0 is ½."""

    def forward(self, x):
        return torch.maximum(x, torch.zeros_like(x))


def test_at_a_kink_either_slope_is_right_and_it_is_said():
    x = normal(3, 4)
    x[::2, 1] = 0
    report = crosscheck(ReLU(), HalfAtZero(), x)
    assert report and "2 at a kink" in str(report)
    assert "kink" not in str(crosscheck(ReLU(), nn.ReLU(), x))


def test_a_slight_kink_is_one_too():
    class Between(nn.Module):
        def forward(self, x):
            return (1 - 1e-5) * x + 1e-5 * torch.maximum(x, torch.zeros_like(x))

    x = normal(3, 4)
    x[::2, 1] = 0
    report = crosscheck(LeakyReLU(1 - 1e-5), Between(), x)
    assert report and "2 at a kink" in str(report)


def test_beside_a_kink_there_is_none():
    class Wrong(ReLU):
        def backward(self, dout):
            return np.where(np.abs(self.x) < 1e-3, 0.5 * dout, super().backward(dout))

    x = normal(3, 4)
    x[1] = 2e-4, -2e-4, 3e-4, -3e-4
    assert "4 of 12 differ" in str(crosscheck(Wrong(), nn.ReLU(), x))


def test_a_bend_is_no_kink():
    class Square(Layer):
        def forward(self, x):
            self.x = x
            return x**2

        def backward(self, dout):
            return dout * 2 * self.x * (1 + 1e-8)

    class Peer(nn.Module):
        def forward(self, x):
            return x**2

    assert "12 of 12 differ" in str(crosscheck(Square(), Peer(), normal(3, 4)))


def test_the_winner_of_a_tie_in_a_pool_may_be_another():
    class Shared(nn.Module):
        def forward(self, x):
            return x.unfold(2, 2, 2).unfold(3, 2, 2).amax((4, 5))

    x = np.random.default_rng(0).integers(0, 2, size=(2, 1, 4, 4)).astype(float)
    report = crosscheck(MaxPool2D(2), Shared(), x)
    assert report and "at a kink" in str(report)


def test_a_slope_outside_the_kink_s_own_is_wrong():
    class Outside(ReLU):
        def backward(self, dout):
            return np.where(self.x == 0, -0.1 * dout, super().backward(dout))

    x = normal(3, 4)
    x[1, 1] = 0
    report = crosscheck(Outside(), nn.ReLU(), x)
    assert verdicts(report)["dx"] == "WRONG" and "1 of 12 differ" in str(report)


def test_a_wrong_slope_beside_a_kink_is_not_excused():
    class Wrong(ReLU):
        def backward(self, dout):
            return 1.5 * super().backward(dout)

    x = normal(3, 4)
    x[0] = 0
    report = crosscheck(Wrong(), HalfAtZero(), x)
    assert verdicts(report)["dx"] == "WRONG" and "4 at a kink" in str(report)


def test_a_layer_that_loses_digits_by_cancellation_is_allowed_to():
    class Shifted(Layer):
        def forward(self, x):
            return (x + 1e5) - 1e5

        def backward(self, dout):
            return dout

    report = crosscheck(Shifted(), nn.Identity(), normal(4, 3))
    out, dx = report.rows
    assert report and out.difference > 1e-12 and dx.difference == 0
    assert out.error_bar < 1e-8  # the bar is as wide as the noise, and no wider


@pytest.mark.parametrize(
    "parameters, words",
    [
        ({"weight": "W.T"}, "does not say what bias is made of"),
        ({}, "bias, weight"),
        ({"weight": "W.T", "bias": 0}, "makes no use of b"),
    ],
)
def test_a_parameter_that_is_left_out_is_named(parameters, words):
    with pytest.raises(ValueError, match=words) as refusal:
        crosscheck(dense(), nn.Linear(3, 2), normal(5, 3), parameters=parameters)
    assert "\n" not in str(refusal.value)


def test_outputs_of_unlike_shapes_are_refused():
    parameters = {"weight": "W", "bias": "b"}
    with pytest.raises(ValueError, match=r"\(1, 2, 4, 4\).*\(1, 2, 3, 3\)"):
        crosscheck(
            Conv2D(1, 2, 3, padding=1),
            nn.Conv2d(1, 2, 4, padding=1),
            normal(1, 1, 4, 4),
            parameters=parameters | {"weight": lambda p: nn.functional.pad(p["W"], (0, 1, 0, 1))},
        )


def test_neither_side_is_changed_and_float32_is_compared_in_float64():
    layer, peer = dense().astype(np.float32), nn.Linear(3, 2)
    W, weight = layer.W.copy(), peer.weight.detach().clone()
    x = normal(5, 3).astype(np.float32)
    report = crosscheck(layer, peer, x, parameters=LINEAR)
    assert report and max(row.difference for row in report.rows) < 1e-14
    np.testing.assert_array_equal(layer.W, W)
    assert layer.W.dtype == np.float32 and "dW" not in vars(layer)
    assert peer.weight.dtype == torch.float32 and torch.equal(peer.weight, weight)


def test_without_pytorch_one_line_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match="^crosscheck compares with PyTorch: install torch"):
        crosscheck(dense(), None, normal(5, 3))
