# check: Layer pass
# check: ReLU pass
# check: Squares pass
# check: BinaryCrossEntropy pass
# check: Absolute pass
# check: FilledLoss pass
# check: Linear pass not_checked
# check: LinearWrong fail
# check: Forgetful fail missing
# check: linear pass convention
# check: Cell pass
# check: rnn_cell pass
# measured: 12
"""What backward leaves in an attribute of any name, and what it alone is told."""

import numpy as np


class Layer:
    def __init__(self, nr_inputs, nr_neurons):
        self.weights, self.bias = np.random.randn(nr_inputs, nr_neurons), np.zeros((1, nr_neurons))

    def forward(self, inputs, train):
        self.inputs = inputs
        self.output = inputs @ self.weights + self.bias

    def backward(self, gradients):
        self.d_weights = self.inputs.T @ gradients
        self.d_bias = gradients.sum(axis=0, keepdims=True)
        self.gradients = gradients @ self.weights.T


class ReLU:
    def forward(self, inputs, train):
        self.inputs = inputs
        self.output = np.maximum(0, inputs)

    def backward(self, gradients):
        self.gradients = gradients.copy()
        self.gradients[self.inputs <= 0] = 0


class Loss:
    def calculate(self, input, labels, weight_layer_list):
        penalty = sum(np.sum(layer.weights**2) for layer in weight_layer_list)
        return np.mean(self.forward(input, labels)), penalty


class Squares(Loss):
    def forward(self, input, labels):
        return np.mean((labels - input) ** 2, axis=-1)

    def backward(self, input, labels):
        self.gradients = -2 / input.size * (labels - input)


class Absolute(Loss):
    """It leaves a step on the way behind as well."""

    def forward(self, input, labels):
        return np.mean(np.abs(input - labels), axis=-1)

    def backward(self, input, labels):
        self.d_loss_per_feature = np.sign(input - labels) / input.shape[1]
        self.gradients = self.d_loss_per_feature / len(input)


class BinaryCrossEntropy(Loss):
    """Its backward calls the predictions gradients."""

    def forward(self, inputs, labels):
        p = np.clip(inputs, 1e-7, 1 - 1e-7)
        return -np.mean(labels * np.log(p) + (1 - labels) * np.log(1 - p), axis=-1)

    def backward(self, gradients, labels):
        p = np.clip(gradients, 1e-7, 1 - 1e-7)
        self.gradients = -(labels / p - (1 - labels) / (1 - p)) / p.size


class Cell:
    """Of vectors; its backward wants a row, and asserts that it gives rows."""

    def __init__(self, in_dim, hidden_dim):
        self.d = in_dim
        self.Wx = np.random.randn(hidden_dim, in_dim)
        self.Wh = np.random.randn(hidden_dim, hidden_dim)
        self.dWx, self.dWh = np.zeros_like(self.Wx), np.zeros_like(self.Wh)

    def forward(self, x, h):
        self.x, self.hidden = x, h
        self.out = np.tanh(self.Wx @ x + self.Wh @ h)
        return self.out

    def backward(self, delta):
        d = delta * (1 - self.out**2)
        self.dWx = d.T @ self.x.reshape(1, -1)
        self.dWh = d.T @ self.hidden.reshape(1, -1)
        dx = d @ self.Wx
        assert dx.shape == (1, self.d)
        return dx, d @ self.Wh


def linear_forward(A, W, b):
    return W @ A + b, (A, W, b)


def linear_backward(dZ, cache, lambd):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = dZ @ A_prev.T / m + lambd / m * W
    return W.T @ dZ, dW, np.sum(dZ, axis=1, keepdims=True) / m


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / e.sum(axis=0)


def rnn_cell_forward(xt, a_prev, params):
    Wax, Waa, Wya = params["Wax"], params["Waa"], params["Wya"]
    a_next = np.tanh(Wax @ xt + Waa @ a_prev + params["ba"])
    return a_next, softmax(Wya @ a_next + params["by"]), (a_next, a_prev, xt, params)


def rnn_cell_backward(da_next, cache):
    a_next, a_prev, xt, params = cache
    d = (1 - a_next**2) * da_next
    return {
        "dxt": params["Wax"].T @ d, "da_prev": params["Waa"].T @ d, "dWax": d @ xt.T,
        "dWaa": d @ a_prev.T, "dba": d.sum(axis=1, keepdims=True),
    }  # fmt: skip


class FilledLoss:
    """Its gradient is filled in place: no attribute is new after backward."""

    def forward(self, y_pred, y_true):
        self.y_pred, self.y_true = y_pred, y_true
        self.grads = np.zeros_like(y_pred)
        return np.mean((y_pred - y_true) ** 2)

    def backward(self):
        self.grads += 2 * (self.y_pred - self.y_true) / self.y_pred.size


class Linear:
    """What updates it sums the upstream gradient for the bias."""

    def __init__(self, n_inputs, n_outputs):
        self.w = np.random.random((n_inputs, n_outputs))
        self.b = np.random.random((1, n_outputs))
        self.grad = self.x = None

    def forward(self, x):
        self.x = x
        return np.dot(x, self.w) + self.b

    def backward(self, grad_in):
        self.grad = np.dot(self.x.T, grad_in)
        self.grad_in = grad_in
        return np.dot(grad_in, self.w.T)


class LinearWrong(Linear):
    def backward(self, grad_in):
        self.grad = 2 * np.dot(self.x.T, grad_in)
        self.grad_in = grad_in
        return np.dot(grad_in, self.w.T)


class Forgetful(Linear):
    def backward(self, grad_in):
        self.dw = np.dot(self.x.T, grad_in)
        return np.dot(grad_in, self.w.T)
