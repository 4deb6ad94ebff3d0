# check: flat pass
# check: nested pass
# check: wrong_nested fail scale
# check: forgotten fail missing
"""A backward that returns one dict for everything; weight and bias, whose gradients are dw, db."""

import numpy as np

from minnet import check_layer


class Linear:
    def __init__(self, rng):
        self.weight = rng.normal(size=(3, 4))
        self.bias = rng.normal(size=3)

    def forward(self, x):
        self.saved = x
        return x @ self.weight.T + self.bias


class Flat(Linear):
    def backward(self, dout):
        return {"db": dout.sum(0), "dw": dout.T @ self.saved, "dx": dout @ self.weight}


class Nested(Linear):
    def backward(self, dout):
        params = {"weight": dout.T @ self.saved, "bias": dout.sum(0)}
        return {"input": dout @ self.weight, "params": params}


class WrongNested(Linear):
    def backward(self, dout):
        params = {"weight": dout.T @ self.saved / len(dout), "bias": dout.sum(0)}
        return {"input": dout @ self.weight, "params": params}


class Forgotten(Linear):
    def backward(self, dout):
        return {"dx": dout @ self.weight, "dw": dout.T @ self.saved}


def judged(cls):
    rng = np.random.default_rng(1)
    return check_layer(cls(rng), rng.normal(size=(6, 4)))


def call_flat():
    return judged(Flat)


def call_nested():
    return judged(Nested)


def call_wrong_nested():
    return judged(WrongNested)


def call_forgotten():
    return judged(Forgotten)
