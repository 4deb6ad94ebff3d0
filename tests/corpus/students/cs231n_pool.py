"""Max-pooling with loops, as students of cs231n hand it in. Correct."""

import numpy as np


def max_pool_forward_naive(x, pool_param):
    """x (N, C, H, W) -> out (N, C, H', W')."""
    HH, WW = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param["stride"]
    N, C, H, W = x.shape
    H_out = (H - HH) // stride + 1
    W_out = (W - WW) // stride + 1
    out = np.zeros((N, C, H_out, W_out), dtype=x.dtype)
    for i in range(H_out):
        for j in range(W_out):
            r, c = i * stride, j * stride
            out[:, :, i, j] = x[:, :, r : r + HH, c : c + WW].max(axis=(2, 3))
    return out, (x, pool_param)


def max_pool_backward_naive(dout, cache):
    x, pool_param = cache
    HH, WW = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param["stride"]
    N, C, H_out, W_out = dout.shape
    dx = np.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    r, s = i * stride, j * stride
                    window = x[n, c, r : r + HH, s : s + WW]
                    a, b = np.unravel_index(np.argmax(window), (HH, WW))
                    dx[n, c, r + a, s + b] += dout[n, c, i, j]
    return dx
