# check: attention pass
# check: wrong_attention fail scale
# check: concatenation pass
# check: wrong_concatenation fail
# check: cell pass
# check: wrong_cell fail
# check: mixture pass
"""Dicts, lists and tuples of arrays that go in, and as many that come back."""

import numpy as np

from minnet import check_layer


class Attention:
    """Scores of queries and keys that come together in a dict."""

    def forward(self, inputs):
        self.inputs = inputs
        return inputs["q"] @ inputs["k"].T / np.sqrt(inputs["k"].shape[1])

    def backward(self, dout):
        q, k = self.inputs["q"], self.inputs["k"]
        d = dout / np.sqrt(k.shape[1])
        return {"dq": d @ k, "dk": d.T @ q}


class WrongAttention(Attention):
    def backward(self, dout):
        found = super().backward(dout)
        return {"dq": found["dq"], "dk": dout.T @ self.inputs["q"]}


class Concatenation:
    """Joins any number of arrays along their last axis."""

    def forward(self, parts):
        self.ends = np.cumsum([part.shape[-1] for part in parts])[:-1]
        return np.concatenate(parts, axis=-1)

    def backward(self, dout):
        return np.split(dout, self.ends, axis=-1)


class WrongConcatenation(Concatenation):
    def backward(self, dout):
        first, *rest = np.split(dout, self.ends, axis=-1)
        return [first, *(2 * each for each in rest)]


class Cell:
    """A recurrent cell with a state of two arrays, and a state that it hands on."""

    def __init__(self, rng):
        self.W, self.U = rng.normal(size=(4, 3)), rng.normal(size=(3, 3))

    def forward(self, x, state):
        self.x, (self.h, c) = x, state
        self.a = np.tanh(x @ self.W + self.h @ self.U)
        c = c + self.a
        return 2 * c, (3 * c, c)

    def backward(self, dout, dstate):
        dh, dc = dstate
        dc = dc + 2 * dout + 3 * dh
        da = dc * (1 - self.a**2)
        self.dW, self.dU = self.x.T @ da, self.h.T @ da
        return da @ self.W.T, (da @ self.U.T, dc)


class WrongCell(Cell):
    def backward(self, dout, dstate):
        dx, (dh, dc) = super().backward(dout, dstate)
        return dx, (dh, dc - dstate[1])


class Mixture:
    """One array in, a dict of two out."""

    def forward(self, x):
        self.x = x
        return {"mean": x[:, :2] ** 2, "width": np.exp(x[:, 2:])}

    def backward(self, dout):
        x = self.x
        return np.hstack([2 * x[:, :2] * dout["mean"], np.exp(x[:, 2:]) * dout["width"]])


def arrays(*shapes):
    rng = np.random.default_rng(3)
    return [rng.normal(size=shape) for shape in shapes]


def call_attention():
    q, k = arrays((5, 4), (3, 4))
    return check_layer(Attention(), {"q": q, "k": k})


def call_wrong_attention():
    q, k = arrays((5, 4), (3, 4))
    return check_layer(WrongAttention(), {"q": q, "k": k})


def call_concatenation():
    return check_layer(Concatenation(), arrays((5, 4), (5, 2), (5, 1)))


def call_wrong_concatenation():
    return check_layer(WrongConcatenation(), arrays((5, 4), (5, 2), (5, 1)))


def call_cell():
    x, h, c = arrays((5, 4), (5, 3), (5, 3))
    return check_layer(Cell(np.random.default_rng(0)), x, (h, c))


def call_wrong_cell():
    x, h, c = arrays((5, 4), (5, 3), (5, 3))
    return check_layer(WrongCell(np.random.default_rng(0)), x, (h, c))


def call_mixture():
    return check_layer(Mixture(), *arrays((5, 4)))
