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
        # --- your code: batchnorm_forward ---
        mean = x.mean(axis=0)
        var = x.var(axis=0)
        xhat = (x - mean) / np.sqrt(var + eps)
        out = gamma * xhat + beta
        cache = xhat, gamma, var, eps
        # --- end of your code ---
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
    # --- your code: batchnorm_backward ---
    xhat, gamma, var, eps = cache
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dx = dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)
    dx = dx / np.sqrt(var + eps)
    # --- end of your code ---
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
    # --- your code: layernorm_forward ---
    raise NotImplementedError("layernorm_forward: out, cache")
    # --- end of your code ---
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
    # --- your code: layernorm_backward ---
    raise NotImplementedError("layernorm_backward: dx, dgamma, dbeta")
    # --- end of your code ---
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
        # --- your code: dropout_forward ---
        raise NotImplementedError("dropout_forward: out, mask")
        # --- end of your code ---
    else:
        # --- your code: test ---
        raise NotImplementedError("dropout_forward: out")
        # --- end of your code ---
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
    # --- your code: dropout_backward ---
    raise NotImplementedError("dropout_backward: dx")
    # --- end of your code ---
    return dx
