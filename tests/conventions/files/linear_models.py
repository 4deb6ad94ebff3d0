"""The loss functions of cs231n's first assignment, and a deeplearning.ai pair. Correct."""

import numpy as np


def softmax_loss_naive(W, X, y, reg):
    loss, dW = 0.0, np.zeros_like(W)
    for i in range(len(X)):
        scores = X[i] @ W
        p = np.exp(scores - scores.max())
        p /= p.sum()
        loss -= np.log(p[y[i]]) / len(X)
        for j in range(W.shape[1]):
            dW[:, j] += (p[j] - (j == y[i])) * X[i] / len(X)
    return loss + reg * np.sum(W**2), dW + 2 * reg * W


def svm_loss_vectorized(W, X, y, reg):
    scores, rows = X @ W, np.arange(len(X))
    margins = np.maximum(0, scores - scores[rows, y][:, None] + 1)
    margins[rows, y] = 0
    active = (margins > 0).astype(float)
    active[rows, y] = -active.sum(axis=1)
    return margins.sum() / len(X) + reg * np.sum(W**2), X.T @ active / len(X) + 2 * reg * W


def linear_forward(A, W, b):
    return W @ A + b, (A, W, b)


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    return W.T @ dZ, dZ @ A_prev.T / m, dZ.sum(axis=1, keepdims=True) / m
