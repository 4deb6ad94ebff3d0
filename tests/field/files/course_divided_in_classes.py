# check: Linear pass convention
# check: MSELoss pass convention
# check: CrossEntropyLoss pass convention
"""A course whose linear layer divides by N, and whose losses leave that out."""

import numpy as np


class Linear:
    def __init__(self, in_features, out_features):
        self.W = np.zeros((out_features, in_features))
        self.b = np.zeros((out_features, 1))

    def forward(self, A):
        self.A = A
        self.N = A.shape[0]
        self.Ones = np.ones((self.N, 1))
        return self.A @ self.W.T + self.Ones @ self.b.T

    def backward(self, dLdZ):
        dLdA = dLdZ @ self.W
        self.dLdW = dLdZ.T @ self.A / self.N
        self.dLdb = dLdZ.T @ self.Ones / self.N
        return dLdA


class MSELoss:
    def forward(self, A, Y):
        self.A, self.Y = A, Y
        self.N, self.C = A.shape
        se = (A - Y) * (A - Y)
        return np.sum(se) / (2 * self.N * self.C)

    def backward(self):
        return self.A - self.Y


class CrossEntropyLoss:
    def forward(self, A, Y):
        self.A, self.Y = A, Y
        e = np.exp(A - A.max(axis=1, keepdims=True))
        self.softmax = e / e.sum(axis=1, keepdims=True)
        return np.sum(-Y * np.log(self.softmax)) / len(A)

    def backward(self):
        return self.softmax - self.Y
