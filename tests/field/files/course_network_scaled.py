# check: backward_propagation_n fail scale
# measured: 1
"""The network of the gradient checking notebook; two gradients are two and four times too large."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def forward_propagation_n(X, Y, parameters):
    W1, b1 = parameters["W1"], parameters["b1"]
    W2, b2 = parameters["W2"], parameters["b2"]
    W3, b3 = parameters["W3"], parameters["b3"]
    Z1 = W1 @ X + b1
    A1 = np.maximum(0, Z1)
    Z2 = W2 @ A1 + b2
    A2 = np.maximum(0, Z2)
    A3 = sigmoid(W3 @ A2 + b3)
    cost = -np.sum(Y * np.log(A3) + (1 - Y) * np.log(1 - A3)) / X.shape[1]
    return cost, (Z1, A1, W2, Z2, A2, W3, A3)


def backward_propagation_n(X, Y, cache):
    m = X.shape[1]
    Z1, A1, W2, Z2, A2, W3, A3 = cache
    dZ3 = A3 - Y
    dZ2 = W3.T @ dZ3 * (Z2 > 0)
    dZ1 = W2.T @ dZ2 * (Z1 > 0)
    return {
        "dW3": dZ3 @ A2.T / m,
        "db3": dZ3.sum(axis=1, keepdims=True) / m,
        "dW2": 2 * dZ2 @ A1.T / m,
        "db2": dZ2.sum(axis=1, keepdims=True) / m,
        "dW1": dZ1 @ X.T / m,
        "db1": 4 * dZ1.sum(axis=1, keepdims=True) / m,
    }
