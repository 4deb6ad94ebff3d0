# check: HoldsItsData pass
# check: UpdatesItself pass
# check: Columns pass
# check: OfDicts pass
# check: Classifier pass
# check: Characters pass
# check: Begun pass
# check: Uphill pass
# check: OneByOne pass
# check: Regularised pass
# check: Fiftieth pass
# check: Odd skipped
# measured: 11
"""Whole networks as they are posted: each calls its passes in its own way, most have no cost."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class HoldsItsData:
    """The data are given to the constructor; what backward finds is added to the weights."""

    def __init__(self, x, y):
        self.input, self.y = x, y
        self.weights1 = np.random.rand(x.shape[1], 4)
        self.weights2 = np.random.rand(4, 1)
        self.output = np.zeros(y.shape)

    def feedforward(self):
        self.layer1 = sigmoid(self.input @ self.weights1)
        self.output = sigmoid(self.layer1 @ self.weights2)

    def backprop(self):
        delta = 2 * (self.y - self.output) * self.output * (1 - self.output)
        hidden = delta @ self.weights2.T * self.layer1 * (1 - self.layer1)
        self.weights1 += self.input.T @ hidden
        self.weights2 += self.layer1.T @ delta


class UpdatesItself:
    """Three arguments: the data, the targets, what forward gave."""

    def __init__(self):
        self.hidden_size = 3
        self.W1, self.W2 = np.random.randn(2, 3), np.random.randn(3, 1)

    def forward(self, X):
        self.z = np.tanh(X @ self.W1)
        return self.z @ self.W2

    def backward(self, X, y, o, rate):
        d = (o - y) / len(y)
        hidden = d @ self.W2.T * (1 - self.z**2)
        self.W2 = self.W2 - rate * self.z.T @ d
        self.W1 = self.W1 - rate * X.T @ hidden

    def train(self, X, y):
        self.backward(X, y, self.forward(X), 0.1)


class Columns:
    """Private passes, samples in columns, a public cost, a list of the layers' sizes."""

    def __init__(self, layer_dims, activations):
        self.activations = activations
        self.parameters = {}
        for l in range(1, len(layer_dims)):
            self.parameters[f"W{l}"] = 0.1 * np.random.randn(layer_dims[l], layer_dims[l - 1])
            self.parameters[f"b{l}"] = np.zeros((layer_dims[l], 1))

    def __forward_propagation(self, X):
        caches, A = [], X
        for l, kind in enumerate(self.activations, start=1):
            Z = self.parameters[f"W{l}"] @ A + self.parameters[f"b{l}"]
            caches.append((A, Z))
            A = sigmoid(Z) if kind == "sigmoid" else np.maximum(0, Z)
        return A, caches

    def cost(self, X, Y):
        A, _ = self.__forward_propagation(X)
        return -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / Y.shape[1]

    def __backward_propagation(self, AL, Y, caches):
        grads, dZ = {}, AL - Y
        for l in range(len(caches), 0, -1):
            A, _ = caches[l - 1]
            grads[f"dW{l}"] = dZ @ A.T / Y.shape[1]
            grads[f"db{l}"] = dZ.sum(axis=1, keepdims=True) / Y.shape[1]
            if l > 1:
                dZ = self.parameters[f"W{l}"].T @ dZ * (caches[l - 2][1] > 0)
        return grads


