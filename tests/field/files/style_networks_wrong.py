# check: TwoLayerNet fail
# check: MLP fail
"""Networks with a slip each."""

import numpy as np


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, d):
        self.dW = self.x.T @ d
        self.db = d.sum(0)
        return d @ self.W.T


class Relu:
    def forward(self, x):
        self.m = x <= 0
        o = x.copy()
        o[self.m] = 0
        return o

    def backward(self, d):
        d[self.m] = 0
        return d


class SoftmaxWithLoss:
    def forward(self, x, t):
        self.t = t
        e = np.exp(x - x.max(1, keepdims=True))
        self.y = e / e.sum(1, keepdims=True)
        if self.t.size == self.y.size:
            self.t = self.t.argmax(1)
        return -np.sum(np.log(self.y[np.arange(len(x)), self.t] + 1e-7)) / len(x)

    def backward(self, d=1):
        dx = self.y.copy()
        dx[np.arange(len(dx)), self.t] -= 1
        return dx / len(dx)


class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, weight_init_std=0.01):
        self.params = {
            "W1": weight_init_std * np.random.randn(input_size, hidden_size),
            "b1": np.zeros(hidden_size),
            "W2": weight_init_std * np.random.randn(hidden_size, output_size),
            "b2": np.zeros(output_size),
        }
        self.layers = {
            "A1": Affine(self.params["W1"], self.params["b1"]),
            "R": Relu(),
            "A2": Affine(self.params["W2"], self.params["b2"]),
        }
        self.last = SoftmaxWithLoss()

    def predict(self, x):
        for l in self.layers.values():
            x = l.forward(x)
        return x

    def loss(self, x, t):
        return self.last.forward(self.predict(x), t)

    def gradient(self, x, t):
        self.loss(x, t)
        d = self.last.backward(1)
        for l in list(self.layers.values())[::-1]:
            d = l.backward(d)
        return {
            "W1": self.layers["A1"].dW,
            "b1": self.layers["A1"].db * 2,
            "W2": self.layers["A2"].dW,
            "b2": self.layers["A2"].db,
        }


class Linear:
    def __init__(self, n_in, n_out):
        self.W = np.ones((n_in, n_out))

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.dW = self.x.T @ dout
        return dout @ self.W.T


class MLP:
    def __init__(self):
        self.layers = [Linear(2, 3), Linear(3, 2)]

    def forward(self, x):
        self.hidden = np.tanh(self.layers[0].forward(x))
        return self.layers[1].forward(self.hidden)

    def backward(self, dout):
        self.layers[0].backward(self.layers[1].backward(dout) * (1 - self.hidden))
