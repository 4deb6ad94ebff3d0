"""The loss of a language model: how surprised it is by each next token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from minnet.arrays import LARGEST, Floats, number_in, whole_number
from minnet.losses.base import Loss, LossExample, expect_prediction, numbers_of


class TokenCrossEntropy(Loss):
    """Softmax of the scores of every token, then cross-entropy; mean over the tokens that count.

    With ``p = softmax(x)``, a token's loss is ``−Σ_v q_v log p_v``, where q is 1 for the true
    token. With smoothing s, q gives s away to all V tokens alike: ``q = (1 − s) onehot + s/V``.
    Written with logarithms of sums, as in `SoftmaxCrossEntropy`:

        log Σ_v exp(x_v) − (1 − s) x_label − s · mean(x),    with the slope p − q

    Tokens whose label is `ignore_index`, such as padding, have no loss and no gradient, and
    the mean is over the M others (0, if there are none).

    Parameters
    ----------
    ignore_index : int, optional
        The label of tokens that do not count.
    smoothing : float
        s, 0 <= s < 1.

    References
    ----------
    C. Szegedy et al., "Rethinking the inception architecture for computer vision", CVPR 2016
    (label smoothing).

    Examples
    --------
    >>> import numpy as np
    >>> loss = TokenCrossEntropy(ignore_index=-1)
    >>> loss(np.zeros((1, 2, 2)), np.array([[1, -1]])), loss.backward()
    (0.6931471805599453, array([[[ 0.5, -0.5],
            [ 0. ,  0. ]]]))
    """

    formulas: ClassVar[dict[str, str]] = {
        "counts": "(target != ignore_index)[..., None]",
        "p": "exp(prediction) / exp(prediction).sum(axis=-1, keepdims=True)",
        "onehot": "eye(p.shape[-1])[where(counts[..., 0], target, 0)]",
        "q": "(1 - smoothing) * onehot + smoothing / p.shape[-1]",
        "out": "-(counts * q * log(p)).sum() / counts.sum()",
        "dprediction": "counts * (p - q) / counts.sum()",
    }

    def __init__(self, ignore_index: int | None = None, smoothing: float = 0.0) -> None:
        if ignore_index is not None:
            ignore_index = whole_number("ignore_index", ignore_index, least=-LARGEST)
        self.ignore_index = ignore_index
        self.smoothing = number_in("smoothing", smoothing, 0, 1)

    def forward(self, prediction: Floats, target: Any) -> float:  # (N, T, V), (N, T) -> float
        expect_prediction(self, prediction, ndim=None)
        counts, labels = self._tokens(prediction, target)
        V, s = prediction.shape[-1], self.smoothing
        M = max(int(counts.sum()), 1)

        x = prediction.reshape(-1, V)
        x = x - x.max(axis=1, keepdims=True)  # changes nothing but keeps exp from overflowing
        p = np.exp(x)
        total = p.sum(axis=1, keepdims=True)
        p /= total
        rows = np.arange(len(x))
        losses = np.log(total[:, 0]) - (1 - s) * x[rows, labels] - s * x.mean(axis=1)
        p -= s / V
        p[rows, labels] -= 1 - s
        p[~counts] = 0
        p /= M
        self.dprediction = p.reshape(prediction.shape)
        return float(losses[counts].sum()) / M

    def _tokens(self, prediction: Floats, target: Any) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return which tokens count, and the labels (0 for the others), or refuse them."""
        labels = numbers_of(self, target)
        if prediction.ndim < 2 or labels.shape != prediction.shape[:-1]:
            raise ValueError(
                f"{self} expects scores (N, T, V) and a label for each token, (N, T), but got "
                f"{prediction.shape} and {labels.shape}"
            )
        if labels.dtype.kind not in "iu":
            raise TypeError(f"{self} expects integer labels, but got {labels.dtype}")
        V = prediction.shape[-1]
        counts = np.full(labels.shape, True)
        if self.ignore_index is not None:
            counts = labels != self.ignore_index
        wrong = counts & ((labels < 0) | (labels >= V))
        if wrong.any():
            first = tuple(np.argwhere(wrong)[0].tolist())
            raise ValueError(
                f"{self}: label {labels[first]} at {first} is out of range; "
                f"there are scores for {V} tokens, 0 to {V - 1}"
            )
        return counts.ravel(), np.where(counts, labels, 0).ravel()

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[LossExample]:
        for ignore, smoothing, (N, T, V) in [
            (None, 0.0, (2, 3, 4)),
            (0, 0.0, (3, 2, 3)),
            (-1, 0.1, (1, 4, 2)),
            (None, 0.3, (1, 1, 5)),
        ]:
            labels = rng.integers(0, V, size=(N, T))
            if ignore is not None:
                labels[0, :2] = ignore, 1
            yield cls(ignore, smoothing), (rng.normal(size=(N, T, V)), labels)
        yield cls(), (rng.normal(size=(2, 2, 3)).astype(np.float32), rng.integers(0, 3, (2, 2)))
