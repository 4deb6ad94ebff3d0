# check: Dense fail
# check: Decaying fail
# check: L2 fail
# check: Squares fail sign
# measured: 4
"""The same with a mistake in each."""

import numpy as np


class Dense:
    def __init__(self, n_in, n_out):
        self.optimizer = None
        self.params = {"W": np.random.randn(n_in, n_out), "b": np.zeros((1, n_out))}

    def forward(self, x):
        self.x = x
        return x @ self.params["W"] + self.params["b"]

    def backward(self, grads, learning_rate):
        dW, db = self.x.T @ grads, 2 * grads.sum(axis=0, keepdims=True)
        dx = grads @ self.params["W"].T
        self.optimizer.update(self, {"dW": dW, "db": db}, learning_rate)
        return dx


class Decaying:
    def __init__(self, n_in, n_out, penalty=0.1):
        self.W, self.penalty = np.random.randn(n_in, n_out), penalty

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.dW = self.x.T @ dout + self.penalty * self.W + 0.01
        return dout @ self.W.T


class L2:
    def __init__(self, l2=0.01):
        self.l2 = l2

    def forward(self, w):
        return self.l2 * np.sum(np.square(w))

    def backward(self, w):
        return self.l2 * w


class Squares:
    def forward(self, Y_true, Y_pred):
        return np.sum((Y_pred - Y_true) ** 2)

    def backward(self, Y_true, Y_pred):
        return 2 * (Y_true - Y_pred)