class OfDicts:
    """Gradients are kept in a dict; the targets are classes by their number."""

    def __init__(self, input_size, hidden_size, output_size):
        self.params = {
            "W1": np.random.randn(input_size, hidden_size), "b1": np.zeros((1, hidden_size)),
            "W2": np.random.randn(hidden_size, output_size), "b2": np.zeros((1, output_size)),
        }  # fmt: skip
        self.grads = {}

    def forward(self, X):
        self.X = X
        self.a1 = np.maximum(0, X @ self.params["W1"] + self.params["b1"])
        z2 = self.a1 @ self.params["W2"] + self.params["b2"]
        e = np.exp(z2 - z2.max(axis=1, keepdims=True))
        self.probs = e / e.sum(axis=1, keepdims=True)
        return self.probs

    def backward(self, y):
        d = self.probs.copy()
        d[np.arange(len(y)), y] -= 1
        d /= len(y)
        self.grads["W2"] = self.a1.T @ d
        self.grads["b2"] = d.sum(axis=0, keepdims=True)
        d = d @ self.params["W2"].T * (self.a1 > 0)
        self.grads["W1"] = self.X.T @ d
        self.grads["b1"] = d.sum(axis=0, keepdims=True)


class Classifier:
    """Lists of weights; two lists of gradients; forward gives what is hidden as well."""

    def __init__(self, sizes):
        pairs = list(zip(sizes[:-1], sizes[1:]))
        self.W = [0.1 * np.random.randn(o, i) for i, o in pairs]
        self.b = [np.zeros((o, 1)) for _, o in pairs]

    def evaluate_classifier(self, X):
        h = np.maximum(0, self.W[0] @ X + self.b[0])
        s = self.W[1] @ h + self.b[1]
        e = np.exp(s - s.max(axis=0))
        return h, e / e.sum(axis=0)

    def compute_cost(self, X, Y):
        _, P = self.evaluate_classifier(X)
        return -np.log(np.sum(Y * P, axis=0)).mean()

    def compute_gradients(self, X, Y):
        h, P = self.evaluate_classifier(X)
        g = (P - Y) / X.shape[1]
        hidden = self.W[1].T @ g * (h > 0)
        weights = [hidden @ X.T, g @ h.T]
        return weights, [hidden.sum(axis=1, keepdims=True), g.sum(axis=1, keepdims=True)]


class Characters:
    """A recurrent network of characters: steps in dicts, a state to begin with, columns."""

    def __init__(self, hidden_size, vocab_size):
        self.vocab_size = vocab_size
        self.U = 0.1 * np.random.randn(hidden_size, vocab_size)
        self.W = 0.1 * np.random.randn(hidden_size, hidden_size)
        self.V = 0.1 * np.random.randn(vocab_size, hidden_size)
        self.b, self.c = np.zeros((hidden_size, 1)), np.zeros((vocab_size, 1))

    def forward(self, inputs, hprev):
        xs, hs, ycap = {}, {-1: hprev}, {}
        for t, index in enumerate(inputs):
            xs[t] = np.zeros((self.vocab_size, 1))
            xs[t][index] = 1
            hs[t] = np.tanh(self.U @ xs[t] + self.W @ hs[t - 1] + self.b)
            o = self.V @ hs[t] + self.c
            ycap[t] = np.exp(o) / np.exp(o).sum()
        return xs, hs, ycap

    def backward(self, xs, hs, ps, targets):
        grads = [np.zeros_like(a) for a in (self.U, self.W, self.V, self.b, self.c)]
        dU, dW, dV, db, dc = grads
        later = np.zeros_like(hs[0])
        for t in reversed(range(len(targets))):
            dy = ps[t].copy()
            dy[targets[t]] -= 1
            dV += dy @ hs[t].T
            dc += dy
            d = (self.V.T @ dy + later) * (1 - hs[t] ** 2)
            db += d
            dU += d @ xs[t].T
            dW += d @ hs[t - 1].T
            later = self.W.T @ d
        return dU, dW, dV, db, dc


class Begun:
    """Its weights are made when its training begins; no cost is known, and the rate is its own."""

    def __init__(self, learning_rate=0.01, iterations=100):
        self.learning_rate, self.iterations = learning_rate, iterations
        self.weights, self.bias = None, None

    def fit(self, X, y):
        self.X, self.y = X, y
        self.weights, self.bias = np.zeros((X.shape[1], 1)), 0.0
        for _ in range(self.iterations):
            self.backward(self.forward(X), y)

    def forward(self, X):
        self.X = X
        return sigmoid(X @ self.weights + self.bias)

    def backward(self, out, y):
        d = (out - y) / len(y)
        self.weights = self.weights - self.learning_rate * self.X.T @ d
        self.bias = self.bias - self.learning_rate * float(d.sum())


