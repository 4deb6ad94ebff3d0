"""Linear classifiers: the affine layer and two losses.

An affine layer turns each sample into one score a class; a loss says how bad the scores are.
"""

import numpy as np


def affine_forward(x, w, b):
    """Return the scores of every sample.

    Parameters
    ----------
    x : array of shape (N, d_1, ..., d_k)
        N samples. Each is flattened to D = d_1 ... d_k numbers first.
    w : array of shape (D, M)
        The weights.
    b : array of shape (M,)
        The biases.

    Returns
    -------
    out : array of shape (N, M)
        Each flattened sample times w, plus b.
    cache : tuple
        What backward needs.
    """
    # --- your code: affine_forward ---
    rows = x.reshape(len(x), -1)
    out = rows @ w + b
    # --- end of your code ---
    return out, (x, w, b)


def affine_backward(dout, cache):
    """Return the gradients of the affine layer.

    Parameters
    ----------
    dout : array of shape (N, M)
        The upstream gradient: what a change of each score does to the loss.
    cache : tuple
        What forward kept.

    Returns
    -------
    dx, dw, db : arrays
        The gradients with respect to x, w and b, of their shapes.
    """
    x, w, b = cache
    # --- your code: affine_backward ---
    rows = x.reshape(len(x), -1)
    dx = (dout @ w.T).reshape(x.shape)
    dw = rows.T @ dout
    db = dout.sum(axis=0)
    # --- end of your code ---
    return dx, dw, db


def softmax_loss(x, y):
    """Return the softmax cross-entropy loss and its gradient.

    Parameters
    ----------
    x : array of shape (N, C)
        The scores of N samples for C classes. They may be large, and exp(1000) is infinite: mind
        that your loss is not.
    y : array of shape (N,)
        The right class of each sample, 0 to C - 1.

    Returns
    -------
    loss : float
        The mean over the samples of -log(probability of the right class).
    dx : array of shape (N, C)
        Its gradient with respect to x.
    """
    N = len(x)
    # --- your code: softmax_loss ---
    shifted = x - x.max(axis=1, keepdims=True)
    log_total = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    log_probabilities = shifted - log_total
    loss = -log_probabilities[np.arange(N), y].sum()
    dx = np.exp(log_probabilities)
    dx[np.arange(N), y] -= 1
    dx /= N
    # --- end of your code ---
    return loss, dx


def svm_loss(x, y):
    """Return the multiclass hinge loss and its gradient.

    Parameters
    ----------
    x : array of shape (N, C)
        The scores of N samples for C classes.
    y : array of shape (N,)
        The right class of each sample, 0 to C - 1.

    Returns
    -------
    loss : float
        The mean over the samples of the sum of max(0, score - right score + 1) over the wrong
        classes.
    dx : array of shape (N, C)
        Its gradient with respect to x.
    """
    N = len(x)
    # --- your code: svm_loss ---
    own = x[np.arange(N), y][:, None]
    margins = np.maximum(0, x - own + 1)
    margins[np.arange(N), y] = 0
    loss = margins.sum() / N
    dx = (margins > 0).astype(float)
    dx[np.arange(N), y] -= dx.sum(axis=1)
    dx /= N
    # --- end of your code ---
    return loss, dx
