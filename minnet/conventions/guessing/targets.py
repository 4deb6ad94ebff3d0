"""Predictions and targets for a loss class of unknown origin."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np

from minnet.arrays import Array
from minnet.conventions.blame import excuse, refusal
from minnet.conventions.convention import Convention
from minnet.conventions.guessing.preparing import derived, prepared
from minnet.conventions.layouts import FITS, NO_BACKWARD, REFUSED, fit
from minnet.conventions.quick_look import is_right
from minnet.conventions.samples import SHAPES_SEED
from minnet.conventions.subject import Unfit, enabling_object
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.copying import independent
from minnet.gradcheck.under_test.losses import LossCase
from minnet.gradcheck.under_test.parameters import find_parameters
from minnet.gradcheck.under_test.passes import expect_passes, input_names
from minnet.gradcheck.under_test.signatures import method_signature, unwrapped
from minnet.gradcheck.under_test.spellings import (
    LOSS_PASSES,
    is_target_first,
    is_target_more_likely_first,
)
from minnet.gradcheck.under_test.unwritten import waits_to_be_written
from minnet.patterns import pattern

Rng = np.random.Generator
_CLASSIFIES = pattern(
    r"entropy|softmax|nll|svm|hinge|categorical|logloss|logistic|cross|xent|cce|sigmoid"
)
#: whose targets may be the signs of the predictions
_MARGINS = pattern(r"hinge|svm|margin|perceptron|logistic|exponential")
#: of two distributions
_COMPARES = pattern(r"(?<![a-z])(kl|js)(d|div|l|$|_)|diverg|kullback|jensen|hellinger")
_TAKES_SCORES = pattern(r"softmax|logit|svm|hinge|sigmoid")
#: what a loss of probabilities calls
_OF_PROBABILITIES = frozenset(["log", "log2", "argmax", "eye"])
#: (samples, classes)
_SHAPES = ((5, 4), (3, 6), (1, 3))
#: of a loss whose own weights have a width
_OF_ONE_WIDTH = ((5, 4), (3, 4), (1, 4))
_ONE_COLUMN = ((5, 1), (3, 1), (1, 1))
_COLUMN = pattern(r"reshape\(\s*\(?-1,\s*1\)|\[:,\s*(np\.newaxis|None)\]")
#: the steps of a sequence
_STEPS = 2
Kind = Literal[
    "values",
    "one-hot",
    "one-hot columns",
    "labels",
    "binary",
    "probabilities",
    "classes",
    "steps",
    "many classes",
    "labels of ten",
    "signs",
    "a column",
    "two classes",
]


def loss_cases(loss: Any, convention: Convention, rng: Rng) -> Iterator[AdaptedCase]:
    """Yield the cases of a loss, with the first kind of target that it accepts.

    Raises
    ------
    Unfit
        When it accepts none.
    """
    kinds, trial = _kinds(loss), np.random.default_rng(SHAPES_SEED)
    loss = prepared(loss, _cases(loss, kinds[0], convention, trial)[0])
    if _MARGINS.search(type(loss).__name__.lower()):
        signs = _cases(loss, "signs", convention, trial)[0]
        kinds = ("signs", *kinds) if _is_symmetric(signs) else kinds
    tried = [_cases(loss, kind, convention, rng) for kind in kinds]
    fits = [fit(cases[0]) if _is_finite(cases[0]) else REFUSED for cases in tried]
    best = min(fits)
    enabled = enabling_object(loss, "prediction, target")
    if best > FITS and (why := excuse(tried[fits.index(best)][0])):
        raise Unfit(f"{why}; {enabled}")
    if best >= NO_BACKWARD and (why := refusal(tried[fits.index(best)][0])):
        raise Unfit(
            f"it refuses every kind of target that was tried ({', '.join(kinds)}): {why}; {enabled}"
        )
    if best == REFUSED:
        yield tried[0][0]
        return
    chosen = fits.index(best)
    if not is_right(tried[chosen][0]):
        others = _meant_otherwise(loss, kinds[chosen], "one-hot" in kinds, convention, rng)
        right = (cases for cases in others if is_right(cases[0]))
        tried[chosen] = next(right, tried[chosen])
    yield from tried[chosen]


def _meant_otherwise(
    loss: Any, kind: Kind, of_classes: bool, convention: Convention, rng: Rng
) -> Iterator[list[LossCase]]:
    """Yield the cases of a loss as its author may mean it, if not as most do."""
    if of_classes:
        yield _cases(loss, "one-hot columns", convention, rng)
        yield _cases(loss, "labels of ten", convention, rng)
    if "softmax" not in type(loss).__name__.lower() and _makes_columns(loss):
        note = "checked with one column, which its code makes of what has no axes"
        yield _noted(_cases(loss, kind, convention, rng, shapes=_ONE_COLUMN), note)
    turned = _other_order(loss, kind, convention)
    for first in (None,) if turned is None else (None, turned):
        at = "second" if first else "first"
        order = () if first is None else (f"it is taken to be differentiated by its {at} argument",)
        if order:
            yield _noted(_cases(loss, kind, convention, rng, first), *order)
        if name := _reduction(loss):
            note = f"checked with {name}='sum': backward is about each sample's own"
            summed = _cases(_with_sum(loss, name), kind, convention, rng, first)
            yield _noted(summed, *order, note)


def _noted(cases: list[LossCase], *notes: str) -> list[LossCase]:
    for case in cases:
        case.notes += notes
    return cases


def _other_order(loss: Any, kind: Kind, convention: Convention) -> bool | None:
    """Return whether the target is first if it is not where it is likelier to be.

    None where the names leave no doubt, or the loss is the same either way: there a gradient of
    the wrong sign would be right.
    """
    names = input_names(loss, LOSS_PASSES)
    if len(names) != 2 or is_target_first(names) or is_target_first(names[::-1]):
        return None
    first = not is_target_more_likely_first(names)
    here, there = (
        _cases(loss, kind, convention, np.random.default_rng(SHAPES_SEED), order)[0]
        for order in (False, True)
    )
    try:
        same = np.allclose(here.run().outputs[0], there.run().outputs[0])
    except CodeError:
        return None
    return None if same else first


def _reduction(loss: Any) -> str:
    """Return the argument by which forward alone is told to take the mean."""
    passes = expect_passes(loss, LOSS_PASSES)
    forward = method_signature(loss, passes.forward).parameters
    told = method_signature(loss, passes.backward).names
    return next((p.name for p in forward if p.default == "mean" and p.name not in told), "")


def _with_sum(loss: Any, name: str) -> Any:
    """Return a loss that is the sum over the samples where it is their mean by default."""
    passes = expect_passes(loss, LOSS_PASSES)
    own = getattr(type(loss), passes.forward)

    @functools.wraps(own)
    def forward(self: Any, *args: Any) -> Any:
        return own(self, *args, **{name: "sum"})

    summed = independent(loss)
    summed.__class__ = derived(type(loss), {passes.forward: forward})
    return summed


def _is_symmetric(case: LossCase) -> bool:
    """Return whether a loss stays the same when prediction and target change their signs."""
    opposite = case.with_inputs({name: -value for name, value in case.arguments.items()})
    if opposite is None or not _is_finite(case):
        return False
    return bool(np.allclose(case.run().outputs[0], opposite.run().outputs[0]))


def _makes_columns(loss: Any) -> bool:
    """Return whether a pass makes a column of what it is given: one output a sample is meant."""
    passes = expect_passes(loss, LOSS_PASSES)
    with contextlib.suppress(OSError, TypeError):  # there is no source
        both = (getattr(loss, name) for name in (passes.forward, passes.backward))
        return any(_COLUMN.search(inspect.getsource(unwrapped(code))) for code in both)
    return False


def _cases(
    loss: Any,
    kind: Kind,
    convention: Convention,
    rng: Rng,
    target_first: bool | None = None,
    shapes: Sequence[tuple[int, int]] = (),
) -> list[LossCase]:
    """Return the cases with one kind of target, which is where it is likelier, or told to be."""
    name = type(loss).__name__
    shapes = shapes or (_OF_ONE_WIDTH if find_parameters(loss) else _SHAPES)
    if target_first is None:
        target_first = is_target_more_likely_first(input_names(loss, LOSS_PASSES))
    pairs = [_pair(kind, name, shape, convention, rng) for shape in shapes]
    return [
        convention.loss_case(loss, *pair, target_first=target_first, convention=convention.name)
        for pair in pairs
    ]


def _kinds(loss: Any) -> tuple[Kind, ...]:
    """Return the kinds of targets to try, the likeliest first, as name and code have it."""
    low = type(loss).__name__.lower()
    others: tuple[Kind, ...] = ("probabilities", "classes", "a column", "steps", "many classes")
    others = (*others, "labels of ten")  # digits: their number is written in some code
    others = ("two classes", *others)
    if "binary" in low or "bce" in low:
        return ("binary", "classes", "a column", "values")
    if _COMPARES.search(low):
        return ("probabilities", "one-hot", "values", "labels")
    if _CLASSIFIES.search(low):
        return ("one-hot", "labels", "binary", *others)
    if not _OF_PROBABILITIES.isdisjoint(_names_called(loss)):
        return ("one-hot", "labels", "binary", "values", *others)
    return ("values", "one-hot", "labels", "binary", *others)


def _names_called(loss: Any) -> set[str]:
    """Return the names in forward, and in functions of the same module that it calls."""
    forward = unwrapped(getattr(loss, expect_passes(loss, LOSS_PASSES).forward))
    code, held = getattr(forward, "__code__", None), getattr(forward, "__globals__", {})
    names = set(code.co_names) if code else set()
    called = (held.get(name) for name in set(names))
    own = (f.__code__.co_names for f in called if inspect.isfunction(f) and f.__globals__ is held)
    return names.union(*own)


def _pair(
    kind: Kind, name: str, shape: tuple[int, int], convention: Convention, rng: Rng
) -> tuple[Array, Array]:
    """Return a prediction and a target of one kind."""
    N, C = shape
    if kind == "one-hot columns":  # samples beside one another
        rows = _pair("one-hot", name, shape, convention, rng)
        return rows[0].T.copy(), rows[1].T.copy()
    takes_scores = convention.losses_take_scores or _TAKES_SCORES.search(name.lower()) is not None
    if kind == "steps":
        flat, labels = _pair("labels", name, (N * _STEPS, C), convention, rng)
        return flat.reshape(N, _STEPS, C), labels.reshape(N, _STEPS)
    if kind == "labels of ten":
        return _pair("labels", name, (N, 10), convention, rng)
    if kind in ("classes", "many classes", "a column"):
        size = {"classes": (N,), "a column": (N, 1)}.get(kind, shape)
        prediction = rng.standard_normal(size) if takes_scores else rng.uniform(0.1, 0.9, size)
        return prediction, rng.integers(2, size=size)
    if kind == "two classes":
        N, C = shape = N, 2
    scores = rng.standard_normal(shape)
    if kind == "values":
        return scores, rng.standard_normal(shape)
    if kind == "signs":
        return scores, rng.choice([-1.0, 1.0], shape)
    if kind == "binary":
        return rng.uniform(0.1, 0.9, shape), rng.integers(2, size=shape).astype(float)
    if not takes_scores:  # probabilities, which a loss of scores accepts as well
        scores = _softmax(scores)
    if kind == "probabilities":
        return scores, _softmax(rng.standard_normal(shape))
    labels = rng.integers(C, size=N)
    return scores, labels if kind == "labels" else np.eye(C)[labels]


def _softmax(scores: Array) -> Array:
    return np.asarray(np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True))


def _is_finite(case: LossCase) -> bool:
    """Return whether the loss is a finite number; one that waits to be written may be."""
    try:
        return bool(np.isfinite(case.run().outputs[0]).all())
    except CodeError as error:
        return waits_to_be_written(error.original)
