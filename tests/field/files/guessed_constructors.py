# check: Windowed pass
# check: WindowedWrong fail
# check: Stack pass
# check: StackWrong fail
# check: Odd pass
# check: OddWrong fail
# check: Wanting skipped
"""Constructors with parameters of unknown meaning: what they may be is tried."""

import numpy as np


class Windowed:
    """A mean over windows, whose shape and step are pairs."""

    def __init__(self, step_strides, patch_window):
        self.step, self.size = step_strides, patch_window

    def forward(self, x):
        self.x = x
        (s, t), (h, w) = self.step, self.size
        rows, columns = (x.shape[2] - h) // s + 1, (x.shape[3] - w) // t + 1
        out = np.zeros((*x.shape[:2], rows, columns))
        for i in range(rows):
            for j in range(columns):
                out[:, :, i, j] = x[:, :, s * i : s * i + h, t * j : t * j + w].mean(axis=(2, 3))
        return out

    def backward(self, dout):
        (s, t), (h, w) = self.step, self.size
        dx = np.zeros_like(self.x)
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                share = dout[:, :, i, j][:, :, None, None] / self.share()
                dx[:, :, s * i : s * i + h, t * j : t * j + w] += share
        return dx

    def share(self):
        return self.size[0] * self.size[1]


class WindowedWrong(Windowed):
    def share(self):
        return self.size[0]


class Stack:
    """A small network, made of the sizes of its layers."""

    def __init__(self, first, widths, activations):
        sizes = [first, *widths]
        rng = np.random.default_rng(0)
        self.activations = activations
        self.weights = [rng.normal(size=pair) for pair in zip(sizes, sizes[1:])]

    def forward(self, x):
        self.inputs = []
        for W, kink in zip(self.weights, self.activations, strict=True):
            self.inputs.append(x)
            x = x @ W
            if kink == "relu":
                x = np.maximum(x, 0)
            elif kink != "identity":
                raise ValueError(kink)
        return x

    def backward(self, dout):
        for W, kink, x in zip(self.weights[::-1], self.activations[::-1], self.inputs[::-1]):
            if kink == "relu":
                dout = dout * (x @ W > 0)
            dout = dout @ self.turned(W)
        return dout

    def turned(self, W):
        return W.T


class StackWrong(Stack):
    def turned(self, W):
        return 2 * W.T


class Odd:
    def __init__(self, wobble):
        self.wobble = wobble

    def forward(self, x):
        self.x = x
        return x**self.wobble

    def backward(self, dout):
        return dout * self.slope()

    def slope(self):
        return self.wobble * self.x ** (self.wobble - 1)


class OddWrong(Odd):
    def slope(self):
        return self.x ** (self.wobble - 1)


class Wanting:
    """Nothing that is tried will do."""

    def __init__(self, tree):
        self.tree = tree.root.left

    def forward(self, x):
        return x * self.tree

    def backward(self, dout):
        return dout * self.tree
