# check: Affine pass
# check: Wrong fail scale
# measured: 2
"""Parameters that are objects, which hold their gradient beside their value."""

import numpy as np


class Parameter:
    def __init__(self, value):
        self.value = np.array(value)
        self.gradient = np.zeros_like(self.value)


class Affine:
    def __init__(self, in_units, out_units):
        self.W = Parameter(0.1 * np.random.randn(in_units, out_units))
        self.b = Parameter(np.zeros(out_units))

    def forward(self, X):
        self.X = X
        return X @ self.W.value + self.b.value

    def backward(self, D):
        self.W.gradient = self.X.T @ D
        self.b.gradient = D.sum(axis=0)
        return D @ self.W.value.T


class Wrong(Affine):
    def backward(self, D):
        super().backward(D)
        self.b.gradient = D.mean(axis=0)
        return D @ self.W.value.T
