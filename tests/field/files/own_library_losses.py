# check: MSE pass
# check: Squares pass
# check: L1 pass
# check: L2 pass
# check: Elastic pass
# check: absolute pass
# check: SoftmaxOfDigits pass
# measured: 7
"""Losses and penalties of somebody's own library: targets first, penalties told the weights."""

import time

import numpy as np


def timed(function):
    def run(*args, **settings):
        start = time.perf_counter()
        out = function(*args, **settings)
        run.seconds = time.perf_counter() - start
        return out

    return run


@timed
def absolute(y_true, y_pred, prime=False):
    if prime:
        return np.sign(y_pred - y_true) / y_true.size
    return np.mean(np.abs(y_pred - y_true))


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


class SoftmaxOfDigits:
    """The number of classes is written in its code."""

    def forward(self, x, t):
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        self.y, self.t = e / e.sum(axis=-1, keepdims=True), t
        return -np.mean(np.log(self.y[np.arange(t.size), t]))

    def backward(self, dout=1):
        one_hot = np.zeros((self.t.size, 10))
        one_hot[np.arange(self.t.size), self.t] = 1
        return (self.y - one_hot) / self.t.size * dout
