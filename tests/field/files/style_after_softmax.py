# measured: 3
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
