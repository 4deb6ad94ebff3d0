# check: TrainsItself pass
# check: Autoencoder pass
# check: Leaky pass
# check: Guarded pass convention
# check: OfLayers pass
# check: MadeLater pass
# check: BiasWithin pass
# check: Forgets pass not_checked
# check: CostAlone pass
# measured: 11
"""Networks whose passes have no names of their own, or that hold more than weights."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class TrainsItself:
    """All in one step, of lists: one sample at a time."""

    def __init__(self, input_nodes, hidden_nodes, output_nodes, learning_rate):
        self.wih = np.random.normal(0.0, 0.5, (hidden_nodes, input_nodes))
        self.who = np.random.normal(0.0, 0.5, (output_nodes, hidden_nodes))
        self.lr = learning_rate

    def train(self, inputs_list, targets_list):
        inputs = np.array(inputs_list, ndmin=2).T
        targets = np.array(targets_list, ndmin=2).T
        hidden = sigmoid(self.wih @ inputs)
        final = sigmoid(self.who @ hidden)
        errors = targets - final
        hidden_errors = self.who.T @ (errors * final * (1 - final))
        self.who += self.lr * (errors * final * (1 - final)) @ hidden.T
        self.wih += self.lr * (hidden_errors * hidden * (1 - hidden)) @ inputs.T

    def query(self, inputs_list):
        inputs = np.array(inputs_list, ndmin=2).T
        return sigmoid(self.who @ sigmoid(self.wih @ inputs))


class Autoencoder:
    """Its targets are its data."""

    def __init__(self, input_dim, encoding_dim, lr=0.1):
        self.W_enc, self.b_enc = np.random.randn(input_dim, encoding_dim), np.zeros(encoding_dim)
        self.W_dec, self.b_dec = np.random.randn(encoding_dim, input_dim), np.zeros(input_dim)
        self.lr = lr

    def forward(self, X):
        self.code = np.tanh(X @ self.W_enc + self.b_enc)
        self.out = self.code @ self.W_dec + self.b_dec
        return self.out

    def loss(self, X):
        return np.mean((self.forward(X) - X) ** 2)

    def backward(self, X):
        d = 2 * (self.out - X) / X.size
        hidden = d @ self.W_dec.T * (1 - self.code**2)
        self.dW_dec, self.db_dec = self.code.T @ d, d.sum(axis=0)
        self.dW_enc, self.db_enc = X.T @ hidden, hidden.sum(axis=0)


class Leaky:
    """Its alpha is a slope, and no rate."""

    def __init__(self, n_inputs, n_hidden, n_outputs, alpha=0.1):
        self.alpha = alpha
        self.W1, self.W2 = np.random.randn(n_hidden, n_inputs), np.random.randn(n_outputs, n_hidden)

    def forward(self, X):
        self.X, self.Z = X, self.W1 @ X
        self.A = np.where(self.Z > 0, self.Z, self.alpha * self.Z)
        return self.W2 @ self.A

    def gradients(self, X, Y):
        d = (self.forward(X) - Y) / X.shape[1]
        hidden = self.W2.T @ d * np.where(self.Z > 0, 1.0, self.alpha)
        return hidden @ X.T, d @ self.A.T


class Guarded:
    """A small number keeps its logarithm finite."""

    def __init__(self, lr=0.01, n_iters=10):
        self.lr, self.n_iters = lr, n_iters
        self.weights, self.bias = None, None

    def fit(self, X, y):
        self.weights, self.bias = np.zeros(X.shape[1]), 0
        for _ in range(self.n_iters):
            dw, db = self.compute_gradients(X, y, self.feed_forward(X))
            self.weights -= self.lr * dw
            self.bias -= self.lr * db

    def feed_forward(self, X):
        return sigmoid(X @ self.weights + self.bias)

    def compute_loss(self, y_true, y_pred):
        eps = 1e-9
        return -np.mean(y_true * np.log(y_pred + eps) + (1 - y_true) * np.log(1 - y_pred + eps))

    def compute_gradients(self, X, y_true, y_pred):
        d = (y_pred - y_true) / X.shape[0]
        return X.T @ d, np.sum(d)


class Dense:
    def __init__(self, n_in, n_out):
        self.w, self.b = np.random.randn(n_in, n_out), np.zeros((1, n_out))

    def forward(self, x):
        self.x = x
        return x @ self.w + self.b

    def backward(self, grad):
        self.dw, self.db = self.x.T @ grad, grad.sum(axis=0, keepdims=True)
        return grad @ self.w.T


class Tanh:
    def forward(self, x):
        self.out = np.tanh(x)
        return self.out

    def backward(self, grad):
        return grad * (1 - self.out**2)


class OfLayers:
    """Its weights are those of its layers."""

    def __init__(self, sizes=(2, 4, 1)):
        self.layers = [Dense(sizes[0], sizes[1]), Tanh(), Dense(sizes[1], sizes[2])]

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def compute_loss(self, y_pred, y):
        return np.mean((y_pred - y) ** 2)

    def backward(self, y_pred, y):
        grad = 2 * (y_pred - y) / y.size
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return grad

    def train(self, X, y, lr=0.1, epochs=1000):
        for _ in range(epochs):
            self.backward(self.forward(X), y)
            for layer in self.layers[::2]:
                layer.w -= lr * layer.dw
                layer.b -= lr * layer.db


class MadeLater:
    """Another method makes its weights, of sizes that it is told."""

    def __init__(self, hidden_size=4):
        self.hidden_size = hidden_size

    def init_weights(self, n_features, n_classes):
        self.W1 = np.random.randn(n_features, self.hidden_size)
        self.W2 = np.random.randn(self.hidden_size, n_classes)

    def _forward(self, X):
        self.h = np.tanh(X @ self.W1)
        z = self.h @ self.W2
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def _backward(self, X, y_onehot, probs):
        d = probs - y_onehot
        return X.T @ (d @ self.W2.T * (1 - self.h**2)), self.h.T @ d


class BiasWithin:
    """The biases are the last row of the weights."""

    def __init__(self, layers, alpha=0.1):
        self.alpha = alpha
        self.W = [np.random.randn(i + 1, o) for i, o in zip(layers[:-1], layers[1:])]

    def add_bias(self, a):
        return np.hstack([a, np.ones((len(a), 1))])

    def feedforward(self, X):
        self.A = [self.add_bias(X)]
        for w in self.W[:-1]:
            self.A.append(self.add_bias(np.tanh(self.A[-1] @ w)))
        return self.A[-1] @ self.W[-1]

    def calculate_loss(self, X, y):
        return 0.5 * np.sum((self.feedforward(X) - y) ** 2)

    def backprop(self, X, y):
        d = self.feedforward(X) - y
        grads = [self.A[-1].T @ d]
        for i in range(len(self.W) - 1, 0, -1):
            d = (d @ self.W[i].T * (1 - self.A[i] ** 2))[:, :-1]
            grads.insert(0, self.A[i - 1].T @ d)
        return grads


class Forgets:
    """Its first bias gets no gradient."""

    def __init__(self, n_x, n_h, n_y):
        self.W1, self.b1 = np.random.randn(n_h, n_x), np.zeros((n_h, 1))
        self.W2, self.b2 = np.random.randn(n_y, n_h), np.zeros((n_y, 1))

    def forward_propagation(self, X):
        self.A1 = np.tanh(self.W1 @ X + self.b1)
        self.A2 = sigmoid(self.W2 @ self.A1 + self.b2)
        return self.A2

    def backward_propagation(self, X, Y):
        m = X.shape[1]
        d = (self.A2 - Y) / m
        hidden = self.W2.T @ d * (1 - self.A1**2)
        return {"dW1": hidden @ X.T, "dW2": d @ self.A1.T, "db2": d.sum(axis=1, keepdims=True)}


class CostAlone:
    """No forward: a cost and its gradient, of weights that a method makes."""

    def initialize(self, n):
        self.w, self.b = np.zeros((n, 1)), 0.0

    def cost(self, X, y):
        h = sigmoid(X @ self.w + self.b)
        return float(-np.mean(y * np.log(h) + (1 - y) * np.log(1 - h)))

    def gradient(self, X, y):
        d = (sigmoid(X @ self.w + self.b) - y) / len(y)
        return X.T @ d, d.sum()
