# check: Softmax fail local_derivative_missing
# check: CrossEntropy fail
"""The same two slips where the other one is right: then no convention explains them."""

import numpy as np


class Softmax:
    def forward(self, x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def backward(self, grad):
        return grad


class SoftmaxInFull:
    def forward(self, x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.p = e / e.sum(axis=1, keepdims=True)
        return self.p

    def backward(self, grad):
        return self.p * (grad - (grad * self.p).sum(axis=1, keepdims=True))


class CrossEntropy:
    def forward(self, y_pred, y_true):
        self.y_pred, self.y_true = y_pred, y_true
        return -np.sum(y_true * np.log(y_pred)) / len(y_pred)

    def backward(self):
        return self.y_true / self.y_pred / len(self.y_pred)
