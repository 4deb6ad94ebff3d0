"""Losses for numbers: how far the prediction is from the target."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from minnet.arrays import Floats, number_in
from minnet.losses.base import Loss, LossExample, expect_same_shape


class MSE(Loss):
    """Mean squared error: the mean of ``(ŷ − y)²`` over all M elements.

    Each element has slope ``2 (ŷ − y) / M``.

    Examples
    --------
    >>> import numpy as np
    >>> loss = MSE()
    >>> loss(np.array([[1.0], [3.0]]), np.array([[0.0], [0.0]]))
    5.0
    >>> loss.backward()
    array([[1.],
           [3.]])
    """

    formulas: ClassVar[dict[str, str]] = {
        "out": "((prediction - target) ** 2).mean()",
        "dprediction": "2 * (prediction - target) / prediction.size",
    }

    def forward(self, prediction: Floats, target: Floats) -> float:  # both of one shape
        expect_same_shape(self, prediction, target)
        difference = prediction - np.asarray(target, prediction.dtype)
        self.dprediction = (2 / difference.size) * difference
        return float(np.vdot(difference, difference)) / difference.size

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[LossExample]:
        yield from _regression_examples(cls, rng)


class HalfSquaredError(Loss):
    """Half the sum of squares, ``½ Σ (ŷ − y)²``: summed, not averaged; slope ``ŷ − y``.

    Examples
    --------
    >>> import numpy as np
    >>> HalfSquaredError()(np.array([[1.0], [3.0]]), np.array([[0.0], [0.0]]))
    5.0
    """

    formulas: ClassVar[dict[str, str]] = {
        "out": "((prediction - target) ** 2).sum() / 2",
        "dprediction": "prediction - target",
    }

    def forward(self, prediction: Floats, target: Floats) -> float:  # both of one shape
        expect_same_shape(self, prediction, target)
        self.dprediction = prediction - np.asarray(target, prediction.dtype)
        return float(np.vdot(self.dprediction, self.dprediction)) / 2

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[LossExample]:
        yield from _regression_examples(cls, rng)


class Huber(Loss):
    """Squared error where it is small, absolute error where it is large; mean of all M elements.

    For a difference ``d = ŷ − y`` the loss is ``½ d²`` up to ``|d| = delta``, and goes on from
    there as a straight line, ``delta (|d| − ½ delta)``, so that a few wild targets do not rule
    the rest. The slope is d, cut off at ±delta.

    Parameters
    ----------
    delta : float
        Where the line begins, delta > 0.

    References
    ----------
    P. J. Huber, "Robust estimation of a location parameter", 1964.

    Examples
    --------
    >>> import numpy as np
    >>> loss = Huber()
    >>> loss(np.array([0.5, 10.0]), np.array([0.0, 0.0])), loss.backward()
    (4.8125, array([0.25, 0.5 ]))
    """

    formulas: ClassVar[dict[str, str]] = {
        "out": "where(abs(prediction - target) < delta, (prediction - target) ** 2 / 2,"
        " delta * (abs(prediction - target) - delta / 2)).mean()",
        "dprediction": "clip(prediction - target, -delta, delta) / prediction.size",
    }

    def __init__(self, delta: float = 1.0) -> None:
        self.delta = number_in("delta", delta, 0, math.inf, "()")

    def forward(self, prediction: Floats, target: Floats) -> float:  # both of one shape
        expect_same_shape(self, prediction, target)
        difference = prediction - np.asarray(target, prediction.dtype)
        slope = np.clip(difference, -self.delta, self.delta)
        self.dprediction = slope / slope.size
        return float(np.vdot(slope, difference - slope / 2)) / slope.size

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[LossExample]:
        yield from _regression_examples(cls, rng)
        yield cls(0.3), (rng.normal(size=(4, 3)), rng.normal(size=(4, 3)))


def _regression_examples(cls: type[Loss], rng: np.random.Generator) -> Iterator[LossExample]:
    for shape in [(5, 3), (1, 1), (4,)]:
        yield cls(), (rng.normal(size=shape), rng.normal(size=shape))
    yield cls(), (rng.normal(size=(3, 2)).astype(np.float32), np.ones((3, 2), np.float32))
