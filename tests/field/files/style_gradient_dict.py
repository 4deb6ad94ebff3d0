# measured: 4
# check: Dense pass
# check: LayerNorm pass
# check: Gated fail
# check: PenalisedLoss pass
"""Layers whose backward is handed a dict for the gradients of parameters; a loss to be told of."""

import numpy as np


class Dense:
    def __init__(self, in_size, out_size):
        rng = np.random.default_rng(0)
        self._parameters = {"dense/W": rng.standard_normal((in_size, out_size))}
        self._parameters["dense/b"] = np.zeros(out_size)

    def forward(self, x):
        return x @ self._parameters["dense/W"] + self._parameters["dense/b"], {"x": x}

    def backward(self, cache, grad, gradients):
        gradients["dense/W"] = cache["x"].T @ grad
        gradients["dense/b"] = grad.sum(axis=0)
        return grad @ self._parameters["dense/W"].T


class LayerNorm:
    def __init__(self, size):
        self._parameters = {"ln/scale": np.ones(size), "ln/shift": np.zeros(size)}

    def forward(self, x):
        std = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
        xhat = (x - x.mean(axis=-1, keepdims=True)) / std
        return self._parameters["ln/scale"] * xhat + self._parameters["ln/shift"], (xhat, std)

    def backward(self, x, cache, grad, gradients):
        xhat, std = cache
        gradients["ln/scale"] = (grad * xhat).sum(axis=0)
        gradients["ln/shift"] = grad.sum(axis=0)
        d = grad * self._parameters["ln/scale"]
        mean = d.mean(axis=-1, keepdims=True)
        return (d - mean - xhat * (d * xhat).mean(axis=-1, keepdims=True)) / std


class Gated:
    def __init__(self, size):
        self._parameters = {"gate": np.linspace(0.5, 1.5, size)}

    def forward(self, x):
        return x * np.tanh(self._parameters["gate"]), {"x": x}

    def backward(self, cache, grad, gradients):
        slope = np.tanh(self._parameters["gate"])
        gradients["gate"] = (grad * cache["x"]).sum(axis=0) * slope
        return grad * slope


class PenalisedLoss:
    def remember_layers(self, layers):
        self.layers = layers

    def forward(self, prediction, target):
        self.difference = prediction - target
        penalty = sum(np.sum(layer.W**2) for layer in self.layers)
        return np.mean(self.difference**2) + penalty

    def backward(self):
        return 2 * self.difference / self.difference.size
