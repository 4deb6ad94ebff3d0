"""One-dimensional convolution."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from minnet.arrays import Floats, whole_number
from minnet.initializers import initialize
from minnet.layers.base import Example, Layer


class Conv1D(Layer):
    """Slide F kernels along the signal; each output is a kernel times the stretch beneath it.

    With the zero-padded input ``x`` and stride ``s``,

        out[n, f, p] = b[f] + Σ_{c,i} W[f, c, i] · x[n, c, s·p + i]

    As in `Conv2D`, the inputs that each offset ``i`` of the kernel meets at all places ``p``
    are one strided view of the signal. Copied side by side into ``columns`` of shape
    (C·k, places), they make the sum one matrix product, with the derivatives of one:

    - ``out = W @ columns + b``
    - ``dW = dout @ columns.T``, ``db`` the sum of ``dout`` over all places;
    - ``dcolumns = W.T @ dout``, and each of its rows is added back to the view it came from.

    Signals are (N, C, L), as images are (N, C, H, W); a sequence (N, T, D) of steps goes in as
    ``x.transpose(0, 2, 1)``.

    Parameters
    ----------
    in_channels, out_channels : int
        C and F.
    kernel_size : int
        Length k of the kernels.
    stride : int
        Step of the window.
    padding : int
        Zeros added at either end.
    bias : bool
        Whether there is a ``b``.
    init : str
        Name of the initializer of ``W``, shape (F, C, k); ``b`` starts at zero.
    rng : numpy.random.Generator or int, optional
        Source of the initial weights.

    Examples
    --------
    >>> import numpy as np
    >>> layer = Conv1D(1, 8, 3, padding=1, rng=0)
    >>> layer(np.ones((2, 1, 6))).shape
    (2, 8, 6)
    """

    parameters: tuple[str, ...] = ("W", "b")
    settings = ("stride", "padding")
    formulas: ClassVar[dict[str, str]] = {
        "padded": "pad(x, ((0, 0), (0, 0), (padding,) * 2))",
        "windows": "sliding_window_view(padded, W.shape[2], 2)[:, :, ::stride]",
        "out": "einsum('ncpi, fci -> nfp', windows, W) + b[:, None]",
        "dW": "einsum('nfp, ncpi -> fci', dout, windows)",
        "db": "dout.sum(axis=(0, 2))",
        "dx": "for each number, the sum of dout times the weight it met, over all its windows",
    }

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
        bias: bool = True,
        init: str = "he_normal",
        rng: np.random.Generator | int | None = None,
    ) -> None:
        self.stride = whole_number("stride", stride)
        self.padding = whole_number("padding", padding, least=0)
        in_channels = whole_number("in_channels", in_channels)
        out_channels = whole_number("out_channels", out_channels)
        shape = (out_channels, in_channels, whole_number("kernel_size", kernel_size))
        self.W = initialize(init, shape, in_channels * shape[2], out_channels * shape[2], rng)
        if bias:
            self.b = np.zeros(out_channels)
        else:
            self.parameters = ("W",)

    def forward(self, x: Floats) -> Floats:  # (N, C, L) -> (N, F, places)
        F, C, k = self.W.shape
        self.expect(x, "N", C, "L")
        N, _, L = x.shape
        places = self._places(L + 2 * self.padding)

        padded = np.zeros((C, L + 2 * self.padding, N), x.dtype)
        padded[:, self.padding : self.padding + L] = x.transpose(1, 2, 0)
        columns = np.empty((C, k, places, N), x.dtype)
        for i in range(k):
            columns[:, i] = self._stretch(padded, i, places)
        self.padded_shape, self.columns = padded.shape, columns.reshape(C * k, -1)

        out = self.W.reshape(F, -1) @ self.columns
        if "b" in self.parameters:
            out += self.b[:, None]
        return out.reshape(F, places, N).transpose(2, 0, 1)

    def backward(self, dout: Floats) -> Floats | None:  # (N, F, places) -> (N, C, L)
        F, C, k = self.W.shape
        N, _, places = dout.shape
        dout = dout.transpose(1, 2, 0).reshape(F, -1)
        self.dW = (dout @ self.columns.T).reshape(self.W.shape)
        if "b" in self.parameters:
            self.db = dout.sum(axis=1)
        if not self.needs_dx:
            return None

        dcolumns = (self.W.reshape(F, -1).T @ dout).reshape(C, k, places, N)
        dpadded = np.zeros(self.padded_shape, dcolumns.dtype)
        for i in range(k):
            self._stretch(dpadded, i, places)[...] += dcolumns[:, i]
        L = self.padded_shape[1] - 2 * self.padding
        return dpadded[:, self.padding : self.padding + L].transpose(2, 0, 1)

    def _places(self, length: int) -> int:
        """Return how many places the kernel has on a padded signal."""
        k: int = self.W.shape[2]
        if k > length:
            raise ValueError(
                f"{self}: the kernel, {k}, is longer than the (padded) signal, {length}; "
                "use a shorter kernel, more padding or a longer signal"
            )
        return (length - k) // self.stride + 1

    def _stretch(self, x: Floats, i: int, places: int) -> Floats:
        """View the elements of (C, L, N) signals that offset i meets at all its places."""
        return x[:, i : i + self.stride * places : self.stride]

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        cases = [
            ((2, 3, 8), 2, 3, 2, 1, True),
            ((1, 1, 4), 2, 4, 1, 0, True),
            ((3, 2, 7), 3, 2, 3, 0, False),
            ((2, 2, 1), 2, 3, 1, 1, True),
        ]
        for shape, filters, kernel, stride, padding, bias in cases:
            layer = cls(shape[1], filters, kernel, stride, padding, bias, rng=rng)
            if bias:
                layer.b = rng.normal(size=filters)
            yield layer, (rng.normal(size=shape),)
        layer = cls(2, 3, 3, padding=1, rng=rng)
        layer.b = rng.normal(size=3)
        yield layer.astype(np.float32), (rng.normal(size=(2, 2, 5)).astype(np.float32),)
