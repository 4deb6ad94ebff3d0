# check: Dense pass
# check: DenseWrong fail
# check: Table pass
"""A module that is written like NumPy, and is not here: read as NumPy, all that it holds."""

import cupy as cp
import cupyx
from cupy.linalg import norm


class Dense:
    def __init__(self, n_in, n_out):
        self.W = cp.random.randn(n_in, n_out)
        self.W /= norm(self.W)
        self.b = cp.zeros(n_out)

    def forward(self, x):
        self.x = x
        return cp.dot(x, self.W) + self.b

    def backward(self, dout):
        self.dW = cp.dot(self.x.T, dout)
        self.db = cp.sum(dout, axis=0)
        return cp.dot(dout, self.W.T)


class DenseWrong(Dense):
    def backward(self, dout):
        self.dW = cp.dot(self.x.T, dout)
        self.db = cp.mean(dout, axis=0)
        return cp.dot(dout, self.W.T)


class Table:
    def __init__(self, vocab_size, embedding_dim):
        self.W = cp.random.standard_normal((vocab_size, embedding_dim))

    def forward(self, idx):
        self.idx = idx
        return self.W[idx]

    def backward(self, dout):
        self.dW = cp.zeros_like(self.W)
        cupyx.scatter_add(self.dW, self.idx, dout)
