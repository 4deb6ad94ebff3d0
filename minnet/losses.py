"""Losses: how wrong a prediction is, as one number, and the slope of that number.

`forward(prediction, target)` returns a float; `backward()` returns its gradient with respect
to the prediction. Each loss is the mean over the batch, unless its docstring says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from minnet.arrays import Floats
from minnet.layers.base import NotRunYet
from minnet.layers.formulas import WithFormulas

LossExample: TypeAlias = tuple["Loss", tuple[Floats, NDArray[Any]]]


class Loss(WithFormulas):
    """The base of every loss.

    Attributes
    ----------
    formulas : dict of str to str
        What forward (``out``) and backward (``dprediction``) compute, as for a layer.
    """

    dprediction: Floats  # kept by forward: every loss here has it at hand

    def forward(self, prediction: Floats, target: Any) -> float:
        """Return the loss and keep its gradient."""
        raise NotImplementedError(f"{type(self).__name__} has no forward yet")

    def backward(self) -> Floats:
        """Return the gradient of the latest loss with respect to its prediction."""
        if not hasattr(self, "dprediction"):
            raise NotRunYet(f"{type(self).__name__}.backward was called before forward")
        return self.dprediction

    def __call__(self, prediction: Floats, target: Any) -> float:
        """Run `forward` after making sure that prediction and target are finite."""
        for name, values in (("prediction", prediction), ("target", target)):
            if not np.isfinite(values).all():
                raise ValueError(f"{self}: the {name} holds NaN or infinite values")
        return self.forward(prediction, target)

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[LossExample]:
        """Yield ``(loss, (prediction, target))`` pairs covering what matters."""
        return iter(())

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


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
        _expect_same_shape(self, prediction, target)
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
        _expect_same_shape(self, prediction, target)
        self.dprediction = prediction - np.asarray(target, prediction.dtype)
        return float(np.vdot(self.dprediction, self.dprediction)) / 2

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[LossExample]:
        yield from _regression_examples(cls, rng)


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
        _expect_prediction(self, prediction)
        N = len(prediction)
        shifted = prediction - prediction.max(axis=1, keepdims=True)
        e = np.exp(shifted)
        total = e.sum(axis=1, keepdims=True)
        self.dprediction = e / total
        if np.shape(target) == prediction.shape:  # probabilities
            mass = np.asarray(target, prediction.dtype)
            row_mass = mass.sum(axis=1, keepdims=True)  # 1, but for a target that is no law
            self.dprediction = self.dprediction * row_mass - mass
            loss = (row_mass * np.log(total) - (mass * shifted).sum(axis=1, keepdims=True)).sum()
        else:
            rows, labels = np.arange(N), _labels(self, prediction, target)
            self.dprediction[rows, labels] -= 1
            loss = (np.log(total[:, 0]) - shifted[rows, labels]).sum()
        self.dprediction /= N
        return float(loss) / N

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[LossExample]:
        yield from _label_examples(cls, rng)
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
        _expect_same_shape(self, prediction, target)
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
        self.margin = float(margin)

    def forward(self, prediction: Floats, target: Floats) -> float:  # (N, C), (N,) -> float
        _expect_prediction(self, prediction)
        rows, labels = np.arange(len(prediction)), _labels(self, prediction, target)
        excess = prediction - prediction[rows, labels][:, None] + self.margin
        excess[rows, labels] = 0
        too_close = excess > 0
        self.dprediction = too_close.astype(prediction.dtype)
        self.dprediction[rows, labels] = -too_close.sum(axis=1)
        self.dprediction /= len(prediction)
        return float(excess[too_close].sum()) / len(prediction)

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[LossExample]:
        yield from _label_examples(cls, rng)


def _expect_prediction(loss: Loss, prediction: Any, ndim: int | None = 2) -> None:
    """Refuse a prediction that is not a non-empty float array of `ndim` axes."""
    if not isinstance(prediction, np.ndarray) or prediction.dtype.kind != "f":
        kind = getattr(prediction, "dtype", type(prediction).__name__)
        raise TypeError(f"{loss} expects a float array as prediction, but got {kind}")
    if prediction.size == 0:
        raise ValueError(f"{loss} got an empty prediction of shape {prediction.shape}")
    if ndim is not None and prediction.ndim != ndim:
        raise ValueError(f"{loss} expects a prediction of shape (N, C), got {prediction.shape}")


def _expect_same_shape(loss: Loss, prediction: Any, target: Any) -> None:
    """Refuse a target of another shape: broadcasting would sum the wrong differences."""
    _expect_prediction(loss, prediction, ndim=None)
    if np.shape(target) != prediction.shape:
        raise ValueError(
            f"{loss} expects a target of the prediction's shape {prediction.shape}, "
            f"but got {np.shape(target)}"
        )


def _labels(loss: Loss, prediction: Floats, target: Any) -> Floats:
    """Return the class labels, or refuse what are none."""
    labels = np.asarray(target)
    N, C = prediction.shape
    if labels.shape != (N,):
        raise ValueError(
            f"{loss} expects one label per sample, shape ({N},), or one row of probabilities, "
            f"shape ({N}, {C}), for a prediction of shape {prediction.shape}; got {labels.shape}"
        )
    if labels.dtype.kind not in "iu":
        raise TypeError(f"{loss} expects integer labels, but got {labels.dtype}")
    if labels.min() < 0 or labels.max() >= C:
        wrong = int(np.flatnonzero((labels < 0) | (labels >= C))[0])
        raise ValueError(
            f"{loss}: label {labels[wrong]} of sample {wrong} is out of range; "
            f"the prediction has {C} classes, 0 to {C - 1}"
        )
    return labels


def _regression_examples(cls: type[Loss], rng: np.random.Generator) -> Iterator[LossExample]:
    for shape in [(5, 3), (1, 1), (4,)]:
        yield cls(), (rng.normal(size=shape), rng.normal(size=shape))
    yield cls(), (rng.normal(size=(3, 2)).astype(np.float32), np.ones((3, 2), np.float32))


def _label_examples(cls: type[Loss], rng: np.random.Generator) -> Iterator[LossExample]:
    for N, C in [(5, 3), (1, 4), (3, 2)]:
        yield cls(), (rng.normal(size=(N, C)), rng.integers(0, C, size=N))
    yield cls(), (rng.normal(size=(4, 3)).astype(np.float32), rng.integers(0, 3, size=4))
