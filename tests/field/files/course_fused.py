# check: Softmax pass convention
# check: CrossEntropy pass convention
# check: Sigmoid pass
# check: Tanh fail
"""A softmax that passes its gradient on, behind a loss that returns that of both."""

import numpy as np


class Softmax:
    def forward(self, x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def backward(self, grad):
        return grad


class CrossEntropy:
    def forward(self, y_pred, y_true):
        self.y_pred, self.y_true = y_pred, y_true
        return -np.sum(y_true * np.log(y_pred + 1e-12)) / len(y_pred)

    def backward(self):
        grad = self.y_pred - self.y_true
        return grad / len(self.y_pred)


class Sigmoid:
    def forward(self, x):
        self.s = 1 / (1 + np.exp(-x))
        return self.s

    def backward(self, grad):
        return grad * self.s * (1 - self.s)


class Tanh:
    def forward(self, x):
        return np.tanh(x)

    def backward(self, grad):
        return grad
