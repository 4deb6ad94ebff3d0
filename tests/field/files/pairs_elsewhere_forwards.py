# check: softplus_forward skipped
# check: bent_gate_forward skipped
"""Forward passes that the file beside this one has the backward passes of."""

import numpy as np


def softplus_forward(x):
    return np.log1p(np.exp(x)), x


def cube(x):
    return x**3


def bent_gate_forward(x):
    s = 1 / (1 + np.exp(-x))
    return x * s, (x, s)
