# check: forward_prop pass
# check: back_prop_with_regularization pass
# check: relu_grad skipped
# measured: 2
"""A network of functions whose weights a function of the file makes, two dicts of them."""

import numpy as np


def init_weights(network):
    weights, biases = {}, {}
    for layer, (n, m) in enumerate(zip(network, network[1:]), start=1):
        weights["w" + str(layer)] = np.random.randn(n, m) * np.sqrt(2 / n)
        biases["b" + str(layer)] = np.zeros((1, m))
    return weights, biases


def relu_grad(z):
    return (z > 0) * 1.0


def forward_prop(X, weights, biases):
    activations, Zs = [X], []
    for layer in range(1, len(weights) + 1):
        z = activations[-1] @ weights["w" + str(layer)] + biases["b" + str(layer)]
        Zs.append(z)
        activations.append(np.maximum(z, 0) if layer < len(weights) else 1 / (1 + np.exp(-z)))
    return activations, Zs


def compute_loss(a, Y):
    return -np.sum(Y * np.log(a) + (1 - Y) * np.log(1 - a)) / len(Y)


def compute_cost_with_regularization(a, Y, weights, lambd):
    squares = sum(np.sum(w**2) for w in weights.values())
    return compute_loss(a, Y) + lambd * squares / (2 * len(Y))


def back_prop(weights, activations, Zs, y, m):
    grad = {}
    dz = activations[-1] - y
    for layer in range(len(weights), 0, -1):
        grad["w" + str(layer)] = activations[layer - 1].T @ dz / m
        grad["b" + str(layer)] = dz.sum(axis=0, keepdims=True) / m
        if layer > 1:
            dz = dz @ weights["w" + str(layer)].T * relu_grad(Zs[layer - 2])
    return grad


def back_prop_with_regularization(weights, activations, Zs, y, m, lambd):
    grad = back_prop(weights, activations, Zs, y, m)
    for name in weights:
        grad[name] = grad[name] + lambd / m * weights[name]
    return grad
