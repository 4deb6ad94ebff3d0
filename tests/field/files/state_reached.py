# check: counters_and_iterators pass
# check: class_counter pass
# check: nonlocal_counter pass
# check: generator_function pass
# check: weight_norm pass
# check: layers_made_in_forward pass
# check: lazy_weight pass
# check: lazy_weight_wrong fail scale
# check: tied_views pass
"""State that a class, a module or a closure holds, and weights made on the way: all of it right."""

import collections
import itertools

import numpy as np

from minnet import check_functions, check_layer

COUNT, SIGNS = itertools.count(1), itertools.cycle([1.0, -1.0])
SEEN, NAMES = collections.deque(maxlen=2), set()
calls = 0


def normal(*shape):
    return np.random.default_rng(3).normal(size=shape)


class Counting:
    def forward(self, x):
        global calls
        calls += 1
        SEEN.append(calls)
        NAMES.add(str(calls))
        self.factor = next(COUNT) * next(SIGNS) + len(SEEN) + len(NAMES) + calls
        return self.factor * x

    def backward(self, dout):
        return self.factor * dout


class OfTheClass:
    steps = 0

    def forward(self, x):
        type(self).steps += 1
        self.slope = 1 / self.steps
        return self.slope * x

    def backward(self, dout):
        return self.slope * dout


def make_annealed():
    step = 0

    def forward(x):
        nonlocal step
        step += 1
        return x * step, step

    return forward, lambda dout, step: dout * step


class Scheduled:
    def __init__(self):
        self.rates = (1 / n for n in range(1, 1000))

    def forward(self, x):
        self.rate = next(self.rates)
        return self.rate * x

    def backward(self, dout):
        return self.rate * dout


class WeightNorm:
    """W = g v / |v| is computed in forward: no parameter, though it is called W."""

    def __init__(self):
        self.v, self.g = normal(4, 3), normal(3)

    def forward(self, x):
        self.x, self.size = x, np.sqrt((self.v**2).sum(axis=0))
        self.W = self.g * self.v / self.size
        return x @ self.W

    def backward(self, dout):
        self.dW = self.x.T @ dout
        unit = self.v / self.size
        self.dg = (self.dW * unit).sum(axis=0)
        self.dv = self.g / self.size * (self.dW - unit * self.dg)
        return dout @ self.W.T


class Linear:
    def __init__(self, W):
        self.W = W

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.dW = self.x.T @ dout
        return dout @ self.W.T


class MadeInForward:
    """A sub-layer for each call; its weights are slices of one array."""

    def __init__(self):
        self.theta = normal(12)

    def forward(self, x):
        self.inner = Linear(self.theta.reshape(4, 3).copy())
        return self.inner.forward(x)

    def backward(self, dout):
        dx = self.inner.backward(dout)
        self.dtheta = self.inner.dW.ravel()
        return dx


class Lazy:
    factor = 1.0
    inner = None

    def forward(self, x):
        if self.inner is None:
            self.inner = Linear(normal(x.shape[1], 3))
        return self.inner.forward(x)

    def backward(self, dout):
        dx = self.inner.backward(dout)
        self.inner.dW *= self.factor
        return dx


class LazyWrong(Lazy):
    factor = 2.0


class Tied:
    """An encoder, and its transpose as the decoder."""

    def __init__(self):
        self.W = normal(4, 2)
        self.decoder = self.W.T

    def forward(self, x):
        self.x, self.h = x, np.tanh(x @ self.W)
        return self.h @ self.decoder

    def backward(self, dout):
        dz = (dout @ self.decoder.T) * (1 - self.h**2)
        self.dW = self.x.T @ dz + dout.T @ self.h
        return dz @ self.W.T


def call_counters_and_iterators():
    return check_layer(Counting(), normal(3, 2))


def call_class_counter():
    return check_layer(OfTheClass(), normal(3, 2))


def call_nonlocal_counter():
    return check_functions(*make_annealed(), normal(3, 2))


def call_generator_function():
    return check_layer(Scheduled(), normal(3, 2))


def call_weight_norm():
    return check_layer(WeightNorm(), normal(5, 4))


def call_layers_made_in_forward():
    return check_layer(MadeInForward(), normal(5, 4))


def call_lazy_weight():
    return check_layer(Lazy(), normal(5, 4))


def call_lazy_weight_wrong():
    return check_layer(LazyWrong(), normal(5, 4))


def call_tied_views():
    return check_layer(Tied(), normal(5, 4))
