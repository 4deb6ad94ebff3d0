"""Two-dimensional convolution."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import ClassVar

import numpy as np

from minnet.arrays import Floats, whole_number
from minnet.initializers import initialize
from minnet.layers.base import Example, Layer
from minnet.layers.windows import Pair, batch_first, batch_last, output_size, pair, window


class Conv2D(Layer):
    """Slide F kernels over the image; each output is a kernel times the window beneath it.

    With the zero-padded input ``x`` and stride ``s``,

        out[n, f, p, q] = b[f] + Σ_{c,i,j} W[f, c, i, j] · x[n, c, s·p + i, s·q + j]

    (a cross-correlation, as everywhere in deep learning). For each offset ``(i, j)`` in the
    kernel, the inputs it meets at all places ``(p, q)`` are one strided view of the image. With
    these views copied side by side into ``columns`` of shape (C·kh·kw, places), the whole sum
    is one matrix product, and so are its derivatives, exactly as in `Dense`:

    - ``out = W @ columns + b``
    - ``dW = dout @ columns.T``, ``db`` the sum of ``dout`` over all places;
    - ``dcolumns = W.T @ dout``, and each of its rows is added back to the view it was copied
      from: an input pixel that lies in several windows collects a gradient from each.

    Parameters
    ----------
    in_channels, out_channels : int
        C and F.
    kernel_size : int or (int, int)
        Height and width of the kernels.
    stride : int or (int, int)
        Step of the window, down and across.
    padding : int or (int, int)
        Rows of zeros added at top and bottom, and columns at left and right.
    bias : bool
        Whether there is a ``b``.
    init : str
        Name of the initializer of ``W``, shape (F, C, kh, kw); ``b`` starts at zero.
    rng : numpy.random.Generator or int, optional
        Source of the initial weights.

    References
    ----------
    K. Chellapilla, S. Puri, P. Simard, "High performance convolutional neural networks for
    document processing", 2006 (the columns).

    Examples
    --------
    >>> import numpy as np
    >>> layer = Conv2D(1, 8, 3, padding=1, rng=0)
    >>> layer(np.ones((2, 1, 6, 5))).shape
    (2, 8, 6, 5)
    """

    parameters: tuple[str, ...] = ("W", "b")
    settings = ("stride", "padding")
    formulas: ClassVar[dict[str, str]] = {
        "padded": "pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))",
        "windows": "sliding_window_view(padded, W.shape[2:], (2, 3))"
        "[:, :, :: stride[0], :: stride[1]]",
        "out": "einsum('ncpqij, fcij -> nfpq', windows, W) + b[:, None, None]",
        "dW": "einsum('nfpq, ncpqij -> fcij', dout, windows)",
        "db": "dout.sum(axis=(0, 2, 3))",
        "dx": "for each pixel, the sum of dout times the weight it met, over all windows around it",
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
        shape = (out_channels, in_channels, kh, kw)
        self.W = initialize(init, shape, in_channels * kh * kw, out_channels * kh * kw, rng)
        if bias:
            self.b = np.zeros(out_channels)
        else:
            self.parameters = ("W",)

    def forward(self, x: Floats) -> Floats:  # (N, C, H, W) -> (N, F, oh, ow)
        F, C, kh, kw = self.W.shape
        self.expect(x, "N", C, "H", "W")
        N, _, H, W = x.shape
        ph, pw = self.padding
        oh, ow = output_size(self, (H + 2 * ph, W + 2 * pw), (kh, kw), self.stride)

        padded = np.zeros((C, H + 2 * ph, W + 2 * pw, N), x.dtype)
        padded[:, ph : ph + H, pw : pw + W] = batch_last(x)
        columns = np.empty((C, kh, kw, oh, ow, N), x.dtype)
        for i, j in product(range(kh), range(kw)):
            columns[:, i, j] = window(padded, i, j, (oh, ow), self.stride)
        self.padded_shape, self.columns = padded.shape, columns.reshape(C * kh * kw, -1)

        out = self.W.reshape(F, -1) @ self.columns
        if "b" in self.parameters:
            out += self.b[:, None]
        return batch_first(out.reshape(F, oh, ow, N))

    def backward(self, dout: Floats) -> Floats | None:  # (N, F, oh, ow) -> (N, C, H, W)
        columns = self.columns
        F, C, kh, kw = self.W.shape
        N, _, oh, ow = dout.shape
        dout = batch_last(dout).reshape(F, -1)
        # dout @ columns.T, transposed twice: BLAS is up to 1.8 times faster this way round.
        self.dW = (columns @ dout.T).T.reshape(self.W.shape)
        if "b" in self.parameters:
            self.db = dout @ np.ones(dout.shape[1], dout.dtype)  # sum(axis=1), but faster
        if not self.needs_dx:
            return None

        dcolumns = (self.W.reshape(F, -1).T @ dout).reshape(C, kh, kw, oh, ow, N)
        dpadded = np.zeros(self.padded_shape, dcolumns.dtype)
        for i, j in product(range(kh), range(kw)):
            window(dpadded, i, j, (oh, ow), self.stride)[...] += dcolumns[:, i, j]
        (ph, pw), (_, Hp, Wp, _) = self.padding, self.padded_shape
        return batch_first(dpadded[:, ph : Hp - ph, pw : Wp - pw])

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        cases: list[tuple[tuple[int, ...], int, Pair, Pair, Pair, bool]] = [
            ((2, 3, 7, 5), 2, 3, 2, 1, True),
            ((2, 2, 5, 6), 3, (3, 2), 1, 0, True),
            ((1, 1, 4, 4), 2, (1, 3), (2, 1), (0, 2), True),
            ((3, 2, 6, 5), 2, 2, 3, 0, False),
            ((2, 2, 4, 3), 2, 3, 1, 1, True),
            ((2, 3, 3, 4), 1, (3, 4), 1, 0, True),
        ]
        for shape, filters, kernel, stride, padding, bias in cases:
            layer = cls(shape[1], filters, kernel, stride, padding, bias, rng=rng)
            if bias:
                layer.b = rng.normal(size=filters)
            yield layer, (rng.normal(size=shape),)
        layer = cls(2, 3, 3, padding=1, rng=rng)
        layer.b = rng.normal(size=3)
        yield layer.astype(np.float32), (rng.normal(size=(2, 2, 5, 4)).astype(np.float32),)
