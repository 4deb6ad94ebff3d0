"""What losses give: functions whose reduction is known, and classes, where it may be any."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.references.reading import Reading, Readings, right, slip, variant
from minnet.losses import MSE, BinaryCrossEntropy, Hinge, SoftmaxCrossEntropy

#: what may stand in a logarithm beside a probability, or bound it
_EPSILONS = tuple(10.0**-k for k in range(3, 31))
_ANOTHER_REDUCTION = "it is reduced in another way: a sum, a mean, or half of it"

# --- functions --------------------------------------------------------------------------------


def softmax_loss(x: Array, y: Array) -> Readings:
    """Scores (N, C) and labels (N,): the mean over the samples."""
    N, C = x.shape
    loss = lambda: SoftmaxCrossEntropy().forward(x, y)  # noqa: E731
    yield right(loss)
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    rows = np.arange(N)
    yield from (right(compute) for compute in _with_epsilon(p[rows, y]))
    yield from _reductions(loss, N, C)
    yield slip("the sign is wrong", lambda: -loss())
    yield slip("the logarithm is left out", lambda: -p[rows, y].mean())
    yield slip("the logarithm is left out", lambda: (1 - p[rows, y]).mean())
    yield slip("the scores are not made probabilities", lambda: -np.log(x[rows, y]).mean())
    yield slip("the logarithm is of base 2", lambda: loss() / np.log(2))
    yield slip("it is added up over all classes", lambda: -np.log(p).sum() / N)
    yield slip("the scores of the right class alone count", lambda: -x[rows, y].mean())


def svm_loss(x: Array, y: Array) -> Readings:
    """Scores (N, C) and labels (N,): margins of 1, the mean over the samples."""
    N, C = x.shape
    loss = lambda: Hinge().forward(x, y)  # noqa: E731
    yield right(loss)
    yield from _reductions(loss, N, C)
    lead = x - x[np.arange(N), y][:, None]
    others = np.arange(C) != y[:, None]
    yield slip("the right class counts too", lambda: np.maximum(lead + 1, 0).sum() / N)
    no_margin = lambda: (np.maximum(lead, 0) * others).sum() / N  # noqa: E731
    yield slip("the margin of 1 is left out", no_margin)
    yield slip("nothing is cut off at 0", lambda: ((lead + 1) * others).sum() / N)
    turned = lambda: (np.maximum(1 - lead, 0) * others).sum() / N  # noqa: E731
    yield slip("the two scores are exchanged", turned)
    largest = lambda: (np.maximum(lead + 1, 0) * others).max(axis=1).mean()  # noqa: E731
    yield slip("only the largest margin of a sample counts", largest)
    squared = lambda: (np.maximum(lead + 1, 0) ** 2 * others).sum() / N  # noqa: E731
    yield slip("the margins are squared", squared)


def _reductions(loss: Callable[[], float], N: int, C: int) -> Readings:
    yield slip("it is the sum over the samples, not the mean", lambda: loss() * N)
    yield slip("it is divided by the number of classes too", lambda: loss() / C)
    yield slip("it is divided by the number of classes, not of samples", lambda: loss() * N / C)
    yield slip("it is divided by the batch size twice", lambda: loss() / N)
    yield slip("it is halved", lambda: loss() / 2)


def temporal_softmax_loss(x: Array, y: Array, mask: Array) -> Readings:
    """Scores (N, T, V), labels and mask (N, T): the sum over the steps, the mean over N."""
    N, T, V = x.shape
    counts = np.asarray(mask, bool).ravel()
    rows, labels = x.reshape(-1, V), y.ravel()
    total = lambda kept: (  # noqa: E731
        SoftmaxCrossEntropy().forward(rows[kept], labels[kept]) * np.count_nonzero(kept)
    )
    every = np.ones_like(counts)
    yield right(lambda: total(counts) / N)
    yield slip("the mask is not used", lambda: total(every) / N)
    yield slip("it is the sum, not the mean over the samples", lambda: total(counts))
    yield slip("it is the mean over samples and steps", lambda: total(counts) / (N * T))
    over_mask = "it is the mean over the steps that the mask leaves"
    yield slip(over_mask, lambda: total(counts) / max(counts.sum(), 1))
    yield slip("the mask is used the wrong way round", lambda: total(~counts) / N)
    yield slip("it is the mean over the steps, not the samples", lambda: total(counts) / T)


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
    loss = lambda: MSE().forward(prediction, target)  # noqa: E731
    yield right(loss)
    yield from _any_reduction(loss, prediction)
    difference = prediction - target
    yield slip("the difference is not squared", lambda: difference.mean())
    yield slip("the difference is not squared", lambda: np.abs(difference).mean())
    yield slip("the root is taken", lambda: np.sqrt((difference**2).mean()))
    yield slip("the sum is squared, not each difference", lambda: difference.sum() ** 2)
    yield slip("the sign is wrong", lambda: -loss())
    yield slip("the two are added, not subtracted", lambda: ((prediction + target) ** 2).mean())
    squares = lambda: (prediction**2 - target**2).mean()  # noqa: E731
    yield slip("each is squared, not the difference", squares)


def cross_entropy(prediction: Array, target: Array, scores: bool = False) -> Readings:
    """One-hot targets (N, C) or labels (N,); predictions are scores, or may be probabilities."""
    N, C = prediction.shape
    labels = target.astype(int) if target.ndim == 1 else target.argmax(axis=1)
    rows = np.arange(N)
    softmaxed = lambda: SoftmaxCrossEntropy().forward(prediction, labels)  # noqa: E731
    yield right(softmaxed)
    e = np.exp(prediction - prediction.max(axis=1, keepdims=True))
    found = [e / e.sum(axis=1, keepdims=True)]
    if not scores and (prediction > 0).all() and np.allclose(prediction.sum(axis=1), 1):
        found.append(prediction)
    for p in found:
        own = p[rows, labels]
        loss = lambda own=own: -np.log(own).mean()  # noqa: E731
        yield from (right(compute) for compute in (loss, *_with_epsilon(own)))
        yield from _any_reduction(loss, prediction)
        onehot = np.eye(C)[labels]
        both = lambda p=p, t=onehot: -(t * np.log(p) + (1 - t) * np.log(1 - p))  # noqa: E731
        yield from _any_reduction(lambda both=both: both().mean(), prediction, but=0)
        yield slip("the sign is wrong", lambda loss=loss: -loss())
        yield slip("the logarithm is left out", lambda own=own: -own.mean())
        yield slip("the logarithm is left out", lambda own=own: (1 - own).mean())
        yield slip("the logarithm is of base 2", lambda loss=loss: loss() / np.log(2))
        yield slip("the logarithm is of base 10", lambda loss=loss: loss() / np.log(10))
        whole = lambda p=p: -np.log(p).sum() / N  # noqa: E731
        yield slip("it is added up over all classes", whole)
        yield slip("prediction and target are exchanged", lambda p=p: -(p * onehot).mean())
        every = lambda p=p: -np.log(p[:, labels]).mean()  # noqa: E731
        yield slip("p[:, y] stands where p[arange(N), y] belongs", every)


def binary_cross_entropy(prediction: Array, target: Array) -> Readings:
    """Targets 0 or 1; predictions are probabilities, or scores."""
    loss = lambda: BinaryCrossEntropy().forward(prediction, target)  # noqa: E731
    yield right(loss)
    yield from _any_reduction(loss, prediction)
    if not ((prediction > 0) & (prediction < 1)).all():
        return
    p, t = prediction, target
    own = np.where(t > 0.5, p, 1 - p)
    plain = lambda: -np.log(own).mean()  # noqa: E731
    yield from (right(compute) for compute in (plain, *_with_epsilon(own)))
    yield from _any_reduction(plain, prediction)
    half = "only the part of the samples with target 1 is there"
    yield slip(half, lambda: -(t * np.log(p)).mean())
    yield slip(
        "the part of the target 0 lacks 1 - t", lambda: -(t * np.log(p) + np.log(1 - p)).mean()
    )
    yield slip("the sign is wrong", lambda: -plain())
    wrong = lambda: -(t * np.log(p) - (1 - t) * np.log(1 - p)).mean()  # noqa: E731
    yield slip("the second part is subtracted", wrong)
    turned = lambda: -((1 - t) * np.log(p) + t * np.log(1 - p)).mean()  # noqa: E731
    yield slip("the two targets are exchanged", turned)
    yield slip("the logarithm is of base 2", lambda: plain() / np.log(2))


def _any_reduction(loss: Callable[[], float], prediction: Array, but: float = 1) -> Readings:
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
            yield variant(_ANOTHER_REDUCTION, lambda factor=factor: loss() * factor)


def _with_epsilon(own: Array) -> Iterator[Callable[[], float]]:
    """Yield the mean of -log(own) with an epsilon beside it, or as its bound."""
    for eps in _EPSILONS:
        yield lambda eps=eps: -np.log(own + eps).mean()  # type: ignore[misc]
        yield lambda eps=eps: -np.log(np.clip(own, eps, 1 - eps)).mean()  # type: ignore[misc]
