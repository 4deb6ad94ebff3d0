"""How far one distribution is from another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from minnet.arrays import Floats
from minnet.losses.base import Loss, LossExample, expect_prediction, expect_same_shape


class KLDivergence(Loss):
    """Kullback–Leibler divergence of the softmax of the logits from a target distribution.

    With ``p = softmax(x)`` and a target t of C probabilities, the loss of one sample is
    ``Σ_c t_c log(t_c / p_c)``, 0 where p equals t and positive elsewhere; batch mean. It is
    the cross-entropy, ``−Σ t log p``, less what the best p cannot avoid, ``−Σ t log t``, which
    is a constant. So the slope is that of `SoftmaxCrossEntropy`: ``p − t``.

    References
    ----------
    S. Kullback, R. A. Leibler, "On information and sufficiency", 1951.

    Examples
    --------
    >>> import numpy as np
    >>> loss = KLDivergence()
    >>> loss(np.array([[0.0, 0.0]]), np.array([[0.5, 0.5]])), loss.backward()
    (0.0, array([[0., 0.]]))
    """

    formulas: ClassVar[dict[str, str]] = {
        "p": "exp(prediction) / exp(prediction).sum(axis=1, keepdims=True)",
        "out": "(target * log(where(target > 0, target, 1) / p)).sum() / len(p)",
        "dprediction": "(p - target) / len(p)",
    }

    def forward(self, prediction: Floats, target: Floats) -> float:  # (N, C) both -> float
        expect_prediction(self, prediction)
        expect_same_shape(self, prediction, target)
        if np.min(target) < 0:
            raise ValueError(f"{self} expects rows of probabilities, none of them negative")
        t, N = np.asarray(target, prediction.dtype), len(prediction)
        x = prediction - prediction.max(axis=1, keepdims=True)
        log_p = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
        log_t = np.log(np.where(t > 0, t, 1))
        mass = t.sum(axis=1, keepdims=True)  # 1, but for a target that is no law
        self.dprediction = (np.exp(log_p) * mass - t) / N
        return float((t * (log_t - log_p)).sum()) / N

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[LossExample]:
        for N, C in [(4, 3), (1, 5), (3, 2)]:
            yield cls(), (rng.normal(size=(N, C)), rng.dirichlet(np.ones(C), size=N))
        yield cls(), (rng.normal(size=(2, 3)), np.array([[0.0, 1.0, 0.0], [0.5, 0.0, 0.5]]))
        law = rng.dirichlet(np.ones(3), size=2).astype(np.float32)
        yield cls(), (rng.normal(size=(2, 3)).astype(np.float32), law)
