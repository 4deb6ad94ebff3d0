# check: Linear pass
# check: Flat pass
# check: Summed fail
# measured: 3
"""What an initializer gives is guessed: a bias lies as its gradient was made ready."""

import numpy as np


class Linear:
    def __init__(self, in_feature, out_feature, weight_init_fn, bias_init_fn):
        self.W, self.b = weight_init_fn(in_feature, out_feature), bias_init_fn(out_feature)
        self.dW, self.db = np.zeros((in_feature, out_feature)), np.zeros((1, out_feature))

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, delta):
        self.dW, self.db = self.x.T @ delta, delta.sum(axis=0, keepdims=True)
        return delta @ self.W.T


class Flat(Linear):
    """Its gradient was made ready in a row, and is none."""

    def backward(self, delta):
        dx = super().backward(delta)
        self.db = delta.sum(axis=0)
        return dx


class Summed(Linear):
    def backward(self, delta):
        dx = super().backward(delta)
        self.db = delta.sum()
        return dx
