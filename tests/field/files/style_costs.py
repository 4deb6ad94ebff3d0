# check: compute_gradient pass
# check: ComputeGradients pass
# check: backward_pass pass
# check: gradient_of_loss fail scale
# check: gradient_of_another skipped
"""Costs whose gradients are functions of their own: of rows, of columns, of a dict."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def compute_cost(X, y, w, b):
    p = sigmoid(X @ w + b)
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def compute_gradient(X, y, w, b):
    off = sigmoid(X @ w + b) - y
    return X.T @ off / len(y), np.mean(off)


def gradient_of_loss(X, y, w, b):
    off = sigmoid(X @ w + b) - y
    return X.T @ off / len(y), np.sum(off)


def EvaluateClassifier(X, W, b):
    s = W @ X + b
    e = np.exp(s - s.max(axis=0))
    return e / e.sum(axis=0)


def ComputeCost(X, Y, W, b, lamda):
    P = EvaluateClassifier(X, W, b)
    return -np.sum(Y * np.log(P)) / X.shape[1] + lamda * np.sum(W**2)


def ComputeGradients(X, Y, P, W, lamda):
    G = (P - Y) / X.shape[1]
    return G @ X.T + 2 * lamda * W, G.sum(axis=1, keepdims=True)


def init_network(K, d, m):
    return {
        "W": [np.zeros((m, d)), np.zeros((K, m))],
        "b": [np.zeros((m, 1)), np.zeros((K, 1))],
    }


def apply_network(X, network):
    h = np.maximum(network["W"][0] @ X + network["b"][0], 0)
    return h, EvaluateClassifier(h, network["W"][1], network["b"][1])


def loss_of_network(fp_data, y):
    return -np.mean(np.log(fp_data[1][y, np.arange(len(y))]))


def backward_pass(X, Y, fp_data, network):
    h, P = fp_data
    G = (P - Y) / X.shape[1]
    H = (network["W"][1].T @ G) * (h > 0)
    return {
        "W": [H @ X.T, G @ h.T],
        "b": [H.sum(axis=1, keepdims=True), G.sum(axis=1, keepdims=True)],
    }


def gradient_of_another(X, Y, P, W):
    return (P - Y) @ X.T + W
