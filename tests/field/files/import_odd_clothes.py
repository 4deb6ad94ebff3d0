# check: Dense pass
# check: Tanh pass
# check: Scale fail scale
# check: SquaredLoss pass
"""What is missing is needed for annotations alone; and parameters that nobody reads."""

import numpy as np
from annotated_arrays import Array, Shape


class Dense:
    def __init__(self, n_in: int, n_out: int):
        rng = np.random.default_rng(0)
        self.W, self.b = rng.standard_normal((n_in, n_out)), np.zeros(n_out)

    def forward(self, x: Array[Shape[2]]) -> Array[Shape[2]]:
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad: Array[Shape[2]], _) -> Array[Shape[2]]:
        self.dW, self.db = self.x.T @ grad, grad.sum(axis=0)
        return grad @ self.W.T


class Tanh:
    def forward(self, x):
        self.out = np.tanh(x)
        return self.out

    def backward(self, grad, layer_before):
        return grad * (1 - self.out**2)


class Scale:
    def forward(self, x):
        return 3 * x

    def backward(self, grad, layer_before):
        return grad


class SquaredLoss:
    def forward(self, y, t):
        self.difference = y - t
        return 0.5 * np.sum(self.difference**2) / len(y)

    def backward(self, dout=1):
        return self.difference / len(self.difference)
