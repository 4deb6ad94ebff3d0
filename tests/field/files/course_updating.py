# check: Dense pass
# check: MomentumDense pass
# check: AveragedDense pass
# check: Adam pass not_checked
# check: TurnedMomentum fail transpose
# check: LazyDense pass
# check: LazyDict fail scale
"""Layers that update themselves, by momentum too, and layers that make W in the first forward."""

import numpy as np


class Dense:
    def __init__(self, n_in, n_out, lr=0.01):
        self.W, self.b, self.lr = np.random.randn(n_in, n_out), np.zeros(n_out), lr

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        dx = dout @ self.W.T
        self.W -= self.lr * self.x.T @ dout
        self.b -= self.lr * dout.sum(axis=0)
        return dx


class MomentumDense:
    def __init__(self, n_in, n_out, lr=0.01, momentum=0.9):
        self.W, self.b, self.lr = np.random.randn(n_in, n_out), np.zeros(n_out), lr
        self.momentum = momentum
        self.velocity = {"W": np.zeros_like(self.W), "b": np.zeros_like(self.b)}

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        dx = dout @ self.W.T
        for name, grad in (("W", self.x.T @ dout), ("b", dout.sum(axis=0))):
            self.velocity[name] = self.momentum * self.velocity[name] - self.lr * grad
            setattr(self, name, getattr(self, name) + self.velocity[name])
        return dx


class AveragedDense:
    """Keeps a running average of the gradients."""

    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out)
        self.average = np.zeros_like(self.W)

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout, learning_rate, momentum=0.9):
        dx = dout @ self.W.T
        self.average = momentum * self.average + (1 - momentum) * self.x.T @ dout
        self.W -= learning_rate * self.average
        return dx


class Adam:
    """From such a step no gradient can be read."""

    def __init__(self, n_in, n_out):
        self.W, self.lr, self.t = np.random.randn(n_in, n_out), 1e-3, 0
        self.m, self.v = np.zeros_like(self.W), np.zeros_like(self.W)

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        dx, grad = dout @ self.W.T, self.x.T @ dout
        self.t += 1
        self.m = 0.9 * self.m + 0.1 * grad
        self.v = 0.999 * self.v + 0.001 * grad**2
        m, v = self.m / (1 - 0.9**self.t), self.v / (1 - 0.999**self.t)
        self.W -= self.lr * m / (np.sqrt(v) + 1e-8)
        return dx


class TurnedMomentum:
    def __init__(self, n, lr=0.1, momentum=0.9):
        self.W = np.random.randn(4, 4)
        self.v, self.lr, self.momentum = np.zeros((4, 4)), lr, momentum

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        dx = dout @ self.W.T
        self.v = self.momentum * self.v - self.lr * dout.T @ self.x
        self.W += self.v
        return dx


class LazyDense:
    def __init__(self, units):
        self.units, self.built = units, False

    def build(self, n_in):
        self.params = {"W": np.random.randn(n_in, self.units), "b": np.zeros(self.units)}
        self.built = True

    def forward(self, x):
        if not self.built:
            self.build(x.shape[1])
        self.x = x
        return x @ self.params["W"] + self.params["b"]

    def backward(self, dout):
        self.grads = {"W": self.x.T @ dout, "b": dout.sum(axis=0)}
        return dout @ self.params["W"].T


class LazyDict:
    def __init__(self, units=3):
        self.units, self.params, self.grads = units, {}, {}

    def forward(self, x):
        if "W" not in self.params:
            self.params["W"] = np.random.randn(x.shape[1], self.units)
            self.params["b"] = np.zeros(self.units)
        self.x = x
        return x @ self.params["W"] + self.params["b"]

    def backward(self, dout):
        self.grads["W"] = 2 * self.x.T @ dout
        self.grads["b"] = dout.sum(axis=0)
        return dout @ self.params["W"].T
