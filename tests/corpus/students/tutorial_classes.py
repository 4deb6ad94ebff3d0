"""Layers as classes, each with its own habits of naming, as tutorials write them. Correct."""

import numpy as np


class Linear:
    """Gradients in a dict, as many tutorials keep them."""

    def __init__(self, n_in, n_out, rng):
        self.params = {}
        self.grads = {}
        self.W = rng.normal(size=(n_in, n_out)) / np.sqrt(n_in)
        self.b = rng.normal(size=n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.grads["W"] = self.x.T @ dout
        self.grads["b"] = dout.sum(axis=0)
        return dout @ self.W.T


class Dense:
    def __init__(self, n_in, n_out, rng):
        self.W = rng.normal(size=(n_in, n_out))
        self.b = rng.normal(size=(1, n_out))
        self.dW = np.zeros_like(self.W)
        self.db = np.zeros_like(self.b)

    def forward(self, x):
        self.x = x
        return self.x.dot(self.W) + self.b

    def backward(self, dout):
        dx = dout.dot(self.W.T)
        self.dW = self.x.T.dot(dout)
        self.db = dout.sum(axis=0, keepdims=True)
        return dx


class LoopDense:
    """One sample after the other."""

    def __init__(self, n_in, n_out, rng):
        self.W = rng.normal(size=(n_out, n_in))
        self.b = rng.normal(size=n_out)

    def forward(self, x):
        self.x = x
        out = np.zeros((len(x), len(self.b)))
        for n in range(len(x)):
            out[n] = self.W.dot(x[n]) + self.b
        return out

    def backward(self, dout):
        self.W_grad = np.zeros_like(self.W)
        self.b_grad = np.zeros_like(self.b)
        dx = np.zeros_like(self.x)
        for n in range(len(dout)):
            self.W_grad += np.outer(dout[n], self.x[n])
            self.b_grad += dout[n]
            dx[n] = self.W.T.dot(dout[n])
        return dx


class Sigmoid:
    def forward(self, x):
        self.x = x
        self.out = 1.0 / (1.0 + np.exp(-x))
        return self.out

    def backward(self, dout):
        return dout * self.out * (1.0 - self.out)


class Tanh:
    def forward(self, x):
        self.x = x
        self.out = np.tanh(x)
        return self.out

    def backward(self, dout):
        return dout * (1.0 - self.out**2)


class Exp:
    def forward(self, x):
        self.x = x
        self.out = np.exp(x)
        return self.out

    def backward(self, dout):
        return dout * self.out


class Square:
    def forward(self, x):
        self.x = x
        self.out = x**2
        return self.out

    def backward(self, dout):
        return 2 * self.x * dout


class Softplus:
    def forward(self, x):
        self.x = x
        self.out = np.logaddexp(0, x)
        return self.out

    def backward(self, dout):
        return dout / (1 + np.exp(-self.x))


class Swish:
    def forward(self, x):
        self.x = x
        self.s = 1 / (1 + np.exp(-x))
        self.out = x * self.s
        return self.out

    def backward(self, dout):
        return dout * (self.s + self.x * self.s * (1 - self.s))


class ELU:
    def __init__(self, alpha=1.5):
        self.alpha = alpha

    def forward(self, x):
        self.x = x
        self.out = np.where(x > 0, x, self.alpha * (np.exp(np.minimum(x, 0)) - 1))
        return self.out

    def backward(self, dout):
        slope = np.where(self.x > 0, 1.0, self.out + self.alpha)
        return dout * slope


class LeakyReLU:
    def __init__(self, alpha=0.1):
        self.alpha = alpha

    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, self.alpha * x)

    def backward(self, dout):
        dx = dout.copy()
        dx[self.x <= 0] *= self.alpha
        return dx


class PReLU:
    """One learned slope per feature."""

    def __init__(self, n, rng):
        self.a = rng.uniform(0.1, 0.5, size=n)
        self.da = None

    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, self.a * x)

    def backward(self, dout):
        negative = self.x <= 0
        self.da = np.sum(dout * self.x * negative, axis=0)
        return np.where(negative, self.a * dout, dout)


class HardTanh:
    def forward(self, x):
        self.x = x
        return np.clip(x, -1, 1)

    def backward(self, dout):
        inside = (self.x > -1) & (self.x < 1)
        return dout * inside


class Add:
    """Two inputs; the second is broadcast over the batch."""

    def forward(self, a, b):
        self.b_shape = b.shape
        return a + b

    def backward(self, dout):
        da = dout
        db = dout.sum(axis=0)
        return da, db


class Multiply:
    def forward(self, a, b):
        self.a, self.b = a, b
        return a * b

    def backward(self, dout):
        da = dout * self.b
        db = dout * self.a
        return da, db


