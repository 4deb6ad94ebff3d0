# check: SoftmaxScoresLoss fail
# check: ByNorm fail
# check: Each fail
# check: Sign fail
"""Bounded, and wrong besides; or only a sign."""

import numpy as np


def clip_gradient(grad, max_norm=0.5):
    norm = np.linalg.norm(grad)
    return grad * (max_norm / norm) if norm > max_norm else grad


class ByNorm:
    def __init__(self, in_features, out_features):
        self.weight = np.random.randn(in_features, out_features)
        self.bias = np.zeros(out_features)

    def forward(self, x):
        self.x = x
        return x @ self.weight + self.bias

    def backward(self, dout):
        self.grad_weight = clip_gradient(2 * self.x.T @ dout)
        self.grad_bias = clip_gradient(dout.sum(axis=0))
        return dout @ self.weight.T


class Each:
    def __init__(self, in_features, out_features):
        self.weight = np.random.randn(in_features, out_features)

    def forward(self, x):
        self.x = x
        return np.tanh(x @ self.weight)

    def backward(self, dout):
        d = dout * (1 - self.x @ self.weight)
        self.grad_weight = np.clip(self.x.T @ d, -0.1, 0.1)
        return dout * 0 @ self.weight.T + d @ self.weight.T


class Sign:
    """A gradient that is bounded however small it is."""

    def __init__(self, in_features, out_features):
        self.weight = np.random.randn(in_features, out_features)

    def forward(self, x):
        self.x = x
        return x @ self.weight

    def backward(self, dout):
        d = self.x.T @ dout
        self.grad_weight = np.clip(1e9 * d, -0.1, 0.1)
        return dout @ self.weight.T


class SoftmaxScoresLoss:
    """The loss is taken of the scores, most of which the bound of the logarithm hides."""

    def forward(self, y_pred, y_true):
        e = np.exp(y_pred - y_pred.max(axis=1, keepdims=True))
        self.out = e / e.sum(axis=1, keepdims=True)
        clipped = np.clip(y_pred, 1e-7, 1 - 1e-7)
        return np.mean(-np.log(np.sum(clipped * y_true, axis=1)))

    def backward(self, y_pred, y_true):
        return (self.out - y_true) / len(y_true)
