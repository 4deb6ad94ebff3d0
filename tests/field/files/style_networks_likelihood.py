# check: Network pass
# check: Descent fail
# measured: 2
"""A network whose loss lacks its minus, and one whose gradients have the wrong sign."""

import numpy as np


class Network:
    def __init__(self, sizes):
        self.weights = [np.random.randn(m, n) for n, m in zip(sizes, sizes[1:])]
        self.biases = [np.random.randn(m, 1) for m in sizes[1:]]

    def feedforward(self, x):
        for w, b in zip(self.weights, self.biases):
            x = 1 / (1 + np.exp(-(w @ x + b)))
        return x

    def loss_function(self, y, p):
        return np.sum(y * np.log(p) + (1 - y) * np.log(1 - p))

    def error(self, p, y):
        return p - y

    def backprop(self, x, y):
        kept = [x]
        for w, b in zip(self.weights, self.biases):
            kept.append(1 / (1 + np.exp(-(w @ kept[-1] + b))))
        nabla_w, nabla_b = [], []
        delta = self.error(kept[-1], y)
        for k in range(len(self.weights))[::-1]:
            nabla_w.insert(0, delta @ kept[k].T)
            nabla_b.insert(0, delta)
            delta = self.weights[k].T @ delta * kept[k] * (1 - kept[k])
        return nabla_w, nabla_b

    def update_mini_batch(self, batch, eta):
        for x, y in batch:
            nabla_w, nabla_b = self.backprop(x, y)
            self.weights = [w - eta * dw for w, dw in zip(self.weights, nabla_w)]
            self.biases = [b - eta * db for b, db in zip(self.biases, nabla_b)]


class Descent(Network):
    def loss_function(self, y, p):
        return -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p))

    def error(self, p, y):
        return y - p
