# check: Softmax pass
# check: CategoricalCrossEntropy fail
# measured: 2
"""The softmax has a derivative of its own: the loss must not take it again."""

import numpy as np


class Softmax:
    def forward(self, z):
        e = np.exp(z - z.max(axis=1, keepdims=True))
        self.y = e / e.sum(axis=1, keepdims=True)
        return self.y

    def backward(self, dout):
        return self.y * (dout - (dout * self.y).sum(axis=1, keepdims=True))


class CategoricalCrossEntropy:
    def forward(self, y_pred, y_true):
        self.y_pred, self.y_true = y_pred, y_true
        return -np.mean(np.sum(y_true * np.log(y_pred), axis=1))

    def backward(self):
        return (self.y_pred - self.y_true) / len(self.y_true)
