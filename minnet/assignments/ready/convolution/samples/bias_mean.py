"""Convolution and max-pooling, forward and backward.

Images are (N, C, H, W): N images of C channels, H rows and W columns. Loops are welcome: being
right comes first.
"""

import numpy as np


def conv_forward(x, w, b, conv_param):
    """Slide filters over images.

    Parameters
    ----------
    x : array of shape (N, C, H, W)
        The images.
    w : array of shape (F, C, HH, WW)
        F filters, each as deep as the images.
    b : array of shape (F,)
        One bias a filter.
    conv_param : dict
        "stride": how far a window moves; "pad": zeros on each side of an image.

    Returns
    -------
    out : array of shape (N, F, H_out, W_out)
        H_out = 1 + (H + 2 pad - HH) // stride, and W_out likewise.
    cache : tuple
        What backward needs.
    """
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, C, HH, WW = w.shape
    # --- your code: conv_forward ---
    H_out = 1 + (H + 2 * pad - HH) // stride
    W_out = 1 + (W + 2 * pad - WW) // stride
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((N, F, H_out, W_out))
    for i in range(H_out):
        for j in range(W_out):
            top, left = i * stride, j * stride
            window = padded[:, :, top : top + HH, left : left + WW]
            out[:, :, i, j] = np.einsum("nchw,fchw->nf", window, w) + b
    # --- end of your code ---
    return out, (x, w, b, conv_param)


def conv_backward(dout, cache):
    """Return the gradients of the convolution.

    Parameters
    ----------
    dout : array of shape (N, F, H_out, W_out)
        The upstream gradient: what a change of each output does to the loss.
    cache : tuple
        What forward kept.

    Returns
    -------
    dx, dw, db : arrays
        The gradients with respect to x, w and b, of their shapes.
    """
    x, w, b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, C, HH, WW = w.shape
    # --- your code: conv_backward ---
    N, F, H_out, W_out = dout.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded = np.zeros_like(padded)
    dw = np.zeros_like(w)
    db = dout.mean(axis=(0, 2, 3))
    for i in range(H_out):
        for j in range(W_out):
            top, left = i * stride, j * stride
            at = dout[:, :, i, j]
            window = padded[:, :, top : top + HH, left : left + WW]
            dw += np.einsum("nf,nchw->fchw", at, window)
            dpadded[:, :, top : top + HH, left : left + WW] += np.einsum("nf,fchw->nchw", at, w)
    dx = dpadded[:, :, pad : pad + H, pad : pad + W]
    # --- end of your code ---
    return dx, dw, db


def max_pool_forward(x, pool_param):
    """Keep the largest number of each window.

    Parameters
    ----------
    x : array of shape (N, C, H, W)
        The images.
    pool_param : dict
        "pool_height" and "pool_width": the size of a window; "stride": how far it moves.

    Returns
    -------
    out : array of shape (N, C, H_out, W_out)
        H_out = 1 + (H - pool_height) // stride, and W_out likewise.
    cache : tuple
        What backward needs.
    """
    height, width = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param["stride"]
    N, C, H, W = x.shape
    # --- your code: max_pool_forward ---
    H_out = 1 + (H - height) // stride
    W_out = 1 + (W - width) // stride
    out = np.zeros((N, C, H_out, W_out))
    for i in range(H_out):
        for j in range(W_out):
            top, left = i * stride, j * stride
            window = x[:, :, top : top + height, left : left + width]
            out[:, :, i, j] = window.max(axis=(2, 3))
    # --- end of your code ---
    return out, (x, pool_param)


def max_pool_backward(dout, cache):
    """Return the gradient of max-pooling.

    Parameters
    ----------
    dout : array of shape (N, C, H_out, W_out)
        The upstream gradient.
    cache : tuple
        What forward kept.

    Returns
    -------
    dx : array of shape (N, C, H, W)
        Windows may overlap, and a number can be the largest of several.
    """
    x, pool_param = cache
    height, width = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param["stride"]
    N, C, H_out, W_out = dout.shape
    # --- your code: max_pool_backward ---
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(N, C, H_out, W_out):
        top, left = i * stride, j * stride
        window = x[n, c, top : top + height, left : left + width]
        row, column = np.unravel_index(window.argmax(), window.shape)
        dx[n, c, top + row, left + column] += dout[n, c, i, j]
    # --- end of your code ---
    return dx
