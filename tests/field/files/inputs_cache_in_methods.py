# check: cached pass
# check: wrong_cached fail scale
# check: saved pass
# check: static pass
# check: wrong_static fail upstream_ignored
"""Methods in the manner of functions: forward gives (out, cache), backward takes (dout, cache)."""

import numpy as np

from minnet import check_layer


class Affine:
    def __init__(self, rng):
        self.weight, self.bias = rng.normal(size=(4, 3)), rng.normal(size=3)

    def forward(self, x):
        return x @ self.weight + self.bias, x

    def backward(self, dout, cache):
        self.dw = cache.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.weight.T


class WrongAffine(Affine):
    def backward(self, dout, cache):
        dx = super().backward(dout, cache)
        self.db = dout.mean(axis=0)
        return dx


class Tanh:
    def forward(self, x):
        y = np.tanh(x)
        return y, {"y": y}

    def backward(self, upstream, kept):
        return upstream * (1 - kept["y"] ** 2)


class Bilinear:
    @staticmethod
    def forward(x, w, y):
        return ((x @ w) * y).sum(axis=1), (x, w, y)

    @staticmethod
    def backward(dout, cache):
        x, w, y = cache
        d = dout[:, None]
        return (d * y) @ w.T, x.T @ (d * y), d * (x @ w)


class WrongBilinear(Bilinear):
    @staticmethod
    def backward(dout, cache):
        x, w, y = cache
        d = dout[:, None]
        return (d * y) @ w.T, x.T @ y, d * (x @ w)


def of(layer, *shapes):
    rng = np.random.default_rng(2)
    return check_layer(layer, *(rng.normal(size=shape) for shape in shapes))


def call_cached():
    return of(Affine(np.random.default_rng(0)), (5, 4))


def call_wrong_cached():
    return of(WrongAffine(np.random.default_rng(0)), (5, 4))


def call_saved():
    return of(Tanh(), (3, 4))


def call_static():
    return of(Bilinear, (5, 4), (4, 3), (5, 3))


def call_wrong_static():
    return of(WrongBilinear(), (5, 4), (4, 3), (5, 3))
