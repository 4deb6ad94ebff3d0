# check: forward_prop pass
# check: forward pass
# check: feed_forward pass
# measured: 3
"""Networks as plain functions, which are told their weights."""

import numpy as np


def relu(Z):
    return np.maximum(Z, 0)


def forward_prop(W1, b1, W2, b2, X):
    """Samples are columns."""
    Z1 = W1.dot(X) + b1
    A1 = relu(Z1)
    Z2 = W2.dot(A1) + b2
    A2 = np.exp(Z2) / np.exp(Z2).sum(axis=0)
    return Z1, A1, Z2, A2


def backward_prop(Z1, A1, Z2, A2, W1, W2, X, Y):
    m = X.shape[1]
    one_hot = np.zeros_like(A2)
    one_hot[Y, np.arange(m)] = 1
    dZ2 = A2 - one_hot
    dW2 = 1 / m * dZ2.dot(A1.T)
    db2 = 1 / m * dZ2.sum(axis=1, keepdims=True)
    dZ1 = W2.T.dot(dZ2) * (Z1 > 0)
    dW1 = 1 / m * dZ1.dot(X.T)
    db1 = 1 / m * dZ1.sum(axis=1, keepdims=True)
    return dW1, db1, dW2, db2


def forward(X, params):
    """Samples are rows; what backward needs is in a dict."""
    cache = {"A0": X}
    cache["Z1"] = X @ params["W1"] + params["b1"]
    cache["A1"] = np.tanh(cache["Z1"])
    cache["Z2"] = cache["A1"] @ params["W2"] + params["b2"]
    return cache["Z2"], cache


def backward(y_pred, y_true, cache, params):
    grads, d = {}, 2 * (y_pred - y_true) / y_true.size
    grads["dW2"] = cache["A1"].T @ d
    grads["db2"] = d.sum(axis=0, keepdims=True)
    d = d @ params["W2"].T * (1 - cache["A1"] ** 2)
    grads["dW1"] = cache["A0"].T @ d
    grads["db1"] = d.sum(axis=0, keepdims=True)
    return grads


def mse_loss(y_pred, y_true):
    return np.mean((y_pred - y_true) ** 2)


def feed_forward(X, weights):
    """Any number of layers."""
    A, cache = X, [X]
    for layer in range(1, len(weights) // 2 + 1):
        A = 1 / (1 + np.exp(-(A @ weights[f"W{layer}"] + weights[f"b{layer}"])))
        cache.append(A)
    return A, cache


def backpropagate(y, cache, weights):
    grads, d = {}, cache[-1] - y
    for layer in range(len(weights) // 2, 0, -1):
        grads[f"dW{layer}"] = cache[layer - 1].T @ d
        grads[f"db{layer}"] = d.sum(axis=0)
        d = d @ weights[f"W{layer}"].T * cache[layer - 1] * (1 - cache[layer - 1])
    return grads
