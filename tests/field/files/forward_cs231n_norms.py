# check: batchnorm pass forward_pass
# check: layernorm pass forward_pass
# check: spatial_batchnorm pass forward_pass
# check: spatial_groupnorm pass forward_pass
"""Normalisations of the course with both modes, and the averages as students keep them."""

import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps = bn_param["mode"], bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    N, D = x.shape
    running_mean = bn_param.get("running_mean", np.zeros(D, dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(D, dtype=x.dtype))
    cache = None
    if mode == "train":
        mu = 1.0 / N * np.sum(x, axis=0)
        centred = x - mu
        var = 1.0 / N * np.sum(centred**2, axis=0)
        inverse = (var + eps) ** -0.5
        xhat = centred * inverse
        out = xhat * gamma + beta
        running_mean = running_mean * momentum + mu * (1 - momentum)
        running_var = running_var * momentum + var * (1 - momentum)
        cache = xhat, inverse, gamma
    elif mode == "test":
        out = (x - running_mean) * gamma / np.sqrt(running_var + eps) + beta
    else:
        raise ValueError(mode)
    bn_param["running_mean"], bn_param["running_var"] = running_mean, running_var
    return out, cache


def batchnorm_backward(dout, cache):
    xhat, inverse, gamma = cache
    g = dout * gamma
    dx = inverse * (g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0))
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    xt = x.T
    mu, var = xt.mean(axis=0), xt.var(axis=0)
    xhat = ((xt - mu) / np.sqrt(var + eps)).T
    return gamma * xhat + beta, (xhat, np.sqrt(var + eps), gamma)


def layernorm_backward(dout, cache):
    xhat, deviation, gamma = cache
    g = dout * gamma
    dx = g - g.mean(axis=1, keepdims=True) - xhat * (g * xhat).mean(axis=1, keepdims=True)
    return dx / deviation[:, None], (dout * xhat).sum(axis=0), dout.sum(axis=0)


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    rows = np.moveaxis(x, 1, -1).reshape(-1, C)
    out, cache = batchnorm_forward(rows, gamma, beta, bn_param)
    return np.moveaxis(out.reshape(N, H, W, C), -1, 1), cache


def spatial_batchnorm_backward(dout, cache):
    N, C, H, W = dout.shape
    dx, dgamma, dbeta = batchnorm_backward(np.moveaxis(dout, 1, -1).reshape(-1, C), cache)
    return np.moveaxis(dx.reshape(N, H, W, C), -1, 1), dgamma, dbeta


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    eps = gn_param.get("eps", 1e-5)
    N, C, H, W = x.shape
    groups = x.reshape(N, G, C // G, H, W)
    mu = groups.mean(axis=(2, 3, 4), keepdims=True)
    deviation = np.sqrt(groups.var(axis=(2, 3, 4), keepdims=True) + eps)
    xhat = ((groups - mu) / deviation).reshape(N, C, H, W)
    return gamma * xhat + beta, (xhat, deviation, gamma, G)


def spatial_groupnorm_backward(dout, cache):
    xhat, deviation, gamma, G = cache
    N, C, H, W = dout.shape
    shape, axes = (N, G, C // G, H, W), (2, 3, 4)
    g, h = (dout * gamma).reshape(shape), xhat.reshape(shape)
    dx = (g - g.mean(axes, keepdims=True) - h * (g * h).mean(axes, keepdims=True)) / deviation
    every = {"axis": (0, 2, 3), "keepdims": True}
    return dx.reshape(N, C, H, W), (dout * xhat).sum(**every), dout.sum(**every)
