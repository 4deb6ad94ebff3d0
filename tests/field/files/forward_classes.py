# check: Dense pass forward_pass
# check: Linear pass forward_not_compared
# check: FullyConnected pass forward_not_compared
# check: Conv2D pass forward_pass
# check: BatchNorm pass forward_pass
# check: LayerNorm pass forward_pass
# check: LeakyReLU pass forward_pass
# check: Softmax pass forward_not_compared
# check: ReLU pass forward_not_compared
# check: Embedding pass forward_pass
# check: BinaryCrossEntropy pass forward_pass
# check: MSE pass forward_not_compared
# check: Gate pass forward_not_compared
# ruff: noqa: NPY002
"""A library of one's own: some layers are what their names say, some have a right to differ."""

import numpy as np


class Dense:
    def __init__(self, n_in, n_out, rng=None):
        rng = rng or np.random.default_rng(4)
        self.W = rng.normal(size=(n_in, n_out)) / np.sqrt(n_in)
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return self.b + x.dot(self.W)

    def backward(self, grad):
        self.dW, self.db = self.x.T @ grad, grad.sum(0)
        return grad @ self.W.T


class Linear:
    """A fully connected layer whose weights are scaled at run time, as the setting says."""

    def __init__(self, in_features, out_features, gain=2.0):
        self.W, self.gain = np.random.randn(in_features, out_features), gain
        self.b = np.zeros(out_features)

    def forward(self, x):
        self.x, self.c = x, self.gain / np.sqrt(len(self.W))
        return self.c * x @ self.W + self.b

    def backward(self, grad):
        self.dW, self.db = self.c * self.x.T @ grad, grad.sum(axis=0)
        return self.c * grad @ self.W.T


class FullyConnected:
    """With its sigmoid inside, as the networks of the first chapters have it."""

    def __init__(self, inputs, outputs):
        self.weights, self.bias = np.random.randn(inputs, outputs), np.zeros((1, outputs))

    def forward(self, x):
        self.x = x
        self.a = 1 / (1 + np.exp(-(x @ self.weights + self.bias)))
        return self.a

    def backward(self, grad):
        d = grad * self.a * (1 - self.a)
        self.dweights, self.dbias = self.x.T @ d, d.sum(axis=0, keepdims=True)
        return d @ self.weights.T


class Conv2D:
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
        shape = (out_channels, in_channels, kernel_size, kernel_size)
        self.W, self.b = np.random.default_rng(1).normal(size=shape), np.zeros(out_channels)
        self.stride, self.padding = stride, padding

    def _view(self, x):
        view = np.lib.stride_tricks.sliding_window_view(x, self.W.shape[2:], (2, 3))
        return view[:, :, :: self.stride, :: self.stride]

    def forward(self, x):
        p = self.padding
        self.x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        return np.einsum("ncijkl,fckl->nfij", self._view(self.x), self.W) + self.b[:, None, None]

    def backward(self, grad):
        self.dW = np.einsum("nfij,ncijkl->fckl", grad, self._view(self.x))
        self.db, dx = grad.sum((0, 2, 3)), np.zeros_like(self.x)
        s, p, (H, W) = self.stride, self.padding, grad.shape[2:]
        for k in range(self.W.shape[2]):
            for m in range(self.W.shape[3]):
                share = np.einsum("nfij,fc->ncij", grad, self.W[:, :, k, m])
                dx[:, :, k : k + s * H : s, m : m + s * W : s] += share
        return dx[:, :, p : dx.shape[2] - p, p : dx.shape[3] - p]


class BatchNorm:
    """Another eps, and averages that count the other way."""

    def __init__(self, num_features, eps=1e-3, momentum=0.1):
        self.gamma, self.beta = np.ones(num_features), np.zeros(num_features)
        self.running_mean, self.running_var = np.zeros(num_features), np.ones(num_features)
        self.eps, self.momentum = eps, momentum

    def forward(self, x):
        mean, var = x.mean(0), x.var(0)
        self.running_mean += self.momentum * (mean - self.running_mean)
        self.running_var += self.momentum * (var - self.running_var)
        self.deviation = np.sqrt(var + self.eps)
        self.xhat = (x - mean) / self.deviation
        return self.gamma * self.xhat + self.beta

    def backward(self, grad):
        self.dgamma, self.dbeta = (grad * self.xhat).sum(0), grad.sum(0)
        g = grad * self.gamma
        return (g - g.mean(0) - self.xhat * (g * self.xhat).mean(0)) / self.deviation


class LayerNorm:
    def __init__(self, dim, eps=1e-6):
        self.gamma, self.beta, self.eps = np.ones(dim), np.zeros(dim), eps

    def forward(self, x):
        centred = x - x.mean(-1, keepdims=True)
        self.deviation = np.sqrt((centred**2).mean(-1, keepdims=True) + self.eps)
        self.xhat = centred / self.deviation
        return self.gamma * self.xhat + self.beta

    def backward(self, grad):
        rows = tuple(range(grad.ndim - 1))
        self.dgamma, self.dbeta = (grad * self.xhat).sum(rows), grad.sum(rows)
        g = grad * self.gamma
        g = g - g.mean(-1, keepdims=True) - self.xhat * (g * self.xhat).mean(-1, keepdims=True)
        return g / self.deviation


class LeakyReLU:
    def __init__(self, slope=0.2):
        self.slope = slope

    def forward(self, x):
        self.x = x
        return np.maximum(x, self.slope * x)

    def backward(self, grad):
        return grad * np.where(self.x > 0, 1, self.slope)


class Softmax:
    """For classes along the first axis, a column a sample."""

    def forward(self, x):
        e = np.exp(x - x.max(axis=0))
        self.p = e / e.sum(axis=0)
        return self.p

    def backward(self, grad):
        return self.p * (grad - (grad * self.p).sum(axis=0))


class ReLU:
    """Bounded where the setting says so."""

    def __init__(self, max_value=1.5):
        self.max_value = max_value

    def forward(self, x):
        self.open = (x > 0) & (x < self.max_value)
        return np.clip(x, 0, self.max_value)

    def backward(self, grad):
        return grad * self.open


class Embedding:
    def __init__(self, vocab_size, embedding_dim):
        self.W = np.random.default_rng(7).normal(size=(vocab_size, embedding_dim))

    def forward(self, idx):
        self.idx = idx
        return self.W[idx]

    def backward(self, grad):
        self.dW = np.zeros_like(self.W)
        np.add.at(self.dW, self.idx, grad)


class BinaryCrossEntropy:
    def forward(self, y_pred, y_true):
        self.p, self.t = y_pred, y_true
        return -np.mean(y_true * np.log(y_pred) + (1 - y_true) * np.log(1 - y_pred))

    def backward(self):
        return (self.p - self.t) / (self.p * (1 - self.p)) / self.p.size


class MSE:
    """The sum over the outputs, the mean over the samples."""

    def forward(self, y_pred, y_true):
        self.difference = y_pred - y_true
        return (self.difference**2).sum() / len(y_pred)

    def backward(self):
        return 2 * self.difference / len(self.difference)


class Gate:
    """A name that minnet has nothing like."""

    def forward(self, x):
        self.x = x
        return x * np.tanh(x)

    def backward(self, grad):
        t = np.tanh(self.x)
        return grad * (t + self.x * (1 - t * t))
