"""Activations: functions of one number, applied to each element, and softmax.

For ``out = f(x)`` elementwise, the Jacobian is diagonal, and ``dx = dout * f'(x)``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from minnet.arrays import Floats, number_in
from minnet.layers.base import Example, Layer


class ReLU(Layer):
    """Rectified linear unit: ``max(x, 0)``.

    The slope is 1 where ``x > 0`` and 0 where ``x < 0``. At exactly 0 the function has a
    kink; any slope between 0 and 1 is a subgradient, and 0 is taken, as is customary.

    Examples
    --------
    >>> import numpy as np
    >>> ReLU()(np.array([-1.0, 2.0]))
    array([0., 2.])
    """

    formulas: ClassVar[dict[str, str]] = {"out": "maximum(x, 0)", "dx": "dout * (x > 0)"}

    def forward(self, x: Floats) -> Floats:  # any shape, the same out
        self.expect(x)
        self.x = x
        return x.clip(0, np.inf)  # maximum(x, 0), in a third of the time of np.maximum

    def backward(self, dout: Floats) -> Floats:
        dx: Floats = dout * (self.x > 0)
        return dx

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        yield from _elementwise_examples(cls, rng)


class LeakyReLU(Layer):
    """``x`` where positive, ``leak * x`` where negative; the slope at 0 is taken as `leak`.

    Parameters
    ----------
    leak : float
        Slope on the negative side, 0 <= leak <= 1.

    Examples
    --------
    >>> import numpy as np
    >>> LeakyReLU(0.1)(np.array([-1.0, 2.0]))
    array([-0.1,  2. ])
    """

    settings = ("leak",)
    formulas: ClassVar[dict[str, str]] = {
        "slope": "where(x > 0, 1, leak)",
        "out": "x * slope",
        "dx": "dout * slope",
    }

    def __init__(self, leak: float = 0.01) -> None:
        self.leak = number_in("leak", leak, 0, 1, "[]")

    def forward(self, x: Floats) -> Floats:
        self.expect(x)
        self.slope = np.maximum(x > 0, self.leak, dtype=x.dtype)  # 1, or leak where x <= 0
        return x * self.slope

    def backward(self, dout: Floats) -> Floats:
        return dout * self.slope

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        yield from _elementwise_examples(cls, rng)
        yield cls(0.3), (rng.normal(size=(3, 4)),)


class Sigmoid(Layer):
    """The logistic function ``1 / (1 + exp(-x))``, computed without overflow.

    With ``out = σ(x)``, the slope is ``σ(x) (1 − σ(x))``, a function of the output alone.

    Examples
    --------
    >>> import numpy as np
    >>> Sigmoid()(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """

    formulas: ClassVar[dict[str, str]] = {
        "out": "1 / (1 + exp(-x))",
        "dx": "dout * out * (1 - out)",
    }

    def forward(self, x: Floats) -> Floats:
        self.expect(x)
        # Both exponents are at most 0: e^x / (1 + e^x) on the left, 1 / (1 + e^-x) on the right.
        out: Floats = np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))
        self.out = out
        return out

    def backward(self, dout: Floats) -> Floats:
        return dout * self.out * (1 - self.out)

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        yield from _elementwise_examples(cls, rng)


class Tanh(Layer):
    """Hyperbolic tangent; the slope is ``1 − tanh(x)²``, a function of the output alone.

    Examples
    --------
    >>> import numpy as np
    >>> Tanh()(np.array([0.0, 1000.0]))
    array([0., 1.])
    """

    formulas: ClassVar[dict[str, str]] = {"out": "tanh(x)", "dx": "dout * (1 - out**2)"}

    def forward(self, x: Floats) -> Floats:
        self.expect(x)
        out: Floats = np.tanh(x)
        self.out = out
        return out

    def backward(self, dout: Floats) -> Floats:
        return dout * (1 - self.out**2)

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        yield from _elementwise_examples(cls, rng)


class Softmax(Layer):
    """Turn each row of logits into probabilities: ``exp(x) / Σ exp(x)`` along the last axis.

    Every output depends on every logit of its row: ``∂out_i / ∂x_j = out_i (δ_ij − out_j)``,
    so that ``dx_j = out_j (dout_j − Σ_i dout_i out_i)``. Subtracting the row's maximum first
    changes nothing but keeps `exp` from overflowing.

    For training, `minnet.losses.SoftmaxCrossEntropy` takes the logits themselves.

    Examples
    --------
    >>> import numpy as np
    >>> Softmax()(np.array([[1000.0, 1000.0]]))
    array([[0.5, 0.5]])
    """

    formulas: ClassVar[dict[str, str]] = {
        "out": "exp(x) / exp(x).sum(-1, keepdims=True)",
        "dx": "out * (dout - (dout * out).sum(-1, keepdims=True))",
    }

    def forward(self, x: Floats) -> Floats:  # (..., C) -> (..., C)
        self.expect(x)
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        out: Floats = e / e.sum(axis=-1, keepdims=True)
        self.out = out
        return out

    def backward(self, dout: Floats) -> Floats:
        mean = (dout * self.out).sum(axis=-1, keepdims=True)
        dx: Floats = self.out * (dout - mean)
        return dx

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        for shape in [(4, 3), (1, 5), (2, 3, 4)]:
            yield cls(), (rng.normal(size=shape),)
        yield cls(), (rng.normal(size=(3, 4)).astype(np.float32),)


def _elementwise_examples(cls: type[Layer], rng: np.random.Generator) -> Iterator[Example]:
    """Yield odd shapes, a batch of one, exact zeros (where a kink may be) and float32."""
    for shape in [(4, 5), (1, 3), (2, 3, 5, 4)]:
        yield cls(), (rng.normal(size=shape),)
    with_zeros = rng.normal(size=(3, 4))
    with_zeros[::2, 1::2] = 0
    yield cls(), (with_zeros,)
    yield cls(), (rng.normal(size=(3, 4)).astype(np.float32),)
