# measured: 4
# check: backward_propagation pass
# check: backward_propagation_n pass
# check: backward_propagation_with_regularization pass
# check: backward_propagation_with_dropout pass
"""The exercises of a well-known course on checking gradients and on regularisation."""

import numpy as np


def relu(z):
    return np.maximum(0, z)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward_propagation(x, theta):
    return theta * x


def backward_propagation(x, theta):
    return x


def of_three_layers(X, parameters, keep_prob=1.0):
    rng, A, cache = np.random.RandomState(1), X, []
    for layer in (1, 2, 3):
        W, b = parameters[f"W{layer}"], parameters[f"b{layer}"]
        Z = W @ A + b
        kept = (rng.rand(*Z.shape) < keep_prob) / keep_prob if layer < 3 else np.ones_like(Z)
        cache.append((A, W, Z, kept))
        A = (sigmoid(Z) if layer == 3 else relu(Z)) * kept
    return A, cache


def gradients_of_three_layers(A3, Y, cache, lambd=0.0):
    m, dZ, grads = Y.shape[1], A3 - Y, {}
    for layer in (3, 2, 1):
        A, W, Z, kept = cache[layer - 1]
        if layer < 3:
            dZ = dA * kept * (Z > 0)  # noqa: F821 (of the round before)
        grads[f"dZ{layer}"] = dZ
        grads[f"dW{layer}"] = dZ @ A.T / m + lambd / m * W
        grads[f"db{layer}"] = dZ.sum(axis=1, keepdims=True) / m
        dA = W.T @ dZ
    return grads


def forward_propagation_n(X, Y, parameters):
    A3, cache = of_three_layers(X, parameters)
    logprobs = -np.log(A3) * Y - np.log(1 - A3) * (1 - Y)
    return np.sum(logprobs) / X.shape[1], (A3, cache)


def backward_propagation_n(X, Y, cache):
    A3, kept = cache
    return gradients_of_three_layers(A3, Y, kept)


def forward_propagation_with_regularization(X, parameters):
    A3, cache = of_three_layers(X, parameters)
    return A3, (A3, cache)


def backward_propagation_with_regularization(X, Y, cache, lambd):
    A3, kept = cache
    return gradients_of_three_layers(A3, Y, kept, lambd)


def forward_propagation_with_dropout(X, parameters, keep_prob=0.5):
    A3, cache = of_three_layers(X, parameters, keep_prob)
    return A3, (A3, cache)


def backward_propagation_with_dropout(X, Y, cache, keep_prob):
    A3, kept = cache
    return gradients_of_three_layers(A3, Y, kept)
