# check: gather pass
# check: gather_by_assignment pass wrong_case
# check: one_sample pass wrong_case
# check: square_images pass wrong_case
# check: slope_of_one pass wrong_case
# check: positive_numbers pass wrong_case
# check: full_mask pass wrong_case
# check: inner_product pass
"""Right at what is handed over, and wrong with other sizes, indices, values and settings."""

import numpy as np

from minnet import check_functions, check_layer


def normal(*shape):
    return np.random.default_rng(5).normal(size=shape)


def gather_forward(x, index):
    return x[index], (x, index)


def gather_backward(dout, cache):
    x, index = cache
    dx = np.zeros_like(x)
    np.add.at(dx, index, dout)
    return dx


def assigning_backward(dout, cache):
    x, index = cache
    dx = np.zeros_like(x)
    dx[index] = dout
    return dx


def unit_forward(x):
    size = np.sqrt((x**2).sum(axis=1, keepdims=True))
    return x / size, (x / size, size)


def unit_backward(dout, cache):
    y, size = cache
    return (dout - y * (dout * y).sum()) / size  # the sum over the batch too


class GlobalMean:
    def forward(self, x):
        self.shape = x.shape
        return x.mean(axis=(2, 3))

    def backward(self, dout):
        side = self.shape[2]
        return np.broadcast_to(dout[:, :, None, None] / side**2, self.shape)


class Elu:
    def __init__(self, alpha=1.0):
        self.alpha = alpha

    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, self.alpha * np.expm1(x))

    def backward(self, dout):
        return dout * np.where(self.x > 0, 1.0, np.exp(self.x))


class Cube:
    """The size to the third power."""

    def forward(self, x):
        self.x = x
        return np.abs(x) ** 3

    def backward(self, dout):
        return dout * 3 * self.x**2


class MaskedSum:
    def forward(self, x, mask):
        self.shape = x.shape
        return (x * mask).sum(axis=1)

    def backward(self, dout):
        return np.broadcast_to(dout[:, None], self.shape)


class Inner:
    def forward(self, a, b):
        self.a, self.b = a, b
        return (a * b).sum(axis=1)

    def backward(self, dout):
        return dout[:, None] * self.b, dout[:, None] * self.a


INDEX = np.array([3, 0, 4])


def call_gather():
    return check_functions(gather_forward, gather_backward, normal(5, 2), INDEX)


def call_gather_by_assignment():
    return check_functions(gather_forward, assigning_backward, normal(5, 2), INDEX)


def call_one_sample():
    return check_functions(unit_forward, unit_backward, normal(1, 4))


def call_square_images():
    return check_layer(GlobalMean(), normal(2, 3, 4, 4))


def call_slope_of_one():
    return check_layer(Elu(), normal(3, 4))


def call_positive_numbers():
    return check_layer(Cube(), np.abs(normal(3, 4)) + 0.1)


def call_full_mask():
    return check_layer(MaskedSum(), normal(3, 4), np.ones((3, 4), bool))


def call_inner_product():
    return check_layer(Inner(), normal(1, 4), normal(1, 4) + 1)
