"""Dropout."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from minnet.arrays import Floats, number_in, random_numbers
from minnet.layers.base import Example, Layer


class Dropout(Layer):
    """In training, set each element to 0 with probability `p`, and scale up the rest.

    ``out = x * mask``, where the mask is 0 or ``1 / (1 − p)``, so that the expected output is
    ``x`` and nothing has to be done when evaluating ("inverted" dropout). The mask is a
    constant as far as the derivative goes: ``dx = dout * mask``.

    Parameters
    ----------
    p : float
        Probability of dropping an element, 0 <= p < 1.
    rng : numpy.random.Generator or int, optional
        Source of the masks, or its seed.

    References
    ----------
    N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting",
    JMLR 2014.

    Examples
    --------
    >>> import numpy as np
    >>> layer = Dropout(0.5, rng=0)
    >>> layer(np.ones((2, 4)))
    array([[2., 2., 2., 0.],
           [0., 0., 0., 0.]])
    >>> layer.eval()(np.ones((1, 4)))
    array([[1., 1., 1., 1.]])
    """

    settings = ("p",)
    formulas: ClassVar[dict[str, str]] = {
        "mask": "0 with probability p and else 1 / (1 - p); when evaluating, 1",
        "out": "x * mask",
        "dx": "dout * mask",
    }

    def __init__(self, p: float = 0.5, rng: np.random.Generator | int | None = None) -> None:
        self.p = number_in("p, the probability of dropping,", p, 0, 1)
        self.rng = random_numbers(rng)

    def forward(self, x: Floats) -> Floats:  # any shape, the same out
        self.expect(x)
        self.mask = np.ones((), x.dtype)
        if self.training:
            kept = self.rng.random(x.shape, np.float32) >= self.p
            self.mask = kept / np.asarray(1 - self.p, x.dtype)
        return x * self.mask

    def backward(self, dout: Floats) -> Floats:
        return dout * self.mask

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        for p, shape in [(0.5, (4, 5)), (0.2, (1, 6)), (0.0, (2, 3)), (0.3, (2, 3, 4, 3))]:
            yield cls(p, rng=int(rng.integers(2**31))), (rng.normal(size=shape),)
        yield cls(0.5, rng=0).eval(), (rng.normal(size=(3, 4)),)
        yield cls(0.5, rng=1), (rng.normal(size=(3, 4)).astype(np.float32),)
