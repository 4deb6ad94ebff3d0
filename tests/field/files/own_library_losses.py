# check: MSE pass
# check: Squares pass
# check: L1 pass
# check: L2 pass
# check: Elastic pass
# measured: 5
"""Losses and penalties of somebody's own library: targets first, penalties told the weights."""

import numpy as np


class MSE:
    def forward(self, Y_true, Y_pred):
        return np.mean((Y_pred - Y_true) ** 2)

    def backward(self, Y_true, Y_pred):
        return 2 * (Y_pred - Y_true) / Y_true.size


class Squares:
    def loss(self, actual, predicted):
        return np.sum((predicted - actual) ** 2)

    def grad(self, actual, predicted):
        return 2 * (predicted - actual)


class L1:
    def __init__(self, l1=0.01):
        self.l1 = l1

    def forward(self, w):
        return self.l1 * np.sum(np.abs(w))

    def backward(self, w):
        return self.l1 * np.sign(w)


class L2:
    def __init__(self, l2=0.01):
        self.l2 = l2

    def forward(self, w):
        return self.l2 * np.sum(np.square(w))

    def backward(self, w):
        return 2 * self.l2 * w


class Elastic:
    def __init__(self, l1=0.3, l2=0.2):
        self.l1, self.l2, self.parts = l1, l2, (L1(l1), L2(l2))

    def forward(self, w):
        self.parts[0].l1, self.parts[1].l2 = self.l1, self.l2
        return sum(part.forward(w) for part in self.parts)

    def backward(self, w):
        self.parts[0].l1, self.parts[1].l2 = self.l1, self.l2
        return sum(part.backward(w) for part in self.parts)
