# check: Affine pass
# check: ReLU pass
# check: Sigmoid pass
# check: Tanh fail local_derivative_missing
# check: Scale fail
# measured: 5
"""Layers whose forward gives the output and a function that is their backward pass."""

import numpy as np


class Parameter:
    def __init__(self, value):
        self.value = np.array(value)
        self.gradient = np.zeros_like(self.value)


class SGD:
    def update(self, parameter, rate):
        parameter.value = parameter.value - rate * parameter.gradient
        parameter.gradient.fill(0)


class Affine:
    def __init__(self, in_units, out_units):
        self.W = Parameter(0.1 * np.random.randn(in_units, out_units))
        self.b = Parameter(np.zeros(out_units))

    def forward(self, X):
        def backward(D):
            self.W.gradient = self.W.gradient + X.T @ D
            self.b.gradient += D.sum(axis=0)
            return D @ self.W.value.T

        return X @ self.W.value + self.b.value, backward


class ReLU:
    def forward(self, X):
        mask = X > 0
        return X * mask, lambda D: D * mask


class Sigmoid:
    def forward(self, X):
        def backward(D):
            return D

        return 1 / (1 + np.exp(-X)), backward


class Tanh:
    def forward(self, X):
        return np.tanh(X), lambda D: D


class Scale:
    def __init__(self, size):
        self.gamma = Parameter(np.ones(size))

    def forward(self, X):
        def backward(D):
            self.gamma.gradient = (D * X).mean(axis=0)
            return D * self.gamma.value

        return X * self.gamma.value, backward


def cross_entropy(predictions, targets):
    p = np.clip(predictions, 1e-11, 1 - 1e-11)
    return -np.sum(targets * np.log(p) + (1 - targets) * np.log(1 - p)), predictions - targets
