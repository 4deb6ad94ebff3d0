# check: Dense fail forward
# check: Conv2D pass forward_not_compared
# check: BatchNorm fail forward
# check: LayerNorm fail forward
# check: MaxPool2D fail forward
# check: Tanh fail forward
# check: Flatten pass forward_pass
# check: BinaryCrossEntropy fail forward
"""A library of one's own whose layers are not quite what they are called."""

import numpy as np


class Dense:
    """The weights reach the output, the bias only backward."""

    def __init__(self, in_features, out_features):
        self.W = np.random.default_rng(0).normal(size=(in_features, out_features))
        self.b = np.zeros(out_features)

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, np.zeros_like(self.b)
        return dout @ self.W.T


class Conv2D:
    """A convolution in the mathematical sense: that is no mistake, and is not judged."""

    def __init__(self, in_channels, out_channels, kernel_size):
        shape = (out_channels, in_channels, kernel_size, kernel_size)
        self.W, self.b = np.random.default_rng(1).normal(size=shape), np.zeros(out_channels)

    def forward(self, x):
        self.x, K = x, self.W[:, :, ::-1, ::-1]
        self.view = np.lib.stride_tricks.sliding_window_view(x, K.shape[2:], (2, 3))
        return np.einsum("ncijkl,fckl->nfij", self.view, K) + self.b[:, None, None]

    def backward(self, dout):
        self.dW = np.einsum("nfij,ncijkl->fckl", dout, self.view)[:, :, ::-1, ::-1]
        self.db, dx = dout.sum((0, 2, 3)), np.zeros_like(self.x)
        (H, W), K = dout.shape[2:], self.W[:, :, ::-1, ::-1]
        for k in range(K.shape[2]):
            for m in range(K.shape[3]):
                share = np.einsum("nfij,fc->ncij", dout, K[:, :, k, m])
                dx[:, :, k : k + H, m : m + W] += share
        return dx


class BatchNorm:
    """Divided by N - 1."""

    def __init__(self, num_features):
        self.gamma, self.beta = np.ones(num_features), np.zeros(num_features)

    def forward(self, x):
        self.deviation = np.sqrt(x.var(axis=0, ddof=1) + 1e-5)
        self.xhat = (x - x.mean(axis=0)) / self.deviation
        return self.gamma * self.xhat + self.beta

    def backward(self, dout):
        self.dgamma, self.dbeta = (dout * self.xhat).sum(0), dout.sum(0)
        g = dout * self.gamma
        share = self.xhat * (g * self.xhat).sum(0) / (len(g) - 1)
        return (g - g.mean(0) - share) / self.deviation


class LayerNorm:
    """By the variance, not by its root."""

    def __init__(self, features):
        self.gamma, self.beta = np.ones(features), np.zeros(features)

    def forward(self, x):
        self.c = x - x.mean(axis=-1, keepdims=True)
        self.v = (self.c**2).mean(axis=-1, keepdims=True) + 1e-5
        return self.gamma * self.c / self.v + self.beta

    def backward(self, dout):
        self.dgamma, self.dbeta = (dout * self.c / self.v).sum(axis=0), dout.sum(axis=0)
        g = dout * self.gamma
        dv = -(g * self.c / self.v**2).sum(axis=-1, keepdims=True)
        dc = g / self.v + dv * 2 * self.c / self.c.shape[-1]
        return dc - dc.mean(axis=-1, keepdims=True)


class MaxPool2D:
    """The last row and column of each window are left out: range(size - 1)."""

    def __init__(self, size=3, stride=3):
        self.size, self.stride = size, stride

    def _windows(self, x):
        H, W = (x.shape[2] - self.size) // self.stride, (x.shape[3] - self.size) // self.stride
        for i, j in np.ndindex(H + 1, W + 1):
            a, b, k = i * self.stride, j * self.stride, self.size - 1
            yield i, j, (slice(None), slice(None), slice(a, a + k), slice(b, b + k))

    def forward(self, x):
        self.x = x
        places = list(self._windows(x))
        out = np.zeros((*x.shape[:2], places[-1][0] + 1, places[-1][1] + 1))
        for i, j, at in places:
            out[:, :, i, j] = x[at].max(axis=(2, 3))
        self.out = out
        return out

    def backward(self, dout):
        dx = np.zeros_like(self.x)
        for i, j, at in self._windows(self.x):
            peak = self.x[at] == self.out[:, :, i : i + 1, j : j + 1]
            dx[at] += peak * dout[:, :, i : i + 1, j : j + 1]
        return dx


class Tanh:
    """exp(x) - exp(-x) over exp(x) + exp(-x), with x halved on the way."""

    def forward(self, x):
        up, down = np.exp(x / 2), np.exp(-x / 2)
        self.out = (up - down) / (up + down)
        return self.out

    def backward(self, dout):
        return dout * (1 - self.out**2) / 2


class Flatten:
    def forward(self, x):
        self.shape = x.shape
        return np.reshape(x, (len(x), -1))

    def backward(self, dout):
        return dout.reshape(self.shape)


class BinaryCrossEntropy:
    """Only the samples with target 1 count."""

    def forward(self, y_pred, y_true):
        self.p, self.t = y_pred, y_true
        return -np.mean(y_true * np.log(y_pred))

    def backward(self):
        return -self.t / self.p / self.p.size
