# check: rows pass
# check: wrong_rows fail
# check: integers pass
# check: wrong_integers fail
# check: number pass
# check: wrong_number fail
# check: factor pass
# check: wrong_factor fail
# check: nothing inconclusive
# check: optional pass
"""Lists, integers, single numbers and None where arrays of floats are usual."""

import numpy as np

from minnet import check_layer


class Softplus:
    def forward(self, x):
        self.x = x
        return np.log1p(np.exp(x))

    def backward(self, dout):
        return dout / (1 + np.exp(-np.asarray(self.x)))


class WrongSoftplus(Softplus):
    def backward(self, dout):
        return dout * np.tanh(self.x)


class Amplifier:
    """Multiplies by a number that it is given, and learns that too."""

    def forward(self, x, gain):
        self.x, self.gain = x, gain
        return gain * x

    def backward(self, dout):
        return self.gain * dout, float((dout * self.x).sum())


class WrongAmplifier(Amplifier):
    def backward(self, dout):
        return self.gain * dout, float(dout.sum())


class OneHot:
    """Nothing in it can be differentiated."""

    def forward(self, labels):
        return np.eye(4)[labels]

    def backward(self, dout):
        return None


class Shifted:
    def forward(self, x, shift=None):
        self.x, self.shifted = x, shift is not None
        return x**3 if shift is None else x**3 + shift

    def backward(self, dout):
        return 3 * dout * self.x**2, (dout if self.shifted else None)


ROWS = [[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]]


def call_rows():
    return check_layer(Softplus(), ROWS)


def call_wrong_rows():
    return check_layer(WrongSoftplus(), ROWS)


def call_integers():
    return check_layer(Softplus(), np.array([[1, -2], [3, 0]]))


def call_wrong_integers():
    return check_layer(WrongSoftplus(), np.array([[1, -2], [3, 0]]))


def call_number():
    return check_layer(Softplus(), 0.7)


def call_wrong_number():
    return check_layer(WrongSoftplus(), 0.7)


def call_factor():
    return check_layer(Amplifier(), np.array(ROWS), 2.5)


def call_wrong_factor():
    return check_layer(WrongAmplifier(), np.array(ROWS), 2.5)


def call_nothing():
    return check_layer(OneHot(), np.array([2, 0, 3]))


def call_optional():
    return check_layer(Shifted(), np.array([[1.0, 2.0]]), None)
