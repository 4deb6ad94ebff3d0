# check: swish pass
# check: rms_scale pass
# check: bilinear pass
# check: glu pass
# check: cosine pass
# check: logistic pass
# check: dense_tanh pass
# check: channel_gain pass
# check: mish pass
# check: prelu pass
# check: highway pass
# check: attend pass
# check: maxout pass
# check: conv1d_causal pass
# check: log_softmax pass
# check: lerp pass
# check: quantile_loss pass
# check: power pass
# check: outer pass
# check: reuse pass
# check: interp pass
"""Pairs of functions whose names no course has: what they want is tried."""

import numpy as np


def swish_forward(x, beta):
    s = 1 / (1 + np.exp(-beta * x))
    return x * s, (x, s, beta)


def swish_backward(dout, cache):
    x, s, beta = cache
    return dout * (s + beta * x * s * (1 - s))


def rms_scale_forward(x, g, eps=1e-6):
    r = 1 / np.sqrt((x**2).mean(-1, keepdims=True) + eps)
    return x * r * g, (x, r, g)


def rms_scale_backward(dout, cache):
    x, r, g = cache
    dg = (dout * x * r).sum(axis=tuple(range(x.ndim - 1)))
    dn = dout * g
    dx = dn * r - x * r**3 * (dn * x).mean(-1, keepdims=True)
    return dx, dg


def bilinear_forward(x, A, y):
    return np.einsum("ni,ij,nj->n", x, A, y), (x, A, y)


def bilinear_backward(dout, cache):
    x, A, y = cache
    dx = dout[:, None] * (y @ A.T)
    dA = np.einsum("n,ni,nj->ij", dout, x, y)
    dy = dout[:, None] * (x @ A)
    return dx, dA, dy


def glu_forward(x):
    a, b = np.split(x, 2, axis=1)
    s = 1 / (1 + np.exp(-b))
    return a * s, (a, s)


def glu_backward(dout, cache):
    a, s = cache
    return np.concatenate([dout * s, dout * a * s * (1 - s)], axis=1)


def cosine_forward(x, y):
    nx = np.linalg.norm(x, axis=1, keepdims=True)
    ny = np.linalg.norm(y, axis=1, keepdims=True)
    c = (x * y).sum(1, keepdims=True) / (nx * ny)
    return c[:, 0], (x, y, nx, ny, c)


def cosine_backward(dout, cache):
    x, y, nx, ny, c = cache
    d = dout[:, None]
    return d * (y / (nx * ny) - c * x / nx**2), d * (x / (nx * ny) - c * y / ny**2)


def logistic_forward(x):
    return np.log(x / (1 - x)), x


def logistic_backward(dout, x):
    return dout / (x * (1 - x))


def dense_tanh_forward(inputs, weights, bias):
    out = np.tanh(inputs.dot(weights) + bias)
    return out, (inputs, weights, out)


def dense_tanh_backward(grad, cache):
    inputs, weights, out = cache
    d = grad * (1 - out**2)
    return d.dot(weights.T), inputs.T.dot(d), d.sum(0)


def channel_gain_forward(x, gain):
    return x * gain[None, :, None, None], (x, gain)


def channel_gain_backward(dout, cache):
    x, gain = cache
    return dout * gain[None, :, None, None], (dout * x).sum(axis=(0, 2, 3))


def mish_forward(x):
    sp = np.log1p(np.exp(x))
    return x * np.tanh(sp), x


def mish_backward(dout, cache):
    x = cache
    sp = np.log1p(np.exp(x))
    t = np.tanh(sp)
    return dout * (t + x * (1 - t**2) / (1 + np.exp(-x)))


def prelu_forward(x, a):
    return np.where(x > 0, x, a * x), (x, a)


def prelu_backward(dout, cache):
    x, a = cache
    return dout * np.where(x > 0, 1, a), np.sum(dout * np.where(x > 0, 0, x))


def highway_forward(x, W, b, Wt, bt):
    h = np.tanh(x @ W + b)
    t = 1 / (1 + np.exp(-(x @ Wt + bt)))
    return h * t + x * (1 - t), (x, W, Wt, h, t)


def highway_backward(dout, cache):
    x, W, Wt, h, t = cache
    dh = dout * t
    dt = dout * (h - x)
    da = dh * (1 - h**2)
    ds = dt * t * (1 - t)
    dx = dout * (1 - t) + da @ W.T + ds @ Wt.T
    return dx, x.T @ da, da.sum(0), x.T @ ds, ds.sum(0)


def attend_forward(Q, K, V):
    s = Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-1])
    e = np.exp(s - s.max(-1, keepdims=True))
    p = e / e.sum(-1, keepdims=True)
    return p @ V, (Q, K, V, p)


def attend_backward(dout, cache):
    Q, K, V, p = cache
    dV = p.swapaxes(-1, -2) @ dout
    dp = dout @ V.swapaxes(-1, -2)
    ds = p * (dp - (dp * p).sum(-1, keepdims=True)) / np.sqrt(Q.shape[-1])
    return ds @ K, ds.swapaxes(-1, -2) @ Q, dV


def maxout_forward(x, k):
    N, D = x.shape
    y = x.reshape(N, D // k, k)
    return y.max(2), (x.shape, y, k)


def maxout_backward(dout, cache):
    shape, y, k = cache
    m = y == y.max(2, keepdims=True)
    return (m * dout[:, :, None]).reshape(shape)


def conv1d_causal_forward(x, w):
    T = x.shape[1]
    K = len(w)
    xp = np.pad(x, ((0, 0), (K - 1, 0)))
    return sum(w[k] * xp[:, k : k + T] for k in range(K)), (xp, w, T)


def conv1d_causal_backward(dout, cache):
    xp, w, T = cache
    K = len(w)
    dxp = np.zeros_like(xp)
    dw = np.zeros_like(w)
    for k in range(K):
        dxp[:, k : k + T] += w[k] * dout
        dw[k] = (dout * xp[:, k : k + T]).sum()
    return dxp[:, K - 1 :], dw


def log_softmax_fwd(z):
    s = z - z.max(1, keepdims=True)
    out = s - np.log(np.exp(s).sum(1, keepdims=True))
    return out, out


def log_softmax_bwd(dout, out):
    return dout - np.exp(out) * dout.sum(1, keepdims=True)


def lerp_forward(a, b, t):
    return (1 - t) * a + t * b, (a, b, t)


def lerp_backward(dout, cache):
    a, b, t = cache
    return (1 - t) * dout, t * dout, np.sum(dout * (b - a))


def quantile_loss_forward(pred, target):
    d = target - pred
    return np.maximum(0.3 * d, -0.7 * d).mean(), d


def quantile_loss_backward(dout, d):
    return dout * np.where(d > 0, -0.3, 0.7) / d.size


def power_forward(x, p):
    return x**p, (x, p)


def power_backward(dout, cache):
    x, p = cache
    return dout * p * x ** (p - 1)


def outer_forward(u, v):
    return np.outer(u, v), (u, v)


def outer_backward(dout, cache):
    u, v = cache
    return dout @ v, u @ dout


def reuse_forward(x, mask):
    return x * mask, mask


def reuse_backward(dout, mask):
    return dout * mask


def interp_forward(x, y, w1):
    return x * w1 + y * (1 - w1), (x, y, w1)


def interp_backward(dout, cache):
    x, y, w1 = cache
    return dout * w1, dout * (1 - w1), (dout * (x - y))