class Divide:
    def forward(self, a, b):
        self.a, self.b = a, b
        return a / b

    def backward(self, dout):
        da = dout / self.b
        db = -dout * self.a / self.b**2
        return da, db


class MatMul:
    def forward(self, a, b):
        self.a, self.b = a, b
        return a @ b

    def backward(self, dout):
        da = dout @ np.swapaxes(self.b, -1, -2)
        db = np.swapaxes(self.a, -1, -2) @ dout
        return da, db


class TiedAutoencoder:
    """The same W encodes and decodes."""

    def __init__(self, n_in, n_hidden, rng):
        self.W = rng.normal(size=(n_in, n_hidden)) / 2
        self.dW = None

    def forward(self, x):
        self.x = x
        self.h = np.tanh(x @ self.W)
        return self.h @ self.W.T

    def backward(self, dout):
        dh = dout @ self.W
        da = dh * (1 - self.h**2)
        self.dW = dout.T @ self.h
        self.dW = self.dW + self.x.T @ da
        return da @ self.W.T


class ResidualBlock:
    def __init__(self, n, rng):
        self.W = rng.normal(size=(n, n)) / np.sqrt(n)
        self.dW = None

    def forward(self, x):
        self.x = x
        self.a = x @ self.W
        return x + np.tanh(self.a)

    def backward(self, dout):
        da = dout * (1 - np.tanh(self.a) ** 2)
        self.dW = self.x.T @ da
        dx = da @ self.W.T
        dx = dx + dout
        return dx


class Embedding:
    def __init__(self, n_words, size, rng):
        self.W = rng.normal(size=(n_words, size))

    def forward(self, words):
        self.words = words
        return self.W[words]

    def backward(self, dout):
        self.dW = np.zeros_like(self.W)
        np.add.at(self.dW, self.words, dout)


class Attention:
    """Scaled dot-product attention: q, k, v of shape (N, T, D)."""

    def forward(self, q, k, v):
        self.q, self.k, self.v = q, k, v
        self.scale = 1 / np.sqrt(q.shape[-1])
        scores = q @ k.transpose(0, 2, 1) * self.scale
        e = np.exp(scores - scores.max(axis=-1, keepdims=True))
        self.p = e / e.sum(axis=-1, keepdims=True)
        return self.p @ v

    def backward(self, dout):
        dv = self.p.transpose(0, 2, 1) @ dout
        dp = dout @ self.v.transpose(0, 2, 1)
        ds = self.p * (dp - np.sum(dp * self.p, axis=-1, keepdims=True))
        ds = ds * self.scale
        dq = ds @ self.k
        dk = ds.transpose(0, 2, 1) @ self.q
        return dq, dk, dv


class Bilinear:
    """One number per sample, a W b."""

    def __init__(self, n, m, rng):
        self.W = rng.normal(size=(n, m))
        self.dW = None

    def forward(self, a, b):
        self.a, self.b = a, b
        return np.einsum("ni,ij,nj->n", a, self.W, b)

    def backward(self, dout):
        self.dW = np.einsum("n,ni,nj->ij", dout, self.a, self.b)
        da = dout[:, None] * (self.b @ self.W.T)
        db = dout[:, None] * (self.a @ self.W)
        return da, db


class GRUCell:
    def __init__(self, n_in, n_hidden, rng):
        self.Wz = rng.normal(size=(n_in + n_hidden, n_hidden)) / 2
        self.Wr = rng.normal(size=(n_in + n_hidden, n_hidden)) / 2
        self.Wh = rng.normal(size=(n_in + n_hidden, n_hidden)) / 2
        self.dWz = self.dWr = self.dWh = None

    def forward(self, x, h):
        self.x, self.h = x, h
        self.xh = np.concatenate([x, h], axis=1)
        self.z = 1 / (1 + np.exp(-self.xh @ self.Wz))
        self.r = 1 / (1 + np.exp(-self.xh @ self.Wr))
        self.xrh = np.concatenate([x, self.r * h], axis=1)
        self.c = np.tanh(self.xrh @ self.Wh)
        return (1 - self.z) * h + self.z * self.c

    def backward(self, dout):
        D = self.x.shape[1]
        dc = dout * self.z * (1 - self.c**2)
        dz = dout * (self.c - self.h) * self.z * (1 - self.z)
        dxrh = dc @ self.Wh.T
        dr = dxrh[:, D:] * self.h * self.r * (1 - self.r)
        self.dWh = self.xrh.T @ dc
        self.dWz = self.xh.T @ dz
        self.dWr = self.xh.T @ dr
        dxh = dz @ self.Wz.T + dr @ self.Wr.T
        dx = dxrh[:, :D] + dxh[:, :D]
        dh = dout * (1 - self.z) + dxrh[:, D:] * self.r + dxh[:, D:]
        return dx, dh
