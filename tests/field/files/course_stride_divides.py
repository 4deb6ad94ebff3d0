"""A pooling that is right where the stride divides, and says itself that it has to.

# check: max_pool skipped
"""

import numpy as np


def max_pool_forward_naive(x, pool_param):
    height, width = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param["stride"]
    N, C, H, W = x.shape
    out = np.zeros((N, C, 1 + (H - height) // stride, 1 + (W - width) // stride))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            window = x[:, :, i * stride : i * stride + height, j * stride : j * stride + width]
            out[:, :, i, j] = window.max(axis=(2, 3))
    return out, (x, pool_param)


def max_pool_backward_naive(dout, cache):
    x, pool_param = cache
    height, width = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param["stride"]
    rows, columns = 1 + (x.shape[2] - height) / stride, 1 + (x.shape[3] - width) / stride
    assert int(rows) == rows
    assert int(columns) == columns
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        rows = np.s_[i * stride : i * stride + height]
        columns = np.s_[j * stride : j * stride + width]
        window = x[n, c, rows, columns]
        place = np.unravel_index(window.argmax(), window.shape)
        dx[n, c, rows, columns][place] += dout[n, c, i, j]
    return dx
