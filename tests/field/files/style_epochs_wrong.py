# check: softmax_regression_epoch fail scale
# check: nn_epoch fail unexplained
# check: deep_epoch fail unexplained
# check: late_epoch fail unexplained
# check: blank_epoch not_implemented
# check: lost_epoch error crash
# measured: 4
"""Steps of an epoch with a mistake each."""

import numpy as np


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def softmax_regression_epoch(X, y, theta, lr=0.1, batch=100):
    for start in range(0, len(X), batch):
        x, labels = X[start : start + batch], y[start : start + batch]
        d = softmax(x @ theta) - np.eye(theta.shape[1])[labels]
        theta -= lr * (x.T @ d)


def nn_epoch(X, y, W1, W2, lr=0.1, batch=100):
    for start in range(0, len(X), batch):
        x, labels = X[start : start + batch], y[start : start + batch]
        h = np.maximum(x @ W1, 0)
        d = (softmax(h @ W2) - np.eye(W2.shape[1])[labels]) / len(x)
        W1 -= lr * x.T @ (d @ W2.T)
        W2 -= lr * h.T @ d


def deep_epoch(X, y, W1, W2, W3, lr=0.1, batch=100):
    for start in range(0, len(X), batch):
        x, labels = X[start : start + batch], y[start : start + batch]
        a = np.maximum(x @ W1, 0)
        b = np.maximum(a @ W2, 0)
        d = (softmax(b @ W3) - np.eye(W3.shape[1])[labels]) / len(x)
        g = (d @ W3.T) * (b > 0)
        W3 -= lr * b.T @ d
        W2 -= lr * a.T @ g
        W1 += lr * x.T @ ((g @ W2.T) * (a > 0))


def late_epoch(X, y, W1, W2, lr=0.1, batch=100):
    for start in range(0, len(X), batch):
        x, labels = X[start : start + batch], y[start : start + batch]
        h = np.maximum(x @ W1, 0)
        d = (softmax(h @ W2) - np.eye(W2.shape[1])[labels]) / len(x)
        W2 -= lr * h.T @ d
        W1 -= lr * x.T @ ((d @ W2.T) * (h > 0))


def blank_epoch(X, y, W1, W2, lr=0.1, batch=100):
    """To be written."""
    pass


def lost_epoch(X, y, theta, lr=0.1, batch=100):
    for start in range(0, len(X), batch):
        x, labels = X[start : start + batch], y[start : start + batch]
        d = (softmax(x @ theta) - np.eye(theta.shape[1])[labels]) / len(x)
        theta = theta - lr * (x.T @ d)
