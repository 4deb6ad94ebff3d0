# check: rnn_step fail forward
# check: rnn fail forward
# check: lstm_step fail forward
# check: temporal_softmax_loss fail forward
"""Recurrent functions that compute something else, and differentiate that."""

import numpy as np


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h = _sigmoid(x @ Wx + prev_h @ Wh + b)
    return next_h, (x, prev_h, Wx, Wh, next_h)


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    dz = dnext_h * next_h * (1 - next_h)
    return dz @ Wx.T, dz @ Wh.T, x.T @ dz, prev_h.T @ dz, dz.sum(axis=0)


def rnn_forward(x, h0, Wx, Wh, b):
    """Every step begins with h0: the state is computed and then forgotten."""
    h = np.tanh(x @ Wx + (h0 @ Wh)[:, None] + b)
    return h, (x, h0, Wx, Wh, h)


def rnn_backward(dh, cache):
    x, h0, Wx, Wh, h = cache
    dz = dh * (1 - h**2)
    each = dz.sum(axis=1)
    return dz @ Wx.T, each @ Wh.T, np.einsum("ntd,nth->dh", x, dz), h0.T @ each, each.sum(0)


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    """The new state leaves through the gate without its tanh."""
    i, f, o, g = np.split(x @ Wx + prev_h @ Wh + b, 4, axis=1)
    i, f, o, g = _sigmoid(i), _sigmoid(f), _sigmoid(o), np.tanh(g)
    next_c = f * prev_c + i * g
    return o * next_c, next_c, (x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c)


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c = cache
    dc = dnext_c + dnext_h * o
    parts = [dc * g * i * (1 - i), dc * prev_c * f * (1 - f), dnext_h * next_c * o * (1 - o)]
    da = np.hstack([*parts, dc * i * (1 - g**2)])
    return da @ Wx.T, da @ Wh.T, dc * f, x.T @ da, prev_h.T @ da, da.sum(axis=0)


def temporal_softmax_loss(x, y, mask):
    """The mask is an argument, and stays one."""
    N, T, V = x.shape
    p = np.exp(x - x.max(axis=2, keepdims=True))
    p /= p.sum(axis=2, keepdims=True)
    onehot = np.eye(V)[y]
    return -(onehot * np.log(p)).sum() / N, (p - onehot) / N
