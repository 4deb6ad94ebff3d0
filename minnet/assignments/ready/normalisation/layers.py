"""Batch normalisation, layer normalisation and dropout.

Samples are rows: x is (N, D), N samples of D features.
"""

import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    """Normalise every feature over the batch.

    Parameters
    ----------
    x : array of shape (N, D)
        The samples.
    gamma, beta : arrays of shape (D,)
        The scale and the shift of each feature.
    bn_param : dict
        "mode": "train" or "test". "eps": added to the variance, under the root (1e-5).
        "momentum": the share of the running averages that is kept at each step (0.9).
        "running_mean", "running_var": the averages, of shape (D,); zeros at first.

    Returns
    -------
    out : array of shape (N, D)
        In training, gamma times the x that has mean 0 and variance 1 over the batch, plus beta.
        In test mode the running averages take the place of the batch's own mean and variance.
    cache : tuple
        What backward needs; None in test mode.

    Training also moves both averages in bn_param: of the old one the share momentum is kept, and
    the rest comes from the batch. These lines are written already, and so is test mode: set mean,
    var, out and cache.
    """
    mode, eps = bn_param["mode"], bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    N, D = x.shape
    running_mean = bn_param.get("running_mean", np.zeros(D))
    running_var = bn_param.get("running_var", np.zeros(D))
    cache = None
    if mode == "train":
        # BEGIN SOLUTION
        mean = x.mean(axis=0)
        # MISTAKE forward: var = x.var(axis=0, ddof=1)
        # MISTAKE forward: var = x.std(axis=0)
        var = x.var(axis=0)
        xhat = (x - mean) / np.sqrt(var + eps)
        # MISTAKE forward: out = xhat
        out = gamma * xhat + beta
        cache = xhat, gamma, var, eps
        # END SOLUTION
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var
    else:
        out = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta
    bn_param["running_mean"], bn_param["running_var"] = running_mean, running_var
    return out, cache


def batchnorm_backward(dout, cache):
    """Return the gradients of batch normalisation in training.

    Parameters
    ----------
    dout : array of shape (N, D)
        The upstream gradient.
    cache : tuple
        What forward kept.

    Returns
    -------
    dx, dgamma, dbeta : arrays
        Of shapes (N, D), (D,) and (D,). Mind that the mean and the variance depend on x, too.
    """
    # BEGIN SOLUTION
    xhat, gamma, var, eps = cache
    # MISTAKE scale: dbeta = dout.mean(axis=0)
    dbeta = dout.sum(axis=0)
    # MISTAKE scale: dgamma = (dout * xhat).mean(axis=0)
    # MISTAKE one_sample: dgamma = (dout * xhat)[0]
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    # MISTAKE statistic_constant: dx = dxhat
    # MISTAKE statistic_constant: dx = dxhat - dxhat.mean(axis=0)
    dx = dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)
    # MISTAKE sign: dx = -dx / np.sqrt(var + eps)
    dx = dx / np.sqrt(var + eps)
    # END SOLUTION
    return dx, dgamma, dbeta


def layernorm_forward(x, gamma, beta, ln_param):
    """Normalise every sample over its features.

    Parameters
    ----------
    x : array of shape (N, D)
        The samples.
    gamma, beta : arrays of shape (D,)
        The scale and the shift of each feature.
    ln_param : dict
        "eps": added to the variance, under the root (1e-5).

    Returns
    -------
    out : array of shape (N, D)
        gamma times the x that has mean 0 and variance 1 in every row, plus beta.
    cache : tuple
        What backward needs.
    """
    eps = ln_param.get("eps", 1e-5)
    # BEGIN SOLUTION
    mean = x.mean(axis=1, keepdims=True)
    # MISTAKE forward: deviation = x.std(axis=1, keepdims=True) ** 2 + eps
    deviation = np.sqrt(x.var(axis=1, keepdims=True) + eps)
    # MISTAKE forward: xhat = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)
    xhat = (x - mean) / deviation
    # MISTAKE forward: out = gamma * xhat - beta
    out = xhat * gamma + beta
    cache = xhat, gamma, deviation
    # END SOLUTION
    return out, cache


def layernorm_backward(dout, cache):
    """Return the gradients of layer normalisation.

    Parameters
    ----------
    dout : array of shape (N, D)
        The upstream gradient.
    cache : tuple
        What forward kept.

    Returns
    -------
    dx, dgamma, dbeta : arrays
        Of shapes (N, D), (D,) and (D,).
    """
    # BEGIN SOLUTION
    xhat, gamma, deviation = cache
    # MISTAKE shape: dbeta = dout.sum(axis=1)
    dbeta = np.sum(dout, axis=0)
    # MISTAKE scale: dgamma = np.mean(dout * xhat, axis=0)
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = gamma * dout
    inner = np.mean(dxhat * xhat, axis=1, keepdims=True)
    # MISTAKE statistic_constant: dx = dxhat / deviation
    # MISTAKE statistic_constant: dx = (dxhat - xhat * inner) / deviation
    dx = (dxhat - np.mean(dxhat, axis=1, keepdims=True) - xhat * inner) / deviation
    # END SOLUTION
    return dx, dgamma, dbeta


def dropout_forward(x, dropout_param):
    """Drop numbers at random in training, and nothing in test mode.

    Parameters
    ----------
    x : array of any shape
        What comes in.
    dropout_param : dict
        "p": the probability to keep a number. "mode": "train" or "test". "seed": optional, makes
        the mask the same each time; NumPy's np.random.seed takes it.

    Returns
    -------
    out : array of the same shape
        In training: each number is kept with probability p and divided by p, or becomes 0.
        In test mode: x as it is.
    cache : tuple
        What backward needs.
    """
    p, mode = dropout_param["p"], dropout_param["mode"]
    if "seed" in dropout_param:
        np.random.seed(dropout_param["seed"])
    mask = None
    if mode == "train":
        # BEGIN SOLUTION
        # MISTAKE forward: mask = np.random.rand(*x.shape) < p
        # MISTAKE forward: mask = (np.random.rand(*x.shape) < 1 - p) / p
        mask = (np.random.rand(*x.shape) < p) / p
        out = x * mask
        # END SOLUTION
    else:
        # BEGIN SOLUTION test
        # MISTAKE forward: out = x * p
        out = x
        # END SOLUTION test
    return out, (dropout_param, mask)


def dropout_backward(dout, cache):
    """Return the gradient of dropout.

    Parameters
    ----------
    dout : array of the shape of x
        The upstream gradient.
    cache : tuple
        What forward kept.

    Returns
    -------
    dx : array of the shape of x
    """
    dropout_param, mask = cache
    # BEGIN SOLUTION
    # MISTAKE local_derivative_missing: dx = dout
    # MISTAKE scale: dx = dout * (mask > 0) if mask is not None else dout
    dx = dout * mask if mask is not None else dout
    # END SOLUTION
    return dx
