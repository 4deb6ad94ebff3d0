"""Positions: what tells a layer that treats all steps alike which step is which."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from minnet.arrays import Floats, whole_number
from minnet.layers.base import Example, Layer


class PositionalEncoding(Layer):
    """Add a row of numbers to each step that depends on its position alone.

    ``out[n, t] = x[n, t] + W[t]``, so ``dx = dout``; a learned W[t] reaches step t of every
    sample, and ``dW[t] = Σ_n dout[n, t]``, zero for positions beyond the sequence.

    Not learned, W holds waves of many lengths, as the hands of a clock tell the time:

        W[t, 2i] = sin(t / 10000^(2i/D)),    W[t, 2i + 1] = cos(t / 10000^(2i/D))

    Parameters
    ----------
    features : int
        D.
    longest : int
        How many positions there are.
    learned : bool
        Whether W is a parameter; it starts as the waves.

    References
    ----------
    A. Vaswani et al., "Attention is all you need", NeurIPS 2017.

    Examples
    --------
    >>> import numpy as np
    >>> PositionalEncoding(4)(np.zeros((1, 2, 4))).round(2)
    array([[[0.  , 1.  , 0.  , 1.  ],
            [0.84, 0.54, 0.01, 1.  ]]])
    """

    settings = ("learned",)
    formulas: ClassVar[dict[str, str]] = {
        "out": "x + W[: x.shape[1]]",
        "dx": "dout",
        "dW": "pad(dout.sum(axis=0), ((0, len(W) - dout.shape[1]), (0, 0)))  # if learned",
    }

    def __init__(self, features: int, longest: int = 1024, learned: bool = False) -> None:
        self.W = waves(whole_number("longest", longest), whole_number("features", features))
        self.learned = bool(learned)
        if learned:
            self.parameters = ("W",)
        else:
            self.buffers = ("W",)

    def forward(self, x: Floats) -> Floats:  # (N, T, D), the same out
        longest, D = self.W.shape
        self.expect(x, "N", "T", D)
        T = x.shape[1]
        if longest < T:
            raise ValueError(f"{self}: {T} steps are more than the longest sequence, {longest}")
        return x + self.W[:T]

    def backward(self, dout: Floats) -> Floats:
        if self.learned:
            self.dW = np.zeros_like(self.W)
            self.dW[: dout.shape[1]] = dout.sum(axis=0)
        return dout

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        for learned in (False, True):
            for features, longest, shape in [(4, 7, (2, 5, 4)), (3, 2, (1, 1, 3))]:
                layer = cls(features, longest, learned)
                layer.W = rng.normal(size=layer.W.shape) if learned else layer.W
                yield layer, (rng.normal(size=shape),)
        layer = cls(4, 6, learned=True).astype(np.float32)
        yield layer, (rng.normal(size=(2, 6, 4)).astype(np.float32),)


def waves(longest: int, features: int) -> Floats:  # (longest, D)
    """Return sines in the even columns and cosines in the odd ones, ever slower to the right."""
    W = np.zeros((longest, features))
    even = np.arange(0, features, 2)
    angle = np.arange(longest)[:, None] / 10_000 ** (even / features)
    W[:, 0::2] = np.sin(angle)
    W[:, 1::2] = np.cos(angle[:, : features // 2])
    return W
