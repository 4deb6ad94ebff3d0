# check: Layer_Dense fail forward
# check: Layer_Dropout fail forward
# check: Activation_ReLU fail forward
# check: Activation_Softmax fail forward
# check: Loss_MeanSquaredError fail forward
# check: Loss_CategoricalCrossentropy fail forward
# ruff: noqa: NPY002
"""The book's classes with a mistake in forward that backward shares."""

import numpy as np


class Layer_Dense:
    def __init__(self, n_inputs, n_neurons):
        self.weights = 0.01 * np.random.randn(n_inputs, n_neurons)
        self.biases = np.zeros((1, n_neurons))

    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.dot(inputs, self.weights) * self.biases

    def backward(self, dvalues):
        product = np.dot(self.inputs, self.weights)
        self.dbiases = np.sum(dvalues * product, axis=0, keepdims=True)
        self.dweights = np.dot(self.inputs.T, dvalues * self.biases)
        self.dinputs = np.dot(dvalues * self.biases, self.weights.T)


class Layer_Dropout:
    """Divided by the rate of dropping."""

    def __init__(self, rate):
        self.rate = rate

    def forward(self, inputs):
        kept = np.random.binomial(1, 1 - self.rate, size=inputs.shape)
        self.binary_mask = kept / self.rate
        self.output = inputs * self.binary_mask

    def backward(self, dvalues):
        self.dinputs = dvalues * self.binary_mask


class Activation_ReLU:
    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.minimum(0, inputs)

    def backward(self, dvalues):
        self.dinputs = np.where(self.inputs < 0, dvalues, 0.0)


class Activation_Softmax:
    """The sum runs over the whole batch: keepdims, but no axis."""

    def forward(self, inputs):
        powers = np.exp(inputs - np.max(inputs))
        self.output = powers / np.sum(powers, keepdims=True)

    def backward(self, dvalues):
        self.dinputs = self.output * (dvalues - np.sum(dvalues * self.output))


class Loss:
    def calculate(self, output, y):
        return np.mean(self.forward(output, y))


class Loss_MeanSquaredError(Loss):
    def forward(self, y_pred, y_true):
        return np.mean(y_true - y_pred, axis=-1)

    def backward(self, dvalues, y_true):
        self.dinputs = -np.ones_like(dvalues) / dvalues.size


class Loss_CategoricalCrossentropy(Loss):
    """log10: the digits look right on paper."""

    def forward(self, y_pred, y_true):
        if y_true.ndim == 1:
            y_true = np.eye(y_pred.shape[1])[y_true]
        return -np.log10(np.sum(y_pred * y_true, axis=1))

    def backward(self, dvalues, y_true):
        if y_true.ndim == 1:
            y_true = np.eye(dvalues.shape[1])[y_true]
        self.dinputs = -y_true / dvalues / len(dvalues) / np.log(10)
