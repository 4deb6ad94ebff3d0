# check: Quantize8Bit pass
# check: BinnedAge pass
# check: FixedPointDense pass
# check: SnapToGrid pass
# check: TernaryWeights pass
# check: RoundedResidual pass
"""Layers whose output moves in jumps, and whose gradient is zero wherever there is one."""

import numpy as np


class Quantize8Bit:
    """Uniform quantisation to 256 levels between low and high."""

    def __init__(self, low=-4.0, high=4.0):
        self.low, self.high = low, high
        self.levels = 255

    def forward(self, x):
        step = (self.high - self.low) / self.levels
        index = np.round((np.clip(x, self.low, self.high) - self.low) / step)
        return self.low + index * step

    def backward(self, dout):
        return np.zeros_like(dout)


class BinnedAge:
    def __init__(self, width=0.25):
        self.width = width

    def forward(self, x):
        self.shape = x.shape
        return (x // self.width) * self.width

    def backward(self, dout):
        return np.zeros(self.shape)


class FixedPointDense:
    """A dense layer whose input is held in fixed point, eight bits behind the point."""

    def __init__(self):
        rng = np.random.default_rng(3)
        self.W = rng.normal(size=(4, 3))
        self.dW = np.zeros_like(self.W)

    def forward(self, x):
        self.q = (x * 256).astype(int) / 256
        return self.q @ self.W

    def backward(self, dout):
        self.dW = self.q.T @ dout
        return np.zeros_like(self.q)


class SnapToGrid:
    def forward(self, x):
        self.x = x
        return np.sin(np.floor(x * 10) / 10)

    def backward(self, dout):
        return 0.0 * dout


class TernaryWeights:
    def __init__(self):
        rng = np.random.default_rng(5)
        self.W = rng.normal(size=(4, 6))
        self.dW = np.zeros_like(self.W)

    def forward(self, x):
        self.x = x
        self.T = np.clip(np.round(self.W / 0.7), -1, 1)
        return x @ self.T

    def backward(self, dout):
        self.dW = np.zeros_like(self.W)
        return dout @ self.T.T


class RoundedResidual:
    def forward(self, x):
        return x + 0.1 * np.round(x * 20) / 20

    def backward(self, dout):
        return dout.copy()


def x(seed=1, shape=(5, 4)):
    return np.random.default_rng(seed).normal(size=shape)


def checked(layer):
    from minnet import check_layer

    return check_layer(layer, x())


def call_Quantize8Bit():
    return checked(Quantize8Bit())


def call_BinnedAge():
    return checked(BinnedAge())


def call_FixedPointDense():
    return checked(FixedPointDense())


def call_SnapToGrid():
    return checked(SnapToGrid())


def call_TernaryWeights():
    return checked(TernaryWeights())


def call_RoundedResidual():
    return checked(RoundedResidual())
