# measured: 2
# check: swish pass
# check: gain fail scale
# check: project skipped
# check: conv_backward skipped
"""Functions beside their backward passes, and functions that only have such a name."""

import numpy as np


def swish(x):
    return x / (1 + np.exp(-x))


def swish_backward(dout, x):
    s = 1 / (1 + np.exp(-x))
    return dout * (s + x * s * (1 - s))


def gain(x, w):
    return x * w


def gain_backward(dout, x, w):
    return dout * w, dout * x * 2


def project(points):
    return points[:2]


def project_backward(a, b, c, d):
    return a + b


def conv(x):
    return x


def conv_backward(dout, cache):
    return dout
