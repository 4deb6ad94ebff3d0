# check: SignSTE pass convention
# check: Heaviside pass convention
# check: GradientReversal pass convention
# check: BinaryActivation fail
# check: Flip fail sign
"""Estimators that skip a step on the way back, some of which say so."""

import numpy as np


class SignSTE:
    def forward(self, x):
        self.x = x
        return np.where(x >= 0, 1.0, -1.0)

    def backward(self, dout):
        return dout * (np.abs(self.x) <= 1)


class Heaviside:
    """A spiking neuron, with the surrogate gradient 1 / (1 + |x|)**2."""

    def forward(self, x):
        self.x = x
        return (x > 0).astype(x.dtype)

    def backward(self, dout):
        return dout / (1 + np.abs(self.x)) ** 2


class GradientReversal:
    def __init__(self, alpha=1.0):
        self.alpha = alpha

    def forward(self, x):
        return x.copy()

    def backward(self, dout):
        return -self.alpha * dout


class BinaryActivation:
    def forward(self, x):
        return np.where(x >= 0, 1.0, -1.0)

    def backward(self, dout):
        return dout


class Flip:
    def forward(self, x):
        return x.copy()

    def backward(self, dout):
        return -dout
