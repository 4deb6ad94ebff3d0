"""The loss of the support vector machine."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from minnet.arrays import Floats, number_in
from minnet.losses.base import Loss, LossExample, class_labels, expect_prediction, label_examples


class Hinge(Loss):
    """Multi-class hinge (SVM) loss: ``Σ_{c≠y} max(0, x_c − x_y + margin)``; batch mean.

    Every class that comes within the margin of the true one has slope 1, and the true one
    minus the number of those. At exactly the margin there is a kink; slope 0 is taken.

    Parameters
    ----------
    margin : float
        By how much the true class should lead.

    Examples
    --------
    >>> import numpy as np
    >>> loss = Hinge()
    >>> loss(np.array([[0.0, 0.5, -2.0]]), np.array([0])), loss.backward()
    (1.5, array([[-1.,  1.,  0.]]))
    """

    formulas: ClassVar[dict[str, str]] = {
        "onehot": "eye(prediction.shape[1])[target]",
        "lead": "(prediction * onehot).sum(axis=1, keepdims=True) - prediction",
        "excess": "maximum(0, margin - lead) * (1 - onehot)",
        "out": "excess.sum() / len(excess)",
        "dprediction": "((excess > 0) - onehot * (excess > 0).sum(axis=1, keepdims=True))"
        " / len(excess)",
    }

    def __init__(self, margin: float = 1.0) -> None:
        self.margin = number_in("margin", margin, -math.inf, math.inf, "()")

    def forward(self, prediction: Floats, target: Floats) -> float:  # (N, C), (N,) -> float
        expect_prediction(self, prediction)
        rows, labels = np.arange(len(prediction)), class_labels(self, prediction, target)
        excess = prediction - prediction[rows, labels][:, None] + self.margin
        excess[rows, labels] = 0
        too_close = excess > 0
        self.dprediction = too_close.astype(prediction.dtype)
        self.dprediction[rows, labels] = -too_close.sum(axis=1)
        self.dprediction /= len(prediction)
        return float(excess[too_close].sum()) / len(prediction)

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[LossExample]:
        yield from label_examples(cls, rng)
