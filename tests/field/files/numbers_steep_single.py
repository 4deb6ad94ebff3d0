# measured: 2
# check: TanTan pass
# check: TanTanHalved fail
"""In single precision at first, and so steep that the rounding there is a jump of the output."""

import numpy as np


class TanTan:
    def forward(self, x):
        self.x = x.astype(np.float32)
        self.t = np.tan(self.x)
        return np.tan(self.t)

    def backward(self, dout):
        return dout * (1 + np.tan(self.t) ** 2) * (1 + self.t**2)


class TanTanHalved(TanTan):
    def backward(self, dout):
        return super().backward(dout) / 2


def minnet_cases(rng):
    steep = [[0.5, -1.5, 0.6875, 0.5625, 0.4375], [-0.4375, 0.25, 0.125, 0.75, 0.625]]
    yield TanTan(), (np.array(steep),)
    yield TanTanHalved(), (np.array(steep),)
