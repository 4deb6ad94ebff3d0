# measured: 3
# check: Linear pass
# check: HalfLinear fail scale
# check: Tanh pass
"""A course's modules: one method leaves the gradients of parameters, another returns the delta."""

import numpy as np


class Module:
    def __init__(self):
        self._parameters = None
        self._gradient = None

    def zero_grad(self):
        if self._gradient is not None:
            self._gradient = np.zeros(self._gradient.shape)

    def forward(self, X):
        pass

    def backward_update_gradient(self, input, delta):
        pass

    def backward_delta(self, input, delta):
        pass


class Linear(Module):
    def __init__(self, input, output):
        rng = np.random.default_rng(0)
        self._parameters = 2 * rng.random((input, output)) - 1
        self._gradient = np.zeros((input, output))
        self._bias_parameters = 2 * rng.random((1, output)) - 1
        self._bias_gradient = np.zeros((1, output))

    def forward(self, X):
        return X @ self._parameters + self._bias_parameters

    def backward_update_gradient(self, input, delta):
        self._gradient += input.T @ delta
        self._bias_gradient += delta.sum(axis=0)

    def backward_delta(self, input, delta):
        return delta @ self._parameters.T


class HalfLinear(Linear):
    def backward_update_gradient(self, input, delta):
        self._gradient += input.T @ delta / 2
        self._bias_gradient += delta.sum(axis=0)


class Tanh(Module):
    def forward(self, X):
        return np.tanh(X)

    def backward_delta(self, input, delta):
        return delta * (1 - np.tanh(input) ** 2)
