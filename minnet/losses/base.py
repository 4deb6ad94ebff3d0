"""What every loss has in common: two passes, and clear refusals."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from minnet.arrays import Floats, shown
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
        for name, values in (("prediction", prediction), ("target", numbers_of(self, target))):
            is_float = isinstance(values, np.ndarray) and values.dtype.kind == "f"
            if is_float and not np.isfinite(values).all():
                raise ValueError(f"{self}: the {name} holds NaN or infinite values")
        return self.forward(prediction, target)

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[LossExample]:
        """Yield ``(loss, (prediction, target))`` pairs covering what matters."""
        return iter(())

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def expect_prediction(loss: Loss, prediction: Any, ndim: int | None = 2) -> None:
    """Refuse a prediction that is not a non-empty float array of `ndim` axes."""
    if not isinstance(prediction, np.ndarray) or prediction.dtype.kind != "f":
        kind = getattr(prediction, "dtype", type(prediction).__name__)
        raise TypeError(f"{loss} expects a float array as prediction, but got {kind}")
    if prediction.size == 0:
        raise ValueError(f"{loss} got an empty prediction of shape {prediction.shape}")
    if ndim is not None and prediction.ndim != ndim:
        raise ValueError(f"{loss} expects a prediction of shape (N, C), got {prediction.shape}")


def numbers_of(loss: Loss, target: Any) -> NDArray[Any]:
    """Return a target as an array of numbers, or refuse it."""
    with contextlib.suppress(TypeError, ValueError):
        found = target if isinstance(target, np.ndarray) else np.asarray(target)
        if found.dtype.kind in "fiub":
            return found
    kind = getattr(target, "dtype", type(target).__name__)
    raise TypeError(f"{loss} expects numbers as target, but got {kind}: {shown(target)}")


def expect_same_shape(loss: Loss, prediction: Any, target: Any) -> None:
    """Refuse a target of another shape: broadcasting would sum the wrong differences."""
    expect_prediction(loss, prediction, ndim=None)
    if numbers_of(loss, target).shape != prediction.shape:
        raise ValueError(
            f"{loss} expects a target of the prediction's shape {prediction.shape}, "
            f"but got {np.shape(target)}"
        )


def class_labels(loss: Loss, prediction: Floats, target: Any) -> Floats:
    """Return the class labels, or refuse what are none."""
    labels = numbers_of(loss, target)
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


def label_examples(cls: type[Loss], rng: np.random.Generator) -> Iterator[LossExample]:
    for N, C in [(5, 3), (1, 4), (3, 2)]:
        yield cls(), (rng.normal(size=(N, C)), rng.integers(0, C, size=N))
    yield cls(), (rng.normal(size=(4, 3)).astype(np.float32), rng.integers(0, 3, size=4))
