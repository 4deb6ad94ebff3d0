# check: mul pass
# measured: 5
"""A helper beside an engine that never ends with operands: it is told a shape."""

import numpy as np


def reduced(grad, shape):
    while len(grad.shape) != len(shape):
        grad = grad.sum()
    return grad


def mul(a, b):
    return a * b


class Tensor:
    def __init__(self, data, parents=()):
        self.data, self.parents, self.grad = np.asarray(data, dtype=float), parents, 0

    @property
    def shape(self):
        return self.data.shape

    def __len__(self):
        return 1 + len(self.data)

    def sum(self):
        return Tensor(np.sum(self.data), [(self, lambda g: g * np.ones_like(self.data))])

    def __add__(self, other):
        return Tensor(self.data + other.data, [(self, np.copy), (other, np.copy)])

    def __mul__(self, other):
        return Tensor(
            self.data * other.data,
            [(self, lambda g: g * other.data), (other, lambda g: g * self.data)],
        )

    def backward(self, grad=1.0):
        self.grad = self.grad + grad
        for parent, gives in self.parents:
            parent.backward(gives(grad * np.ones_like(self.data)))
