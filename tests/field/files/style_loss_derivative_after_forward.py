# check: SoftmaxCrossEntropy pass
# check: MeanSquares pass
# check: Turned fail
# check: Doubled fail
# check: SparseCategoricalCrossentropy pass
# measured: 5
"""Losses whose derivative takes nothing: forward keeps what it needs."""

import numpy as np


class Criterion:
    def __init__(self):
        self.logits = None
        self.labels = None

    def __call__(self, x, y):
        return self.forward(x, y)

    def forward(self, x, y):
        raise NotImplementedError

    def derivative(self):
        raise NotImplementedError


class SoftmaxCrossEntropy(Criterion):
    def forward(self, x, y):
        self.labels = y
        z = x - x.max(axis=1, keepdims=True)
        self.log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        return -np.sum(y * self.log_p, axis=1)

    def derivative(self):
        return np.exp(self.log_p) - self.labels


class MeanSquares(Criterion):
    def forward(self, prediction, target):
        self.difference = prediction - target
        return np.mean(self.difference**2)

    def derivative(self):
        return 2 * self.difference / self.difference.size


class Turned(SoftmaxCrossEntropy):
    def derivative(self):
        return self.labels - np.exp(self.log_p)


class Doubled(MeanSquares):
    def derivative(self):
        return 4 * self.difference / self.difference.size


class SparseCategoricalCrossentropy:
    @staticmethod
    def function(y, target):
        return -np.log(y[target])

    @staticmethod
    def derivative(y, target):
        d = np.zeros(len(y))
        d[target] = -1 / y[target]
        return d
