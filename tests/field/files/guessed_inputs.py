# check: Log pass
# check: Arccos pass
# check: Scale pass
# check: ChannelScale pass
# check: PositionalEncoding pass
# check: GroupNorm pass
# check: LastMean pass
# check: AddAll pass
# check: DropoutLayer pass
# check: KLDivergence pass
# check: SignHinge pass
# check: LogisticLoss pass
# check: ColumnCrossEntropy pass
# check: ColumnCrossEntropyTwice fail
"""Classes whose names say little: their inputs have to be found, so that gradients fit."""

import numpy as np


class Log:
    def forward(self, x):
        self.x = x
        return np.log(x)

    def backward(self, d):
        return d / self.x


class Arccos:
    def forward(self, x):
        self.x = x
        return np.arccos(x)

    def backward(self, d):
        return -d / np.sqrt(1 - self.x**2)


class Scale:
    def __init__(self, size):
        self.gamma = np.ones(size)

    def forward(self, x):
        self.x = x
        return x * self.gamma

    def backward(self, d):
        self.dgamma = (d * self.x).sum(axis=0)
        return d * self.gamma


class ChannelScale:
    def __init__(self, channels):
        self.gamma = np.ones((1, channels, 1, 1))

    def forward(self, x):
        self.x = x
        return x * self.gamma

    def backward(self, d):
        self.dgamma = (d * self.x).sum(axis=(0, 2, 3), keepdims=True)
        return d * self.gamma


class PositionalEncoding:
    def __init__(self, d_model, max_len):
        pos = np.arange(max_len)[:, None]
        i = np.arange(d_model)[None, :]
        angle = pos / 10000 ** (2 * (i // 2) / d_model)
        self.pe = np.zeros((max_len, d_model))
        self.pe[:, 0::2] = np.sin(angle[:, 0::2])
        self.pe[:, 1::2] = np.cos(angle[:, 1::2])

    def forward(self, x):
        return x + self.pe[None, : x.shape[1]]

    def backward(self, d):
        return d


class GroupNorm:
    def __init__(self, groups, channels, eps=1e-5):
        assert channels % groups == 0
        self.G, self.eps = groups, eps
        self.gamma = np.ones((1, channels, 1, 1))
        self.beta = np.zeros((1, channels, 1, 1))

    def forward(self, x):
        N, C, H, W = x.shape
        g = x.reshape(N, self.G, -1)
        mu = g.mean(-1, keepdims=True)
        self.std = np.sqrt(g.var(-1, keepdims=True) + self.eps)
        self.h = ((g - mu) / self.std).reshape(x.shape)
        return self.h * self.gamma + self.beta

    def backward(self, d):
        self.dgamma = (d * self.h).sum((0, 2, 3), keepdims=True)
        self.dbeta = d.sum((0, 2, 3), keepdims=True)
        N = len(d)
        dh = (d * self.gamma).reshape(N, self.G, -1)
        h = self.h.reshape(N, self.G, -1)
        dx = (dh - dh.mean(-1, keepdims=True) - h * (dh * h).mean(-1, keepdims=True)) / self.std
        return dx.reshape(d.shape)


class LastMean:
    def forward(self, x):
        N, H, W, C = x.shape
        self.s = x.shape
        return x.mean(axis=(1, 2))

    def backward(self, d):
        return np.ones(self.s) * d[:, None, None, :] / (self.s[1] * self.s[2])


class AddAll:
    def forward(self, inputs):
        a, b = inputs
        self.a, self.b = a, b
        return a + 2 * b

    def backward(self, d):
        return [d, 2 * d]


class DropoutLayer:
    def __init__(self, drop_probability):
        self.keep, self.input_shape = 1 - drop_probability, None

    def forward(self, x):
        self.mask = np.random.binomial(1, self.keep, size=self.input_shape)
        return x * self.mask / self.keep

    def backward(self, d):
        return d * self.mask / self.keep


class KLDivergence:
    def forward(self, p, q):
        assert np.allclose(p.sum(-1), 1) and np.allclose(q.sum(-1), 1)
        self.p, self.q = p, q
        return np.sum(q * np.log(q / p)) / len(p)

    def backward(self):
        return -self.q / self.p / len(self.p)


class SignHinge:
    def forward(self, p, y):
        self.p, self.y = p, y
        return np.mean(np.maximum(0, 1 - y * p))

    def backward(self):
        return np.where(1 - self.y * self.p > 0, -self.y, 0) / self.p.size


class LogisticLoss:
    def forward(self, p, y):
        assert set(np.unique(y)) <= {-1, 1}
        self.p, self.y = p, y
        return np.mean(np.log(1 + np.exp(-y * p)))

    def backward(self):
        return -self.y / (1 + np.exp(self.y * self.p)) / self.p.size


class ColumnCrossEntropy:
    """One-hot targets with the samples beside one another."""

    factor = 1.0

    def forward(self, p, y):
        self.p, self.y = p, y
        return -np.log((p * y).sum(axis=0)).mean()

    def backward(self):
        share = np.where(self.y == 1, self.y / self.p, 0.0)
        return -self.factor * share / self.y.shape[1]


class ColumnCrossEntropyTwice(ColumnCrossEntropy):
    factor = 2.0
