# check: Gate pass
# check: SinAtPi pass
# check: Newton pass
# check: Determinant pass
# check: Underflow pass
# check: Offset pass
# check: Constant pass
"""Nothing left of the output, or nothing left of its change: right all the same."""

import numpy as np

from minnet import check_functions, check_gradient, check_layer


class Gate:
    """A sigmoid by way of tanh, which does not overflow."""

    def forward(self, x):
        self.p = 0.5 * (1 + np.tanh(x / 2))
        return self.p

    def backward(self, dout):
        return dout * self.p * (1 - self.p)


def call_Gate():
    return check_layer(Gate(), 300 * np.random.default_rng(2).normal(size=(6, 4)))


def call_SinAtPi():
    return check_functions(
        lambda x: (np.sin(x), x), lambda dout, x: dout * np.cos(x), np.full((2, 3), np.pi)
    )


def call_Newton():
    """The residual of a fixed-point iteration at its fixed point."""
    x = np.ones(5)
    for _ in range(200):
        x = np.cos(x)
    return check_gradient(lambda x: x - np.cos(x), lambda x: np.diag(1 + np.sin(x)), x)


def cofactors(A):
    minors = [
        [np.linalg.det(np.delete(np.delete(A, i, 0), j, 1)) for j in range(3)] for i in range(3)
    ]
    signs = np.array([[1, -1, 1], [-1, 1, -1], [1, -1, 1]])
    return signs * np.array(minors)


def call_Determinant():
    A = np.random.default_rng(4).normal(size=(3, 3))
    A[2] = A[0] + 2 * A[1]
    return check_gradient(np.linalg.det, cofactors, A)


def call_Underflow():
    x = 1e-100 * np.random.default_rng(5).normal(size=(3, 4))
    return check_functions(lambda x: (x**2, x), lambda dout, x: 2 * dout * x, x)


def call_Offset():
    x = 1e-30 * np.random.default_rng(6).normal(size=(3, 4))
    return check_functions(lambda x: (np.exp(x), x), lambda dout, x: dout * np.exp(x), x)


def call_Constant():
    x = np.random.default_rng(7).normal(size=(3, 4))
    return check_functions(lambda x: (0.0 * x, None), lambda dout, _: np.zeros_like(dout), x)
