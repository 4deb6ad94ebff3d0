# check: softplus_forward skipped
"""Forward passes that the file beside this one has the backward passes of."""

import numpy as np


def softplus_forward(x):
    return np.log1p(np.exp(x)), x


def cube(x):
    return x**3
