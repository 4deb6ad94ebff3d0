# check: dense pass
# check: wrong_dense fail
"""A layer that hands the gradients of its parameters over beside dx."""

import numpy as np

from minnet import check_layer


class Dense:
    def __init__(self, rng):
        self.W = rng.normal(size=(4, 3))
        self.b = rng.normal(size=3)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        return dout @ self.W.T, {"W": self.x.T @ dout, "b": dout.sum(axis=0)}


class WrongDense(Dense):
    def backward(self, dout):
        return dout @ self.W.T, {"W": self.x.T @ dout, "b": dout.mean(axis=0)}


def call_dense():
    rng = np.random.default_rng(0)
    return check_layer(Dense(rng), rng.normal(size=(5, 4)))


def call_wrong_dense():
    rng = np.random.default_rng(0)
    return check_layer(WrongDense(rng), rng.normal(size=(5, 4)))
