# check: sigmoid pass
# check: tanh pass
# check: relu pass
# check: leaky_relu pass
# check: elu pass
# check: softmax skipped
# check: softmax_full pass
# check: mse pass
# check: squares pass
# check: cross_entropy pass
# check: entropy_of_scores pass
# check: Sigmoid pass
# check: ELU pass
# check: SquareLoss pass
# check: QuadraticCost pass
# check: CrossEntropyCost pass
# check: Old pass
# check: Helpers.sigmoid pass
# check: swish pass
# check: SquaredCost pass
# check: softsign pass
# check: CostBehindTanh skipped
"""Functions with their derivatives beside them, at the input or at the output, and losses."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_prime(x):
    return sigmoid(x) * (1 - sigmoid(x))


def tanh(x):
    return np.tanh(x)


def tanh_derivative(y):
    return 1 - y**2


def relu(x):
    return np.maximum(0, x)


def drelu(x):
    return np.where(x > 0, 1, 0)


def leaky_relu(x, alpha=0.01):
    return np.where(x > 0, x, alpha * x)


def leaky_relu_grad(dout, x, alpha=0.01):
    return dout * np.where(x > 0, 1, alpha)


def elu(x, deriv=False):
    if deriv:
        return np.where(x > 0, 1, np.exp(x))
    return np.where(x > 0, x, np.exp(x) - 1)


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def softmax_derivative(x):
    s = softmax(x)
    return s * (1 - s)


def softmax_full(x):
    return softmax(x)


def softmax_full_prime(x):
    s = softmax(x)
    return s[:, :, None] * (np.eye(s.shape[1]) - s[:, None, :])


def swish(x):
    return x * sigmoid(x)


def swishGradient(x):
    s = sigmoid(x)
    return s + x * s * (1 - s)


def mse(y_true, y_pred):
    return np.mean((y_true - y_pred) ** 2)


def mse_prime(y_true, y_pred):
    return 2 * (y_pred - y_true) / y_true.size


def squares(y_true, y_pred):
    return np.mean((y_true - y_pred) ** 2)


def squares_derivative(y_true, y_pred):
    return y_pred - y_true


def cross_entropy(y, p):
    return -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p))


def cross_entropy_grad(y, p):
    return (p - y) / (p * (1 - p))


def entropy_of_scores(y, p):
    return -np.mean(np.sum(y * np.log(p + 1e-12), axis=1))


def entropy_of_scores_prime(y, p):
    return (p - y) / len(y)


class Sigmoid:
    def __call__(self, x):
        return sigmoid(x)

    def gradient(self, x):
        return self(x) * (1 - self(x))


class ELU:
    def __init__(self, alpha=0.1):
        self.alpha = alpha

    def fn(self, z):
        return np.where(z >= 0, z, self.alpha * (np.exp(z) - 1))

    def grad(self, z):
        return np.where(z >= 0, 1, self.fn(z) + self.alpha)


class SquareLoss:
    def loss(self, y, y_pred):
        return 0.5 * (y - y_pred) ** 2

    def gradient(self, y, y_pred):
        return y_pred - y


class QuadraticCost:
    @staticmethod
    def fn(a, y):
        return 0.5 * np.linalg.norm(a - y) ** 2

    @staticmethod
    def delta(z, a, y):
        return (a - y) * sigmoid_prime(z)


class CrossEntropyCost:
    @staticmethod
    def fn(a, y):
        return np.sum(np.nan_to_num(-y * np.log(a) - (1 - y) * np.log(1 - a)))

    @staticmethod
    def delta(z, a, y):
        return a - y


class Old:
    def forward(self, x):
        self.state = np.tanh(x)
        return self.state

    def derivative(self):
        return 1 - self.state**2


class Helpers:
    def __init__(self, layers, rate):
        self.layers, self.rate = layers, rate

    def sigmoid(self, x):
        return sigmoid(x)

    def sigmoid_derivative(self, x):
        return x * (1 - x)

    def scaled(self, x):
        return self.rate * x

    def scaled_prime(self, x):
        return self.rate


def softsign(x):
    return x / (1 + np.abs(x))


def softsign_derive(x):
    return 1 / (1 + np.abs(x)) ** 2


def sigmoid_slope(z):
    return np.exp(-z) / (1 + np.exp(-z)) ** 2


class SquaredCost:
    @staticmethod
    def fn(a, y):
        return 0.5 * np.linalg.norm(a - y) ** 2

    @staticmethod
    def delta(a, y, z):
        return (a - y) * sigmoid_slope(z)


class CostBehindTanh:
    @staticmethod
    def fn(a, y):
        return 0.5 * np.linalg.norm(a - y) ** 2

    @staticmethod
    def delta(a, y, z):
        return (a - y) * (1 - np.tanh(z) ** 2)
