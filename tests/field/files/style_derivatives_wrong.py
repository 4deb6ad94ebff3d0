# check: softplus fail
# check: relu fail
# check: tanh fail
# check: mse fail sign
# check: entropy fail
# check: ELU fail
# check: elu fail
# check: Old fail
"""Derivatives with a slip, which no convention makes right."""

import numpy as np


def softplus(x):
    return np.log1p(np.exp(x))


def softplus_grad(x):
    return 1 / (1 + np.exp(x))


def relu(x):
    return np.maximum(0, x)


def relu_prime(x):
    return np.where(x > 0, x, 0)


def tanh(x):
    return np.tanh(x)


def tanh_derivative(x):
    return 1 - np.tanh(x)


def mse(y_true, y_pred):
    return np.mean((y_true - y_pred) ** 2)


def mse_prime(y_true, y_pred):
    return 2 * (y_true - y_pred) / y_true.size


def entropy(y, p):
    return -np.sum(y * np.log(p))


def entropy_prime(y, p):
    return -y / p**2


class ELU:
    def __init__(self, alpha=0.1):
        self.alpha = alpha

    def __call__(self, x):
        return np.where(x >= 0, x, self.alpha * (np.exp(x) - 1))

    def gradient(self, x):
        return np.where(x >= 0, 1, self(x) + 1)


def elu(x, deriv=False):
    if deriv:
        return np.where(x > 0, 1, np.exp(x) - 1)
    return np.where(x > 0, x, np.exp(x) - 1)


class Old:
    def forward(self, x):
        self.state = np.tanh(x)
        return self.state

    def derivative(self):
        return 1 - self.state
