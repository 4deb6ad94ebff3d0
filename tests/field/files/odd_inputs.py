# check: NextToken pass
# check: NextTokenWrong fail
# check: SharedTokens pass
# check: LazyColumns pass
# check: LazyColumnsWrong fail
# check: OneRow pass
# check: WithLabels skipped
"""Inputs of integers alone, samples in columns, one sample at a time, a label that is not given."""

import numpy as np


class NextToken:
    """A network from tokens to the loss of the next ones; only its parameters have gradients."""

    def __init__(self, vocab_size, hidden_size):
        self.E = np.random.randn(vocab_size, hidden_size)
        self.V = np.random.randn(hidden_size, vocab_size)

    def forward(self, xs, ts):
        self.xs, self.ts = xs, ts
        self.h = np.tanh(self.E[xs])
        scores = self.h @ self.V
        self.p = np.exp(scores - scores.max(-1, keepdims=True))
        self.p /= self.p.sum(-1, keepdims=True)
        return -np.log(np.take_along_axis(self.p, ts[..., None], -1)).mean()

    def backward(self, dout=1):
        dscores = self.p.copy()
        dscores[(*np.indices(self.ts.shape), self.ts)] -= 1
        dscores *= dout / self.ts.size
        self.dV = np.tensordot(self.h, dscores, ([0, 1], [0, 1]))
        dh = dscores @ self.V.T * (1 - self.h**2)
        self.dE = np.zeros_like(self.E)
        np.add.at(self.dE, self.xs, dh)


class NextTokenWrong(NextToken):
    def backward(self, dout=1):
        super().backward(dout)
        self.dE *= 2


class SharedTokens(NextToken):
    """Its trainer adds up what belongs to the same array."""

    def __init__(self, vocab_size, hidden_size):
        super().__init__(vocab_size, hidden_size)
        self.params = [self.E, self.E, self.V]

    def backward(self, dout=1):
        super().backward(dout)
        self.grads = [0.5 * self.dE, 0.5 * self.dE, self.dV]
        del self.dE, self.dV


class LazyColumns:
    """Makes its weights of the first input, whose samples are its columns."""

    def __init__(self, units=3):
        self.units = units
        self.params, self.grads = {}, {}

    def forward(self, X):
        if "W" not in self.params:
            self.params["W"] = np.random.randn(self.units, X.shape[0])
            self.params["b"] = np.zeros((self.units, 1))
        self.X = X
        return self.params["W"] @ X + self.params["b"]

    def backward(self, dZ):
        self.grads["W"] = dZ @ self.X.T
        self.grads["b"] = dZ.sum(axis=1, keepdims=True)
        return self.params["W"].T @ dZ


class LazyColumnsWrong(LazyColumns):
    def backward(self, dZ):
        self.grads["W"] = dZ @ self.X.T
        self.grads["b"] = dZ.sum(axis=0, keepdims=True)[:, : self.units].T
        return self.params["W"].T @ dZ


class OneRow:
    """Updates itself, and its bias in the shape of one row."""

    def __init__(self, n_in, n_out):
        self.weights = np.random.randn(n_in, n_out)
        self.bias = np.random.randn(1, n_out)

    def forward(self, x):
        self.x = x
        return x @ self.weights + self.bias

    def backward(self, error, learning_rate):
        dx = error @ self.weights.T
        self.weights = self.weights - learning_rate * self.x.T @ error
        self.bias = self.bias - learning_rate * error
        return dx


class WithLabels:
    def forward(self, x):
        self.p = 1 / (1 + np.exp(-x))
        return self.p

    def backward(self, upstream, y_true=None):
        return self.p - 1.0 * y_true
