"""What recurrent layers give, step by step and over a whole sequence."""

from __future__ import annotations

import numpy as np

from minnet.arrays import Array
from minnet.conventions.references.reading import Readings, right, slip
from minnet.layers import LSTM, RNN
from minnet.layers.functions import sigmoid


def rnn_step(x: Array, h: Array, Wx: Array, Wh: Array, b: Array) -> Readings:
    """x (N, D), h (N, H) -> (N, H)."""
    layer = _with(RNN(*Wx.shape), Wx, Wh, b)
    z = x @ Wx + h @ Wh
    yield right(lambda: layer.forward(x[:, None], h)[:, 0])
    yield slip("the tanh is left out", lambda: z + b)
    yield slip("the sigmoid stands where the tanh belongs", lambda: sigmoid(z + b))
    yield slip("the ReLU stands where the tanh belongs", lambda: np.maximum(z + b, 0))
    yield slip("the bias is left out", lambda: np.tanh(z))
    yield slip("the state before is left out", lambda: np.tanh(x @ Wx + b))
    yield slip("the input is left out", lambda: np.tanh(h @ Wh + b))
    yield slip("Wh is transposed", lambda: np.tanh(x @ Wx + h @ Wh.T + b))
    yield slip("the tanh is taken of the input's part alone", lambda: np.tanh(x @ Wx + b) + h @ Wh)


def rnn(x: Array, h0: Array, Wx: Array, Wh: Array, b: Array) -> Readings:
    """x (N, T, D), h0 (N, H) -> (N, T, H)."""
    layer = _with(RNN(*Wx.shape), Wx, Wh, b)
    yield right(lambda: layer.forward(x, h0))
    each = lambda h: np.stack(  # noqa: E731
        [np.tanh(x[:, t] @ Wx + h @ Wh + b) for t in range(x.shape[1])], axis=1
    )
    yield slip("every step begins with h0", lambda: each(h0))
    yield slip("the states begin with zeros, not with h0", lambda: layer.forward(x))
    yield slip("the state is not handed on", lambda: each(0 * h0))
    yield slip("the last step comes first", lambda: layer.forward(x[:, ::-1], h0)[:, ::-1])
    yield slip("only the last state is returned", lambda: layer.forward(x, h0)[:, -1])
    yield slip("time is the first axis of the output", lambda: layer.forward(x, h0).swapaxes(0, 1))
    states = lambda: np.concatenate([h0[:, None], layer.forward(x, h0)[:, :-1]], axis=1)  # noqa: E731
    yield slip("the output is one step late: it begins with h0", states)
    yield slip("the bias is left out", lambda: _with(layer, Wx, Wh, 0 * b).forward(x, h0))


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
    yield slip("the tanh of the new c is left out", lambda: (sigmoid(o) * state, state))
    yield slip("the two outputs are exchanged", lambda: stepped()[::-1])
    yield slip("the bias is left out", lambda: stepped(z - b))
    yield slip("the state h before is left out", lambda: stepped(x @ Wx + b))
    for order in ("fiog", "ifgo", "iofg", "oifg", "figo", "gifo", "ofig", "fogi"):
        words = "the gates are taken in another order than i, f, o, g"
        yield slip(words, lambda order=order: stepped(order=order))
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
        yield slip(words, lambda new=new: (sigmoid(o) * np.tanh(new), new))
    yield slip("the output gate is left out", lambda: (np.tanh(state), state))
    yield slip("the output gate reads the state before", lambda: (sigmoid(o) * np.tanh(c), state))


def lstm(x: Array, h0: Array, Wx: Array, Wh: Array, b: Array) -> Readings:
    """x (N, T, D), h0 (N, H) -> (N, T, H); c begins with zeros."""
    layer = _with(LSTM(len(Wx), h0.shape[1]), Wx, Wh, b)
    zeros = np.zeros_like(h0)
    yield right(lambda: layer.forward(x, h0, zeros))
    yield slip("c begins with h0, not with zeros", lambda: layer.forward(x, h0, h0))
    yield slip("h begins with zeros, not with h0", lambda: layer.forward(x))
    alone = (
        lambda h, c: np.concatenate(  # noqa: E731
            [layer.forward(x[:, t : t + 1], h, c) for t in range(x.shape[1])], axis=1
        )
    )
    yield slip("every step begins with h0, and c with zeros", lambda: alone(h0, zeros))

    def carried(keep_h: bool) -> Array:
        h, c, out = h0, zeros, []
        for t in range(x.shape[1]):
            out.append(layer.forward(x[:, t : t + 1], h, c)[:, 0])
            h, c = (layer.h[-1], zeros) if keep_h else (h0, layer.c[-1])
        return np.stack(out, axis=1)

    yield slip("c is not handed on", lambda: carried(keep_h=True))
    yield slip("h is not handed on", lambda: carried(keep_h=False))
    yield slip("only the last state is returned", lambda: layer.forward(x, h0, zeros)[:, -1])
    turned = lambda: layer.forward(x, h0, zeros).swapaxes(0, 1)  # noqa: E731
    yield slip("time is the first axis of the output", turned)


def _with(layer: RNN | LSTM, Wx: Array, Wh: Array, b: Array) -> RNN | LSTM:
    layer.Wx, layer.Wh, layer.b = Wx, Wh, b
    return layer
