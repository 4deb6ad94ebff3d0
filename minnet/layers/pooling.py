"""Pooling: one number out of each window of each channel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from minnet.arrays import Floats
from minnet.layers.base import Example, Layer
from minnet.layers.windows import Pair, batch_first, batch_last, output_size, pair, window


class _Pool2D(Layer):
    settings = ("size", "stride")

    def __init__(
        self,
        size: Pair = 2,
        stride: Pair | None = None,
    ) -> None:
        self.size = pair("size", size)
        self.stride = self.size if stride is None else pair("stride", stride)

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        cases: list[tuple[tuple[int, ...], Pair, Pair | None]] = [
            ((2, 3, 6, 4), 2, None),
            ((2, 2, 7, 5), 3, 2),  # overlapping
            ((1, 2, 5, 7), (2, 3), (1, 2)),  # rectangular; the stride does not divide
            ((3, 1, 5, 5), 2, None),  # a row and a column are left over
            ((2, 2, 6, 5), 2, 3),  # pixels between the windows
        ]
        for shape, size, stride in cases:
            yield cls(size, stride), (rng.normal(size=shape),)
        ties = rng.integers(0, 2, size=(2, 2, 4, 4)).astype(float)
        yield cls(), (ties,)
        yield cls(), (rng.normal(size=(2, 2, 4, 6)).astype(np.float32),)


class MaxPool2D(_Pool2D):
    """The largest value of each window.

    Only the largest value of a window reaches the output, with slope 1: it receives the
    window's whole gradient, the others none. Where windows overlap, gradients add up. In a
    tie, the first in reading order receives it.

    Parameters
    ----------
    size : int or (int, int)
        Height and width of the window.
    stride : int or (int, int), optional
        Step of the window; by default its size, so that windows do not overlap.

    Examples
    --------
    >>> import numpy as np
    >>> MaxPool2D(2)(np.arange(16.0).reshape(1, 1, 4, 4))
    array([[[[ 5.,  7.],
             [13., 15.]]]])
    """

    formulas: ClassVar[dict[str, str]] = {
        "out": "the largest value of each window",
        "dx": "each dout goes to the largest value of its window, the first one in a tie",
    }

    def forward(self, x: Floats) -> Floats:  # (N, C, H, W) -> (N, C, oh, ow)
        self.expect(x, "N", "C", "H", "W")
        self.places = output_size(self, x.shape[2:], self.size, self.stride)
        x = batch_last(x)
        self.shape, self.halved = x.shape, self._can_be_halved(x.shape)
        if self.halved:
            return batch_first(self._forward_by_halves(x))
        self.x = x
        out = np.array(window(x, 0, 0, self.places, self.stride))
        for i, j in np.ndindex(self.size):
            np.maximum(out, window(x, i, j, self.places, self.stride), out=out)
        self.out: Floats = out
        return batch_first(out)

    def backward(self, dout: Floats) -> Floats:  # (N, C, oh, ow) -> (N, C, H, W)
        if self.halved:
            return batch_first(self._backward_by_halves(batch_last(dout)))
        dx = np.zeros(self.shape, dout.dtype)
        rest = np.array(batch_last(dout), order="C")  # what no value has received yet
        for i, j in np.ndindex(self.size):
            share = rest * (window(self.x, i, j, self.places, self.stride) == self.out)
            window(dx, i, j, self.places, self.stride)[...] += share
            rest -= share
        return batch_first(dx)

    # The common case once more, in fewer passes: 2×2 windows side by side on an even image.
    # First the larger of left and right, then the larger of top and bottom.

    def _can_be_halved(self, shape: tuple[int, ...]) -> bool:
        return self.size == self.stride == (2, 2) and shape[1] % 2 == shape[2] % 2 == 0

    def _forward_by_halves(self, x: Floats) -> Floats:
        left, right = x[:, :, 0::2], x[:, :, 1::2]
        rows = np.maximum(left, right)
        top, bottom = rows[:, 0::2], rows[:, 1::2]
        self.from_left, self.from_top = left >= right, top >= bottom
        return np.maximum(top, bottom)

    def _backward_by_halves(self, dout: Floats) -> Floats:
        dx = np.empty(self.shape, dout.dtype)
        drows = np.empty(self.from_left.shape, dout.dtype)
        np.multiply(dout, self.from_top, out=drows[:, 0::2])
        np.subtract(dout, drows[:, 0::2], out=drows[:, 1::2])
        np.multiply(drows, self.from_left, out=dx[:, :, 0::2])
        np.subtract(drows, dx[:, :, 0::2], out=dx[:, :, 1::2])
        return dx


class AvgPool2D(_Pool2D):
    """The mean of each window.

    Each of the kh·kw values of a window has slope 1 / (kh·kw).

    Parameters
    ----------
    size : int or (int, int)
        Height and width of the window.
    stride : int or (int, int), optional
        Step of the window; by default its size, so that windows do not overlap.

    Examples
    --------
    >>> import numpy as np
    >>> AvgPool2D(2)(np.arange(16.0).reshape(1, 1, 4, 4))
    array([[[[ 2.5,  4.5],
             [10.5, 12.5]]]])
    """

    formulas: ClassVar[dict[str, str]] = {
        "out": "the mean of each window",
        "dx": "each dout, divided by the window's size, goes to every value of its window",
    }

    def forward(self, x: Floats) -> Floats:  # (N, C, H, W) -> (N, C, oh, ow)
        self.expect(x, "N", "C", "H", "W")
        self.places = output_size(self, x.shape[2:], self.size, self.stride)
        x = batch_last(x)
        self.shape = x.shape
        out = np.zeros((x.shape[0], *self.places, x.shape[3]), x.dtype)
        for i, j in np.ndindex(self.size):
            out += window(x, i, j, self.places, self.stride)
        out /= self.size[0] * self.size[1]
        return batch_first(out)

    def backward(self, dout: Floats) -> Floats:  # (N, C, oh, ow) -> (N, C, H, W)
        share = batch_last(dout) / (self.size[0] * self.size[1])
        dx = np.zeros(self.shape, dout.dtype)
        for i, j in np.ndindex(self.size):
            window(dx, i, j, self.places, self.stride)[...] += share
        return batch_first(dx)
