# check: Cell pass
# check: TimeRNN pass
# check: TimeBiRNN pass
# measured: 3
"""Recurrent layers whose weights are spelled out, and one that reads from both ends."""

import numpy as np


class Cell:
    def __init__(self, weight_input, weight_hidden, bias):
        self.params = [weight_input, weight_hidden, bias]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, x, h_prev):
        wx, wh, b = self.params
        self.cache = x, h_prev, np.tanh(x @ wx + h_prev @ wh + b)
        return self.cache[-1]

    def backward(self, dh_next):
        x, h_prev, h = self.cache
        dt = dh_next * (1 - h * h)
        for kept, found in zip(self.grads, (x.T @ dt, h_prev.T @ dt, dt.sum(axis=0))):
            kept[...] = found
        return dt @ self.params[0].T, dt @ self.params[1].T


class TimeRNN:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, xs):
        N, T, _ = xs.shape
        H = self.params[1].shape[0]
        self.cells, hs, h = [], np.empty((N, T, H)), np.zeros((N, H))
        for t in range(T):
            self.cells.append(Cell(*self.params))
            hs[:, t] = h = self.cells[-1].forward(xs[:, t], h)
        return hs

    def backward(self, dhs):
        dxs, dh, sums = [], 0, [0, 0, 0]
        for t, cell in reversed(list(enumerate(self.cells))):
            dx, dh = cell.backward(dhs[:, t] + dh)
            dxs.insert(0, dx)
            sums = [a + g for a, g in zip(sums, cell.grads)]
        for kept, found in zip(self.grads, sums):
            kept[...] = found
        return np.stack(dxs, axis=1)


class TimeBiRNN:
    def __init__(self, Wx1, Wh1, b1, Wx2, Wh2, b2):
        self.there, self.back = TimeRNN(Wx1, Wh1, b1), TimeRNN(Wx2, Wh2, b2)
        self.params = self.there.params + self.back.params
        self.grads = self.there.grads + self.back.grads

    def forward(self, xs):
        other = self.back.forward(xs[:, ::-1])[:, ::-1]
        return np.concatenate((self.there.forward(xs), other), axis=2)

    def backward(self, dhs):
        H = dhs.shape[2] // 2
        there = self.there.backward(dhs[:, :, :H])
        return there + self.back.backward(dhs[:, ::-1, H:])[:, ::-1]
