# check: rnn_step pass forward_pass
# check: rnn pass forward_pass
# check: lstm_step pass forward_pass
# check: lstm pass forward_pass
# check: temporal_softmax_loss pass forward_pass
"""Recurrent functions of the course, with one product for inputs and state."""

import numpy as np


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    both, W = np.hstack([x, prev_h]), np.vstack([Wx, Wh])
    next_h = np.tanh(both.dot(W) + b)
    return next_h, (both, W, next_h, x.shape[1])


def rnn_step_backward(dnext_h, cache):
    both, W, next_h, D = cache
    dz = dnext_h * (1 - next_h**2)
    dboth, dW = dz @ W.T, both.T @ dz
    return dboth[:, :D], dboth[:, D:], dW[:D], dW[D:], dz.sum(axis=0)


def rnn_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    h, states, caches = h0, [], []
    for t in range(T):
        h, cache = rnn_step_forward(x[:, t], h, Wx, Wh, b)
        states.append(h)
        caches.append(cache)
    return np.stack(states, axis=1), caches


def rnn_backward(dh, caches):
    N, T, H = dh.shape
    D = caches[0][3]
    dx, dprev = np.zeros((N, T, D)), np.zeros((N, H))
    dWx, dWh, db = np.zeros((D, H)), np.zeros((H, H)), np.zeros(H)
    for t in range(T - 1, -1, -1):
        dx[:, t], dprev, a, c, e = rnn_step_backward(dh[:, t] + dprev, caches[t])
        dWx, dWh, db = dWx + a, dWh + c, db + e
    return dx, dprev, dWx, dWh, db


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    H = prev_h.shape[1]
    a = x @ Wx + prev_h @ Wh + b
    i, f, o = _sigmoid(a[:, :H]), _sigmoid(a[:, H : 2 * H]), _sigmoid(a[:, 2 * H : 3 * H])
    g = np.tanh(a[:, 3 * H :])
    next_c = f * prev_c + i * g
    next_h = o * np.tanh(next_c)
    return next_h, next_c, (x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c)


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c = cache
    t = np.tanh(next_c)
    dc = dnext_c + dnext_h * o * (1 - t * t)
    parts = [dc * g * i * (1 - i), dc * prev_c * f * (1 - f), dnext_h * t * o * (1 - o)]
    da = np.concatenate([*parts, dc * i * (1 - g * g)], axis=1)
    return da @ Wx.T, da @ Wh.T, dc * f, x.T @ da, prev_h.T @ da, da.sum(axis=0)


def lstm_forward(x, h0, Wx, Wh, b):
    h, c, out, caches = h0, np.zeros_like(h0), [], []
    for t in range(x.shape[1]):
        h, c, cache = lstm_step_forward(x[:, t], h, c, Wx, Wh, b)
        out.append(h)
        caches.append(cache)
    return np.array(out).transpose(1, 0, 2), caches


def lstm_backward(dh, caches):
    Wx, Wh = caches[0][3:5]
    dx = np.zeros((*dh.shape[:2], len(Wx)))
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros(Wx.shape[1])
    dprev, dc = np.zeros_like(dh[:, 0]), np.zeros_like(dh[:, 0])
    for t in reversed(range(dh.shape[1])):
        dx[:, t], dprev, dc, a, w, e = lstm_step_backward(dh[:, t] + dprev, dc, caches[t])
        dWx += a
        dWh += w
        db += e
    return dx, dprev, dWx, dWh, db


def temporal_softmax_loss(x, y, mask):
    N, T, V = x.shape
    flat, labels, counts = x.reshape(N * T, V), y.reshape(-1), mask.reshape(-1)
    p = np.exp(flat - flat.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    rows = np.arange(N * T)
    loss = -(counts * np.log(p[rows, labels])).sum() / N
    p[rows, labels] -= 1
    return loss, (p * counts[:, None] / N).reshape(N, T, V)
