"""The names and signatures of the book nnfs at its end, forward(inputs, training). Correct."""

import numpy as np


class Layer_Input:
    def forward(self, inputs, training):
        self.output = inputs


class Layer_Dense:
    def __init__(self, n_inputs, n_neurons, weight_regularizer_l2=0):
        self.weights = np.zeros((n_inputs, n_neurons))
        self.biases = np.zeros((1, n_neurons))
        self.weight_regularizer_l2 = weight_regularizer_l2

    def forward(self, inputs, training):
        self.inputs = inputs
        self.output = inputs @ self.weights + self.biases

    def backward(self, dvalues):
        self.dweights = self.inputs.T @ dvalues
        self.dweights += 2 * self.weight_regularizer_l2 * self.weights
        self.dbiases = dvalues.sum(axis=0, keepdims=True)
        self.dinputs = dvalues @ self.weights.T


class Layer_Dropout:
    def __init__(self, rate):
        self.rate = 1 - rate

    def forward(self, inputs, training):
        keep = np.random.binomial(1, self.rate, size=inputs.shape)  # noqa: NPY002
        self.scale = keep / self.rate if training else np.ones_like(inputs)
        self.output = inputs * self.scale

    def backward(self, dvalues):
        self.dinputs = dvalues * self.scale


class Activation_Softmax:
    def forward(self, inputs, training):
        powers = np.exp(inputs - inputs.max(axis=1, keepdims=True))
        self.output = powers / powers.sum(axis=1, keepdims=True)

    def backward(self, dvalues):
        inner = (dvalues * self.output).sum(axis=1, keepdims=True)
        self.dinputs = self.output * (dvalues - inner)


class Loss:
    def calculate(self, output, y, *, include_regularization=False):
        return np.mean(self.forward(output, y))


class Loss_CategoricalCrossentropy(Loss):
    def forward(self, y_pred, y_true):
        if y_true.ndim == 1:
            y_true = np.eye(y_pred.shape[1])[y_true]
        return -np.log((np.clip(y_pred, 1e-7, 1 - 1e-7) * y_true).sum(axis=1))

    def backward(self, dvalues, y_true):
        if y_true.ndim == 1:
            y_true = np.eye(dvalues.shape[1])[y_true]
        self.dinputs = -y_true / dvalues / len(dvalues)


class Activation_Softmax_Loss_CategoricalCrossentropy:
    def __init__(self):
        self.activation, self.loss = Activation_Softmax(), Loss_CategoricalCrossentropy()

    def forward(self, inputs, y_true):
        self.activation.forward(inputs, True)
        self.output = self.activation.output
        return self.loss.calculate(self.output, y_true)

    def backward(self, dvalues, y_true):
        labels = y_true.argmax(axis=1) if y_true.ndim == 2 else y_true
        self.dinputs = (dvalues - np.eye(dvalues.shape[1])[labels]) / len(dvalues)


class Loss_MeanSquaredError(Loss):
    def forward(self, y_pred, y_true):
        return ((y_true - y_pred) ** 2).mean(axis=-1)

    def backward(self, dvalues, y_true):
        self.dinputs = 2 * (dvalues - y_true) / dvalues.size


class Model:
    def __init__(self):
        self.layers = []

    def forward(self, X, training):
        self.input_layer.forward(X, training)

    def backward(self, output, y):
        self.loss.backward(output, y)
