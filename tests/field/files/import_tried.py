# check: Fast skipped
# check: Plain pass
# check: Heads skipped
# check: Sigmoid pass
# check: Sequence pass
"""What a file tries to import and does without; what is written only for some settings."""

from abc import ABC, abstractmethod

import numpy as np

try:
    from compiled_helper_of_a_course import six_dimensional
except ImportError:
    print("run: python setup.py build_ext --inplace")


class Fast:
    def forward(self, x):
        self.shape = x.shape
        return 2 * six_dimensional(x)

    def backward(self, dout):
        return 2 * dout.reshape(self.shape)


class Plain:
    def forward(self, x):
        return 2 * x

    def backward(self, dout):
        return 2 * dout


class Heads:
    def __init__(self, dim, num_heads):
        self.W = np.random.randn(dim, dim)
        if num_heads == 1:
            self.head = Plain()

    def forward(self, x):
        self.x = x
        return self.head.forward(x @ self.W)

    def backward(self, dout):
        dout = self.head.backward(dout)
        self.dW = self.x.reshape(-1, self.x.shape[-1]).T @ dout.reshape(-1, dout.shape[-1])
        return dout @ self.W.T


class Layer(ABC):
    @abstractmethod
    def forward(self, x):
        pass

    @abstractmethod
    def backward(self, dout):
        pass


class Sigmoid(Layer):
    def forward(self, x):
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backword(self, dout):
        return dout * (1.0 - self.out) * self.out


class Sequence:
    """Scales the features of sequences: (samples, steps, features), and nothing else."""

    def __init__(self, hidden_dim):
        self.gamma = np.ones(hidden_dim)

    def forward(self, x):
        self.x = x
        return self.gamma * x

    def backward(self, dout):
        self.dgamma = np.sum(dout * self.x, axis=(0, 1))
        return dout * self.gamma
