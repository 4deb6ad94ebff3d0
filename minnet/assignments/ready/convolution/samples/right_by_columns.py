"""Convolution by columns, and pooling by views."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def windows(x, height, width, stride):
    return sliding_window_view(x, (height, width), axis=(2, 3))[:, :, ::stride, ::stride]


def conv_forward(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    padded = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    seen = windows(padded, w.shape[2], w.shape[3], stride)
    out = np.tensordot(seen, w, axes=([1, 4, 5], [1, 2, 3])).transpose(0, 3, 1, 2)
    return out + b[:, None, None], (x, w, b, conv_param)


def conv_backward(dout, cache):
    x, w, b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    HH, WW = w.shape[2:]
    padded = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    seen = windows(padded, HH, WW, stride)
    dw = np.tensordot(dout, seen, axes=([0, 2, 3], [0, 2, 3]))
    back = np.zeros_like(padded)
    H_out, W_out = dout.shape[2:]
    for i in range(HH):
        for j in range(WW):
            share = np.tensordot(dout, w[:, :, i, j], axes=([1], [0])).transpose(0, 3, 1, 2)
            back[:, :, i : i + stride * H_out : stride, j : j + stride * W_out : stride] += share
    H, W = x.shape[2:]
    return back[:, :, pad : pad + H, pad : pad + W], dw, dout.sum((0, 2, 3))


def max_pool_forward(x, pool_param):
    height, width, stride = (pool_param[k] for k in ("pool_height", "pool_width", "stride"))
    return windows(x, height, width, stride).max(axis=(4, 5)), (x, pool_param)


def max_pool_backward(dout, cache):
    x, pool_param = cache
    height, width, stride = (pool_param[k] for k in ("pool_height", "pool_width", "stride"))
    seen = windows(x, height, width, stride)
    places = seen.reshape(*seen.shape[:4], -1).argmax(axis=4)
    n, c, i, j = np.indices(dout.shape)
    dx = np.zeros_like(x)
    np.add.at(dx, (n, c, i * stride + places // width, j * stride + places % width), dout)
    return dx
