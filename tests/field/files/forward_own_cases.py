# check: affine fail forward
# check: layernorm pass forward_pass
# check: Sigmoid fail forward
# check: mystery pass forward_not_compared
"""Cases of one's own: the names are known all the same."""

import numpy as np


def affine_forward(x, w, b):
    return x @ w + 2 * b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, 2 * dout.sum(axis=0)


def layernorm_forward(x, gamma, beta, ln_param):
    deviation = np.sqrt(x.var(axis=-1, keepdims=True) + ln_param["eps"])
    xhat = (x - x.mean(axis=-1, keepdims=True)) / deviation
    return gamma * xhat + beta, (xhat, deviation, gamma)


def layernorm_backward(dout, cache):
    xhat, deviation, gamma = cache
    g = dout * gamma
    dx = g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)
    rows = tuple(range(dout.ndim - 1))
    return dx / deviation, (dout * xhat).sum(rows), dout.sum(rows)


def mystery_forward(x):
    return x**3, x


def mystery_backward(dout, x):
    return 3 * dout * x**2


class Sigmoid:
    def forward(self, x):
        self.s = np.exp(x)
        return self.s

    def backward(self, dout):
        return dout * self.s


def minnet_cases(rng):
    for N in (2, 5):
        yield "affine", (rng.normal(size=(N, 3)), rng.normal(size=(3, 4)), rng.normal(size=4))
        scale, shift = rng.uniform(1, 2, 4), rng.normal(size=4)
        yield "layernorm", (rng.normal(size=(N, 3, 4)), scale, shift, {"eps": 1e-5})
        yield "mystery", (rng.normal(size=(N, 2)),)
        yield Sigmoid(), rng.normal(size=(N, 4))
