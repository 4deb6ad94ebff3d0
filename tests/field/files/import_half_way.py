# check: Layer0 pass
# check: Dense pass
# check: Reads skipped
# check: Correlate skipped
# check: Swish pass
"""A script: it needs modules and a file that are not there, ends the program, and trains."""

import sys
from collections import Hashable, NothingLikeThis, OrderedDict

import numpy as np
import tensorflowish as tf
from nowhere_at_all import *
from scipyish.signal import correlate2d
from scipyish.special import nothing_there

X = np.load("nowhere.npz")
y = X["a"] + 1
assert isinstance(3, Hashable) and OrderedDict


class Layer0(Layer):
    def forward(self, x):
        self.x = x
        return x * 2

    def backward(self, d):
        return d * 2


class Dense(tf.Layer):
    rate = tf.constant(3)

    def __init__(self, n_in, n_out):
        super().__init__(name="dense")
        self.W = np.random.randn(n_in, n_out)
        self.b = np.zeros(n_out)

    @tf.function
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    @tf.wrap(a=3)
    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T


class Reads:
    def forward(self, x):
        return x + X["a"]

    def backward(self, d):
        return d


class Correlate:
    def forward(self, x):
        return correlate2d(x, x)

    def backward(self, d):
        return d


if len(sys.argv) < 30:
    sys.exit("usage: this.py FILE")


class Swish:
    def forward(self, x):
        self.x = x
        return x / (1 + np.exp(-x))

    def backward(self, d):
        s = 1 / (1 + np.exp(-self.x))
        return d * (s + self.x * s * (1 - s))


net = Dense(len(X), 2)
for epoch in range(y):
    net.forward(y)
