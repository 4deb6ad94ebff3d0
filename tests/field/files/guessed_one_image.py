"""Pooling of one image at a time, in windows that have to tile it.

# check: MaxPooling pass
# check: MeanPooling fail scale
# measured: 2
"""

import numpy as np


class MaxPooling:
    def __init__(self, pool_size):
        self.stride = pool_size

    def windows(self, x):
        depth, height, width = x.shape
        if height % self.stride or width % self.stride:
            raise ValueError(f"windows of {self.stride} do not tile {height} x {width}")
        for row in range(0, height, self.stride):
            for column in range(0, width, self.stride):
                ends = row + self.stride, column + self.stride
                yield np.s_[:, row : ends[0], column : ends[1]], row, column

    def __call__(self, x):
        depth, height, width = self.shape = x.shape
        out = np.zeros((depth, height // self.stride, width // self.stride))
        self.share = np.zeros_like(x)
        for place, row, column in self.windows(x):
            self.share[place], value = self.taken(x[place])
            out[:, row // self.stride, column // self.stride] = value
        return out

    def taken(self, window):
        value = window.max(axis=(1, 2))
        return window == value[:, None, None], value

    def backward(self, dout):
        wide = dout.repeat(self.stride, axis=1).repeat(self.stride, axis=2)
        return wide * self.share


class MeanPooling(MaxPooling):
    def taken(self, window):
        return 1.0, window.mean(axis=(1, 2))  # which is a quarter, not 1
