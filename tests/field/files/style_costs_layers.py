# check: ComputeGradients pass
# measured: 1
"""The gradient of a cost that gives its parts as well, of two layers whose weights are told."""

import numpy as np


def softmax(s):
    e = np.exp(s - s.max(axis=0))
    return e / e.sum(axis=0)


def EvaluateClassifier(X, W1, W2, b1, b2):
    h = np.maximum(W1 @ X + b1, 0)
    return softmax(W2 @ h + b2)


def ComputeCost(X, Y, W1, W2, b1, b2, lam):
    P = EvaluateClassifier(X, W1, W2, b1, b2)
    loss = -np.sum(Y * np.log(P)) / X.shape[1]
    return loss + lam * (np.sum(W1**2) + np.sum(W2**2)), loss


def ComputeGradients(X, Y, W1, W2, b1, b2, lam):
    n = X.shape[1]
    h = np.maximum(W1 @ X + b1, 0)
    G = softmax(W2 @ h + b2) - Y
    grad_W2 = G @ h.T / n + 2 * lam * W2
    grad_b2 = G.sum(axis=1, keepdims=True) / n
    G = (W2.T @ G) * (h > 0)
    grad_W1 = G @ X.T / n + 2 * lam * W1
    grad_b1 = G.sum(axis=1, keepdims=True) / n
    return grad_W1, grad_W2, grad_b1, grad_b2
