"""Smooth activations: functions of one number that bend where ReLU has a corner.

As for every elementwise ``out = f(x)``, the Jacobian is diagonal, and ``dx = dout * f'(x)``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from minnet.arrays import Floats, number_in
from minnet.layers.activations import _elementwise_examples
from minnet.layers.base import Example, Layer
from minnet.layers.functions import gaussian, sigmoid

SQRT_2_OVER_PI = math.sqrt(2 / math.pi)
CUBIC = 0.044715  # fitted by the authors of GELU's approximation


class GELU(Layer):
    """Gaussian error linear unit: ``x Φ(x)``, x times the chance that a normal number is below x.

    By the product rule the slope is ``Φ(x) + x φ(x)``, with φ = Φ' the normal density.

    The approximation ``½ x (1 + tanh(u))``, ``u = √(2/π) (x + 0.044715 x³)``, is off by up to
    5e-4; its slope is ``½ (1 + tanh(u)) + ½ x (1 − tanh(u)²) u'``.

    Parameters
    ----------
    approximate : bool
        Whether to use the approximation, as GPT-2 did.

    References
    ----------
    D. Hendrycks, K. Gimpel, "Gaussian error linear units (GELUs)", 2016.

    Examples
    --------
    >>> import numpy as np
    >>> GELU()(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.1587,  0.    ,  0.8413])
    """

    settings = ("approximate",)
    formulas: ClassVar[dict[str, str]] = {
        "out": "x * (1 + erf(x / sqrt(2))) / 2",
        "dx": "dout * ((1 + erf(x / sqrt(2))) / 2 + x * exp(-x**2 / 2) / sqrt(2 * pi))",
    }

    def __init__(self, approximate: bool = False) -> None:
        self.approximate = bool(approximate)

    def forward(self, x: Floats) -> Floats:  # any shape, the same out
        self.expect(x)
        if self.approximate:
            tanh_u: Floats = np.tanh(SQRT_2_OVER_PI * (x + CUBIC * x**3))
            du = SQRT_2_OVER_PI * (1 + 3 * CUBIC * x * x)
            self.slope = 0.5 * (1 + tanh_u) + 0.5 * x * (1 - tanh_u * tanh_u) * du
            return 0.5 * x * (1 + tanh_u)
        density, distribution = gaussian(x)
        self.slope = distribution + x * density
        return x * distribution

    def backward(self, dout: Floats) -> Floats:
        return dout * self.slope

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        yield from _elementwise_examples(cls, rng)
        yield cls(approximate=True), (rng.normal(size=(3, 4)),)
        yield cls(approximate=True), (rng.normal(size=(1, 5)).astype(np.float32),)


class SiLU(Layer):
    """Sigmoid linear unit, or swish: ``x σ(x)``.

    By the product rule, and ``σ' = σ (1 − σ)``, the slope is ``σ(x) (1 + x (1 − σ(x)))``.

    References
    ----------
    S. Elfwing, E. Uchibe, K. Doya, "Sigmoid-weighted linear units for neural network function
    approximation in reinforcement learning", 2017.

    Examples
    --------
    >>> import numpy as np
    >>> SiLU()(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.2689,  0.    ,  0.7311])
    """

    formulas: ClassVar[dict[str, str]] = {
        "out": "x / (1 + exp(-x))",
        "dx": "dout / (1 + exp(-x)) * (1 + x / (1 + exp(x)))",
    }

    def forward(self, x: Floats) -> Floats:  # any shape, the same out
        self.expect(x)
        s = sigmoid(x)
        self.slope = s * (1 + x * (1 - s))
        return x * s

    def backward(self, dout: Floats) -> Floats:
        return dout * self.slope

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        yield from _elementwise_examples(cls, rng)


class Softplus(Layer):
    """``log(1 + exp(x))``, computed without overflow; its slope is the sigmoid ``σ(x)``.

    Examples
    --------
    >>> import numpy as np
    >>> Softplus()(np.array([-1000.0, 0.0, 10.0])).round(4)
    array([ 0.    ,  0.6931, 10.    ])
    """

    formulas: ClassVar[dict[str, str]] = {
        "out": "maximum(x, 0) + log1p(exp(-abs(x)))",
        "dx": "dout / (1 + exp(-x))",
    }

    def forward(self, x: Floats) -> Floats:  # any shape, the same out
        self.expect(x)
        self.x = x
        out: Floats = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
        return out

    def backward(self, dout: Floats) -> Floats:
        return dout * sigmoid(self.x)

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        yield from _elementwise_examples(cls, rng)


class ELU(Layer):
    """Exponential linear unit: ``x`` where positive, ``alpha (exp(x) − 1)`` where not.

    The slope is 1 where positive, and ``alpha exp(x) = out + alpha`` where not. With an alpha
    other than 1 there is a kink at 0, where the slope is taken as alpha.

    Parameters
    ----------
    alpha : float
        Minus the value that large negative inputs approach, alpha >= 0.

    References
    ----------
    D.-A. Clevert, T. Unterthiner, S. Hochreiter, "Fast and accurate deep network learning by
    exponential linear units (ELUs)", ICLR 2016.

    Examples
    --------
    >>> import numpy as np
    >>> ELU()(np.array([-1000.0, 0.0, 2.0]))
    array([-1.,  0.,  2.])
    """

    settings = ("alpha",)
    formulas: ClassVar[dict[str, str]] = {
        "out": "where(x > 0, x, alpha * (exp(x) - 1))",
        "dx": "dout * where(x > 0, 1, alpha * exp(x))",
    }

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = number_in("alpha", alpha, 0, math.inf)

    def forward(self, x: Floats) -> Floats:  # any shape, the same out
        self.expect(x)
        self.positive = x > 0
        out: Floats = np.where(self.positive, x, self.alpha * np.expm1(np.minimum(x, 0)))
        self.out = out
        return out

    def backward(self, dout: Floats) -> Floats:
        dx: Floats = np.where(self.positive, dout, dout * (self.out + self.alpha))
        return dx

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        yield from _elementwise_examples(cls, rng)
        yield cls(0.5), (rng.normal(size=(3, 4)),)
