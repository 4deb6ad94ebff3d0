# measured: 6
# check: Softmax pass
# check: SoftMaxLayer pass
# check: softmax_output fail sign
# check: Activation_Softmax_Loss_CategoricalCrossentropy pass
# check: SoftmaxLoss pass
# check: SoftmaxCrossEntropyForgotten fail region
"""Losses behind a softmax that have a backward only, as a well-known book ends with."""

import numpy as np


class Activation_Softmax_Loss_CategoricalCrossentropy:
    def backward(self, dvalues, y_true):
        samples = len(dvalues)
        if len(y_true.shape) == 2:
            y_true = np.argmax(y_true, axis=1)
        self.dinputs = dvalues.copy()
        self.dinputs[range(samples), y_true] -= 1
        self.dinputs = self.dinputs / samples


class SoftmaxLoss:
    def backward(self, probabilities, y_true):
        return probabilities - y_true


class SoftmaxCrossEntropyForgotten:
    def backward(self, dvalues, y_true):
        self.dinputs = dvalues / len(dvalues)


class Softmax:
    """Is told the targets in the place of a gradient."""

    def forward(self, x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.p = e / e.sum(axis=1, keepdims=True)
        return self.p

    def backward(self, y_true):
        return (self.p - y_true) / len(y_true)


class SoftMaxLayer:
    """Has its samples in columns, and a rate that it does not need."""

    def forward(self, X):
        e = np.exp(X - X.max(axis=0))
        self.p = e / e.sum(axis=0)
        return self.p

    def backward(self, Y, lr):
        return self.p - Y


class softmax_output(SoftMaxLayer):
    def backward(self, Y, lr):
        return Y - self.p
