"""Normalising, reducing and rearranging layers, as tutorials write them. Correct."""

import numpy as np


class Standardize:
    """Each column to mean 0 and deviation 1 over the batch."""

    def __init__(self, eps=1e-3):
        self.eps = eps

    def forward(self, x):
        self.centered = x - x.mean(axis=0)
        self.std = np.sqrt((self.centered**2).mean(axis=0) + self.eps)
        self.y = self.centered / self.std
        return self.y

    def backward(self, dout):
        dmean = dout.mean(axis=0)
        dstd = (dout * self.y).mean(axis=0)
        return (dout - dmean - self.y * dstd) / self.std


class Center:
    def forward(self, x):
        return x - x.mean(axis=0)

    def backward(self, dout):
        return dout - dout.mean(axis=0)


class L2Normalize:
    def forward(self, x):
        self.norm = np.sqrt(np.sum(x * x, axis=1, keepdims=True))
        self.y = x / self.norm
        return self.y

    def backward(self, dout):
        along = np.sum(dout * self.y, axis=1, keepdims=True)
        return (dout - self.y * along) / self.norm


class RMSNorm:
    def __init__(self, n, rng):
        self.g = rng.normal(size=n)
        self.dg = None

    def forward(self, x):
        self.x = x
        self.r = np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + 1e-6)
        return x / self.r * self.g

    def backward(self, dout):
        xn = self.x / self.r
        self.dg = np.sum(dout * xn, axis=0)
        dxn = dout * self.g
        return (dxn - xn * np.mean(dxn * xn, axis=-1, keepdims=True)) / self.r


class MaxScale:
    """Each row divided by its greatest entry."""

    def forward(self, x):
        self.rows = np.arange(len(x))
        self.arg = x.argmax(axis=1)
        self.m = x.max(axis=1, keepdims=True)
        self.y = x / self.m
        return self.y

    def backward(self, dout):
        dx = dout / self.m
        dm = -np.sum(dout * self.y, axis=1) / self.m[:, 0]
        dx[self.rows, self.arg] += dm
        return dx


class Softmax:
    def forward(self, x):
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        self.p = e / e.sum(axis=-1, keepdims=True)
        return self.p

    def backward(self, dout):
        inner = np.sum(dout * self.p, axis=-1, keepdims=True)
        return self.p * (dout - inner)


class LogSumExp:
    def forward(self, x):
        self.x = x
        self.m = x.max(axis=1)
        self.out = self.m + np.log(np.sum(np.exp(x - self.m[:, None]), axis=1))
        return self.out

    def backward(self, dout):
        return dout[:, None] * np.exp(self.x - self.out[:, None])


class Norm:
    """The length of each row."""

    def forward(self, x):
        self.x = x
        self.n = np.sqrt((x**2).sum(axis=1))
        return self.n

    def backward(self, dout):
        n = np.where(self.n == 0, 1, self.n)
        return (dout / n)[:, None] * self.x


class Abs:
    def forward(self, x):
        self.x = x
        return np.abs(x)

    def backward(self, dout):
        return dout * np.sign(self.x)


class MeanOverTime:
    def forward(self, x):
        self.shape = x.shape
        return x.mean(axis=1)

    def backward(self, dout):
        T = self.shape[1]
        return np.repeat(dout[:, None], T, axis=1) / T