class Uphill:
    """Its gradients point uphill, for a step that adds them."""

    def __init__(self, n_inputs, n_hidden, n_outputs):
        self.w1 = np.random.randn(n_inputs, n_hidden)
        self.w2 = np.random.randn(n_hidden, n_outputs)

    def forward(self, x):
        self.h = sigmoid(x @ self.w1)
        return sigmoid(self.h @ self.w2)

    def backprop(self, x, y, y_hat):
        d = (y - y_hat) * y_hat * (1 - y_hat)
        hidden = d @ self.w2.T * self.h * (1 - self.h)
        return x.T @ hidden, self.h.T @ d

    def train(self, x, y, learning_rate=0.1):
        d1, d2 = self.backprop(x, y, self.forward(x))
        self.w1 += learning_rate * d1
        self.w2 += learning_rate * d2


class OneByOne:
    """One sample at a time, as a column, or several."""

    def __init__(self, sizes):
        pairs = list(zip(sizes[:-1], sizes[1:]))
        self.weights = [np.random.randn(o, i) for i, o in pairs]
        self.biases = [np.random.randn(o, 1) for _, o in pairs]

    def feedforward(self, a):
        for w, b in zip(self.weights, self.biases):
            a = sigmoid(w @ a + b)
        return a

    def backprop(self, x, y):
        activations = [x]
        for w, b in zip(self.weights, self.biases):
            activations.append(sigmoid(w @ activations[-1] + b))
        nabla_b, nabla_w = [None] * len(self.biases), [None] * len(self.weights)
        delta = (activations[-1] - y) * activations[-1] * (1 - activations[-1])
        for l in range(1, len(self.weights) + 1):
            nabla_b[-l] = delta.sum(axis=1, keepdims=True)
            nabla_w[-l] = delta @ activations[-l - 1].T
            if l < len(self.weights):
                delta = self.weights[-l].T @ delta * activations[-l - 1] * (1 - activations[-l - 1])
        return nabla_b, nabla_w


class Regularised:
    """Its cost has half the squares of the weights, and so have its gradients."""

    def __init__(self, d, k, reg=0.1):
        self.W, self.b, self.reg = np.random.randn(d, k), np.zeros(k), reg

    def predict(self, X):
        return X @ self.W + self.b

    def loss(self, X, y):
        return np.sum((self.predict(X) - y) ** 2) / 2 + self.reg / 2 * np.sum(self.W**2)

    def gradient(self, X, y):
        d = self.predict(X) - y
        return {"W": X.T @ d + self.reg * self.W, "b": d.sum(axis=0)}


class Fiftieth:
    """Its gradients are a share of those of its cost, by a number that stands in its code."""

    def __init__(self, n_x, n_h, n_y):
        self.W1, self.W2 = np.random.randn(n_x, n_h), np.random.randn(n_h, n_y)

    def forward(self, X):
        self.h = np.tanh(X @ self.W1)
        return self.h @ self.W2

    def loss(self, X, y):
        return np.mean((self.forward(X) - y) ** 2)

    def backward(self, X, y, out):
        d = (out - y) / 50
        return {"dW1": X.T @ (d @ self.W2.T * (1 - self.h**2)), "dW2": self.h.T @ d}


class Odd(Fiftieth):
    """Its gradients are those of another cost, which nothing tells."""

    def backward(self, X, y, out):
        d = np.sign(out - y)
        return {"dW1": X.T @ (d @ self.W2.T * (1 - self.h**2)), "dW2": self.h.T @ d}
