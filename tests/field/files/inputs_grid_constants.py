# check: heat pass
# check: wrong_heat fail
# check: filled pass
# check: wrong_filled fail zero
# check: forgotten_name pass
# check: wrong_forgotten_name fail scale
"""Constants that are called like gradients, gradients that are only made, a name left out."""

import warnings

import numpy as np

from minnet import Layer, check_layer


class Heat:
    """One explicit step of the heat equation: x and dx, t and dt are the grid."""

    def __init__(self):
        self.x = np.linspace(0.0, 1.0, 6)
        self.dx = self.x[1] - self.x[0]
        self.t, self.dt = 0.5, 1e-2
        self.k, self.d_k = 0.7, 4.0

    def forward(self, u):
        self.u = u
        left, right = np.roll(u, 1, axis=1), np.roll(u, -1, axis=1)
        source = np.sin(self.x) * self.t
        return u + self.k * self.dt / self.dx**2 * (left - 2 * u + right) + source / self.d_k

    def backward(self, dout):
        left, right = np.roll(dout, 1, axis=1), np.roll(dout, -1, axis=1)
        return dout + self.k * self.dt / self.dx**2 * (left - 2 * dout + right)


class WrongHeat(Heat):
    def backward(self, dout):
        return dout + self.k * self.dt / self.dx * (np.roll(dout, 1, axis=1) - dout)


class Filled:
    """Makes room for its gradient when it is built, and then returns another array."""

    def __init__(self):
        self.W = np.random.default_rng(0).normal(size=(6, 2))
        self.dW = np.zeros_like(self.W)

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        return dout @ self.W.T, self.x.T @ dout


class WrongFilled(Filled):
    def backward(self, dout):
        return dout @ self.W.T


class Gain(Layer):
    """`parameters` is empty: the base class warns of it."""

    def __init__(self):
        self.gain = np.array([1.5, -0.5, 2.0, 1.0, 0.3, 0.7])

    def forward(self, x):
        self.x = x
        return x * self.gain

    def backward(self, dout):
        self.dgain = (dout * self.x).sum(axis=0)
        return dout * self.gain


class WrongGain(Gain):
    def backward(self, dout):
        self.dgain = (dout * self.x).mean(axis=0)
        return dout * self.gain


def judged(layer):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return check_layer(layer, np.random.default_rng(7).normal(size=(4, 6)))


def call_heat():
    return judged(Heat())


def call_wrong_heat():
    return judged(WrongHeat())


def call_filled():
    return judged(Filled())


def call_wrong_filled():
    return judged(WrongFilled())


def call_forgotten_name():
    return judged(Gain())


def call_wrong_forgotten_name():
    return judged(WrongGain())
