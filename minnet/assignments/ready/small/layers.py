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
    # BEGIN SOLUTION
    # MISTAKE forward: out = np.abs(x)
    out = np.maximum(x, 0)
    # END SOLUTION
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
    # BEGIN SOLUTION
    # MISTAKE local_derivative_missing: dx = dout.copy()
    # MISTAKE upstream_ignored: dx = (x > 0).astype(float)
    # MISTAKE nonlinear_upstream: dx = dout * (dout > 0)
    dx = dout * (x > 0)
    # END SOLUTION
    return dx
