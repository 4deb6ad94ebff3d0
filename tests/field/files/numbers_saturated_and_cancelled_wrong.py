# check: Gate fail
# check: SinAtPi fail
# check: Newton fail
# check: Determinant fail
# check: Underflow fail
# check: Offset fail
"""The same with a mistake: neither a flat output nor a small one may hide it."""

import numpy as np

from minnet import check_functions, check_gradient, check_layer


class Gate:
    """The gradient of a straight line where the sigmoid is flat."""

    def forward(self, x):
        self.x = x
        return 0.5 * (1 + np.tanh(x / 2))

    def backward(self, dout):
        return dout / 4


def call_Gate():
    return check_layer(Gate(), 300 * np.random.default_rng(2).normal(size=(6, 4)))


def call_SinAtPi():
    return check_functions(
        lambda x: (np.sin(x), x), lambda dout, x: dout * abs(np.cos(x)), np.full((2, 3), np.pi)
    )


def call_Newton():
    x = np.ones(5)
    for _ in range(200):
        x = np.cos(x)
    return check_gradient(lambda x: x - np.cos(x), lambda x: np.diag(1 - np.sin(x)), x)


def call_Determinant():
    """det(A) inv(A).T, which is nothing where det(A) is."""
    A = np.random.default_rng(4).normal(size=(3, 3))
    A[2] = A[0] + 2 * A[1]
    return check_gradient(np.linalg.det, lambda A: 0.0 * A, A)


def call_Underflow():
    x = 1e-100 * np.random.default_rng(5).normal(size=(3, 4))
    return check_functions(lambda x: (x**2, x), lambda dout, x: dout * x, x)


def call_Offset():
    x = 1e-30 * np.random.default_rng(6).normal(size=(3, 4))
    return check_functions(lambda x: (np.exp(x), x), lambda dout, x: 2 * dout * np.exp(x), x)
