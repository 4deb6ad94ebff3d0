# check: Median pass
# check: MedianWrong fail
# check: KthSmallest pass
# check: KthSmallestWrong fail
# check: IntegersToFloor pass
# check: OneWild pass
# check: OneWildWrong fail
"""Three equal values, values right on a step, and one element among many that cannot be told."""

import numpy as np

from minnet import check_functions, check_layer


class Median:
    def __init__(self, factor=1.0):
        self.factor = factor

    def forward(self, x):
        self.shape = x.shape
        self.middle = np.argsort(x, axis=1, kind="stable")[:, x.shape[1] // 2]
        return x[np.arange(len(x)), self.middle]

    def backward(self, dout):
        dx = np.zeros(self.shape)
        dx[np.arange(len(dout)), self.middle] = self.factor * dout
        return dx


TIED = np.array([[4.0, 4.0, 4.0, 1.0, 7.0], [2.0, 2.0, 0.0, 2.0, 3.0]])


def call_Median():
    return check_layer(Median(), TIED)


def call_MedianWrong():
    return check_layer(Median(0.5), TIED)


def kth(k, where):
    def forward(x):
        order = np.argsort(x, kind="stable")
        return np.array([x[order[k]]]), (len(x), order[where])

    def backward(dout, cache):
        dx = np.zeros(cache[0])
        dx[cache[1]] = dout[0]
        return dx

    return check_functions(forward, backward, np.array([3.0, 1.0, 3.0, 3.0, 5.0]))


def call_KthSmallest():
    return kth(2, 2)


def call_KthSmallestWrong():
    return kth(2, 0)


def call_IntegersToFloor():
    return check_functions(
        lambda x: (np.floor(x), x), lambda dout, x: 0 * dout, np.arange(12.0).reshape(3, 4)
    )


def wild(factor):
    x = np.random.default_rng(9).normal(size=9)

    def forward(x):
        out = np.sin(x)
        out[4] = np.sin(1e14 * x[4])
        return out, x

    def backward(dout, x):
        dx = factor * dout * np.cos(x)
        dx[4] = 0.0
        return dx

    return check_functions(forward, backward, x)


def call_OneWild():
    return wild(1.0)


def call_OneWildWrong():
    return wild(1.2)
