# check: Linear pass
# check: MSELoss pass
# check: Twice fail
# measured: 3
"""A course's loss that gives A - Y beside a mean of squares, and layers that divide."""

import numpy as np


class Linear:
    def __init__(self, in_features, out_features):
        self.W = np.zeros((out_features, in_features))
        self.b = np.zeros((out_features, 1))

    def forward(self, A):
        self.A, self.N = A, A.shape[0]
        return A @ self.W.T + self.b.T

    def backward(self, dLdZ):
        self.dLdW = dLdZ.T @ self.A / self.N
        self.dLdb = dLdZ.sum(axis=0).reshape(-1, 1) / self.N
        return dLdZ @ self.W


class MSELoss:
    def forward(self, A, Y):
        self.A, self.Y = A, Y
        return ((A - Y) ** 2).sum() / A.size

    def backward(self):
        dLdA = self.A - self.Y
        return dLdA


class Twice(MSELoss):
    def backward(self):
        dLdA = 4 * (self.A - self.Y)
        return dLdA
