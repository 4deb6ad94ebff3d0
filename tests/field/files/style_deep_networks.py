# check: linear_activation pass convention
# check: L_model pass
# check: forward_propagation pass
# check: propagate pass
"""The networks of a well-known course: parameters in a dict, samples in columns."""

import numpy as np


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z))


def linear_activation_forward(A_prev, W, b, activation):
    Z = W @ A_prev + b
    A = sigmoid(Z) if activation == "sigmoid" else np.maximum(0, Z)
    return A, ((A_prev, W, b), Z)


def linear_activation_backward(dA, cache, activation):
    (A_prev, W, b), Z = cache
    slope = sigmoid(Z) * (1 - sigmoid(Z)) if activation == "sigmoid" else Z > 0
    dZ, m = dA * slope, A_prev.shape[1]
    return W.T @ dZ, dZ @ A_prev.T / m, dZ.sum(axis=1, keepdims=True) / m


def L_model_forward(X, parameters):
    A, caches, L = X, [], len(parameters) // 2
    for layer in range(1, L + 1):
        kind = "sigmoid" if layer == L else "relu"
        W, b = parameters[f"W{layer}"], parameters[f"b{layer}"]
        A, cache = linear_activation_forward(A, W, b, kind)
        caches.append(cache)
    return A, caches


def L_model_backward(AL, Y, caches):
    grads, L = {}, len(caches)
    dA = -(Y / AL - (1 - Y) / (1 - AL))
    for layer in range(L, 0, -1):
        kind = "sigmoid" if layer == L else "relu"
        dA, dW, db = linear_activation_backward(dA, caches[layer - 1], kind)
        grads |= {f"dA{layer - 1}": dA, f"dW{layer}": dW, f"db{layer}": db}
    return grads


def forward_propagation(X, parameters):
    Z1 = parameters["W1"] @ X + parameters["b1"]
    A1 = np.tanh(Z1)
    A2 = sigmoid(parameters["W2"] @ A1 + parameters["b2"])
    return A2, {"A1": A1, "A2": A2}


def backward_propagation(parameters, cache, X, Y):
    m, A1, dZ2 = X.shape[1], cache["A1"], cache["A2"] - Y
    dZ1 = parameters["W2"].T @ dZ2 * (1 - A1**2)
    return {
        "dW1": dZ1 @ X.T / m,
        "db1": dZ1.sum(axis=1, keepdims=True) / m,
        "dW2": dZ2 @ A1.T / m,
        "db2": dZ2.sum(axis=1, keepdims=True) / m,
    }


def propagate(w, b, X, Y):
    m = X.shape[1]
    A = sigmoid(w.T @ X + b)
    cost = -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m
    return {"dw": X @ (A - Y).T / m, "db": np.sum(A - Y) / m}, cost
