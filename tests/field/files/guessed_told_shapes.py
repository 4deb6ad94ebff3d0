# check: Conv2DLayer pass
# measured: 1
"""Layers that are told the shape of a sample before forward: another size has another shape."""

import numpy as np


class Conv2DLayer:
    input_shape = None

    def __init__(self, kernels, channels, size=2):
        self.weights_shape, self.weights = (kernels, channels, size, size), None
        self.size, self.input_shape = size, None

    def initialize(self):
        self.weights = 0.1 * np.random.randn(*self.weights_shape)

    def forward(self, x):
        _, height, width = self.input_shape
        rows, columns = height - self.size + 1, width - self.size + 1
        self.x = x
        out = np.zeros((len(x), len(self.weights), rows, columns))
        for i in range(rows):
            for j in range(columns):
                window = x[:, :, i : i + self.size, j : j + self.size]
                out[:, :, i, j] = np.sum(window[:, None] * self.weights, axis=(2, 3, 4))
        return out

    def backward(self, dout):
        dx, self.dweights = np.zeros_like(self.x), np.zeros_like(self.weights)
        for i in range(self.x.shape[2] - self.size + 1):
            for j in range(self.x.shape[3] - self.size + 1):
                window = self.x[:, :, i : i + self.size, j : j + self.size]
                self.dweights += np.tensordot(dout[:, :, i, j], window, axes=(0, 0))
                dx[:, :, i : i + self.size, j : j + self.size] += np.tensordot(
                    dout[:, :, i, j], self.weights, axes=(1, 0)
                )
        return dx