class AveragePool:
    """Windows of k x k side by side."""

    def __init__(self, k):
        self.k = k

    def forward(self, x):
        N, C, H, W = x.shape
        k = self.k
        return x.reshape(N, C, H // k, k, W // k, k).mean(axis=(3, 5))

    def backward(self, dout):
        k = self.k
        spread = np.repeat(np.repeat(dout, k, axis=2), k, axis=3)
        return spread / (k * k)


class Upsample:
    def __init__(self, k):
        self.k = k

    def forward(self, x):
        return x.repeat(self.k, axis=2).repeat(self.k, axis=3)

    def backward(self, dout):
        N, C, H, W = dout.shape
        k = self.k
        return dout.reshape(N, C, H // k, k, W // k, k).sum(axis=(3, 5))


class Cumsum:
    def forward(self, x):
        return np.cumsum(x, axis=1)

    def backward(self, dout):
        return np.cumsum(dout[:, ::-1], axis=1)[:, ::-1]


class Reverse:
    """Time backwards, for a bidirectional network; every step has its own weight."""

    def __init__(self, T, rng):
        self.w = rng.normal(size=T)
        self.dw = None

    def forward(self, x):
        self.x = x
        return x[:, ::-1] * self.w

    def backward(self, dout):
        self.dw = (dout * self.x[:, ::-1]).sum(axis=0)
        dx = (dout * self.w)[:, ::-1]
        return dx


class Rotate:
    def forward(self, x):
        return np.rot90(x, 2, axes=(2, 3))

    def backward(self, dout):
        return np.rot90(dout, -2, axes=(2, 3))


class TransposeImage:
    def forward(self, x):
        self.x = x
        return np.sin(x).transpose(0, 1, 3, 2)

    def backward(self, dout):
        dx = dout.transpose(0, 1, 3, 2)
        return dx * np.cos(self.x)


class Flatten:
    def forward(self, x):
        self.shape = x.shape
        return x.transpose(0, 2, 3, 1).reshape(len(x), -1)

    def backward(self, dout):
        N, C, H, W = self.shape
        return dout.reshape(N, H, W, C).transpose(0, 3, 1, 2)


class ChannelShuffle:
    def __init__(self, groups):
        self.groups = groups

    def forward(self, x):
        N, C, H, W = x.shape
        g = self.groups
        return x.reshape(N, g, C // g, H, W).transpose(0, 2, 1, 3, 4).reshape(x.shape)

    def backward(self, dout):
        N, C, H, W = dout.shape
        g = self.groups
        return dout.reshape(N, C // g, g, H, W).transpose(0, 2, 1, 3, 4).reshape(dout.shape)


class Roll:
    def __init__(self, shift):
        self.shift = shift

    def forward(self, x):
        self.x = x
        return np.roll(np.tanh(x), self.shift, axis=1)

    def backward(self, dout):
        dx = np.roll(dout, -self.shift, axis=1)
        return dx * (1 - np.tanh(self.x) ** 2)


class Sort:
    def forward(self, x):
        self.order = np.argsort(x, axis=1)
        return np.take_along_axis(x, self.order, axis=1)

    def backward(self, dout):
        dx = np.zeros_like(dout)
        np.put_along_axis(dx, self.order, dout, axis=1)
        return dx


class Dropout:
    """The mask comes from the layer's own generator."""

    def __init__(self, keep, seed):
        self.keep = keep
        self.rng = np.random.default_rng(seed)
        self.training = True

    def forward(self, x):
        if not self.training:
            return x
        self.mask = self.rng.random(x.shape) < self.keep
        return x * self.mask / self.keep

    def backward(self, dout):
        if not self.training:
            return dout
        return dout * self.mask / self.keep


class MaxOverTime:
    def forward(self, x):
        self.x = x
        self.out = x.max(axis=1)
        return self.out

    def backward(self, dout):
        mask = self.x == self.out[:, None]
        return mask * dout[:, None]


class Clip:
    def __init__(self, low, high):
        self.low, self.high = low, high

    def forward(self, x):
        self.x = x
        return np.minimum(np.maximum(x, self.low), self.high)

    def backward(self, dout):
        dx = dout.copy()
        dx[self.x < self.low] = 0
        dx[self.x > self.high] = 0
        return dx


class ZeroPad:
    def __init__(self, pad):
        self.pad = pad

    def forward(self, x):
        p = self.pad
        return np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))

    def backward(self, dout):
        p = self.pad
        return dout[:, :, p : dout.shape[2] - p, p : dout.shape[3] - p]


class Concat:
    def forward(self, a, b):
        self.split = a.shape[1]
        return np.concatenate([a, b], axis=1)

    def backward(self, dout):
        da = dout[:, : self.split]
        db = dout[:, self.split :]
        return da, db
