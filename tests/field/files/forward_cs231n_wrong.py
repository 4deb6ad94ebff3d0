# check: affine fail forward
# check: relu fail forward
# check: conv fail forward
# check: max_pool fail forward
# check: dropout fail forward
# check: softmax_loss fail forward
# check: svm_loss fail forward
# check: temporal_affine fail forward
# check: word_embedding pass forward_pass
# ruff: noqa: NPY002
"""Forwards that are wrong, each with the backward that belongs to it."""

import numpy as np


def affine_forward(x, w, b):
    out = x.reshape(x.shape[0], -1).dot(w)  # where is b?
    return out, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    return dout.dot(w.T).reshape(x.shape), x.reshape(len(x), -1).T.dot(dout), np.zeros_like(b)


def relu_forward(x):
    out = np.abs(x)
    return out, x


def relu_backward(dout, x):
    return dout * np.sign(x)


def conv_forward_naive(x, w, b, conv_param):
    """The padding was tried out with pad = 1 and has stayed so."""
    s, p = conv_param["stride"], conv_param["pad"]
    N, _, H, W = x.shape
    F, _, HH, WW = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    out = np.zeros((N, F, 1 + (H + 2 * p - HH) // s, 1 + (W + 2 * p - WW) // s))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            piece = xp[:, :, i * s : i * s + HH, j * s : j * s + WW]
            h, v = piece.shape[2:]
            out[:, :, i, j] = np.einsum("nchw,fchw->nf", piece, w[:, :, :h, :v]) + b
    return out, (x, w, conv_param)


def conv_backward_naive(dout, cache):
    x, w, conv_param = cache
    s = conv_param["stride"]
    _, _, H, W = x.shape
    _, _, HH, WW = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            at = (slice(None), slice(None), slice(i * s, i * s + HH), slice(j * s, j * s + WW))
            h, v = xp[at].shape[2:]
            dw[:, :, :h, :v] += np.einsum("nf,nchw->fchw", dout[:, :, i, j], xp[at])
            dxp[at] += np.einsum("nf,fchw->nchw", dout[:, :, i, j], w[:, :, :h, :v])
    return dxp[:, :, 1 : 1 + H, 1 : 1 + W], dw, dout.sum(axis=(0, 2, 3))


def max_pool_forward_naive(x, pool_param):
    """The running maximum begins at 0, so that a window of negative numbers gives 0."""
    h, w, s = (pool_param[k] for k in ("pool_height", "pool_width", "stride"))
    N, C, H, W = x.shape
    out = np.zeros((N, C, (H - h) // s + 1, (W - w) // s + 1))
    for n, c, i, j in np.ndindex(*out.shape):
        for value in x[n, c, i * s : i * s + h, j * s : j * s + w].ravel():
            if value > out[n, c, i, j]:
                out[n, c, i, j] = value
    return out, (x, pool_param)


def max_pool_backward_naive(dout, cache):
    x, pool_param = cache
    h, w, s = (pool_param[k] for k in ("pool_height", "pool_width", "stride"))
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        window = x[n, c, i * s : i * s + h, j * s : j * s + w]
        if window.max() > 0:
            a, b = np.unravel_index(window.argmax(), window.shape)
            dx[n, c, i * s + a, j * s + b] += dout[n, c, i, j]
    return dx


def dropout_forward(x, dropout_param):
    """Inverted dropout: p is the probability of keeping a neuron."""
    p, mode = dropout_param["p"], dropout_param["mode"]
    mask = None
    out = x
    if mode == "train":
        mask = np.random.rand(*x.shape) < p
        out = x * mask
    return out, (mode, mask)


def dropout_backward(dout, cache):
    mode, mask = cache
    return dout * mask if mode == "train" else dout


def softmax_loss(x, y):
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    rows = np.arange(len(x))
    loss = -np.log(p[rows, y]).sum()
    p[rows, y] -= 1
    return loss, p


def svm_loss(x, y):
    rows = np.arange(len(x))
    margins = np.maximum(0, x - x[rows, y][:, None] + 1)
    dx = (margins > 0).astype(float)
    dx[rows, y] -= dx.sum(axis=1)
    return margins.sum() / len(x), dx / len(x)


def temporal_affine_forward(x, w, b):
    """The rows are put together step by step and taken apart sample by sample."""
    N, T, D = x.shape
    rows = x.transpose(1, 0, 2).reshape(N * T, D)
    return (rows @ w + b).reshape(N, T, -1), (x, w)


def temporal_affine_backward(dout, cache):
    x, w = cache
    N, T, D = x.shape
    rows, flat = x.transpose(1, 0, 2).reshape(N * T, D), dout.reshape(N * T, -1)
    return (flat @ w.T).reshape(T, N, D).transpose(1, 0, 2), rows.T @ flat, flat.sum(0)


def word_embedding_forward(x, W):
    return np.take(W, x, axis=0), (x, W)


def word_embedding_backward(dout, cache):
    x, W = cache
    dW = np.zeros_like(W)
    for n in range(x.shape[0]):
        for t in range(x.shape[1]):
            dW[x[n, t]] += dout[n, t]
    return dW
