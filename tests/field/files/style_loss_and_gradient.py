# measured: 8
# check: l2_regularization pass
# check: softmax_with_cross_entropy pass
# check: linear_softmax pass
# check: Dice pass
# check: Ridge pass
# check: squared_error fail scale
# check: hinge_penalty fail
# check: LogisticCost fail sign
"""A loss and its gradient in one go: functions of any name, objects that are called."""

import numpy as np


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def l2_regularization(W, reg_strength):
    loss = reg_strength * np.sum(W**2)
    grad = 2 * reg_strength * W
    return loss, grad


def softmax_with_cross_entropy(predictions, target_index):
    probs, N = softmax(predictions), len(predictions)
    loss = -np.log(probs[np.arange(N), target_index.flatten()]).mean()
    dprediction = probs.copy()
    dprediction[np.arange(N), target_index.flatten()] -= 1
    return loss, dprediction / N


def linear_softmax(X, W, target_index):
    loss, dprediction = softmax_with_cross_entropy(X @ W, target_index)
    dW = X.T @ dprediction
    return loss, dW


class Dice:
    def __call__(self, prediction, ground_truth):
        def total(array):
            return array.sum(axis=(1, 2), keepdims=True)

        top = total(prediction * ground_truth) + 1e-8
        bottom = total(prediction) + total(ground_truth) + 2e-8
        loss = np.sum(1 - 2 * top / bottom)
        grad = -2 * (ground_truth * bottom - top) / bottom**2
        return float(loss), grad


class Ridge:
    def __init__(self, reg_strength):
        self.reg_strength = reg_strength

    def __call__(self, weights):
        cost = self.reg_strength * np.sum(weights**2)
        grad = self.reg_strength * 2 * weights
        return cost, grad


def squared_error(prediction, target):
    loss = np.sum((prediction - target) ** 2)
    gradient = prediction - target
    return loss, gradient


def hinge_penalty(W, margin):
    loss = np.sum(np.maximum(0, margin - W))
    dW = -(margin > 0) * np.ones_like(W)
    return loss, dW


class LogisticCost:
    def __call__(self, scores, labels):
        p = 1 / (1 + np.exp(-scores))
        loss = -np.sum(labels * np.log(p) + (1 - labels) * np.log(1 - p))
        grad_scores = labels - p
        return loss, grad_scores
