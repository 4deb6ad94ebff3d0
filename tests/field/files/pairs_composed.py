"""Pairs that are several layers, called and ordered as their authors like.

# check: affine_batch_norm_relu pass forward_pass
# check: layernorm_affine_relu pass forward_pass
# check: affine_relu_bn pass forward_pass
# check: affine_norm_relu pass forward_pass
# check: affine_relu_dropout pass
# check: fc_leaky_relu pass
# check: batchnorm_affine pass forward_pass
# measured: 10
"""

import numpy as np


def affine_forward(x, w, b):
    return x.reshape(len(x), -1) @ w + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    rows = x.reshape(len(x), -1)
    return (dout @ w.T).reshape(x.shape), rows.T @ dout, dout.sum(axis=0)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, x):
    return dout * (x > 0)


def normalised(x, gamma, beta, eps, axis):
    spread = np.sqrt(x.var(axis=axis, keepdims=True) + eps)
    xhat = (x - x.mean(axis=axis, keepdims=True)) / spread
    return gamma * xhat + beta, (xhat, spread, gamma, axis)


def normalised_backward(dout, cache):
    xhat, spread, gamma, axis = cache
    d = dout * gamma
    along = d.mean(axis=axis, keepdims=True) + xhat * (d * xhat).mean(axis=axis, keepdims=True)
    return (d - along) / spread, (dout * xhat).sum(axis=0), dout.sum(axis=0)


def affine_batch_norm_relu_forward(x, w, b, gamma, beta, bn_param):
    a, fc_cache = affine_forward(x, w, b)
    n, bn_cache = normalised(a, gamma, beta, bn_param.get("eps", 1e-5), 0)
    out, relu_cache = relu_forward(n)
    return out, (fc_cache, bn_cache, relu_cache)


def affine_batch_norm_relu_backward(dout, cache):
    fc_cache, bn_cache, relu_cache = cache
    dn = relu_backward(dout, relu_cache)
    da, dgamma, dbeta = normalised_backward(dn, bn_cache)
    return (*affine_backward(da, fc_cache), dgamma, dbeta)


def layernorm_affine_relu_forward(x, gamma, beta, ln_param, w, b):
    n, ln_cache = normalised(x, gamma, beta, ln_param.get("eps", 1e-5), 1)
    a, fc_cache = affine_forward(n, w, b)
    out, relu_cache = relu_forward(a)
    return out, (ln_cache, fc_cache, relu_cache)


def layernorm_affine_relu_backward(dout, cache):
    ln_cache, fc_cache, relu_cache = cache
    dn, dw, db = affine_backward(relu_backward(dout, relu_cache), fc_cache)
    dx, dgamma, dbeta = normalised_backward(dn, ln_cache)
    return dx, dgamma, dbeta, dw, db


def affine_relu_bn_forward(x, w, b, gamma, beta, bn_params):
    a, fc_cache = affine_forward(x, w, b)
    r, relu_cache = relu_forward(a)
    out, bn_cache = normalised(r, gamma, beta, bn_params.get("eps", 1e-5), 0)
    return out, (fc_cache, relu_cache, bn_cache)


def affine_relu_bn_backward(dout, cache):
    fc_cache, relu_cache, bn_cache = cache
    dr, dgamma, dbeta = normalised_backward(dout, bn_cache)
    dx, dw, db = affine_backward(relu_backward(dr, relu_cache), fc_cache)
    return dx, dw, db, dgamma, dbeta


def affine_norm_relu_forward(x, w, b, gamma, beta, params, norm_type):
    axis = {"batchnorm": 0, "layernorm": 1}[norm_type]
    a, fc_cache = affine_forward(x, w, b)
    n, norm_cache = normalised(a, gamma, beta, params.get("eps", 1e-5), axis)
    out, relu_cache = relu_forward(n)
    return out, (fc_cache, norm_cache, relu_cache)


def affine_norm_relu_backward(dout, cache):
    return affine_batch_norm_relu_backward(dout, cache)


def affine_relu_dropout_forward(x, w, b, dropout_param):
    a, fc_cache = affine_forward(x, w, b)
    r, relu_cache = relu_forward(a)
    np.random.seed(dropout_param["seed"])
    p = dropout_param["p"]
    mask = (np.random.rand(*r.shape) < p) / p
    return r * mask, (fc_cache, relu_cache, mask)


def affine_relu_dropout_backward(dout, cache):
    fc_cache, relu_cache, mask = cache
    return affine_backward(relu_backward(dout * mask, relu_cache), fc_cache)


def fc_leaky_relu_forward(inputs, weights, bias):
    a, fc_cache = affine_forward(inputs, weights, bias)
    return np.where(a > 0, a, 0.01 * a), (a, fc_cache)


def fc_leaky_relu_backward(dout, cache):
    a, fc_cache = cache
    return affine_backward(np.where(a > 0, dout, 0.01 * dout), fc_cache)


def batchnorm_affine_forward(x, gamma, beta, bn_param, w, b):
    # named in one order, and done in the other
    a, fc_cache = affine_forward(x, w, b)
    out, bn_cache = normalised(a, gamma, beta, bn_param.get("eps", 1e-5), 0)
    return out, (fc_cache, bn_cache)


def batchnorm_affine_backward(dout, cache):
    fc_cache, bn_cache = cache
    da, dgamma, dbeta = normalised_backward(dout, bn_cache)
    dx, dw, db = affine_backward(da, fc_cache)
    return dx, dgamma, dbeta, dw, db
