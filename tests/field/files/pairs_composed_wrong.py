"""Pairs that are several layers, of which one is wrong.

# check: affine_layernorm_relu fail shape
# check: relu_batchnorm_affine fail forward_fail
# check: affine_sigmoid_bn skipped
# measured: 3
"""

import numpy as np


def affine_backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def normalised(x, gamma, beta, eps, axis):
    spread = np.sqrt(x.var(axis=axis, keepdims=True) + eps)
    xhat = (x - x.mean(axis=axis, keepdims=True)) / spread
    return gamma * xhat + beta, (xhat, spread, gamma, axis)


def normalised_backward(dout, cache):
    xhat, spread, gamma, axis = cache
    d = dout * gamma
    along = d.mean(axis=axis, keepdims=True) + xhat * (d * xhat).mean(axis=axis, keepdims=True)
    return (d - along) / spread, (dout * xhat).sum(axis=0), dout.sum(axis=0)


def affine_layernorm_relu_forward(x, w, b, gamma, beta, ln_params):
    rows = x.reshape(len(x), -1)
    n, cache = normalised(rows @ w + b, gamma, beta, ln_params.get("eps", 1e-5), 1)
    return np.maximum(n, 0), (x, rows, w, cache, n > 0)


def affine_layernorm_relu_backward(dout, cache):
    x, rows, w, ln_cache, kept = cache
    da, dgamma, dbeta = normalised_backward(dout * kept, ln_cache)
    dx, dw, db = affine_backward(da, rows, w)
    return dx.reshape(x.shape), dw, db, dgamma.mean(axis=0), dbeta


def relu_batchnorm_affine_forward(x, gamma, beta, bn_param, w, b):
    # the ReLU is forgotten
    n, cache = normalised(x, gamma, beta, bn_param.get("eps", 1e-5), 0)
    return n @ w + b, (n, w, cache)


def relu_batchnorm_affine_backward(dout, cache):
    n, w, bn_cache = cache
    dn, dw, db = affine_backward(dout, n, w)
    dx, dgamma, dbeta = normalised_backward(dn, bn_cache)
    return dx, dgamma, dbeta, dw, db


def affine_sigmoid_bn_forward(x, w, b, first, second, third, fourth, fifth):
    raise ValueError(f"{first}, {second}, {third}, {fourth} and {fifth} are not what it wants")


def affine_sigmoid_bn_backward(dout, cache):
    return dout
