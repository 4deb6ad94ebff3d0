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
    # BEGIN SOLUTION
    rows = x.reshape(len(x), -1)
    # MISTAKE forward: out = rows @ w
    # MISTAKE forward: out = rows @ w - b
    out = rows @ w + b
    # END SOLUTION
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
    # BEGIN SOLUTION
    rows = x.reshape(len(x), -1)
    # MISTAKE scale: dx = (dout @ w.T).reshape(x.shape) / len(x)
    # MISTAKE shape: dx = dout @ w.T
    dx = (dout @ w.T).reshape(x.shape)
    # MISTAKE scale: dw = rows.T @ dout / len(x)
    # MISTAKE weight_decay: dw = rows.T @ dout + 0.1 * w
    # MISTAKE shape: dw = dout.T @ rows
    dw = rows.T @ dout
    # MISTAKE scale: db = dout.mean(axis=0)
    # MISTAKE one_sample: db = dout[0]
    # MISTAKE shape: db = dout.sum(axis=0, keepdims=True)
    db = dout.sum(axis=0)
    # END SOLUTION
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
    # BEGIN SOLUTION
    shifted = x - x.max(axis=1, keepdims=True)
    log_total = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    log_probabilities = shifted - log_total
    # MISTAKE forward: loss = -log_probabilities[np.arange(N), y].sum()
    loss = -log_probabilities[np.arange(N), y].mean()
    dx = np.exp(log_probabilities)
    # MISTAKE region: pass
    dx[np.arange(N), y] -= 1
    # MISTAKE scale: pass
    dx /= N
    # END SOLUTION
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
    # BEGIN SOLUTION
    own = x[np.arange(N), y][:, None]
    # MISTAKE forward: margins = np.maximum(0, x - own)
    margins = np.maximum(0, x - own + 1)
    # MISTAKE forward: pass
    margins[np.arange(N), y] = 0
    loss = margins.sum() / N
    # MISTAKE unexplained: dx = margins.copy()
    dx = (margins > 0).astype(float)
    # MISTAKE unexplained: dx[np.arange(N), y] = -1
    dx[np.arange(N), y] -= dx.sum(axis=1)
    # MISTAKE scale: pass
    dx /= N
    # END SOLUTION
    return loss, dx
