"""Losses as classes: forward(prediction, target) -> float, backward() -> gradient. Correct."""

import numpy as np


class MeanSquaredError:
    def forward(self, prediction, target):
        self.diff = prediction - target
        return np.mean(self.diff**2)

    def backward(self):
        return 2 * self.diff / self.diff.size


class HalfSquaredError:
    """Half the squared distance, averaged over the samples."""

    def forward(self, prediction, target):
        self.prediction, self.target = prediction, target
        return 0.5 * np.sum((prediction - target) ** 2) / len(prediction)

    def backward(self):
        return (self.prediction - self.target) / len(self.prediction)


class MeanAbsoluteError:
    def forward(self, prediction, target):
        self.diff = prediction - target
        return np.abs(self.diff).mean()

    def backward(self):
        return np.sign(self.diff) / self.diff.size


class Huber:
    def __init__(self, delta=1.0):
        self.delta = delta

    def forward(self, prediction, target):
        self.r = prediction - target
        d = self.delta
        small = np.abs(self.r) <= d
        return np.where(small, 0.5 * self.r**2, d * (np.abs(self.r) - 0.5 * d)).mean()

    def backward(self):
        d = self.delta
        small = np.abs(self.r) <= d
        return np.where(small, self.r, d * np.sign(self.r)) / self.r.size


class Quantile:
    def __init__(self, q=0.8):
        self.q = q

    def forward(self, prediction, target):
        self.e = target - prediction
        return np.mean(np.maximum(self.q * self.e, (self.q - 1) * self.e))

    def backward(self):
        slope = np.where(self.e > 0, -self.q, 1 - self.q)
        return slope / self.e.size


class Hinge:
    """Targets are -1 or +1."""

    def forward(self, prediction, target):
        self.y = target
        self.margin = 1 - target * prediction
        return np.maximum(0, self.margin).mean()

    def backward(self):
        return np.where(self.margin > 0, -self.y, 0.0) / self.y.size


class BinaryCrossEntropy:
    """Predictions are probabilities; targets 0 or 1."""

    def forward(self, prediction, target):
        self.p, self.y = prediction, target
        return -np.mean(self.y * np.log(self.p) + (1 - self.y) * np.log(1 - self.p))

    def backward(self):
        grad = -(self.y / self.p - (1 - self.y) / (1 - self.p))
        return grad / self.y.size


class LogitsCrossEntropy:
    def forward(self, prediction, target):
        self.z, self.y = prediction, target
        return np.mean(np.maximum(self.z, 0) - self.z * self.y + np.log1p(np.exp(-np.abs(self.z))))

    def backward(self):
        e = np.exp(-np.abs(self.z))
        p = np.where(self.z >= 0, 1 / (1 + e), e / (1 + e))
        return (p - self.y) / self.z.size


class SoftmaxCrossEntropy:
    """Scores (N, C) and labels (N,)."""

    def forward(self, prediction, target):
        self.labels = target
        scores = prediction - prediction.max(axis=1, keepdims=True)
        probs = np.exp(scores)
        self.probs = probs / probs.sum(axis=1, keepdims=True)
        picked = self.probs[np.arange(len(target)), target]
        return -np.log(picked).mean()

    def backward(self):
        dscores = self.probs.copy()
        dscores[np.arange(len(self.labels)), self.labels] -= 1
        return dscores / len(self.labels)


class KLDivergence:
    """Log-probabilities against a distribution."""

    def forward(self, prediction, target):
        self.target = target
        safe = np.where(target > 0, target, 1)
        return np.sum(target * (np.log(safe) - prediction)) / len(target)

    def backward(self):
        return -self.target / len(self.target)


class CosineLoss:
    def forward(self, prediction, target):
        self.na = np.linalg.norm(prediction, axis=1, keepdims=True)
        self.u = prediction / self.na
        self.t = target / np.linalg.norm(target, axis=1, keepdims=True)
        self.cos = np.sum(self.u * self.t, axis=1, keepdims=True)
        return np.mean(1 - self.cos)

    def backward(self):
        return -(self.t - self.cos * self.u) / self.na / len(self.u)


def ridge_loss(W, x, y, strength):
    """Least squares with a penalty on the squared weights: loss, dW."""
    error = x @ W - y
    loss = np.mean(error**2) + strength * np.sum(W * W)
    dW = 2 * x.T @ error / error.size
    dW += 2 * strength * W
    return loss, dW
