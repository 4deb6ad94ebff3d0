# check: forward_prop fail shape
# check: forward fail
# measured: 2
"""The same with a mistake in each."""

import numpy as np


def forward_prop(W1, b1, W2, b2, X):
    Z1 = W1.dot(X) + b1
    A1 = np.maximum(Z1, 0)
    Z2 = W2.dot(A1) + b2
    A2 = np.exp(Z2) / np.exp(Z2).sum(axis=0)
    return Z1, A1, Z2, A2


def backward_prop(Z1, A1, Z2, A2, W1, W2, X, Y):
    m = X.shape[1]
    one_hot = np.zeros_like(A2)
    one_hot[Y, np.arange(m)] = 1
    dZ2 = A2 - one_hot
    dW2 = 1 / m * dZ2.dot(A1.T)
    db2 = 1 / m * np.sum(dZ2)
    dZ1 = W2.T.dot(dZ2) * (Z1 > 0)
    dW1 = 1 / m * dZ1.dot(X.T)
    db1 = 1 / m * np.sum(dZ1)
    return dW1, db1, dW2, db2


def forward(X, params):
    cache = {"A0": X}
    cache["A1"] = np.tanh(X @ params["W1"] + params["b1"])
    cache["Z2"] = cache["A1"] @ params["W2"] + params["b2"]
    return cache["Z2"], cache


def backward(y_pred, y_true, cache, params):
    grads, d = {}, 2 * (y_pred - y_true) / y_true.size
    grads["dW2"] = cache["A1"].T @ d
    grads["db2"] = d.sum(axis=0, keepdims=True)
    d = d @ params["W2"].T
    grads["dW1"] = cache["A0"].T @ d
    grads["db1"] = d.sum(axis=0, keepdims=True)
    return grads


def mse_loss(y_pred, y_true):
    return np.mean((y_pred - y_true) ** 2)
