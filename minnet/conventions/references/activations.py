"""What activations give."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from minnet.arrays import Array
from minnet.conventions.references.reading import Readings, Stage, fitted, right, slip, variant
from minnet.layers import ELU, GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh
from minnet.layers.functions import sigmoid as logistic


def relu(x: Array) -> Readings:
    yield right(ReLU().forward, x)
    yield variant("it is shifted by a half, so that the mean is near 0", np.maximum(x, 0) - 0.5)
    yield slip("nothing is cut off", x)
    yield slip("the sign of negative values is turned", np.abs(x))
    yield slip("positive values are cut off", np.minimum(x, 0))
    yield slip("it is the derivative, 0 or 1", (x > 0).astype(float))
    yield slip("negative values leak through", np.where(x > 0, x, 0.01 * x))
    yield slip("it is cut off at 1", np.maximum(x, 1))


def leaky_relu(x: Array, slope: float = 0.01) -> Readings:
    yield right(LeakyReLU(slope).forward, x)
    yield fitted(lambda yours: np.where(x > 0, x, _ratio(yours, x, x < 0) * x))
    yield slip("negative values are cut off", np.maximum(x, 0))
    yield slip("the slope is at the positive side", np.where(x > 0, slope * x, x))
    yield slip("the sign of negative values is turned", np.where(x > 0, x, -slope * x))
    yield slip("negative values become the slope itself", np.where(x > 0, x, slope))


def elu(x: Array, alpha: float = 1.0) -> Readings:
    yield right(ELU(alpha).forward, x)
    curve = np.expm1(x)
    yield fitted(lambda yours: np.where(x > 0, x, _ratio(yours, curve, x < 0) * curve))
    yield slip("1 is not subtracted from exp(x)", np.where(x > 0, x, alpha * np.exp(x)))


def _ratio(yours: Array, of: Array, where: Array) -> float:
    """Return the constant between 0 and 2 that the code has, where its outputs tell one."""
    if not where.any():
        return 1.0
    ratio = float(np.median(yours[where] / of[where]))
    return ratio if 0 < ratio <= 2 else np.nan


def sigmoid(x: Array) -> Readings:
    s = logistic(x)
    yield right(Sigmoid().forward, x)
    yield slip("exp(x) stands where exp(-x) belongs", 1 - s)
    yield slip("it is the derivative", s * (1 - s))
    yield slip("it is the tanh", np.tanh(x))
    yield slip("the 1 in 1 + exp(-x) is left out", np.exp(x))
    yield slip("1 + exp(-x) is not inverted", 1 + np.exp(-x))
    yield slip("1 - exp(-x) stands where 1 + exp(-x) belongs", 1 / (1 - np.exp(-x)))


def tanh(x: Array) -> Readings:
    yield right(Tanh().forward, x)
    yield slip("it is the sigmoid", logistic(x))
    yield slip("it is the derivative", 1 - np.tanh(x) ** 2)
    yield slip("it is tanh(-x)", -np.tanh(x))
    yield slip("it is tanh(x / 2)", np.tanh(x / 2))
    yield slip("it is tanh(2 x)", np.tanh(2 * x))
    yield slip("numerator and denominator are exchanged", 1 / np.tanh(x))


def softmax(x: Array, any_axes: bool = False) -> Readings:
    """Over the last axis; `any_axes`: the samples may be columns, or there may be one alone."""
    e = np.exp(x - x.max())
    yield right(Softmax().forward, x)
    if x.ndim > 2:
        yield right(e / e.sum(axis=1, keepdims=True))
    make = variant if any_axes else slip
    over_batch = e / e.sum(axis=0, keepdims=True)
    yield make("it is normalised over axis 0, the batch", over_batch)
    yield make("it is normalised over the whole array", e / e.sum())
    yield slip("it is not normalised", np.exp(x))
    shifted = np.exp(x - x.max(axis=-1, keepdims=True))
    yield slip("it is not normalised", shifted)
    yield slip("it is divided by the maximum", shifted / shifted.max(-1, keepdims=True))
    yield slip("it is the logarithm of the softmax", x - np.log(np.exp(x).sum(-1, keepdims=True)))
    total = np.abs(x).sum(axis=-1, keepdims=True)
    yield slip("exp is left out", x / x.sum(axis=-1, keepdims=True))
    yield slip("exp is left out", np.abs(x) / total)


def gelu(x: Array) -> Readings:
    yield right(GELU().forward, x)
    yield right(GELU(approximate=True).forward, x)
    yield right(x * logistic(1.702 * x))
    density = np.sqrt(0.5 / np.pi) * np.exp(-(x**2) / 2)
    cdf = (GELU().forward(np.where(x == 0, 1, x)) / np.where(x == 0, 1, x)) if x.size else x
    cdf = np.where(x == 0, 0.5, cdf)
    yield slip("the factor x is left out", cdf)
    yield slip("the factor 1/2 is left out", 2 * x * cdf)
    yield slip("the 1 in 1 + erf is left out", x * (cdf - 0.5))
    yield slip("x is multiplied by the density, not the distribution", x * density)
    narrow = GELU().forward(x * np.sqrt(2)) / np.sqrt(2)
    yield slip("x is not divided by the square root of 2 in erf", narrow)


def silu(x: Array) -> Readings:
    yield right(SiLU().forward, x)
    yield slip("the factor x is left out", logistic(x))
    yield slip("it is the GELU", GELU().forward(x))


def softplus(x: Array) -> Readings:
    yield right(Softplus().forward, x)
    yield slip("it is log(1 + exp(-x))", Softplus().forward(-x))
    yield slip("the logarithm is left out", 1 + np.exp(x))


STAGES: Mapping[str, tuple[str, Stage]] = {
    "relu": ("ReLU", relu),
    "leaky_relu": ("LeakyReLU", leaky_relu),
    "elu": ("ELU", elu),
    "sigmoid": ("Sigmoid", sigmoid),
    "tanh": ("Tanh", tanh),
    "softmax": ("Softmax", softmax),
    "gelu": ("GELU", gelu),
    "silu": ("SiLU", silu),
    "swish": ("SiLU", silu),
    "softplus": ("Softplus", softplus),
}
#: what a layer may have behind it and still be the layer that its name says
BEHIND: Mapping[str, Callable[[Array], Array]] = {
    "a ReLU": lambda z: np.maximum(z, 0),
    "a sigmoid": logistic,
    "a tanh": np.tanh,
    "a softmax": lambda z: np.exp(z - z.max()) / np.exp(z - z.max()).sum(-1, keepdims=True),
    "a leaky ReLU": lambda z: np.where(z > 0, z, 0.01 * z),
}
