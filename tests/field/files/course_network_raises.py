# check: TwoLayerNet error
"""A network that raises is told so, and not that nothing is known of how to judge it."""

import numpy as np


class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, std=1e-4):
        self.params = {
            "W1": std * np.random.randn(input_size, hidden_size),
            "b1": np.zeros(hidden_size),
            "W2": std * np.random.randn(hidden_size, output_size),
            "b2": np.zeros(output_size),
        }

    def loss(self, X, y=None, reg=0.0):
        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))
        hidden = np.maximum(0, X.dot(W1) + b1)
        scores = hidden.dot(W2) + b2
        if y is None:
            return scores
        scores -= np.max(scores, axis=1)
        p = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)
        n = np.arange(len(X))
        loss = -np.log(p[n, y]).mean() + reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
        p[n, y] -= 1
        dhidden = (hidden > 0) * (p.dot(W2.T) / len(X))
        grads = {"W2": hidden.T.dot(p) / len(X) + 2 * reg * W2, "b2": p.mean(axis=0)}
        return loss, grads | {"W1": X.T.dot(dhidden) + 2 * reg * W1, "b1": dhidden.sum(axis=0)}

    def train(self, X, y, X_val, y_val, learning_rate=1e-3, reg=5e-6, num_iters=100):
        for _ in range(num_iters):
            loss, grads = self.loss(X, y=y, reg=reg)
            for name in self.params:
                self.params[name] -= learning_rate * grads[name]

    def predict(self, X):
        return np.argmax(self.loss(X), axis=1)
