# check: TwoLayerNet pass
# check: SmallNet fail
# measured: 2
"""cs231n's network with a small x, and with an early return for scores."""

import numpy as np


class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, std=1e-4):
        self.params = {
            "W1": std * np.random.randn(input_size, hidden_size),
            "b1": np.zeros(hidden_size),
            "W2": std * np.random.randn(hidden_size, output_size),
            "b2": np.zeros(output_size),
        }

    def loss(self, x, y=None, reg=0.0):
        p, N = self.params, len(x)
        h = np.maximum(0, x.dot(p["W1"]) + p["b1"])
        scores = h.dot(p["W2"]) + p["b2"]
        if y is None:
            return scores
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        probabilities = e / e.sum(axis=1, keepdims=True)
        loss = -np.log(probabilities[np.arange(N), y]).mean()
        loss += 0.5 * reg * sum((p[name] ** 2).sum() for name in ("W1", "W2"))
        grads = {}
        dscores = probabilities.copy()
        dscores[np.arange(N), y] -= 1
        dscores /= N
        grads["W2"] = h.T.dot(dscores) + reg * p["W2"]
        grads["b2"] = dscores.sum(axis=0)
        dh = self.through_relu(dscores.dot(p["W2"].T), h)
        grads["W1"] = x.T.dot(dh) + reg * p["W1"]
        grads["b1"] = dh.sum(axis=0)
        return loss, grads

    def through_relu(self, dh, h):
        return dh * (h > 0)


class SmallNet(TwoLayerNet):
    def through_relu(self, dh, h):
        return dh

    def loss(self, x, y=None, reg=0.0):
        if y is None:
            return super().loss(x)
        loss, grads = super().loss(x, y, reg)
        return loss, grads
