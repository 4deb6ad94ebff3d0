"""Predictions and targets for a loss class of unknown origin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.convention import Convention
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.losses import LossCase
from minnet.gradcheck.under_test.passes import input_names
from minnet.gradcheck.under_test.spellings import LOSS_PASSES, is_target_more_likely_first

Rng = np.random.Generator
_CLASSIFIES = re.compile(r"entropy|softmax|nll|svm|hinge|categorical|logloss")
_TAKES_SCORES = re.compile(r"softmax|logit|svm|hinge")
#: (samples, classes)
_SHAPES = ((5, 4), (3, 6), (1, 3))


def loss_cases(loss: Any, convention: Convention, rng: Rng) -> Iterator[AdaptedCase]:
    """Yield the cases of a loss, with the first kind of target that it accepts."""
    name = type(loss).__name__
    target_first = is_target_more_likely_first(input_names(loss, LOSS_PASSES))
    for target in _targets(name):
        pairs = [_pair(target, name, shape, convention, rng) for shape in _SHAPES]
        cases = [
            convention.loss_case(loss, *pair, target_first=target_first, convention=convention.name)
            for pair in pairs
        ]
        if _accepted(cases[0]):
            yield from cases
            return
    yield cases[0]


def _targets(name: str) -> tuple[str, ...]:
    low = name.lower()
    if "binary" in low or "bce" in low:
        return ("binary",)
    if _CLASSIFIES.search(low):
        return ("one-hot", "labels", "binary")
    return ("values", "one-hot", "labels", "binary")


def _pair(
    target: str, name: str, shape: tuple[int, int], convention: Convention, rng: Rng
) -> tuple[Array, Array]:
    """Return a prediction and a target of one kind."""
    N, C = shape
    scores = rng.standard_normal(shape)
    if target == "values":
        return scores, rng.standard_normal(shape)
    if target == "binary":
        return rng.uniform(0.1, 0.9, shape), rng.integers(2, size=shape).astype(float)
    takes_scores = convention.losses_take_scores or _TAKES_SCORES.search(name.lower())
    if not takes_scores:  # probabilities, which a loss of scores accepts as well
        scores = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    labels = rng.integers(C, size=N)
    return scores, labels if target == "labels" else np.eye(C)[labels]


def _accepted(case: LossCase) -> bool:
    """Return whether both passes run and the loss is a finite number."""
    try:
        run = case.run()
        run.backward((np.ones(()),))
    except CodeError as error:
        return isinstance(error.original, NotImplementedError)
    return bool(np.isfinite(run.outputs[0]))
