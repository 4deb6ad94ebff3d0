# check: Dense pass
# check: Bare fail
# measured: 2
"""Layers that are called: only so do they keep what backward needs."""

import numpy as np


class Dense:
    def __init__(self, in_features, out_features):
        self.W = 0.1 * np.random.randn(in_features, out_features)
        self.b = np.zeros(out_features)

    def __call__(self, x):
        self.seen = x
        return self.forward(x)

    def forward(self, x):
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.seen.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T


class Bare(Dense):
    def backward(self, dout):
        self.dW = self.seen.T @ dout
        self.db = dout.mean(axis=0)
        return dout @ self.W.T
