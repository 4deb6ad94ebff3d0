"""Larger images: a convolution backwards, and repeated pixels."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import ClassVar

import numpy as np

from minnet.arrays import Floats, whole_number
from minnet.initializers import initialize
from minnet.layers.base import Example, Layer
from minnet.layers.windows import Pair, batch_first, batch_last, pair, window


class ConvTranspose2D(Layer):
    """Stamp a kernel onto the output for every input pixel, as heavily as the pixel says.

    Input pixel ``(p, q)`` adds its value times the kernel at ``(s·p, s·q)``; where stamps
    overlap they add up; `padding` rows and columns are cut off at each border:

        out[n, f, s·p + i, s·q + j] += W[c, f, i, j] · x[n, c, p, q]

    This is what `Conv2D` does backwards: its dx is this layer's forward, and this layer's dx
    its forward. With ``columns`` of shape (F·kh·kw, places),

    - ``columns = W.T @ x``, each row added to the strided view of the output that it belongs
      to, plus b;
    - ``dcolumns`` are these views of ``dout``, copied side by side;
    - ``dx = W @ dcolumns``, ``dW = x @ dcolumns.T``, ``db`` the sum of ``dout`` over places.

    Parameters
    ----------
    in_channels, out_channels : int
        C and F.
    kernel_size : int or (int, int)
        Height and width of the kernels.
    stride : int or (int, int)
        Distance of the stamps, down and across.
    padding : int or (int, int)
        Rows cut off at top and bottom, and columns at left and right.
    bias : bool
        Whether there is a ``b``.
    init : str
        Name of the initializer of ``W``, shape (C, F, kh, kw); ``b`` starts at zero.
    rng : numpy.random.Generator or int, optional
        Source of the initial weights.

    References
    ----------
    V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep learning", 2016.

    Examples
    --------
    >>> import numpy as np
    >>> layer = ConvTranspose2D(8, 1, 4, stride=2, padding=1, rng=0)
    >>> layer(np.ones((2, 8, 3, 5))).shape
    (2, 1, 6, 10)
    """

    parameters: tuple[str, ...] = ("W", "b")
    settings = ("stride", "padding")
    formulas: ClassVar[dict[str, str]] = {
        "out": "b plus W[c] times each pixel of channel c, added at its place times the stride",
        "padded": "pad(dout, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))",
        "windows": "sliding_window_view(padded, W.shape[2:], (2, 3))"
        "[:, :, :: stride[0], :: stride[1]]",
        "dx": "einsum('nfpqij, cfij -> ncpq', windows, W)",
        "dW": "einsum('ncpq, nfpqij -> cfij', x, windows)",
        "db": "dout.sum(axis=(0, 2, 3))",
    }

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair = 1,
        padding: Pair = 0,
        bias: bool = True,
        init: str = "he_normal",
        rng: np.random.Generator | int | None = None,
    ) -> None:
        kh, kw = pair("kernel_size", kernel_size)
        self.stride = pair("stride", stride)
        self.padding = pair("padding", padding, least=0)
        in_channels = whole_number("in_channels", in_channels)
        out_channels = whole_number("out_channels", out_channels)
        shape = (in_channels, out_channels, kh, kw)
        self.W = initialize(init, shape, in_channels * kh * kw, out_channels * kh * kw, rng)
        if bias:
            self.b = np.zeros(out_channels)
        else:
            self.parameters = ("W",)

    def forward(self, x: Floats) -> Floats:  # (N, C, H, W) -> (N, F, oh, ow)
        C, F, kh, kw = self.W.shape
        self.expect(x, "N", C, "H", "W")
        N, _, H, W = x.shape
        (sh, sw), (ph, pw) = self.stride, self.padding
        Hp, Wp = sh * (H - 1) + kh, sw * (W - 1) + kw
        if Hp <= 2 * ph or Wp <= 2 * pw:
            raise ValueError(f"{self}: the padding leaves nothing of an output of {(Hp, Wp)}")

        self.x, self.places = batch_last(x).reshape(C, -1), (H, W)
        columns = (self.W.reshape(C, -1).T @ self.x).reshape(F, kh, kw, H, W, N)
        padded = np.zeros((F, Hp, Wp, N), x.dtype)
        for i, j in product(range(kh), range(kw)):
            window(padded, i, j, self.places, self.stride)[...] += columns[:, i, j]
        out = padded[:, ph : Hp - ph, pw : Wp - pw]
        if "b" in self.parameters:
            out += self.b[:, None, None, None]
        return batch_first(out)

    def backward(self, dout: Floats) -> Floats | None:  # (N, F, oh, ow) -> (N, C, H, W)
        C, F, kh, kw = self.W.shape
        N, _, oh, ow = dout.shape
        ph, pw = self.padding
        padded = np.zeros((F, oh + 2 * ph, ow + 2 * pw, N), dout.dtype)
        padded[:, ph : ph + oh, pw : pw + ow] = batch_last(dout)
        views = np.empty((F, kh, kw, *self.places, N), dout.dtype)
        for i, j in product(range(kh), range(kw)):
            views[:, i, j] = window(padded, i, j, self.places, self.stride)
        dcolumns = views.reshape(F * kh * kw, -1)

        self.dW = (self.x @ dcolumns.T).reshape(self.W.shape)
        if "b" in self.parameters:
            self.db = dout.sum(axis=(0, 2, 3))
        if not self.needs_dx:
            return None
        return batch_first((self.W.reshape(C, -1) @ dcolumns).reshape(C, *self.places, N))

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        cases: list[tuple[tuple[int, ...], int, Pair, Pair, Pair, bool]] = [
            ((2, 3, 3, 2), 2, 3, 2, 1, True),
            ((2, 2, 2, 3), 3, (3, 2), 1, 0, True),
            ((1, 1, 1, 1), 2, (2, 3), (2, 1), 0, True),
            ((2, 2, 2, 2), 2, 2, 3, 0, False),
        ]
        for shape, filters, kernel, stride, padding, bias in cases:
            layer = cls(shape[1], filters, kernel, stride, padding, bias, rng=rng)
            if bias:
                layer.b = rng.normal(size=filters)
            yield layer, (rng.normal(size=shape),)
        layer = cls(2, 3, 4, stride=2, padding=1, rng=rng)
        layer.b = rng.normal(size=3)
        yield layer.astype(np.float32), (rng.normal(size=(2, 2, 3, 2)).astype(np.float32),)


class Upsample2D(Layer):
    """Repeat each pixel `factor` times down and across.

    ``out[n, c, i, j] = x[n, c, i // fh, j // fw]``: a pixel reaches the fh·fw outputs of its
    block, each with slope 1, and dx is the sum of ``dout`` over the block.

    Parameters
    ----------
    factor : int or (int, int)
        How often, down and across.

    Examples
    --------
    >>> import numpy as np
    >>> Upsample2D(2)(np.array([[[[1.0, 2.0]]]]))
    array([[[[1., 1., 2., 2.],
             [1., 1., 2., 2.]]]])
    """

    settings = ("factor",)
    formulas: ClassVar[dict[str, str]] = {
        "out": "x.repeat(factor[0], axis=2).repeat(factor[1], axis=3)",
        "dx": "dout.reshape(*x.shape[:3], factor[0], x.shape[3], factor[1]).sum((3, 5))",
    }

    def __init__(self, factor: Pair = 2) -> None:
        self.factor = pair("factor", factor)

    def forward(self, x: Floats) -> Floats:  # (N, C, H, W) -> (N, C, fh·H, fw·W)
        self.expect(x, "N", "C", "H", "W")
        fh, fw = self.factor
        return x.repeat(fh, axis=2).repeat(fw, axis=3)

    def backward(self, dout: Floats) -> Floats:
        fh, fw = self.factor
        N, C, H, W = dout.shape
        dx: Floats = dout.reshape(N, C, H // fh, fh, W // fw, fw).sum(axis=(3, 5))
        return dx

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        cases: list[tuple[Pair, tuple[int, ...]]] = [
            (2, (2, 3, 3, 2)),
            ((1, 3), (2, 1, 2, 3)),
            ((3, 2), (1, 2, 1, 1)),
        ]
        for factor, shape in cases:
            yield cls(factor), (rng.normal(size=shape),)
        yield cls(), (rng.normal(size=(2, 2, 3, 2)).astype(np.float32),)
