"""The fully connected layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from minnet.arrays import Floats, whole_number
from minnet.initializers import initialize
from minnet.layers.base import Example, Layer


class Dense(Layer):
    """Fully connected: every output is a weighted sum of all inputs, plus a bias.

    With rows of ``x`` as samples, ``out[n, m] = Σ_d x[n, d] W[d, m] + b[m]``. One weight
    ``W[d, m]`` touches ``out[n, m]`` of every sample, with slope ``x[n, d]``, so that

    - ``dW[d, m] = Σ_n x[n, d] dout[n, m]``, which is ``x.T @ dout``;
    - ``db[m] = Σ_n dout[n, m]``;
    - ``dx[n, d] = Σ_m dout[n, m] W[d, m]``, which is ``dout @ W.T``.

    In a sequence, (N, T, D), every step of every sample is a row: N·T rows to sum over.

    Parameters
    ----------
    in_features, out_features : int
        Sizes D and M.
    bias : bool
        Whether there is a ``b``.
    init : str
        Name of the initializer of ``W`` (see `minnet.initializers`); ``b`` starts at zero.
    rng : numpy.random.Generator or int, optional
        Source of the initial weights.

    Examples
    --------
    >>> import numpy as np
    >>> layer = Dense(3, 2, rng=0)
    >>> layer(np.ones((4, 3))).shape
    (4, 2)
    >>> layer.backward(np.ones((4, 2))).shape, layer.dW.shape, layer.db
    ((4, 3), (3, 2), array([4., 4.]))
    """

    parameters: tuple[str, ...] = ("W", "b")
    formulas: ClassVar[dict[str, str]] = {
        "out": "x @ W + b",
        "dx": "dout @ W.T",
        "dW": "x.T @ dout",
        "db": "dout.sum(axis=0)",
    }

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        init: str = "glorot_uniform",
        rng: np.random.Generator | int | None = None,
    ) -> None:
        in_features = whole_number("in_features", in_features)
        out_features = whole_number("out_features", out_features)
        self.W = initialize(init, (in_features, out_features), in_features, out_features, rng)
        if bias:
            self.b = np.zeros(out_features)
        else:
            self.parameters = ("W",)

    def forward(self, x: Floats) -> Floats:  # (N, D) -> (N, M), or (N, T, D) -> (N, T, M)
        D, M = self.W.shape
        self.expect(x, *(("N", "T", D) if np.ndim(x) == 3 else ("N", D)))
        self.x = x.reshape(-1, D)
        out = self.x @ self.W
        if "b" in self.parameters:
            out += self.b
        return out.reshape(*x.shape[:-1], M)

    def backward(self, dout: Floats) -> Floats | None:
        D, M = self.W.shape
        rows = dout.reshape(-1, M)
        self.dW = self.x.T @ rows
        if "b" in self.parameters:
            self.db = rows.sum(axis=0)
        return (rows @ self.W.T).reshape(*dout.shape[:-1], D) if self.needs_dx else None

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        for batch, inputs, outputs, bias in [(5, 3, 4, True), (1, 4, 2, True), (6, 2, 1, False)]:
            layer = cls(inputs, outputs, bias, rng=rng)
            if bias:
                layer.b = rng.normal(size=outputs)
            yield layer, (rng.normal(size=(batch, inputs)),)
        sequences = cls(4, 3, rng=rng)
        sequences.b = rng.normal(size=3)
        yield sequences, (rng.normal(size=(2, 3, 4)),)
        layer = cls(5, 3, rng=rng)
        layer.b = rng.normal(size=3)
        yield layer.astype(np.float32), (rng.normal(size=(4, 5)).astype(np.float32),)
