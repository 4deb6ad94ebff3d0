"""What recurrent layers give, step by step and over a whole sequence."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.references.reading import Readings, right, slip, variant
from minnet.layers import LSTM, RNN
from minnet.layers.functions import sigmoid

_ANOTHER_ORDER = "the gates are taken in another order than i, f, o, g"


def rnn_step(x: Array, h: Array, Wx: Array, Wh: Array, b: Array) -> Readings:
    """x (N, D), h (N, H) -> (N, H)."""
    layer = _with(RNN(*Wx.shape), Wx, Wh, b)
    z = x @ Wx + h @ Wh
    yield right(layer.forward(x[:, None], h)[:, 0])
    yield slip("the tanh is left out", z + b)
    yield slip("the sigmoid stands where the tanh belongs", sigmoid(z + b))
    yield slip("the ReLU stands where the tanh belongs", np.maximum(z + b, 0))
    yield slip("the bias is left out", np.tanh(z))
    yield slip("the state before is left out", np.tanh(x @ Wx + b))
    yield slip("the input is left out", np.tanh(h @ Wh + b))
    yield slip("Wh is transposed", np.tanh(x @ Wx + h @ Wh.T + b))
    yield slip("the tanh is taken of the input's part alone", np.tanh(x @ Wx + b) + h @ Wh)


def rnn(x: Array, h0: Array, Wx: Array, Wh: Array, b: Array) -> Readings:
    """x (N, T, D), h0 (N, H) -> (N, T, H)."""
    layer = _with(RNN(*Wx.shape), Wx, Wh, b)
    yield right(layer.forward, x, h0)
    yield slip("every step begins with h0", np.tanh(x @ Wx + (h0 @ Wh)[:, None] + b))
    yield slip("the states begin with zeros, not with h0", layer.forward(x))
    yield slip("the state is not handed on", np.tanh(x @ Wx + b))
    yield slip("the last step comes first", layer.forward(x[:, ::-1], h0)[:, ::-1])
    yield slip("only the last state is returned", layer.forward(x, h0)[:, -1])
    yield slip("time is the first axis of the output", layer.forward(x, h0).swapaxes(0, 1))
    states = np.concatenate([h0[:, None], layer.forward(x, h0)[:, :-1]], axis=1)
    yield slip("the output is one step late: it begins with h0", states)
    yield slip("the bias is left out", _with(RNN(*Wx.shape), Wx, Wh, 0 * b).forward(x, h0))


def lstm_step(x: Array, h: Array, c: Array, Wx: Array, Wh: Array, b: Array) -> Readings:
    """x (N, D), h and c (N, H) -> the next h and c; the gates are i, f, o, g."""
    z = x @ Wx + h @ Wh + b

    def stepped(z: Array = z, order: str = "ifog") -> tuple[Array, Array]:
        parts = dict(zip(order, np.split(z, 4, axis=1), strict=True))
        i, f, o = (sigmoid(parts[gate]) for gate in "ifo")
        new = f * c + i * np.tanh(parts["g"])
        return o * np.tanh(new), new

    def by_layer() -> tuple[Array, Array]:
        layer = _with(LSTM(len(Wx), h.shape[1]), Wx, Wh, b)
        return layer.forward(x[:, None], h, c)[:, 0], layer.c[-1]

    i, f, o, g = np.split(z, 4, axis=1)
    state = stepped()[1]
    yield right(by_layer)
    yield slip("the tanh of the new c is left out", (sigmoid(o) * state, state))
    yield slip("the two outputs are exchanged", stepped()[::-1])
    yield slip("the bias is left out", stepped(z - b))
    yield slip("the state h before is left out", stepped(x @ Wx + b))
    for order in itertools.permutations("ifog"):
        yield variant(_ANOTHER_ORDER, stepped(order="".join(order)))
    mistakes = {
        "g is taken through the sigmoid, not the tanh": sigmoid(f) * c + sigmoid(i) * sigmoid(g),
        "g is taken through no function": sigmoid(f) * c + sigmoid(i) * g,
        "the forget gate is left out": c + sigmoid(i) * np.tanh(g),
        "the input gate is left out": sigmoid(f) * c + np.tanh(g),
        "the state c before is left out": sigmoid(i) * np.tanh(g),
        "the forget gate multiplies h, not c": sigmoid(f) * h + sigmoid(i) * np.tanh(g),
        "the gates are taken through no sigmoid": f * c + i * np.tanh(g),
    }
    for words, new in mistakes.items():
        yield slip(words, (sigmoid(o) * np.tanh(new), new))
    yield slip("the output gate is left out", (np.tanh(state), state))
    yield slip("the output gate reads the state before", (sigmoid(o) * np.tanh(c), state))


def lstm(x: Array, h0: Array, Wx: Array, Wh: Array, b: Array) -> Readings:
    """x (N, T, D), h0 (N, H) -> (N, T, H); c begins with zeros."""
    layer = _with(LSTM(len(Wx), h0.shape[1]), Wx, Wh, b)
    zeros = np.zeros_like(h0)
    yield right(layer.forward, x, h0, zeros)
    for order in itertools.permutations(range(4)):
        weights = (_reordered(W, order) for W in (Wx, Wh, b))
        yield variant(_ANOTHER_ORDER, _with(LSTM(*h0.shape), *weights).forward(x, h0, zeros))
    yield slip("c begins with h0, not with zeros", layer.forward(x, h0, h0))
    yield slip("h begins with zeros, not with h0", layer.forward(x))

    def handing_on(keep_h: bool, keep_c: bool) -> Array:
        h, c, out = h0, zeros, []
        for t in range(x.shape[1]):
            out.append(layer.forward(x[:, t : t + 1], h, c)[:, 0])
            h, c = layer.h[-1] if keep_h else h0, layer.c[-1] if keep_c else zeros
        return np.stack(out, axis=1)

    yield slip("every step begins with h0, and c with zeros", handing_on(False, False))
    yield slip("c is not handed on", handing_on(True, False))
    yield slip("h is not handed on", handing_on(False, True))
    yield slip("only the last state is returned", layer.forward(x, h0, zeros)[:, -1])
    turned = layer.forward(x, h0, zeros).swapaxes(0, 1)
    yield slip("time is the first axis of the output", turned)


def _reordered(W: Array, order: Sequence[int]) -> Array:
    """Return the columns of weights with the blocks of the four gates in another order."""
    blocks = np.split(W, 4, axis=-1)
    return np.concatenate([blocks[k] for k in order], axis=-1)


def _with(layer: Any, Wx: Array, Wh: Array, b: Array) -> Any:
    layer.Wx, layer.Wh, layer.b = Wx, Wh, b
    return layer
