# check: transpose_as_a_view pass
# check: transpose_from_the_constructor fail stale_cache
# check: memo_by_shape fail stale_cache
# check: memo_by_the_gradient_array fail stale_cache
# check: cached_in_the_module fail stale_cache
# check: lengths_of_the_first_batch fail stale_cache
# check: masks_first_in_first_out fail stale_cache
# check: state_carried_over pass
# check: state_carried_over_and_left_out_of_dW fail
# check: output_overwritten_by_backward pass stale_cache
"""What is kept from one call to the next, rightly and wrongly."""

import functools

import numpy as np

from minnet import check_layer


def normal(*shape):
    return np.random.default_rng(2).normal(size=shape)


class View:
    def __init__(self):
        self.W = normal(4, 3)
        self.WT = self.W.T

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.dW = self.x.T @ dout
        return dout @ self.WT


class Copy(View):
    def __init__(self):
        super().__init__()
        self.WT = self.W.T.copy()


class ByShape:
    memo = {}  # noqa: RUF012

    def forward(self, x):
        self.x = x
        return x**2

    def backward(self, dout):
        slope = self.memo.setdefault(self.x.shape, 2 * self.x)
        return dout * slope


class ByArray(ByShape):
    def __init__(self):
        self.known = {}

    def backward(self, dout):
        if id(dout) not in self.known:
            self.known[id(dout)] = dout * 2 * self.x
        return self.known[id(dout)]


KEPT = {}


@functools.lru_cache
def kept_slope(key):
    return 1 - np.tanh(KEPT[key]) ** 2


class InTheModule:
    def forward(self, x):
        KEPT[x.size] = x
        self.size = x.size
        return np.tanh(x)

    def backward(self, dout):
        return dout * kept_slope(self.size)


class FirstLengths:
    """The mean of the first steps of each sequence."""

    shares = None

    def forward(self, x, lengths):
        w = (np.arange(x.shape[1]) < lengths[:, None]) / lengths[:, None]
        if self.shares is None:
            self.shares = w
        return np.einsum("nt,ntd->nd", w, x)

    def backward(self, dout):
        return self.shares[:, :, None] * dout[:, None]


class Queue:
    def __init__(self):
        self.masks = []

    def forward(self, x):
        self.masks.append(x > 0)
        return np.maximum(x, 0)

    def backward(self, dout):
        return dout * self.masks.pop(0)


class Recurrent:
    """One step that goes on from the state of the call before."""

    def __init__(self):
        self.W, self.U = normal(3, 2), normal(2, 2)
        self.h = np.zeros((4, 2))

    def forward(self, x):
        self.x, self.before = x, self.h
        self.h = np.tanh(x @ self.W + self.before @ self.U)
        return self.h

    def backward(self, dout):
        dz = dout * (1 - self.h**2)
        self.dW, self.dU = self.x.T @ dz, self.before.T @ dz
        return dz @ self.W.T


class ForgetsTheState(Recurrent):
    def backward(self, dout):
        dx = super().backward(dout)
        self.dU = np.zeros_like(self.U)
        return dx


class UsesUpItsOutput:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y.copy()

    def backward(self, dout):
        self.y *= -self.y
        self.y += 1
        return dout * self.y


def call_transpose_as_a_view():
    return check_layer(View(), normal(5, 4))


def call_transpose_from_the_constructor():
    return check_layer(Copy(), normal(5, 4))


def call_memo_by_shape():
    return check_layer(ByShape(), normal(3, 2))


def call_memo_by_the_gradient_array():
    return check_layer(ByArray(), normal(3, 2))


def call_cached_in_the_module():
    return check_layer(InTheModule(), normal(3, 2))


def call_lengths_of_the_first_batch():
    return check_layer(FirstLengths(), normal(2, 4, 3), np.array([2, 4]))


def call_masks_first_in_first_out():
    return check_layer(Queue(), normal(3, 2))


def call_state_carried_over():
    return check_layer(Recurrent(), normal(4, 3))


def call_state_carried_over_and_left_out_of_dW():
    return check_layer(ForgetsTheState(), normal(4, 3))


def call_output_overwritten_by_backward():
    return check_layer(UsesUpItsOutput(), normal(3, 2))
