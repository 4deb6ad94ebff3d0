# check: masked pass
# check: masked_for_good pass
# check: wrong_masked fail
# check: graph pass
# check: wrong_graph fail
# check: sampled pass
# check: owed fail missing
# check: first_is_owed fail missing
"""None for an input that is data: a mask, a graph, times; and for inputs that are none."""

import numpy as np

from minnet import check_layer


class MaskedSoftmax:
    def forward(self, scores, mask):
        z = scores + mask
        e = np.exp(z - z.max(axis=-1, keepdims=True))
        self.p = e / e.sum(axis=-1, keepdims=True)
        return self.p

    def backward(self, dout):
        return self.p * (dout - (dout * self.p).sum(axis=-1, keepdims=True)), None


class WrongMaskedSoftmax(MaskedSoftmax):
    def backward(self, dout):
        return self.p * dout, None


class GraphConvolution:
    def __init__(self, rng):
        self.W = rng.normal(size=(4, 3))

    def forward(self, h, adjacency):
        self.h, self.adjacency = h, adjacency
        return adjacency @ h @ self.W

    def backward(self, dout):
        self.dW = (self.adjacency @ self.h).T @ dout
        return self.adjacency.T @ dout @ self.W.T, None


class WrongGraphConvolution(GraphConvolution):
    def backward(self, dout):
        self.dW = self.h.T @ dout
        return self.adjacency.T @ dout @ self.W.T, None


class Decay:
    """Exponential decay, at times that no gradient is wanted for."""

    def forward(self, rate, when):
        self.rate, self.when = rate, when
        return np.exp(-rate[:, None] * when)

    def backward(self, dout):
        return (-dout * self.when * np.exp(-self.rate[:, None] * self.when)).sum(axis=1), None


class Product:
    def forward(self, a, c):
        self.a, self.c = a, c
        return a * c

    def backward(self, dout):
        return dout * self.c, None


class NoInputGradient(GraphConvolution):
    def backward(self, dout):
        super().backward(dout)


rng = np.random.default_rng(4)
SCORES = rng.normal(size=(4, 5))
HIDDEN = rng.random((4, 5)) < 0.3
HIDDEN[:, 0] = False
GRAPH = rng.random((5, 5))


def call_masked():
    return check_layer(MaskedSoftmax(), SCORES, np.where(HIDDEN, -1e9, 0.0))


def call_masked_for_good():
    return check_layer(MaskedSoftmax(), SCORES, np.where(HIDDEN, -np.inf, 0.0))


def call_wrong_masked():
    return check_layer(WrongMaskedSoftmax(), SCORES, np.where(HIDDEN, -1e9, 0.0))


def call_graph():
    return check_layer(GraphConvolution(np.random.default_rng(0)), SCORES.T, GRAPH)


def call_wrong_graph():
    return check_layer(WrongGraphConvolution(np.random.default_rng(0)), SCORES.T, GRAPH)


def call_sampled():
    return check_layer(Decay(), np.array([0.5, 1.5]), np.linspace(0.0, 2.0, 6))


def call_owed():
    return check_layer(Product(), SCORES, SCORES + 1)


def call_first_is_owed():
    return check_layer(NoInputGradient(np.random.default_rng(0)), SCORES.T, GRAPH)
