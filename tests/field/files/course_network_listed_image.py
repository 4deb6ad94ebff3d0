# check: LinearNet pass
# check: Particular skipped
# measured: 1
"""Networks that are told the shape of an image in a list, and one that takes its own sizes only."""

import numpy as np


class LinearNet:
    def __init__(self, input_dim=[3, 32, 32], num_classes=10, weight_scale=1e-3, reg=0.0):
        C, H, W = input_dim
        self.reg = reg
        self.params = {
            "W1": weight_scale * np.random.randn(C * H * W, num_classes),
            "b1": np.zeros(num_classes),
        }

    def loss(self, X, y=None):
        flat = X.reshape(len(X), -1)
        scores = flat @ self.params["W1"] + self.params["b1"]
        if y is None:
            return scores
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        loss = -np.log(p[np.arange(len(y)), y]).mean()
        loss += self.reg / 2 * (self.params["W1"] ** 2).sum()
        p[np.arange(len(y)), y] -= 1
        p /= len(y)
        grads = {"W1": flat.T @ p + self.reg * self.params["W1"], "b1": p.sum(axis=0)}
        return loss, grads


class Particular(LinearNet):
    def __init__(self, input_dim=[3, 32, 32], num_classes=10, weight_scale=1e-3, reg=0.0):
        if input_dim[1] % 8 or input_dim[2] % 8:
            raise ValueError("the sides have to be multiples of 8")
        super().__init__(input_dim, num_classes, weight_scale, reg)
