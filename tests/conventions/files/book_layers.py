"""Layers with params passed in, as one Japanese textbook has its readers write them. Correct."""

import numpy as np


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b
        self.dW = self.db = self.rows = None

    def forward(self, x):
        self.shape = x.shape
        self.rows = x.reshape(len(x), -1)
        return self.rows @ self.W + self.b

    def backward(self, dout):
        self.dW = self.rows.T @ dout
        self.db = dout.sum(axis=0)
        return (dout @ self.W.T).reshape(self.shape)


class Relu:
    def forward(self, x):
        self.positive = x > 0
        return x * self.positive

    def backward(self, dout):
        return dout * self.positive


class SoftmaxWithLoss:
    def __init__(self):
        self.y = self.t = None

    def forward(self, x, t):
        self.y = np.exp(x - x.max(axis=1, keepdims=True))
        self.y /= self.y.sum(axis=1, keepdims=True)
        self.t = t if t.ndim == 2 else np.eye(x.shape[1])[t]
        return -(self.t * np.log(self.y)).sum() / len(x)

    def backward(self, dout=1):
        return dout * (self.y - self.t) / len(self.t)


class Dropout:
    def __init__(self, dropout_ratio=0.5):
        self.dropout_ratio = dropout_ratio

    def forward(self, x, train_flg=True):
        if not train_flg:
            return x * (1 - self.dropout_ratio)
        self.mask = np.random.rand(*x.shape) > self.dropout_ratio  # noqa: NPY002
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask


class BatchNormalization:
    def __init__(self, gamma, beta, momentum=0.9, running_mean=None):
        self.gamma, self.beta, self.momentum = gamma, beta, momentum
        self.running_mean = running_mean

    def forward(self, x, train_flg=True):
        if self.running_mean is None:
            self.running_mean = np.zeros(x.shape[1])
        mean = x.mean(axis=0)
        self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mean
        self.std = np.sqrt(x.var(axis=0) + 1e-6)
        self.xhat = (x - mean) / self.std
        return self.gamma * self.xhat + self.beta

    def backward(self, dout):
        self.dgamma, self.dbeta = (dout * self.xhat).sum(axis=0), dout.sum(axis=0)
        d = dout * self.gamma
        return (d - d.mean(axis=0) - self.xhat * (d * self.xhat).mean(axis=0)) / self.std


class Pooling:
    def __init__(self, pool_h, pool_w, stride=2, pad=0):
        self.pool_h, self.pool_w, self.stride, self.pad = pool_h, pool_w, stride, pad

    def _corners(self, x):
        for i in range(0, x.shape[2] - self.pool_h + 1, self.stride):
            for j in range(0, x.shape[3] - self.pool_w + 1, self.stride):
                yield i // self.stride, j // self.stride, i, j

    def forward(self, x):
        self.x = x
        corners = list(self._corners(x))
        out = np.zeros((*x.shape[:2], corners[-1][0] + 1, corners[-1][1] + 1))
        for a, b, i, j in corners:
            out[:, :, a, b] = x[:, :, i : i + self.pool_h, j : j + self.pool_w].max(axis=(2, 3))
        return out

    def backward(self, dout):
        dx = np.zeros_like(self.x)
        for a, b, i, j in self._corners(self.x):
            window = self.x[:, :, i : i + self.pool_h, j : j + self.pool_w]
            chosen = window == window.max(axis=(2, 3), keepdims=True)
            share = dout[:, :, a, b, None, None] * chosen
            dx[:, :, i : i + self.pool_h, j : j + self.pool_w] += share
        return dx


class MatMul:
    def __init__(self, W):
        self.params, self.grads = [W], [np.zeros_like(W)]

    def forward(self, x):
        self.x = x
        return x @ self.params[0]

    def backward(self, dout):
        self.grads[0][...] = self.x.T @ dout
        return dout @ self.params[0].T


class Embedding:
    def __init__(self, W):
        self.params, self.grads = [W], [np.zeros_like(W)]

    def forward(self, index):
        self.index = index
        return self.params[0][index]

    def backward(self, dout):
        self.grads[0][...] = 0
        np.add.at(self.grads[0], self.index, dout)
        return None


class RNN:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        self.x, self.h_prev, self.h = x, h_prev, np.tanh(x @ Wx + h_prev @ Wh + b)
        return self.h

    def backward(self, dh):
        Wx, Wh, _ = self.params
        d = dh * (1 - self.h**2)
        found = self.x.T @ d, self.h_prev.T @ d, d.sum(axis=0)
        for kept, new in zip(self.grads, found, strict=True):
            kept[...] = new
        return d @ Wx.T, d @ Wh.T
