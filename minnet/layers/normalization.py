"""Normalisation: bring values to mean 0 and variance 1, then scale and shift as learned.

Both layers normalise groups of m values. Within a group, with ``x̂ = (x − μ) / σ``,
``σ = √(variance + eps)`` and ``out = γ x̂ + β``, write ``dx̂ = γ dout``. A value moves its own
``x̂`` directly, and every other one through μ and σ:

    ∂x̂_k / ∂x_i = (δ_ki − 1/m − x̂_k x̂_i / m) / σ

Summing ``dx̂_k`` times that over k gives

    dx = (dx̂ − mean(dx̂) − x̂ · mean(dx̂ · x̂)) / σ

Forgetting the two means, that is taking μ and σ for constants, is the classic mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from minnet.arrays import Floats, number_in, whole_number
from minnet.layers.base import Example, Layer
from minnet.layers.windows import batch_first, batch_last


class BatchNorm(Layer):
    """Normalise each feature, or channel, over the batch.

    Accepts features, (N, C), or images, (N, C, H, W); the mean and variance of each c are
    taken over all other axes. Training uses those of the batch and updates the running
    averages; evaluation uses the running averages, which are then mere constants.

    Parameters
    ----------
    features : int
        C.
    momentum : float
        Weight of the latest batch in the running averages.
    eps : float
        Added to the variance.

    References
    ----------
    S. Ioffe, C. Szegedy, "Batch normalization", ICML 2015.

    Examples
    --------
    >>> import numpy as np
    >>> BatchNorm(1)(np.array([[1.0], [3.0]])).round(3)
    array([[-1.],
           [ 1.]])
    """

    parameters = ("gamma", "beta")
    buffers = ("running_mean", "running_var")
    settings = ("momentum", "eps")
    formulas: ClassVar[dict[str, str]] = {
        "xhat": "(x - x.mean(0)) / sqrt(x.var(0) + eps)"
        "  # of features, in training; of images, over axes 0, 2 and 3",
        "out": "gamma * xhat + beta",
        "dgamma": "(dout * xhat).sum(0)",
        "dbeta": "dout.sum(0)",
        "dx": "gamma / sqrt(x.var(0) + eps) * (dout - dout.mean(0) - xhat * (dout * xhat).mean(0))",
    }

    def __init__(self, features: int, momentum: float = 0.1, eps: float = 1e-5) -> None:
        features = whole_number("features", features)
        self.gamma = np.ones(features)
        self.beta = np.zeros(features)
        self.running_mean = np.zeros(features)
        self.running_var = np.ones(features)
        self.momentum = number_in("momentum", momentum, 0, 1, "[]")
        self.eps = number_in("eps", eps, 0, float("inf"))

    def forward(self, x: Floats) -> Floats:  # (N, C) or (N, C, H, W), the same out
        C = len(self.gamma)
        self.expect(x, *(("N", C) if np.ndim(x) == 2 else ("N", C, "H", "W")))
        rows = _feature_rows(x)
        self.batch_statistics = self.training
        if self.training:
            mean = row_means(rows)
            centred = rows - mean[:, None]
            var = row_means(centred, centred)
            self._update_running(mean, var, m=rows.shape[1])
        else:
            centred = rows - self.running_mean[:, None]
            var = self.running_var
        self.sigma = np.sqrt(var + self.eps)
        self.xhat = centred / self.sigma[:, None]
        out = self.xhat * self.gamma[:, None]
        out += self.beta[:, None]
        return _from_feature_rows(out, x.shape)

    def backward(self, dout: Floats) -> Floats:
        xhat, rows = self.xhat, _feature_rows(dout)
        m = rows.shape[1]  # the means of dout and of dout * xhat are dbeta / m and dgamma / m
        self.dgamma, self.dbeta = m * row_means(rows, xhat), m * row_means(rows)
        scale = (self.gamma / self.sigma)[:, None]
        if not self.batch_statistics:
            return _from_feature_rows(rows * scale, dout.shape)
        dx = (rows - (self.dbeta / m)[:, None] - xhat * (self.dgamma / m)[:, None]) * scale
        return _from_feature_rows(dx, dout.shape)

    def _update_running(self, mean: Floats, var: Floats, m: int) -> None:
        """Move the running averages towards the batch's (the variance's unbiased estimate)."""
        if m < 2:
            raise ValueError(
                f"{self} needs more than one value per feature in training; "
                "use a larger batch, or model.eval()"
            )
        self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
        self.running_var = (1 - self.momentum) * self.running_var + self.momentum * (
            var * (m / (m - 1))
        )

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        for shape in [(6, 3), (2, 4), (3, 2, 4, 3), (1, 3, 2, 5)]:
            yield _randomised(cls(shape[1]), rng), (rng.normal(size=shape),)
        yield _randomised(cls(3), rng).eval(), (rng.normal(size=(4, 3)),)
        yield _randomised(cls(2), rng).eval(), (rng.normal(size=(1, 2, 3, 3)),)
        layer = _randomised(cls(3), rng).astype(np.float32)
        yield layer, (rng.normal(size=(5, 3)).astype(np.float32),)


class LayerNorm(Layer):
    """Normalise each sample over its own last axes, whatever the rest of the batch is.

    Kept are ``c = x − μ`` and ``γ / σ`` instead of x̂, which saves passes over the arrays:

        out = c γ/σ + β,    dx = dout γ/σ − mean(γ dout) / σ − c · mean(γ dout c) / σ³

    Parameters
    ----------
    shape : int or tuple of int
        Sizes of the last axes to normalise over; ``gamma`` and ``beta`` have this shape.
    eps : float
        Added to the variance.

    References
    ----------
    J. L. Ba, J. R. Kiros, G. E. Hinton, "Layer normalization", 2016.

    Examples
    --------
    >>> import numpy as np
    >>> LayerNorm(2)(np.array([[1.0, 3.0], [10.0, 30.0]])).round(3)
    array([[-1.,  1.],
           [-1.,  1.]])
    """

    parameters = ("gamma", "beta")
    settings = ("eps",)
    formulas: ClassVar[dict[str, str]] = {
        "xhat": "(x - x.mean(-1, keepdims=True)) / sqrt(x.var(-1, keepdims=True) + eps)"
        "  # over one axis",
        "out": "gamma * xhat + beta",
        "dgamma": "(dout * xhat).sum(0)",
        "dbeta": "dout.sum(0)",
        "dx": "(gamma * dout - (gamma * dout).mean(-1, keepdims=True)"
        " - xhat * (gamma * dout * xhat).mean(-1, keepdims=True))"
        " / sqrt(x.var(-1, keepdims=True) + eps)",
    }

    def __init__(self, shape: int | tuple[int, ...], eps: float = 1e-5) -> None:
        sizes = shape if isinstance(shape, tuple | list) else (shape,)
        shape = tuple(whole_number("each size of shape", size) for size in sizes)
        if not shape:
            raise ValueError("shape must have at least one size, not ()")
        self.gamma = np.ones(shape)
        self.beta = np.zeros(shape)
        self.eps = number_in("eps", eps, 0, float("inf"))

    def forward(self, x: Floats) -> Floats:  # (N, ..., *shape), the same out
        shape = self.gamma.shape
        batch_axes = np.ndim(x) - len(shape)
        self.expect(x, *(["N", *"KLMPQR"][: max(batch_axes, 1)]), *shape)
        rows = x.reshape(-1, self.gamma.size)
        self.centred = rows - row_means(rows)[:, None]
        self.sigma = np.sqrt(row_means(self.centred, self.centred) + self.eps)
        self.slope = np.einsum("i,j->ij", 1 / self.sigma, self.gamma.ravel())  # gamma / sigma
        out: Floats = self.centred * self.slope
        out += self.beta.ravel()
        return out.reshape(x.shape)

    def backward(self, dout: Floats) -> Floats:
        centred, sigma, gamma = self.centred, self.sigma, self.gamma.ravel()
        rows = dout.reshape(centred.shape)
        shares = rows * centred
        self.dgamma = ((1 / sigma) @ shares).reshape(self.gamma.shape)
        self.dbeta = column_sums(rows).reshape(self.gamma.shape)
        m = gamma.size
        dx: Floats = rows * self.slope
        dx -= (rows @ gamma / (m * sigma))[:, None]
        dx -= centred * (shares @ gamma / (m * sigma**3))[:, None]
        return dx.reshape(dout.shape)

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        for shape, axes in [((4, 5), 1), ((1, 3), 1), ((3, 2, 3, 4), 3), ((2, 3, 4), 1)]:
            yield _randomised(cls(shape[-axes:]), rng), (rng.normal(size=shape),)
        layer = _randomised(cls(5), rng).astype(np.float32)
        yield layer, (rng.normal(size=(3, 5)).astype(np.float32),)


def row_means(a: Floats, b: Floats | None = None) -> Floats:  # (M, m) -> (M,)
    """Return the mean of each row of `a`, or of ``a * b``; faster than ``mean(axis=1)``."""
    m = a.shape[1]
    sums = a @ np.ones(m, a.dtype) if b is None else np.einsum("ij,ij->i", a, b)
    means: Floats = sums / m
    return means


def column_sums(a: Floats) -> Floats:  # (M, m) -> (m,)
    """Return ``a.sum(axis=0)``, as a product with ones, which is faster."""
    sums: Floats = np.ones(len(a), a.dtype) @ a
    return sums


def _feature_rows(x: Floats) -> Floats:  # (N, C) or (N, C, H, W) -> (C, M)
    """Gather all values of each feature, or channel, in one row."""
    return x.T if x.ndim == 2 else batch_last(x).reshape(x.shape[1], -1)


def _from_feature_rows(rows: Floats, shape: tuple[int, ...]) -> Floats:
    """Undo `_feature_rows`."""
    if len(shape) == 2:
        return rows.T
    N, C, H, W = shape
    return batch_first(rows.reshape(C, H, W, N))


def _randomised(layer: Layer, rng: np.random.Generator) -> Layer:
    """Give parameters and buffers values that no mistake could hide behind."""
    for array in (*layer.named_parameters().values(), *layer.named_buffers().values()):
        array[...] = rng.uniform(0.5, 2, size=array.shape)
    return layer
