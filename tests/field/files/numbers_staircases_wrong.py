# check: Pixels fail
# check: Buckets fail
# check: Cents fail
# check: Steps fail
# check: WithTrend fail
"""Steps that are passed over as if there were none, and nothing says that this is meant."""

import numpy as np

from minnet import check_functions, check_gradient, check_layer

x = np.random.default_rng(2).normal(size=(6, 3))


class Pixels:
    def forward(self, x):
        return np.round(x * 255) / 255

    def backward(self, dout):
        return dout


class Buckets:
    def forward(self, x):
        self.x = x
        return np.floor(3 * x) ** 2

    def backward(self, dout):
        return dout * 6 * np.floor(3 * self.x)


def cents_forward(price):
    return np.trunc(price * 100) / 100, price.shape


def cents_backward(dout, shape):
    return np.ones(shape) * dout


class WithTrend:
    """The slope of the steps is counted with that of the trend."""

    def forward(self, x):
        self.x = x
        return np.tanh(x) + np.ceil(2 * x) / 2

    def backward(self, dout):
        return dout * (2 - np.tanh(self.x) ** 2)


def call_Pixels():
    return check_layer(Pixels(), x)


def call_Buckets():
    return check_layer(Buckets(), x)


def call_Cents():
    return check_functions(cents_forward, cents_backward, 40 * np.abs(x))


def call_Steps():
    return check_gradient(lambda v: np.sum(v.astype(int) * 1.0), lambda v: np.ones_like(v), 5 * x)


def call_WithTrend():
    return check_layer(WithTrend(), x)
