# check: Dense pass
# check: DenseWrong fail
# check: Told pass
# check: Built pass
# check: Keeps pass
# check: KeepsWrong fail scale
# check: ConvPairs pass
# check: Finds pass
"""Layers that a framework makes ready: by a shape, an optimizer, a method that empties."""

import copy

import numpy as np


class Layer:
    def set_input_shape(self, shape):
        self.input_shape = shape


class Dense(Layer):
    def __init__(self, n_units, input_shape=None):
        self.n_units, self.input_shape = n_units, input_shape
        self.W = self.w0 = None

    def initialize(self, optimizer):
        self.W = np.random.uniform(-1, 1, (self.input_shape[0], self.n_units))
        self.w0 = np.zeros((1, self.n_units))
        self.W_opt, self.w0_opt = copy.copy(optimizer), copy.copy(optimizer)

    def forward_pass(self, X, training=True):
        self.layer_input = X
        return X.dot(self.W) + self.w0

    def backward_pass(self, accum_grad):
        W = self.W
        self.W = self.W_opt.update(self.W, self.layer_input.T.dot(accum_grad))
        self.w0 = self.w0_opt.update(self.w0, np.sum(accum_grad, axis=0, keepdims=True))
        return accum_grad.dot(W.T)


class DenseWrong(Dense):
    def backward_pass(self, accum_grad):
        W = self.W
        self.W = self.W_opt.update(self.W, self.layer_input.T.dot(accum_grad) / len(accum_grad))
        self.w0 = self.w0_opt.update(self.w0, np.sum(accum_grad, axis=0, keepdims=True))
        return accum_grad.dot(W.T)


class Told(Layer):
    def forward(self, x):
        return x.reshape(len(x), *self.input_shape) * 2

    def backward(self, d):
        return d * 2


class Built:
    def build(self):
        self.W = np.ones(5)

    def forward(self, x):
        self.x = x
        return x * self.W

    def backward(self, d):
        self.dW = (d * self.x).sum(axis=0)
        return d * self.W


class Keeps:
    def __init__(self):
        self.W = np.ones(5)
        self.flush_gradients()

    def flush_gradients(self):
        self.X, self.dW = [], np.zeros(5)

    def forward(self, X):
        self.X.append(X)
        return X * self.W

    def backward(self, dLdy):
        for x in self.X:
            self.dW += (dLdy * x).sum(axis=0)
        return dLdy * self.W


class KeepsWrong:
    def __init__(self):
        self.X = []

    def clear_cache(self):
        self.X = []

    def forward(self, X):
        self.X.append(X)
        return X**2

    def backward(self, dLdy):
        return sum(3 * dLdy * x for x in self.X)


class ConvPairs:
    def __init__(self, pool_size, stride):
        self.kh, self.kw = pool_size
        self.sh, self.sw = stride

    def forward(self, x):
        self.shape = x.shape
        kh, kw = self.kh, self.kw
        H, W = (x.shape[2] - kh) // self.sh + 1, (x.shape[3] - kw) // self.sw + 1
        out = np.zeros((*x.shape[:2], H, W))
        for i in range(H):
            for j in range(W):
                window = x[:, :, i * self.sh : i * self.sh + kh, j * self.sw : j * self.sw + kw]
                out[:, :, i, j] = window.mean(axis=(2, 3))
        return out

    def backward(self, d):
        dx, kh, kw = np.zeros(self.shape), self.kh, self.kw
        for i in range(d.shape[2]):
            for j in range(d.shape[3]):
                rows = slice(i * self.sh, i * self.sh + kh)
                columns = slice(j * self.sw, j * self.sw + kw)
                dx[:, :, rows, columns] += d[:, :, i, j, None, None] / (kh * kw)
        return dx


class Finds:
    """Its forward says what it did not use: a flag with an underscore."""

    def forward(self, inputs, _training):
        return inputs * 3

    def backward(self, d):
        return d * 3
