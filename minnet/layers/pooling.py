"""Pooling: one number out of each window of each channel."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import ClassVar

import numpy as np

from minnet.arrays import Array, Floats
from minnet.layers.base import Example, Layer
from minnet.layers.windows import Pair, batch_first, batch_last, output_size, pair, window


class _Pool2D(Layer):
    settings = ("size", "stride")
    places: tuple[int, int]  # how many the window has, down and across

    def __init__(self, size: Pair = 2, stride: Pair | None = None) -> None:
        self.size = pair("size", size)
        self.stride = self.size if stride is None else pair("stride", stride)

    def _pixels(self, x: Floats) -> list[Floats]:  # (C, H, W, N) -> kh·kw times (C, oh, ow, N)
        """View what each pixel of the window, in reading order, meets at all its places."""
        offsets = product(range(self.size[0]), range(self.size[1]))
        return [window(x, i, j, self.places, self.stride) for i, j in offsets]

    def _add(self, pixels: Floats, share: Floats) -> None:
        """Add to the `pixels` of a gradient that began as zeros."""
        if self.stride[0] < self.size[0] or self.stride[1] < self.size[1]:  # windows overlap
            pixels += share
        else:  # each pixel is met only once, and setting it is faster than adding to 0
            pixels[...] = share

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
        "windows": "sliding_window_view(x, size, (2, 3))[:, :, :: stride[0], :: stride[1]]",
        "out": "windows.max(axis=(4, 5))",
        "dx": "for each pixel, the sum of dout over all windows in which it is the (first) largest",
    }

    def forward(self, x: Floats) -> Floats:  # (N, C, H, W) -> (N, C, oh, ow)
        self.expect(x, "N", "C", "H", "W")
        self.places = output_size(self, x.shape[2:], self.size, self.stride)
        x = batch_last(x)
        self.shape = x.shape
        first, *others = self._pixels(x)
        out = np.array(first)
        self.larger: list[Array] = []
        for pixels in others:
            self.larger.append(pixels > out)  # than all before: in a tie, the first stays
            np.maximum(out, pixels, out=out)
        return batch_first(out)

    def backward(self, dout: Floats) -> Floats:  # (N, C, oh, ow) -> (N, C, H, W)
        dx = np.zeros(self.shape, dout.dtype)
        first, *others = self._pixels(dx)
        rest = batch_last(dout)  # what has found no receiver yet
        for pixels, larger in zip(reversed(others), reversed(self.larger), strict=True):
            share = rest * larger  # the last to be larger than all before it is the largest
            self._add(pixels, share)
            rest = rest - share
        self._add(first, rest)
        return batch_first(dx)


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
        "windows": "sliding_window_view(x, size, (2, 3))[:, :, :: stride[0], :: stride[1]]",
        "out": "windows.mean(axis=(4, 5))",
        "dx": "for each pixel, the sum of dout / (kh * kw) over all windows around it",
    }

    def forward(self, x: Floats) -> Floats:  # (N, C, H, W) -> (N, C, oh, ow)
        self.expect(x, "N", "C", "H", "W")
        self.places = output_size(self, x.shape[2:], self.size, self.stride)
        x = batch_last(x)
        self.shape = x.shape
        first, *others = self._pixels(x)
        out = np.array(first)
        for pixels in others:
            out += pixels
        out /= self.size[0] * self.size[1]
        return batch_first(out)

    def backward(self, dout: Floats) -> Floats:  # (N, C, oh, ow) -> (N, C, H, W)
        share = batch_last(dout) / (self.size[0] * self.size[1])
        dx = np.zeros(self.shape, dout.dtype)
        for pixels in self._pixels(dx):
            self._add(pixels, share)
        return batch_first(dx)
