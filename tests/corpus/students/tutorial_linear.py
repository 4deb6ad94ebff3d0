"""Layers that are linear in their input, as tutorials write them. Correct."""

import numpy as np


class Mix:
    """Each row times a fixed matrix."""

    def __init__(self, n, rng):
        self.mixing = rng.normal(size=(n, n))

    def forward(self, x):
        return x @ self.mixing

    def backward(self, dout):
        return dout @ self.mixing.T


class Turn:
    """Pairs of features turned by an angle that grows with the position (rotary)."""

    def forward(self, x):
        half = x.shape[-1] // 2
        self.angle = np.outer(1 + np.arange(x.shape[-2]), 0.5 ** np.arange(half))
        return self.turned(x, self.angle)

    def turned(self, x, angle):
        one, two = np.split(x, 2, axis=-1)
        cos, sin = np.cos(angle), np.sin(angle)
        return np.concatenate([one * cos - two * sin, one * sin + two * cos], axis=-1)

    def backward(self, dout):
        return self.turned(dout, -self.angle)


class CircularConvolution:
    """By the Fourier transform, with a fixed response."""

    def __init__(self, n, rng):
        self.response = rng.normal(size=n)

    def forward(self, x):
        spectrum = np.fft.rfft(self.response)
        return np.fft.irfft(np.fft.rfft(x) * spectrum, n=x.shape[-1])

    def backward(self, dout):
        spectrum = np.conj(np.fft.rfft(self.response))
        return np.fft.irfft(np.fft.rfft(dout) * spectrum, n=dout.shape[-1])


class MovingAverage:
    """y[t] = keep * y[t - 1] + (1 - keep) * tanh(x[t]), over axis 1."""

    def __init__(self, keep=0.7):
        self.keep = keep

    def forward(self, x):
        self.x = x
        y, state = np.zeros_like(x), 0.0
        for t in range(x.shape[1]):
            state = self.keep * state + (1 - self.keep) * np.tanh(x[:, t])
            y[:, t] = state
        return y

    def backward(self, dout):
        dx, carried = np.zeros_like(dout), 0.0
        for t in reversed(range(dout.shape[1])):
            dstate = dout[:, t] + carried
            carried = self.keep * dstate
            dx[:, t] = dstate * (1 - self.keep) * (1 - np.tanh(self.x[:, t]) ** 2)
        return dx


class Scan:
    """Rows as steps: h[t] = tanh(x[t] + h[t - 1] @ U); time comes first."""

    def __init__(self, n, rng):
        self.U = rng.normal(size=(n, n)) / np.sqrt(n)
        self.dU = None

    def forward(self, x):
        self.h = [np.zeros(x.shape[1:])]
        for step in x:
            self.h.append(np.tanh(step + self.h[-1] @ self.U))
        return np.stack(self.h[1:])

    def backward(self, dout):
        dx, dh = np.empty_like(dout), 0.0
        self.dU = np.zeros_like(self.U)
        for t in range(len(dout) - 1, -1, -1):
            da = (dout[t] + dh) * (1 - self.h[t + 1] ** 2)
            self.dU += np.atleast_2d(self.h[t]).T @ np.atleast_2d(da)
            dh = da @ self.U.T
            dx[t] = da
        return dx
