# check: softplus pass
# check: cube fail wrong_factor
# check: Network.elu_backward pass
# check: Network.sine_backward fail
# check: bent_gate pass
# check: bent_gate_scaled skipped
# measured: 5
"""Backward passes whose forward is another file's, or beside the class that they are methods of."""

import numpy as np
from pairs_elsewhere_forwards import cube, softplus_forward

__all__ = ["cube", "softplus_forward"]


def softplus_backward(dout, cache):
    return dout / (1 + np.exp(-cache))


def cube_backward(dout, x):
    return dout * 3 * x


def bent_gate_backward(dout, cache):
    x, s = cache
    return dout * (s + x * s * (1 - s))


def bent_gate_backward_scaled(dout, cache, factor, shift):
    return factor * bent_gate_backward(dout, cache) + shift


def elu(z):
    return np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1)


def sine(z):
    return np.sin(z)


class Network:
    def __init__(self, sizes):
        self.weights = [np.random.randn(a, b) for a, b in zip(sizes, sizes[1:], strict=False)]

    def elu_backward(self, dA, z):
        return dA * np.where(z > 0, 1.0, np.exp(np.minimum(z, 0)))

    def sine_backward(self, dA, z):
        return dA * np.sin(z)
