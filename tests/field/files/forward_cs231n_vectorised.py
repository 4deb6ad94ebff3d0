# check: affine pass forward_pass
# check: conv pass forward_pass
# check: max_pool pass forward_pass
# check: dropout pass forward_pass
# check: softmax_loss pass forward_pass
# check: leaky_relu pass forward_pass
# check: conv_relu_pool pass forward_pass
# check: word_embedding pass forward_pass
# check: temporal_affine pass forward_pass
# ruff: noqa: NPY002
"""The same course, vectorised: windows as views, p of dropout the share that is dropped."""

import numpy as np


def affine_forward(x, w, b):
    out = np.einsum("nd,dm->nm", x.reshape(len(x), -1), w)
    out += b
    return out, {"x": x, "w": w}


def affine_backward(dout, cache):
    x, w = cache["x"], cache["w"]
    flat = x.reshape(len(x), -1)
    return (dout @ w.T).reshape(x.shape), flat.T @ dout, np.ones(len(x)) @ dout


def _windows(x, height, width, stride):
    view = np.lib.stride_tricks.sliding_window_view(x, (height, width), (2, 3))
    return view[:, :, ::stride, ::stride]


def conv_forward(x, w, b, conv_param):
    s, p = conv_param["stride"], conv_param["pad"]
    xp = np.pad(x, [(0, 0), (0, 0), (p, p), (p, p)])
    view = _windows(xp, *w.shape[2:], s)
    out = np.tensordot(view, w, axes=([1, 4, 5], [1, 2, 3])).transpose(0, 3, 1, 2)
    return out + b[None, :, None, None], (xp, w, s, p, x.shape)


def conv_backward(dout, cache):
    xp, w, s, p, (N, C, H, W) = cache
    view = _windows(xp, *w.shape[2:], s)
    dw = np.einsum("nfij,ncijkl->fckl", dout, view)
    dxp = np.zeros(xp.shape)
    for k in range(w.shape[2]):
        for m in range(w.shape[3]):
            share = np.einsum("nfij,fc->ncij", dout, w[:, :, k, m])
            high, wide = share.shape[2] * s, share.shape[3] * s
            dxp[:, :, k : k + high : s, m : m + wide : s] += share
    return dxp[:, :, p : p + H, p : p + W], dw, dout.sum((0, 2, 3))


def max_pool_forward(x, pool_param):
    h, w, s = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    view = _windows(x, h, w, s)
    flat = view.reshape(*view.shape[:4], -1)
    which = flat.argmax(axis=-1)
    return np.take_along_axis(flat, which[..., None], -1)[..., 0], (x.shape, which, (h, w, s))


def max_pool_backward(dout, cache):
    shape, which, (h, w, s) = cache
    dx = np.zeros(shape)
    n, c, i, j = np.indices(dout.shape)
    np.add.at(dx, (n, c, i * s + which // w, j * s + which % w), dout)
    return dx


def relu_forward(x):
    return x * (x > 0), x


def relu_backward(dout, x):
    return dout * (x > 0)


def conv_relu_pool_forward(x, w, b, conv_param, pool_param):
    a, c1 = conv_forward(x, w, b, conv_param)
    r, c2 = relu_forward(a)
    out, c3 = max_pool_forward(r, pool_param)
    return out, (c1, c2, c3)


def conv_relu_pool_backward(dout, cache):
    c1, c2, c3 = cache
    return conv_backward(relu_backward(max_pool_backward(dout, c3), c2), c1)


def leaky_relu_forward(x):
    return np.where(x > 0, x, 0.15 * x), x


def leaky_relu_backward(dout, x):
    return np.where(x > 0, dout, 0.15 * dout)


def dropout_forward(x, dropout_param):
    """p: Dropout parameter. We drop each neuron output with probability p."""
    p, mode = dropout_param["p"], dropout_param["mode"]
    if mode == "test":
        return x, (mode, None)
    mask = (np.random.random_sample(x.shape) >= p) / (1 - p)
    return x * mask, (mode, mask)


def dropout_backward(dout, cache):
    mode, mask = cache
    return dout if mode == "test" else dout * mask


def softmax_loss(x, y):
    N = len(x)
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.mean(np.log(p[range(N), y]))
    dx = p.copy()
    dx[range(N), y] -= 1
    return loss, dx / N


def word_embedding_forward(x, W):
    return W[x, :], (x, W.shape)


def word_embedding_backward(dout, cache):
    x, shape = cache
    dW = np.zeros(shape)
    np.add.at(dW, x, dout)
    return dW


def temporal_affine_forward(x, w, b):
    return np.matmul(x, w) + b, (x, w)


def temporal_affine_backward(dout, cache):
    x, w = cache
    return dout @ w.T, np.einsum("ntd,ntm->dm", x, dout), dout.sum(axis=(0, 1))
