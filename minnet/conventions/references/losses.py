"""What losses give: functions whose reduction is known, and classes, where it may be any."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.references.reading import Reading, Readings, Stage, right, slip, variant
from minnet.losses import MSE, BinaryCrossEntropy, Hinge, SoftmaxCrossEntropy

#: what may stand in a logarithm beside a probability, or bound it
_EPSILONS = tuple(10.0**-k for k in range(3, 31))
_ANOTHER_REDUCTION = "it is reduced in another way: a sum, a mean, or half of it"

# --- functions --------------------------------------------------------------------------------


def softmax_loss(x: Array, y: Array) -> Readings:
    """Scores (N, C) and labels (N,): the mean over the samples."""
    N, C = x.shape
    yield right(SoftmaxCrossEntropy().forward, x, y)
    loss = SoftmaxCrossEntropy().forward(x, y)
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    rows = np.arange(N)
    yield from _with_epsilon(p[rows, y])
    yield from _reductions(loss, N, C)
    yield slip("the sign is wrong", -loss)
    yield slip("the logarithm is left out", -p[rows, y].mean())
    yield slip("the logarithm is left out", (1 - p[rows, y]).mean())
    yield slip("the scores are not made probabilities", -np.log(x[rows, y]).mean())
    yield slip("the logarithm is of base 2", loss / np.log(2))
    yield slip("it is added up over all classes", -np.log(p).sum() / N)
    yield slip("the scores of the right class alone count", -x[rows, y].mean())


def svm_loss(x: Array, y: Array) -> Readings:
    """Scores (N, C) and labels (N,): margins of 1, the mean over the samples."""
    N, C = x.shape
    yield right(Hinge().forward, x, y)
    yield from _reductions(Hinge().forward(x, y), N, C)
    lead = x - x[np.arange(N), y][:, None]
    others = np.arange(C) != y[:, None]
    yield slip("the right class counts too", np.maximum(lead + 1, 0).sum() / N)
    no_margin = (np.maximum(lead, 0) * others).sum() / N
    yield slip("the margin of 1 is left out", no_margin)
    yield slip("nothing is cut off at 0", ((lead + 1) * others).sum() / N)
    turned = (np.maximum(1 - lead, 0) * others).sum() / N
    yield slip("the two scores are exchanged", turned)
    largest = (np.maximum(lead + 1, 0) * others).max(axis=1).mean()
    yield slip("only the largest margin of a sample counts", largest)
    squared = (np.maximum(lead + 1, 0) ** 2 * others).sum() / N
    yield slip("the margins are squared", squared)


def in_any_reduction(stage: Stage) -> Stage:
    """Return a stage for a loss of another course, whose sum or mean is its own affair."""

    def readings(*arguments: Any) -> Readings:
        for reading in stage(*arguments):
            free = reading.words in _REDUCTIONS
            yield reading._replace(role="variant") if free else reading

    return readings


#: the slips that are but another reduction
_REDUCTIONS = (
    "it is the sum over the samples, not the mean",
    "it is divided by the number of classes too",
    "it is halved",
)


def _reductions(loss: float, N: int, C: int) -> Readings:
    yield slip("it is the sum over the samples, not the mean", loss * N)
    yield slip("it is divided by the number of classes too", loss / C)
    yield slip("it is divided by the number of classes, not of samples", loss * N / C)
    yield slip("it is divided by the batch size twice", loss / N)
    yield slip("it is halved", loss / 2)


def temporal_softmax_loss(x: Array, y: Array, mask: Array) -> Readings:
    """Scores (N, T, V), labels and mask (N, T): the sum over the steps, the mean over N."""
    N, T, V = x.shape
    counts = np.asarray(mask, bool).ravel()
    rows, labels = x.reshape(-1, V), y.ravel()

    def total(kept: Array) -> float:
        mean = SoftmaxCrossEntropy().forward(rows[kept], labels[kept]) if kept.any() else 0.0
        return mean * np.count_nonzero(kept)

    every = np.ones_like(counts)
    yield right(total(counts) / N)
    yield slip("the mask is not used", total(every) / N)
    yield slip("it is the sum, not the mean over the samples", total(counts))
    yield slip("it is the mean over samples and steps", total(counts) / (N * T))
    over_mask = "it is the mean over the steps that the mask leaves"
    yield slip(over_mask, total(counts) / max(counts.sum(), 1))
    yield slip("the mask is used the wrong way round", total(~counts) / N)
    yield slip("it is the mean over the steps, not the samples", total(counts) / T)


def linear_classifier(loss: str) -> Callable[[Array, Array, Array, float], Readings]:
    """Return the stage of ``f(W, X, y, reg)``: a loss of X W, and reg times the sum of W²."""
    stage = svm_loss if loss == "svm" else softmax_loss

    def readings(W: Array, X: Array, y: Array, reg: float) -> Readings:
        squares = float((W**2).sum())
        for reading in stage(X @ W, y):
            for share in (1, 0.5):
                yield _plus(reading, share * reg * squares)
            if reading.role == "right":
                yield _plus(reading, 0.0, "the regularisation is left out")
                yield _plus(reading, reg * float(np.abs(W).sum()), "the weights are not squared")
                yield _plus(reading, reg * float(W.sum()), "the weights are not squared")

    return readings


def _plus(reading: Reading, more: float, mistake: str = "") -> Reading:
    compute = reading.compute
    role: Any = "slip" if mistake else reading.role
    return Reading(role, mistake or reading.words, lambda yours: compute(yours) + more)


# --- classes ----------------------------------------------------------------------------------


def mean_squared(prediction: Array, target: Array) -> Readings:
    loss = MSE().forward(prediction, target)
    yield right(loss)
    yield from _any_reduction(loss, prediction)
    difference = prediction - target
    yield slip("the difference is not squared", difference.mean())
    yield slip("the difference is not squared", -difference.mean())
    yield slip("the difference is not squared", np.abs(difference).mean())
    yield slip("the root is taken", np.sqrt((difference**2).mean()))
    yield slip("the sum is squared, not each difference", difference.sum() ** 2)
    yield slip("the sign is wrong", -loss)
    yield slip("the two are added, not subtracted", ((prediction + target) ** 2).mean())
    squares = (prediction**2 - target**2).mean()
    yield slip("each is squared, not the difference", squares)


def cross_entropy(prediction: Array, target: Array, scores: bool = False) -> Readings:
    """One-hot targets (N, C) or labels (N,); predictions are scores, or may be probabilities."""
    N, C = prediction.shape
    labels = target.astype(int) if target.ndim == 1 else target.argmax(axis=1)
    rows, onehot = np.arange(N), np.eye(C)[labels]
    softmaxed = SoftmaxCrossEntropy().forward(prediction, labels)
    yield right(softmaxed)
    e = np.exp(prediction - prediction.max(axis=1, keepdims=True))
    found = [e / e.sum(axis=1, keepdims=True)]
    if not scores and (prediction > 0).all() and np.allclose(prediction.sum(axis=1), 1):
        found.append(prediction)
    for p in found:
        own = p[rows, labels]
        loss = -np.log(own).mean()
        yield from _with_epsilon(own)
        yield from _any_reduction(loss, prediction)
        each = -(onehot * np.log(p) + (1 - onehot) * np.log(1 - p))
        yield from _any_reduction(each.mean(), prediction, but=0)
        yield slip("the sign is wrong", -loss)
        yield slip("the logarithm is left out", -own.mean())
        yield slip("the logarithm is left out", (1 - own).mean())
        yield slip("the logarithm is of base 2", loss / np.log(2))
        yield slip("the logarithm is of base 10", loss / np.log(10))
        yield slip("it is added up over all classes", -np.log(p).sum() / N)
        every = -np.log(p[:, labels]).mean()
        yield slip("p[:, y] stands where p[arange(N), y] belongs", every)
    if target.shape == (N, C):
        shifted = np.exp(prediction - prediction.max(axis=0))
        of_columns = -(target * np.log(shifted / shifted.sum(axis=0))).sum()
        for loss in (of_columns / C, of_columns):
            yield variant("its samples are columns, and those of the checker rows", loss)


def binary_cross_entropy(prediction: Array, target: Array) -> Readings:
    """Targets 0 or 1; predictions are probabilities, or scores."""
    loss = BinaryCrossEntropy().forward(prediction, target)
    yield right(loss)
    yield from _any_reduction(loss, prediction)
    if not ((prediction > 0) & (prediction < 1)).all():
        return
    p, t = prediction, target
    own = np.where(t > 0.5, p, 1 - p)
    plain = -np.log(own).mean()
    yield from _with_epsilon(own)
    yield from _any_reduction(plain, prediction)
    half = "only the part of the samples with target 1 is there"
    yield slip(half, -(t * np.log(p)).mean())
    yield slip("the part of the target 0 lacks 1 - t", -(t * np.log(p) + np.log(1 - p)).mean())
    yield slip("the sign is wrong", -plain)
    wrong = -(t * np.log(p) - (1 - t) * np.log(1 - p)).mean()
    yield slip("the second part is subtracted", wrong)
    turned = -((1 - t) * np.log(p) + t * np.log(1 - p)).mean()
    yield slip("the two targets are exchanged", turned)
    yield slip("the logarithm is of base 2", plain / np.log(2))


def _any_reduction(loss: float, prediction: Array, but: float = 1) -> Readings:
    """Yield variants: sums and means over any axes, halved or not, `but` for one factor."""
    sizes = [n for n in prediction.shape if n > 1]
    factors = {1.0} | {
        float(np.prod(some))
        for count in range(1, len(sizes) + 1)
        for some in itertools.combinations(sizes, count)
    }
    for size, other, half in itertools.product(factors, factors, (1, 2, 0.5)):
        factor = size * half / other
        if factor != but:
            yield variant(_ANOTHER_REDUCTION, loss * factor)


def _with_epsilon(own: Array) -> Readings:
    """Yield the mean of -log(own), also with an epsilon beside it, or as its bound."""
    yield right(-np.log(own).mean())
    for eps in _EPSILONS:
        yield right(-np.log(own + eps).mean())
        yield right(-np.log(np.clip(own, eps, 1 - eps)).mean())
