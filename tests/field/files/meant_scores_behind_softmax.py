# check: CategoricalCrossEntropy pass convention
# check: cross_entropy pass
# measured: 2
"""A softmax has no derivative of its own here: the loss gives that of the two together."""

import numpy as np


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


class CategoricalCrossEntropy:
    def forward(self, y_pred, y_true):
        self.y_pred, self.y_true = y_pred, y_true
        return -np.mean(np.sum(y_true * np.log(y_pred), axis=1))

    def backward(self):
        return (self.y_pred - self.y_true) / len(self.y_true)


def cross_entropy(y_one_hot, y_hat, grad=False):
    if not grad:
        return -np.sum(y_one_hot * np.log(y_hat))
    return y_hat - y_one_hot


def network(x, W, b):
    return softmax(x @ W + b)
