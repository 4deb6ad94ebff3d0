"""Normalisation by size alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from minnet.arrays import Floats, number_in, whole_number
from minnet.layers.base import Example, Layer
from minnet.layers.normalization import column_sums, row_means


class RMSNorm(Layer):
    """Bring each row to a root mean square of 1, then scale as learned; no mean is taken away.

    With ``x̂ = x / r``, ``r = √(mean(x²) + eps)`` over the D values of a row, and
    ``out = γ x̂``, write ``dx̂ = γ dout``. A value moves its own x̂ directly, and every x̂ of
    its row through r: ``∂x̂_k / ∂x_i = (δ_ki − x̂_k x̂_i / D) / r``, so that

        dx = (dx̂ − x̂ · mean(dx̂ · x̂)) / r

    Parameters
    ----------
    features : int
        D, the size of the last axis.
    eps : float
        Added to the mean square.

    References
    ----------
    B. Zhang, R. Sennrich, "Root mean square layer normalization", NeurIPS 2019.

    Examples
    --------
    >>> import numpy as np
    >>> RMSNorm(2)(np.array([[3.0, 4.0], [30.0, 40.0]])).round(3)
    array([[0.849, 1.131],
           [0.849, 1.131]])
    """

    parameters = ("gamma",)
    settings = ("eps",)
    formulas: ClassVar[dict[str, str]] = {
        "xhat": "x / sqrt((x**2).mean(-1, keepdims=True) + eps)",
        "out": "gamma * xhat",
        "dgamma": "(dout * xhat).reshape(-1, len(gamma)).sum(0)",
        "dx": "(gamma * dout - xhat * (gamma * dout * xhat).mean(-1, keepdims=True))"
        " / sqrt((x**2).mean(-1, keepdims=True) + eps)",
    }

    def __init__(self, features: int, eps: float = 1e-5) -> None:
        self.gamma = np.ones(whole_number("features", features))
        self.eps = number_in("eps", eps, 0, float("inf"))

    def forward(self, x: Floats) -> Floats:  # (..., D), the same out
        D = self.gamma.size
        self.expect(x, *(["N", *"KLMPQR"][: max(np.ndim(x) - 1, 1)]), D)
        rows = x.reshape(-1, D)
        self.r = np.sqrt(row_means(rows, rows) + self.eps)[:, None]
        self.xhat = rows / self.r
        out: Floats = self.gamma * self.xhat
        return out.reshape(x.shape)

    def backward(self, dout: Floats) -> Floats:
        rows = dout.reshape(self.xhat.shape)
        self.dgamma = column_sums(rows * self.xhat)
        dxhat = self.gamma * rows
        dx: Floats = (dxhat - self.xhat * row_means(dxhat, self.xhat)[:, None]) / self.r
        return dx.reshape(dout.shape)

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        for shape in [(4, 5), (1, 3), (2, 3, 4), (2, 1, 3)]:
            yield cls._randomised(shape[-1], rng), (rng.normal(size=shape),)
        layer = cls._randomised(5, rng).astype(np.float32)
        yield layer, (rng.normal(size=(3, 5)).astype(np.float32),)

    @classmethod
    def _randomised(cls, features: int, rng: np.random.Generator) -> RMSNorm:
        layer = cls(features)
        layer.gamma = rng.uniform(0.5, 2, size=features)
        return layer
