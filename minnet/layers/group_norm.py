"""Normalisation over groups of channels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from minnet.arrays import Floats, number_in, whole_number
from minnet.layers.base import Example, Layer
from minnet.layers.normalization import row_means


class GroupNorm(Layer):
    """Normalise each sample over groups of its channels and all places; scale each channel.

    The C channels of a sample form G groups of C/G channels each; a group's values, of all
    places, are one row to be normalised, whatever the rest of the batch is. With one group
    this is `LayerNorm` over a whole image but for γ and β, which are one number a channel;
    with C groups it is called instance normalisation.

    Within a row of m values the derivation is that of `minnet.layers.normalization`:

        dx = (dx̂ − mean(dx̂) − x̂ · mean(dx̂ · x̂)) / σ

    Parameters
    ----------
    groups, channels : int
        G and C; G divides C.
    eps : float
        Added to the variance.

    References
    ----------
    Y. Wu, K. He, "Group normalization", ECCV 2018.

    Examples
    --------
    >>> import numpy as np
    >>> GroupNorm(2, 4)(np.array([[1.0, 3.0, 10.0, 30.0]])).round(3)
    array([[-1.,  1., -1.,  1.]])
    """

    parameters = ("gamma", "beta")
    settings = ("groups", "eps")
    formulas: ClassVar[dict[str, str]] = {
        "rows": "x.reshape(len(x) * groups, -1)",
        "sigma": "sqrt(rows.var(-1, keepdims=True) + eps)",
        "xhat": "(rows - rows.mean(-1, keepdims=True)) / sigma",
        "shape": "(*x.shape[:2], -1)  # a row for each channel of each sample",
        "out": "(gamma[:, None] * xhat.reshape(shape) + beta[:, None]).reshape(x.shape)",
        "dgamma": "(dout.reshape(shape) * xhat.reshape(shape)).sum((0, 2))",
        "dbeta": "dout.reshape(shape).sum((0, 2))",
        "dxhat": "(gamma[:, None] * dout.reshape(shape)).reshape(rows.shape)",
        "dx": "((dxhat - dxhat.mean(-1, keepdims=True)"
        " - xhat * (dxhat * xhat).mean(-1, keepdims=True)) / sigma).reshape(x.shape)",
    }

    def __init__(self, groups: int, channels: int, eps: float = 1e-5) -> None:
        groups, channels = whole_number("groups", groups), whole_number("channels", channels)
        if channels % groups:
            raise ValueError(f"{channels} channels cannot be divided into {groups} equal groups")
        self.gamma = np.ones(channels)
        self.beta = np.zeros(channels)
        self.groups = groups
        self.eps = number_in("eps", eps, 0, float("inf"))

    def forward(self, x: Floats) -> Floats:  # (N, C, ...), the same out
        C = self.gamma.size
        self.expect(x, "N", C, *"HWDLM"[: max(np.ndim(x) - 2, 0)])
        N = len(x)
        rows = x.reshape(N * self.groups, -1)
        centred = rows - row_means(rows)[:, None]
        self.sigma = np.sqrt(row_means(centred, centred) + self.eps)[:, None]
        self.xhat = centred / self.sigma
        out: Floats = self.gamma[:, None] * self.xhat.reshape(N, C, -1) + self.beta[:, None]
        return out.reshape(x.shape)

    def backward(self, dout: Floats) -> Floats:
        places = dout.reshape(len(dout), self.gamma.size, -1)
        self.dgamma = (places * self.xhat.reshape(places.shape)).sum(axis=(0, 2))
        self.dbeta = places.sum(axis=(0, 2))
        dxhat = (self.gamma[:, None] * places).reshape(self.xhat.shape)
        mean, mean_xhat = row_means(dxhat)[:, None], row_means(dxhat, self.xhat)[:, None]
        dx: Floats = (dxhat - mean - self.xhat * mean_xhat) / self.sigma
        return dx.reshape(dout.shape)

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        cases = [(2, (3, 6)), (2, (2, 6, 3, 2)), (1, (1, 3, 2, 5)), (3, (2, 3, 4)), (2, (2, 6, 1))]
        for groups, shape in cases:
            yield cls._randomised(groups, shape[1], rng), (rng.normal(size=shape),)
        layer = cls._randomised(2, 4, rng).astype(np.float32)
        yield layer, (rng.normal(size=(2, 4, 3, 3)).astype(np.float32),)

    @classmethod
    def _randomised(cls, groups: int, channels: int, rng: np.random.Generator) -> GroupNorm:
        layer = cls(groups, channels)
        layer.gamma = rng.uniform(0.5, 2, size=channels)
        layer.beta = rng.uniform(0.5, 2, size=channels)
        return layer
