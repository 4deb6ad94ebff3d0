# check: forgetful fail missing
# check: lookup fail one_sample
# check: center fail statistic_constant
# check: typo error crash
# check: add fail sign
# check: mul fail swapped
# check: fc_leaky fail scale
# check: broken_shape fail shape
# check: nothing skipped
# check: needs_call skipped
"""Pairs of functions whose names no course has, wrong or beyond guessing."""

import numpy as np


def lookup_forward(W, idx):
    return W[idx], (W.shape, idx)


def lookup_backward(dout, cache):
    shape, idx = cache
    dW = np.zeros(shape)
    dW[idx] += dout
    return dW


def center_forward(x):
    return x - x.mean(axis=0), None


def center_backward(dout, cache):
    return dout


def typo_forward(x):
    return x**2, x


def typo_backward(dout, cache):
    return 2 * dout * cach


def add_forward(a, b):
    return a + b, None


def add_backward(dout, cache):
    return dout, -dout


def mul_forward(x, y):
    return x * y, (x, y)


def mul_backward(dout, cache):
    x, y = cache
    return dout * x, dout * y


def fc_leaky_forward(X, W, b, alpha):
    z = X @ W + b
    return np.where(z > 0, z, alpha * z), (X, W, z, alpha)


def fc_leaky_backward(dA, cache):
    X, W, z, alpha = cache
    dz = dA * np.where(z > 0, 1, alpha)
    return dz @ W.T, X.T @ dz, dz.mean(0)


def broken_shape_forward(x):
    return x.sum(axis=1), x


def broken_shape_backward(dout, x):
    return dout


def nothing_forward(cfg, x):
    return x * cfg.scale, cfg


def nothing_backward(dout, cfg):
    return dout * cfg.scale


def needs_call_forward(x, f):
    return f(x), x


def needs_call_backward(dout, x):
    return dout


def forgetful_forward(x):
    return x * x, x


def forgetful_backward(dout, x):
    dx = 2 * dout * x  # noqa: F841 (the slip: nothing is returned)
