# check: softmax_regression_epoch pass
# check: nn_epoch pass
# measured: 2
"""The steps of an epoch by themselves: the weights change where they stand."""

import numpy as np


def softmax_loss(Z, y):
    return np.mean(np.log(np.exp(Z).sum(axis=1)) - Z[np.arange(y.size), y])


def softmax_regression_epoch(X, y, theta, lr=0.1, batch=100):
    for start in range(0, len(X), batch):
        x, labels = X[start : start + batch], y[start : start + batch]
        p = np.exp(x @ theta)
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(len(labels)), labels] -= 1
        theta -= (lr / batch * (x.T @ p)).astype(np.float32)


def nn_epoch(X, y, W1, W2, lr=0.1, batch=100):
    for i in range(len(X) // batch):
        x, labels = X[i * batch : (i + 1) * batch], y[i * batch : (i + 1) * batch]
        h = np.maximum(x @ W1, 0)
        p = np.exp(h @ W2)
        d = p / p.sum(1, keepdims=True) - np.eye(W2.shape[1])[labels]
        g = (h > 0) * (d @ W2.T)
        W1 -= lr * (x.T @ g) / batch
        W2 -= lr * (h.T @ d) / batch
