"""The rectified linear unit, forward and backward."""

import numpy as np


def relu_forward(x):
    """Return x where it is positive, 0 elsewhere, and what backward needs.

    Parameters
    ----------
    x : array of any shape

    Returns
    -------
    out : array of the same shape
    cache : array
        x itself.
    """
    # --- your code: relu_forward ---
    out = np.maximum(x, 0)
    # --- end of your code ---
    return out, x


def relu_backward(dout, cache):
    """Return the gradient with respect to x.

    Parameters
    ----------
    dout : array of the shape of x
        The upstream gradient: what a change of each output does to the loss.
    cache : array
        What forward kept.

    Returns
    -------
    dx : array of the same shape
    """
    x = cache
    # --- your code: relu_backward ---
    dx = (x > 0).astype(float)
    # --- end of your code ---
    return dx
