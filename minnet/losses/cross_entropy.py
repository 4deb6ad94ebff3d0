"""Cross-entropies: how surprised the prediction is by the true class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from minnet.arrays import Floats
from minnet.losses.base import (
    Loss,
    LossExample,
    class_labels,
    expect_prediction,
    expect_same_shape,
    label_examples,
    numbers_of,
)


class SoftmaxCrossEntropy(Loss):
    """Softmax of the logits, then ``−log`` of the true class's probability; batch mean.

    With ``p = softmax(x)``, the loss of one sample is ``log Σ_c exp(x_c) − x_y``. Its slope is
    ``p − onehot(y)``: the softmax's Jacobian and the logarithm's slope cancel to that.
    Subtracting the row's maximum keeps `exp` from overflowing and changes nothing.

    The target is a class label per sample, (N,) integers, or probabilities, (N, C) floats
    whose rows sum to one, such as one-hot rows.

    Examples
    --------
    >>> import numpy as np
    >>> loss = SoftmaxCrossEntropy()
    >>> loss(np.array([[0.0, 0.0]]), np.array([1])), loss.backward()
    (0.6931471805599453, array([[ 0.5, -0.5]]))
    """

    formulas: ClassVar[dict[str, str]] = {
        "p": "exp(prediction) / exp(prediction).sum(axis=1, keepdims=True)",
        "onehot": "eye(p.shape[1])[target]  # of labels; probabilities stand for themselves",
        "out": "-(onehot * log(p)).sum() / len(p)",
        "dprediction": "(p - onehot) / len(p)",
    }

    def forward(self, prediction: Floats, target: Floats) -> float:  # (N, C), (N,) -> float
        expect_prediction(self, prediction)
        N = len(prediction)
        shifted = prediction - prediction.max(axis=1, keepdims=True)
        e = np.exp(shifted)
        total = e.sum(axis=1, keepdims=True)
        self.dprediction = e / total
        target = numbers_of(self, target)
        if target.shape == prediction.shape:  # probabilities
            if target.min() < 0:
                raise ValueError(f"{self} expects rows of probabilities, none of them negative")
            mass = np.asarray(target, prediction.dtype)
            row_mass = mass.sum(axis=1, keepdims=True)  # 1, but for a target that is no law
            self.dprediction = self.dprediction * row_mass - mass
            loss = (row_mass * np.log(total) - (mass * shifted).sum(axis=1, keepdims=True)).sum()
        else:
            rows, labels = np.arange(N), class_labels(self, prediction, target)
            self.dprediction[rows, labels] -= 1
            loss = (np.log(total[:, 0]) - shifted[rows, labels]).sum()
        self.dprediction /= N
        return float(loss) / N

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[LossExample]:
        yield from label_examples(cls, rng)
        yield cls(), (rng.normal(size=(4, 3)), np.eye(3)[rng.integers(0, 3, size=4)])


class BinaryCrossEntropy(Loss):
    """Sigmoid of the logits, then the cross-entropy with targets in [0, 1]; mean of all M.

    For a logit x and target y the loss is ``max(x, 0) − x y + log(1 + exp(−|x|))``, which
    equals ``−y log σ(x) − (1 − y) log(1 − σ(x))`` but overflows nowhere; slope ``σ(x) − y``.

    Examples
    --------
    >>> import numpy as np
    >>> BinaryCrossEntropy()(np.array([-1000.0, 0.0]), np.array([0.0, 1.0]))
    0.34657359027997264
    """

    formulas: ClassVar[dict[str, str]] = {
        "out": "(maximum(prediction, 0) - prediction * target"
        " + log1p(exp(-abs(prediction)))).mean()",
        "dprediction": "(1 / (1 + exp(-prediction)) - target) / prediction.size",
    }

    def forward(self, prediction: Floats, target: Floats) -> float:  # both of one shape
        expect_same_shape(self, prediction, target)
        if np.min(target) < 0 or np.max(target) > 1:
            raise ValueError(f"{self} expects targets between 0 and 1")
        x, y = prediction, np.asarray(target, prediction.dtype)
        e = np.exp(-np.abs(x))
        self.dprediction = (np.exp(np.minimum(x, 0)) / (1 + e) - y) / x.size
        return float((np.maximum(x, 0) - x * y + np.log1p(e)).sum()) / x.size

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[LossExample]:
        for shape in [(5, 1), (1,), (3, 4)]:
            yield cls(), (rng.normal(size=shape), rng.integers(0, 2, size=shape).astype(float))
        yield cls(), (rng.normal(size=(4, 2)).astype(np.float32), np.ones((4, 2), np.float32))
