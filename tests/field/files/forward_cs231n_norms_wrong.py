# check: batchnorm fail forward
# check: layernorm fail forward
# check: spatial_batchnorm fail forward
# check: spatial_groupnorm fail forward
"""Normalisations of something else, or by something else, with backwards that agree."""

import numpy as np


def _normalise(x, axes, lost=0):
    count = np.prod([x.shape[a] for a in axes]) - lost
    centred = x - x.mean(axes, keepdims=True)
    deviation = np.sqrt((centred**2).sum(axes, keepdims=True) / count + 1e-5)
    return centred / deviation, deviation, count


def _undo(g, xhat, deviation, axes, count):
    mean = g.mean(axes, keepdims=True)
    return (g - mean - xhat * (g * xhat).sum(axes, keepdims=True) / count) / deviation


def batchnorm_forward(x, gamma, beta, bn_param):
    """In test mode it still looks at the batch; what it kept is never used."""
    momentum, D = bn_param.get("momentum", 0.9), x.shape[1]
    eps = bn_param.get("eps", 1e-5)
    mean = bn_param.get("running_mean", np.zeros(D))
    var = bn_param.get("running_var", np.zeros(D))
    deviation = np.sqrt(x.var(axis=0, keepdims=True) + eps)
    xhat = (x - x.mean(axis=0)) / deviation
    if bn_param["mode"] == "train":
        bn_param["running_mean"] = momentum * mean + (1 - momentum) * x.mean(axis=0)
        bn_param["running_var"] = momentum * var + (1 - momentum) * x.var(axis=0)
    return gamma * xhat + beta, (xhat, deviation, gamma)


def batchnorm_backward(dout, cache):
    xhat, deviation, gamma = cache
    dx = _undo(dout * gamma, xhat, deviation, (0,), len(dout))
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


def layernorm_forward(x, gamma, beta, ln_param):
    """The sample's variance, as statisticians estimate it."""
    eps = ln_param.get("eps", 1e-5)
    deviation = np.sqrt(x.var(axis=1, ddof=1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=1, keepdims=True)) / deviation
    return gamma * xhat + beta, (xhat, deviation, gamma)


def layernorm_backward(dout, cache):
    xhat, deviation, gamma = cache
    dx = _undo(dout * gamma, xhat, deviation, (1,), dout.shape[1] - 1)
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    """reshape without moving the channels to the end mixes them up."""
    C = x.shape[1]
    eps = bn_param.get("eps", 1e-5)
    rows = x.reshape(-1, C)
    deviation = np.sqrt(rows.var(axis=0, keepdims=True) + eps)
    xhat = (rows - rows.mean(axis=0)) / deviation
    return (gamma * xhat + beta).reshape(x.shape), (xhat, deviation, gamma)


def spatial_batchnorm_backward(dout, cache):
    xhat, deviation, gamma = cache
    rows = dout.reshape(xhat.shape)
    dx = _undo(rows * gamma, xhat, deviation, (0,), len(rows))
    return dx.reshape(dout.shape), (rows * xhat).sum(axis=0), rows.sum(axis=0)


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    """Groups of G channels, not G groups."""
    N, C, H, W = x.shape
    parts = x.reshape(N, C // G, G, H, W)
    xhat, deviation, count = _normalise(parts, (2, 3, 4))
    out = gamma * xhat.reshape(x.shape) + beta
    return out, (xhat, deviation, count, gamma)


def spatial_groupnorm_backward(dout, cache):
    xhat, deviation, count, gamma = cache
    g = (dout * gamma).reshape(xhat.shape)
    dx = _undo(g, xhat, deviation, (2, 3, 4), count).reshape(dout.shape)
    every = {"axis": (0, 2, 3), "keepdims": True}
    return dx, (dout * xhat.reshape(dout.shape)).sum(**every), dout.sum(**every)
