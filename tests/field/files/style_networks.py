# check: MLP pass convention
# check: Linear pass convention
# check: BatchNormalization pass
# check: Activation_Softmax_Loss pass
# check: TwoLayerNet pass convention
"""What courses agree on: a network that gives its input no gradient, other names."""

import numpy as np


class Linear:
    def __init__(self, in_features, out_features):
        self.W = np.ones((out_features, in_features))
        self.b = np.zeros((out_features, 1))

    def forward(self, A):
        self.A, self.N = A, len(A)
        return A @ self.W.T + self.b.T

    def backward(self, dLdZ):
        self.dLdW = dLdZ.T @ self.A / self.N
        self.dLdb = dLdZ.sum(axis=0)[:, None] / self.N
        return dLdZ @ self.W


class MLP:
    def __init__(self):
        self.layers = [Linear(2, 3), Linear(3, 2)]

    def forward(self, A0):
        self.A1 = np.tanh(self.layers[0].forward(A0))
        return self.layers[1].forward(self.A1)

    def backward(self, dLdZ1):
        dLdA1 = self.layers[1].backward(dLdZ1)
        self.layers[0].backward(dLdA1 * (1 - self.A1**2))


class BatchNormalization:
    def __init__(self, channels):
        self.weights, self.bias = np.ones((1, channels)), np.zeros((1, channels))

    def forward(self, x):
        self.std = np.sqrt(x.var(axis=0) + 1e-8)
        self.normed = (x - x.mean(axis=0)) / self.std
        return self.weights * self.normed + self.bias

    def backward(self, error):
        self.dgamma = np.sum(error * self.normed, axis=0, keepdims=True)
        self.dbeta = np.sum(error, axis=0, keepdims=True)
        d = error * self.weights
        own = d - d.mean(axis=0) - self.normed * np.mean(d * self.normed, axis=0)
        return own / self.std


class Activation_Softmax_Loss:
    def forward(self, inputs, y_true):
        e = np.exp(inputs - inputs.max(axis=1, keepdims=True))
        self.outputs = e / e.sum(axis=1, keepdims=True)
        return -np.mean(np.log(self.outputs[np.arange(len(inputs)), y_true]))

    def backward(self, dvalues, y_true):
        self.dinputs = dvalues.copy()
        self.dinputs[np.arange(len(dvalues)), y_true] -= 1
        self.dinputs = self.dinputs / len(dvalues)


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
            "b1": self.layers["A1"].db,
            "W2": self.layers["A2"].dW,
            "b2": self.layers["A2"].db,
        }
