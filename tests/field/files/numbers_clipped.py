# check: ByNorm pass convention
# check: Each pass convention
"""Gradients of the weights that are bounded, which says so; that of the input is not."""

import numpy as np


def clip_gradient(grad, max_norm=0.5):
    norm = np.linalg.norm(grad)
    return grad * (max_norm / norm) if norm > max_norm else grad


def clip_gradients(grad, limit=0.1):
    return np.clip(grad, -limit, limit)


class ByNorm:
    def __init__(self, in_features, out_features):
        self.weight = np.random.randn(in_features, out_features)
        self.bias = np.zeros(out_features)

    def forward(self, x):
        self.x = x
        return x @ self.weight + self.bias

    def backward(self, dout):
        self.grad_weight = clip_gradient(self.x.T @ dout)
        self.grad_bias = clip_gradient(dout.sum(axis=0))
        return dout @ self.weight.T


class Each:
    def __init__(self, in_features, out_features):
        self.weight = np.random.randn(in_features, out_features)

    def forward(self, x):
        self.x = x
        return np.tanh(x @ self.weight)

    def backward(self, dout):
        d = dout * (1 - np.tanh(self.x @ self.weight) ** 2)
        self.grad_weight = clip_gradients(self.x.T @ d)
        return d @ self.weight.T
