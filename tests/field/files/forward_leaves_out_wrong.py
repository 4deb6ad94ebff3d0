# check: Layer fail extra_term
# check: product fail extra_term
# measured: 2
"""A gradient of what forward leaves out: of the two passes, nobody can say which is wrong."""

import numpy as np


class Layer:
    def __init__(self, n_inputs, n_neurons):
        self.weights = 0.01 * np.random.randn(n_inputs, n_neurons)
        self.biases = np.zeros((1, n_neurons))

    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.dot(inputs, self.weights)

    def backward(self, dvalues):
        self.dweights = np.dot(self.inputs.T, dvalues)
        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)
        self.dinputs = np.dot(dvalues, self.weights.T)


def product_forward(x, w, scale):
    return x * w, (x, w)


def product_backward(dout, cache):
    x, w = cache
    return dout * w, (dout * x).sum(axis=0), (dout * x * w).sum(axis=0)
