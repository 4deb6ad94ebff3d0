"""Networks with a loss method and recurrent cells, as course assignments have them. Correct."""

import numpy as np


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z)), Z


def sigmoid_backward(dA, cache):
    A, _ = sigmoid(cache)
    return dA * A * (1 - A)


def softmax_loss(x, y):
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    chosen = np.arange(len(x)), y
    dx = p.copy()
    dx[chosen] -= 1
    return -np.log(p[chosen]).mean(), dx / len(x)


class TwoLayerNet:
    def __init__(self, input_dim=3072, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0):
        rng = np.random.default_rng(0)
        self.reg = reg
        self.params = {
            "W1": weight_scale * rng.standard_normal((input_dim, hidden_dim)),
            "b1": np.zeros(hidden_dim),
            "W2": weight_scale * rng.standard_normal((hidden_dim, num_classes)),
            "b2": np.zeros(num_classes),
        }

    def loss(self, X, y=None):
        W1, b1, W2, b2 = self.params.values()
        h = np.maximum(X @ W1 + b1, 0)
        scores = h @ W2 + b2
        if y is None:
            return scores
        loss, ds = softmax_loss(scores, y)
        dh = (ds @ W2.T) * (h > 0)
        grads = {"W2": h.T @ ds + self.reg * W2, "b2": ds.sum(axis=0)}
        grads |= {"W1": X.T @ dh + self.reg * W1, "b1": dh.sum(axis=0)}
        return loss + self.reg / 2 * (np.sum(W1**2) + np.sum(W2**2)), grads


class GRUCell:
    """A cell for one sample at a time."""

    def __init__(self, in_dim, hidden_dim):
        rng = np.random.default_rng(0)
        self.W = rng.standard_normal((hidden_dim, in_dim))
        self.U = rng.standard_normal((hidden_dim, hidden_dim))

    def forward(self, x, h_prev_t):
        self.x, self.h_prev_t = x, h_prev_t
        self.h = np.tanh(self.W.dot(x) + self.U.dot(h_prev_t))
        return self.h

    def backward(self, delta):
        d = delta * (1 - self.h**2)
        self.dW, self.dU = np.outer(d, self.x), np.outer(d, self.h_prev_t)
        return d @ self.W, d @ self.U


class RNNCell:
    """Its backward takes more than the upstream gradient."""

    def __init__(self, input_size, hidden_size):
        self.W = np.ones((input_size, hidden_size))

    def forward(self, x, h_prev):
        return np.tanh(x @ self.W + h_prev)

    def backward(self, delta, h, h_prev_l):
        d = delta * (1 - h * h)
        self.dW = h_prev_l.T @ d
        return d @ self.W.T, d
