# check: HalfNetwork pass
# check: HalfNetworkWrong fail
# check: HalfSoftmax pass
# check: HalfSoftmaxWrong fail
# check: SingleBatchNorm pass
# check: SingleBatchNormWrong fail
# check: HalfAffine pass
# check: HalfFloor pass
# check: SingleFloorWrong fail
# check: RoundedOutput pass
# check: RoundedOutputWrong fail
# check: SingleInside pass
# check: SingleInsideWrong fail
"""Code in float16 and float32, or with them inside."""

import numpy as np

from minnet import check_functions, check_layer

half, single = np.float16, np.float32


class TwoLayers:
    def __init__(self, dtype, factor=1.0):
        rng = np.random.default_rng(11)
        self.W1, self.b1 = rng.normal(size=(6, 9)).astype(dtype), np.full(9, 0.1, dtype)
        self.W2, self.b2 = rng.normal(size=(9, 3)).astype(dtype), np.full(3, -0.2, dtype)
        self.factor = dtype(factor)

    def forward(self, x):
        self.x = x
        self.h = np.maximum(0, x @ self.W1 + self.b1)
        return self.h @ self.W2 + self.b2

    def backward(self, dout):
        self.dW2, self.db2 = self.h.T @ dout, dout.sum(axis=0)
        da = dout @ self.W2.T * (self.h > 0)
        self.dW1, self.db1 = self.x.T @ da, self.factor * da.sum(axis=0)
        return da @ self.W1.T


def data(shape, dtype=float, seed=12):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def call_HalfNetwork():
    return check_layer(TwoLayers(half), data((5, 6), half))


def call_HalfNetworkWrong():
    return check_layer(TwoLayers(half, 1.25), data((5, 6), half))


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def softmax_case(share):
    def backward(dout, p):
        return p * (dout - p.dtype.type(share) * (dout * p).sum(axis=1, keepdims=True))

    return check_functions(lambda x: (softmax(x), softmax(x)), backward, data((4, 7), half))


def call_HalfSoftmax():
    return softmax_case(1)


def call_HalfSoftmaxWrong():
    return softmax_case(0.5)


def batch_norm_case(share):
    """Affine, then batch norm: the bias has no gradient, but for round-off."""

    def forward(x, w, b):
        a = x @ w + b
        inverse = 1 / np.sqrt(a.var(axis=0) + single(1e-5))
        out = (a - a.mean(axis=0)) * inverse
        return out, (x, w, out, inverse)

    def backward(dout, cache):
        x, w, out, inverse = cache
        da = dout - dout.mean(axis=0) - single(share) * out * (dout * out).mean(axis=0)
        da = da * inverse
        return da @ w.T, x.T @ da, da.sum(axis=0)

    given = data((8, 5), single), data((5, 4), single), data(4, single)
    return check_functions(forward, backward, *given)


def call_SingleBatchNorm():
    return batch_norm_case(1)


def call_SingleBatchNormWrong():
    return batch_norm_case(0.9)


def call_HalfAffine():
    return check_functions(
        lambda x, w, b: (x @ w + b, (x, w)),
        lambda dout, cache: (dout @ cache[1].T, cache[0].T @ dout, dout.sum(axis=0)),
        data((100, 10), half, 7),
        data((10, 4), half),
        data(4, half),
    )


def call_HalfFloor():
    return check_functions(
        lambda x: (np.floor(x), x), lambda dout, x: np.zeros_like(x), data((4, 5), half)
    )


def call_SingleFloorWrong():
    return check_functions(lambda x: (np.floor(x), x), lambda dout, x: dout, data((4, 5), single))


def rounded(factor):
    """The output is stored in float16, and handed on in float64."""
    return check_functions(
        lambda x: (np.tanh(x).astype(half).astype(float), x),
        lambda dout, x: factor * dout * (1 - np.tanh(x) ** 2),
        data((4, 6)),
    )


def call_RoundedOutput():
    return rounded(1.0)


def call_RoundedOutputWrong():
    return rounded(1.02)


def inside(factor):
    """Computed in float32, and scaled in float64 afterwards."""
    return check_functions(
        lambda x, w: (1.3 * np.tanh((x @ w).astype(single)).astype(float), (x, w)),
        lambda dout, cache: (
            1.3 * (dout * (1 - np.tanh(cache[0] @ cache[1]) ** 2)) @ cache[1].T,
            factor * 1.3 * cache[0].T @ (dout * (1 - np.tanh(cache[0] @ cache[1]) ** 2)),
        ),
        data((5, 4)),
        data((4, 3)),
    )


def call_SingleInside():
    return inside(1.0)


def call_SingleInsideWrong():
    return inside(1.001)
