"""deeplearning.ai's layers with the weights in front of what comes in.

# check: linear pass convention
# check: affine pass
# check: linear_activation pass
# check: dense fail
# measured: 4
"""

import numpy as np


def linear_forward(W, A_prev, b):
    return W @ A_prev + b, (W, A_prev, b)


def linear_backward(dZ, cache):
    W, A_prev, b = cache
    m = A_prev.shape[1]
    return dZ @ A_prev.T / m, W.T @ dZ, dZ.sum(axis=1, keepdims=True) / m


def affine_forward(w, x, b):
    return x @ w + b, (w, x)


def affine_backward(dout, cache):
    w, x = cache
    return x.T @ dout, dout @ w.T, dout.sum(axis=0)


def linear_activation_forward(W, A_prev, b, activation):
    Z, linear_cache = linear_forward(W, A_prev, b)
    A = np.maximum(Z, 0) if activation == "relu" else 1 / (1 + np.exp(-Z))
    return A, (linear_cache, Z)


def linear_activation_backward(dA, cache, activation):
    linear_cache, Z = cache
    s = 1 / (1 + np.exp(-Z))
    dZ = dA * (Z > 0) if activation == "relu" else dA * s * (1 - s)
    return linear_backward(dZ, linear_cache)


def dense_forward(W, X, b):
    return X @ W + b, (W, X)


def dense_backward(dout, cache):
    W, X = cache
    return 2 * X.T @ dout, dout @ W.T, dout.sum(axis=0)
