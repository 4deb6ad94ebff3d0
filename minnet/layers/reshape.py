"""Layers that move numbers without changing them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from minnet.arrays import Floats
from minnet.layers.base import Example, Layer


class Flatten(Layer):
    """Turn each sample into one row: ``(N, C, H, W) -> (N, C·H·W)``; backward undoes it.

    Examples
    --------
    >>> import numpy as np
    >>> Flatten()(np.zeros((2, 3, 4, 5))).shape
    (2, 60)
    """

    formulas: ClassVar[dict[str, str]] = {
        "out": "x.reshape(len(x), -1)",
        "dx": "dout.reshape(x.shape)",
    }

    def forward(self, x: Floats) -> Floats:  # (N, ...) -> (N, D)
        self.expect(x, "N", *"CHWDKLM"[: max(np.ndim(x) - 1, 0)])
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, dout: Floats) -> Floats:  # (N, D) -> (N, ...)
        return dout.reshape(self.shape)

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        for shape in [(2, 3, 4, 5), (1, 2, 3, 3), (3, 4)]:
            yield cls(), (rng.normal(size=shape),)
        yield cls(), (rng.normal(size=(2, 3, 2, 2)).astype(np.float32),)
