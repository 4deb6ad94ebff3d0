"""What cs231n's compiled module gives, in NumPy: a file is checked where nobody has compiled it.

`CONTENTS` holds its three functions, which are called as the course's own are: a sum of
one slice for each place in the window, in place of six loops.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from minnet.arrays import Array


def im2col_cython(x: Array, height: int, width: int, padding: int, stride: int) -> Array:
    """Return the windows of images (N, C, H, W) as columns, those of a place beside each other.

    >>> im2col_cython(np.arange(9.0).reshape(1, 1, 3, 3), 2, 2, 0, 1)[:, 0]
    array([0., 1., 3., 4.])
    """
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    windows = sliding_window_view(padded, (height, width), (2, 3))[:, :, ::stride, ::stride]
    return windows.transpose(1, 4, 5, 2, 3, 0).reshape(x.shape[1] * height * width, -1)


def col2im_cython(
    cols: Array, N: int, C: int, H: int, W: int, height: int, width: int, padding: int, stride: int
) -> Array:
    """Add columns up to images: the gradient of `im2col_cython`.

    >>> col2im_cython(np.ones((4, 4)), 1, 1, 3, 3, 2, 2, 0, 1)[0, 0, 1]
    array([2., 4., 2.])
    """
    rows, columns = ((n + 2 * padding - k) // stride + 1 for n, k in ((H, height), (W, width)))
    windows = cols.reshape(C, height, width, rows, columns, N).transpose(0, 1, 2, 5, 3, 4)
    return col2im_6d_cython(windows, N, C, H, W, height, width, padding, stride)


def col2im_6d_cython(
    cols: Array, N: int, C: int, H: int, W: int, height: int, width: int, padding: int, stride: int
) -> Array:
    """Add windows (C, height, width, N, rows, columns) up to images.

    >>> col2im_6d_cython(np.ones((1, 2, 2, 1, 2, 2)), 1, 1, 3, 3, 2, 2, 0, 1)[0, 0, 1]
    array([2., 4., 2.])
    """
    padded = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=cols.dtype)
    places = cols.reshape(C, height * width, *cols.shape[3:])
    for k, at in enumerate(_slices(padded.shape, height, width, stride)):
        padded[at] += places[:, k].swapaxes(0, 1)
    return padded[:, :, padding : padding + H, padding : padding + W]


def _slices(
    shape: tuple[int, ...], height: int, width: int, stride: int
) -> Iterator[tuple[slice, ...]]:
    """Yield, for each place in the window, the slice of all that stands there."""
    ends = shape[2] - height + 1, shape[3] - width + 1
    for i in range(height):
        for j in range(width):
            rows, columns = slice(i, i + ends[0], stride), slice(j, j + ends[1], stride)
            yield slice(None), slice(None), rows, columns


CONTENTS = {f.__name__: f for f in (im2col_cython, col2im_cython, col2im_6d_cython)}
