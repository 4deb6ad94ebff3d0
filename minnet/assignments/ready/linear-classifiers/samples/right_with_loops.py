"""The same, with other tools."""

import numpy as np


def affine_forward(x, w, b):
    return np.einsum("nd,dm->nm", x.reshape(x.shape[0], -1), w) + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    flat = x.reshape(x.shape[0], -1)
    dx = np.einsum("nm,dm->nd", dout, w).reshape(x.shape)
    return dx, np.einsum("nd,nm->dm", flat, dout), np.einsum("nm->m", dout)


def softmax_loss(x, y):
    onehot = np.eye(x.shape[1])[y]
    e = np.exp(x - x.max(1)[:, None])
    p = e / e.sum(1)[:, None]
    loss = 0.0
    for row, label in zip(p, y):
        loss -= np.log(row[label]) / len(y)
    return loss, (p - onehot) / len(y)


def svm_loss(x, y):
    N, C = x.shape
    loss, dx = 0.0, np.zeros((N, C))
    for n in range(N):
        for c in range(C):
            gap = x[n, c] - x[n, y[n]] + 1.0
            if c != y[n] and gap > 0:
                loss += gap / N
                dx[n, c] += 1 / N
                dx[n, y[n]] -= 1 / N
    return loss, dx
