# check: Linear pass convention
# check: Conv1d pass convention
# check: Scale fail scale
# check: Bias fail scale
"""A small library whose optimizer clears what the layers add up."""

import numpy as np


class Module:
    def __init__(self):
        self.params, self.grads = {}, {}

    def zero_grad(self):
        for name in self.grads:
            self.grads[name] = np.zeros_like(self.params[name])


class Linear(Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.params["W"] = np.random.randn(in_features, out_features) / np.sqrt(in_features)
        self.params["b"] = np.zeros(out_features)
        self.grads = {"W": np.zeros((in_features, out_features)), "b": np.zeros(out_features)}

    def forward(self, x):
        self.x = x
        return x @ self.params["W"] + self.params["b"]

    def backward(self, grad_output):
        self.grads["W"] += self.x.T @ grad_output
        self.grads["b"] += grad_output.sum(axis=0)
        return grad_output @ self.params["W"].T


class Conv1d(Module):
    def __init__(self, in_channels, out_channels, kernel_size):
        super().__init__()
        self.k = kernel_size
        self.params["W"] = np.random.randn(out_channels, in_channels, kernel_size)
        self.grads["W"] = np.zeros_like(self.params["W"])

    def forward(self, x):
        self.x = x
        n, _, length = x.shape
        out = np.zeros((n, len(self.params["W"]), length - self.k + 1))
        for i in range(out.shape[2]):
            out[:, :, i] = np.einsum("nck,ock->no", x[:, :, i : i + self.k], self.params["W"])
        return out

    def backward(self, grad_output):
        dx = np.zeros_like(self.x)
        for i in range(grad_output.shape[2]):
            patch, g = self.x[:, :, i : i + self.k], grad_output[:, :, i]
            self.grads["W"] += np.einsum("no,nck->ock", g, patch)
            dx[:, :, i : i + self.k] += np.einsum("no,ock->nck", g, self.params["W"])
        return dx


class Scale(Module):
    """Adds up, and twice what it should."""

    def __init__(self, num_features):
        super().__init__()
        self.params["gamma"] = np.ones(num_features)
        self.grads["gamma"] = np.zeros(num_features)

    def forward(self, x):
        self.x = x
        return x * self.params["gamma"]

    def backward(self, grad_output):
        self.grads["gamma"] += 2 * (grad_output * self.x).sum(axis=0)
        return grad_output * self.params["gamma"]


class Bias(Module):
    def __init__(self, num_features):
        super().__init__()
        self.params["b"] = np.zeros(num_features)
        self.grads["b"] = np.zeros(num_features)

    def forward(self, x):
        return x + self.params["b"]

    def backward(self, grad_output):
        self.grads["b"] += grad_output.mean(axis=0)
        return grad_output


class SGD:
    def __init__(self, layers, lr=0.1):
        self.layers, self.lr = layers, lr

    def step(self):
        for layer in self.layers:
            for name in layer.params:
                layer.params[name] -= self.lr * layer.grads[name]
            layer.zero_grad()
