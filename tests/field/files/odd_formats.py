# check: TimeScale pass convention
# check: TimeSquare pass
# check: TimeTwice fail
# measured: 3
"""Sequences in single precision: what is made in forward and in backward has that format."""

import numpy as np


class TimeSquare:
    def forward(self, xs):
        self.xs = xs
        out = np.empty(xs.shape, dtype="f")
        for t in range(xs.shape[1]):
            out[:, t] = xs[:, t] ** 2
        return out

    def backward(self, dout):
        dxs = np.empty(self.xs.shape, dtype="f")
        for t in range(self.xs.shape[1]):
            dxs[:, t] = 2 * self.xs[:, t] * dout[:, t]
        return dxs


class TimeScale:
    """Its forward computes as exactly as it is given numbers."""

    def forward(self, xs):
        self.xs = xs
        return np.tanh(xs)

    def backward(self, dout):
        dxs = np.empty(self.xs.shape, dtype="f")
        for t in range(self.xs.shape[1]):
            dxs[:, t] = (1 - np.tanh(self.xs[:, t]) ** 2) * dout[:, t]
        return dxs


class TimeTwice(TimeScale):
    def backward(self, dout):
        dxs = np.empty(self.xs.shape, dtype="f")
        for t in range(self.xs.shape[1]):
            dxs[:, t] = 2 * (1 - np.tanh(self.xs[:, t]) ** 2) * dout[:, t]
        return dxs
