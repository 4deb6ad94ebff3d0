# check: linear_activation pass
# check: forward_propagation fail
# measured: 2
"""A course hands its helpers out beside its notebooks, and they are not here."""

import numpy as np
from dnn_utils_v2 import relu, relu_backward, sigmoid, sigmoid_backward
from planar_utils import sigmoid as squashed


def linear_activation_forward(A_prev, W, b, activation):
    Z = W @ A_prev + b
    A, kept = sigmoid(Z) if activation == "sigmoid" else relu(Z)
    return A, ((A_prev, W, b), kept)


def linear_activation_backward(dA, cache, activation):
    (A_prev, W, b), kept = cache
    dZ = sigmoid_backward(dA, kept) if activation == "sigmoid" else relu_backward(dA, kept)
    return W.T @ dZ, dZ @ A_prev.T, dZ.sum(axis=1, keepdims=True)


def forward_propagation(X, parameters):
    A1 = np.tanh(parameters["W1"] @ X + parameters["b1"])
    A2 = squashed(parameters["W2"] @ A1 + parameters["b2"])
    return A2, {"A1": A1, "A2": A2}


def compute_cost(A2, Y):
    return -np.mean(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))


def backward_propagation(parameters, cache, X, Y):
    m, A1 = X.shape[1], cache["A1"]
    dZ2 = cache["A2"] - Y
    dZ1 = parameters["W2"].T @ dZ2 * (1 - A1)
    return {
        "dW2": dZ2 @ A1.T / m,
        "db2": dZ2.sum(axis=1, keepdims=True) / m,
        "dW1": dZ1 @ X.T / m,
        "db1": dZ1.sum(axis=1, keepdims=True) / m,
    }
