"""A whole small network, one step of training: what ``minnet step demo`` walks through."""

from __future__ import annotations

import numpy as np

from minnet.arrays import Array, Floats
from minnet.gradcheck.under_test.losses import LossCase


class TwoLayerNet:
    """Dense, ReLU, dense, softmax and cross-entropy, with every line written out.

    Examples
    --------
    >>> net = TwoLayerNet(np.random.default_rng(0))
    >>> loss = net.forward(np.ones((2, 3)), np.array([0, 1]))
    >>> net.backward().shape, net.dW1.shape
    ((2, 3), (3, 4))
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.W1 = np.round(rng.normal(size=(3, 4)), 1)
        self.b1 = np.round(0.3 * rng.normal(size=4), 1)
        self.W2 = np.round(rng.normal(size=(4, 2)), 1)
        self.b2 = np.round(0.3 * rng.normal(size=2), 1)

    def forward(self, x: Floats, labels: Array) -> float:  # (N, 3), (N,) -> a number
        self.x, self.labels = x, labels
        self.hidden = x @ self.W1 + self.b1
        self.active = np.maximum(0, self.hidden)
        scores = self.active @ self.W2 + self.b2
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        self.probabilities = powers / powers.sum(axis=1, keepdims=True)
        right = self.probabilities[np.arange(len(x)), labels]
        return float(-np.log(right).mean())

    def backward(self) -> Floats:  # -> (N, 3)
        N = len(self.x)
        dscores = self.probabilities.copy()
        dscores[np.arange(N), self.labels] -= 1
        dscores /= N
        self.dW2 = self.active.T @ dscores
        self.db2 = dscores.sum(axis=0)
        dactive = dscores @ self.W2.T
        dhidden = dactive * (self.hidden > 0)
        self.dW1 = self.x.T @ dhidden
        self.db1 = dhidden.sum(axis=0)
        dx: Floats = dhidden @ self.W1.T
        return dx

    def update(self, rate: float = 0.1) -> None:
        """Move every parameter a little against its gradient."""
        self.W1 = self.W1 - rate * self.dW1
        self.b1 = self.b1 - rate * self.db1
        self.W2 = self.W2 - rate * self.dW2
        self.b2 = self.b2 - rate * self.db2


def demo_case(seed: int = 0) -> LossCase:
    """Return the network on two samples of three numbers and two classes."""
    rng = np.random.default_rng(seed)
    net, x = TwoLayerNet(rng), np.round(rng.normal(size=(2, 3)), 1)
    return LossCase(net, x, np.array([1, 0]), name="demo")
