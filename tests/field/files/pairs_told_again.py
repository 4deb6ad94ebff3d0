# measured: 6
# check: stretch pass
# check: windows pass
# check: half_windows fail scale
# check: tally pass
# check: Shifted pass
# check: Kept pass
"""Backward functions that are told again what forward was given, in an order of their own."""

import numpy as np


def stretch_forward(x, w, scale):
    return scale * x @ w


def stretch_backward(x, grad_out, w, scale):
    return scale * grad_out @ w.T, scale * x.T @ grad_out


def windows_forward(x, kernel_size, pad):
    H = x.shape[1] + 2 * pad
    count = (H - kernel_size) // kernel_size + 1
    padded = np.pad(x, ((0, 0), (pad, pad)))
    starts = [i * kernel_size for i in range(count)]
    return np.stack([padded[:, s : s + kernel_size].sum(axis=1) for s in starts], axis=1)


def windows_backward(x, grad_out, kernel_size, pad):
    dx = np.zeros((len(x), x.shape[1] + 2 * pad))
    for i in range(grad_out.shape[1]):
        dx[:, i * kernel_size : (i + 1) * kernel_size] += grad_out[:, i : i + 1]
    return dx[:, pad : dx.shape[1] - pad]


def half_windows_forward(x, kernel_size, pad):
    return windows_forward(x, kernel_size, pad)


def half_windows_backward(x, grad_out, kernel_size, pad):
    return windows_backward(x, grad_out, kernel_size, pad) / 2


def tally_forward(x, w):
    h = x @ w
    return (h**2).sum(), (h,)


def tally_backward(x, w, cache):
    (h,) = cache
    return 2 * h @ w.T, 2 * x.T @ h


class Function:
    """Makes an object for each use, which keeps what it needs."""

    def __init__(self, *tensors):
        self.saved = []

    @classmethod
    def apply(cls, *tensors):
        return cls(*tensors).forward(*tensors)

    def save(self, *arrays):
        self.saved.extend(arrays)


class Kept(Function):
    def forward(self, a):
        self.save(np.exp(a))
        return np.exp(a)

    def backward(self, grad_output):
        return grad_output * self.saved[0]


class Shifted:
    """With penalties that the gradients of a loss have nothing to do with."""

    def __init__(self, n_inputs, l1, l2):
        self.w = np.linspace(-1, 1, n_inputs)
        self.l1, self.l2 = l1, l2

    def forward(self, x):
        self.x = x
        return x * self.w

    def backward(self, dout):
        self.dw = (dout * self.x).sum(axis=0) + self.l1 * np.sign(self.w) + 2 * self.l2 * self.w
        return dout * self.w
