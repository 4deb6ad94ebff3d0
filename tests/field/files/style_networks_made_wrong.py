# check: feed_forward fail scale
# measured: 1
"""A network of functions with lists of weights, whose last bias is counted twice."""

import numpy as np


def initialize(sizes):
    W = [np.random.randn(m, n) / np.sqrt(n) for n, m in zip(sizes, sizes[1:])]
    b = [np.zeros((m, 1)) for m in sizes[1:]]
    return W, b


def feed_forward(x, W, b):
    activations = [x]
    for w, c in zip(W, b):
        activations.append(np.tanh(w @ activations[-1] + c))
    return activations


def cost(y, activations):
    return 0.5 * np.sum((activations[-1] - y) ** 2)


def backprop(activations, y, W, b):
    dW, db = [], []
    delta = (activations[-1] - y) * (1 - activations[-1] ** 2)
    for k in range(len(W) - 1, -1, -1):
        dW.insert(0, delta @ activations[k].T)
        db.insert(0, delta.sum(axis=1, keepdims=True) * (2 if k == 1 else 1))
        delta = W[k].T @ delta * (1 - activations[k] ** 2)
    return dW, db
