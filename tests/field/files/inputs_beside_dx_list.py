# check: listed pass
# check: wrong_listed fail scale
# check: in_a_row pass
# check: wrong_in_a_row fail transpose
# check: yielded pass
# check: wrong_yielded fail sign
"""Parameters with names of their own, whose gradients come back in a list, a row, a generator."""

import numpy as np

from minnet import check_layer


class Affine:
    def __init__(self, rng):
        self.mixing = rng.normal(size=(4, 4))
        self.offset = rng.normal(size=4)
        self.running_mean = np.zeros(4)

    def forward(self, x):
        self.seen = x
        return x @ self.mixing + self.offset

    def gradients(self, dout):
        return dout @ self.mixing.T, self.seen.T @ dout, dout.sum(axis=0)


class Listed(Affine):
    def backward(self, dout):
        dx, *others = self.gradients(dout)
        return dx, others


class WrongListed(Affine):
    def backward(self, dout):
        dx, dmixing, doffset = self.gradients(dout)
        return dx, [dmixing, doffset / len(dout)]


class Row(Affine):
    def backward(self, dout):
        return self.gradients(dout)


class WrongRow(Affine):
    def backward(self, dout):
        dx, dmixing, doffset = self.gradients(dout)
        return dx, dmixing.T, doffset


class Yields(Affine):
    def backward(self, dout):
        yield from self.gradients(dout)


class WrongYields(Affine):
    def backward(self, dout):
        dx, dmixing, doffset = self.gradients(dout)
        yield dx
        yield dmixing
        yield -doffset


def judged(cls):
    rng = np.random.default_rng(0)
    return check_layer(cls(rng), rng.normal(size=(5, 4)))


def call_listed():
    return judged(Listed)


def call_wrong_listed():
    return judged(WrongListed)


def call_in_a_row():
    return judged(Row)


def call_wrong_in_a_row():
    return judged(WrongRow)


def call_yielded():
    return judged(Yields)


def call_wrong_yielded():
    return judged(WrongYields)
