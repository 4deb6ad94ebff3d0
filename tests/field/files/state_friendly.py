# check: layer_norm pass
# check: layer_norm_without_gamma_in_dx fail
# check: low_rank pass
# check: low_rank_with_a_slip_in_da fail
# check: identity_weight pass
# check: identity_weight_not_transposed fail
# check: blur pass
# check: blur_with_the_kernel_turned fail
# check: same_queries_and_keys_swapped fail
"""Fresh parameters: ones, zeros and identities, under which a mistake does not show."""

import numpy as np

from minnet import check_functions, check_layer


def normal(*shape):
    return np.random.default_rng(1).normal(size=shape)


class LayerNorm:
    def __init__(self, n):
        self.gamma, self.beta = np.ones(n), np.zeros(n)

    def forward(self, x):
        self.s = np.sqrt(x.var(axis=1, keepdims=True) + 1e-5)
        self.h = (x - x.mean(axis=1, keepdims=True)) / self.s
        return self.gamma * self.h + self.beta

    def backward(self, dout):
        self.dgamma, self.dbeta = (dout * self.h).sum(axis=0), dout.sum(axis=0)
        return self.through(dout * self.gamma)

    def through(self, g):
        inner = g.mean(axis=1, keepdims=True) + self.h * (g * self.h).mean(axis=1, keepdims=True)
        return (g - inner) / self.s


class ForgetsGamma(LayerNorm):
    def backward(self, dout):
        super().backward(dout)
        return self.through(dout)


class LowRank:
    """A frozen weight and a low-rank update x A B, with B at zero to begin with."""

    def __init__(self):
        self.A, self.B = normal(4, 2), np.zeros((2, 3))

    def forward(self, x):
        self.x = x
        return x @ self.A @ self.B

    def backward(self, dout):
        self.dB = (self.x @ self.A).T @ dout
        self.dA = self.x.T @ (dout @ self.B.T)
        return dout @ self.B.T @ self.A.T


class LowRankSlip(LowRank):
    def backward(self, dout):
        dx = super().backward(dout)
        self.dA = 3 * self.dA
        return dx


class Linear:
    def __init__(self, W):
        self.W = W

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.dW = self.x.T @ dout
        return dout @ self.W.T


class NotTransposed(Linear):
    def backward(self, dout):
        super().backward(dout)
        return dout @ self.W


def blur_forward(x, kernel):
    return np.array([np.convolve(row, kernel, "valid") for row in x]), (x, kernel)


def blur_backward(dout, cache):
    x, kernel = cache
    dx = np.array([np.correlate(d, kernel, "full") for d in dout])
    dkernel = sum(np.correlate(row, d, "valid")[::-1] for row, d in zip(x, dout, strict=True))
    return dx, dkernel


def turned_backward(dout, cache):
    x, kernel = cache
    return np.array([np.convolve(d, kernel, "full") for d in dout]), blur_backward(dout, cache)[1]


def scores_forward(q, k):
    return q @ k.T, (q, k)


def scores_backward(dout, cache):
    q, k = cache
    return dout @ q, dout.T @ k  # each with the other


def call_layer_norm():
    return check_layer(LayerNorm(4), normal(3, 4))


def call_layer_norm_without_gamma_in_dx():
    return check_layer(ForgetsGamma(4), normal(3, 4))


def call_low_rank():
    return check_layer(LowRank(), normal(3, 4))


def call_low_rank_with_a_slip_in_da():
    return check_layer(LowRankSlip(), normal(3, 4))


def call_identity_weight():
    return check_layer(Linear(np.eye(4)), normal(3, 4))


def call_identity_weight_not_transposed():
    return check_layer(NotTransposed(np.eye(4)), normal(3, 4))


def call_blur():
    return check_functions(blur_forward, blur_backward, normal(2, 7), np.ones(3))


def call_blur_with_the_kernel_turned():
    return check_functions(blur_forward, turned_backward, normal(2, 7), np.ones(3))


def call_same_queries_and_keys_swapped():
    return check_functions(scores_forward, scores_backward, normal(3, 2), normal(3, 2))
