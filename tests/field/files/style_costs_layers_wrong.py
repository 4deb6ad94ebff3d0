# check: ComputeGradients fail weight_decay
# measured: 1
"""The gradient of a cost of one layer, in which the decay has lost its 2."""

import numpy as np


def EvaluateClassifier(X, W, b):
    e = np.exp(W @ X + b)
    return e / e.sum(axis=0)


def ComputeCost(X, Y, W, b, lam):
    P = EvaluateClassifier(X, W, b)
    return -np.sum(Y * np.log(P)) / X.shape[1] + lam * np.sum(W**2)


def ComputeGradients(X, Y, W, b, lam):
    G = EvaluateClassifier(X, W, b) - Y
    return G @ X.T / X.shape[1] + lam * W, G.mean(axis=1, keepdims=True)
