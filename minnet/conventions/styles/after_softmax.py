"""A softmax and its loss in one backward that is told the targets: ``backward(dvalues, y_true)``.

What a loss of this kind is given are the probabilities; the gradient that it leaves is with
regard to the scores. The book "Neural Networks from Scratch" ends with such a class. A softmax
may be told the targets, too: ``backward(Y)`` in the place of an upstream gradient.
"""

from __future__ import annotations

import contextlib
import inspect
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.samples import Rng, Sample
from minnet.conventions.styles.likelihood import log_of
from minnet.conventions.styles.style import Styled, Way
from minnet.gradcheck.under_test.passes import expect_passes, passes_of
from minnet.gradcheck.under_test.returned import left_behind
from minnet.gradcheck.under_test.signatures import method_signature, signature_of, unwrapped
from minnet.gradcheck.under_test.spellings import INPUT_GRADIENTS, is_learning_rate, is_target
from minnet.patterns import pattern

_NAME = pattern(r"softmax\w*(loss|entropy)|(loss|entropy)\w*softmax", re.I)
_SOFTMAX = pattern(r"((layer|activation)_?)?soft_?max(_?(layer|activation|output))?", re.I)
_JUDGED = "no forward of it takes targets: it is judged by the {} cross-entropy of a softmax"
#: what may work out the loss, or the probabilities before it
FORWARDS = ("forward", "loss", "calculate", "compute", "__call__")
#: what a step is told that is taken in backward
_RATE = 0.1
_PASSES = ("forward", "backward")
#: (samples, classes)
_SHAPES = ((5, 4), (1, 3))


def find(namespace: Mapping[str, Any]) -> Iterator[Styled]:
    """Yield the classes with such a backward alone among what a file holds."""
    for name, cls in namespace.items():
        if inspect.isclass(cls) and _SOFTMAX.fullmatch(name) and _is_told_targets(cls):
            yield _told(name, cls)
        if not inspect.isclass(cls) or not _NAME.search(name):
            continue
        if not callable(getattr(cls, "backward", None)) or _takes_targets(cls):
            continue
        if len(wanted := method_signature(cls, "backward").names) == 2:
            yield _styled(name, cls, wanted[1])


def _takes_targets(cls: type) -> bool:
    """Return whether a class has a forward that knows of the targets: the loss is its own."""
    own = {name for base in cls.__mro__[:-1] for name in vars(base)}
    forward = next((name for name in FORWARDS if name in own), None)
    return forward is not None and len(method_signature(cls, forward).names) != 1


def _is_told_targets(cls: type) -> bool:
    """Return whether the backward of a softmax takes targets, and at most a rate beside them."""
    passes = passes_of(cls)
    if passes is None or signature_of(cls).required != ():
        return False
    if len(method_signature(cls, passes.forward).names) != 1:
        return False
    target, *others = method_signature(cls, passes.backward).required or ("",)
    return is_target(target) and all(map(is_learning_rate, others, itertools.count(1)))


def _told(name: str, cls: Any) -> Styled:
    """Return how a softmax is called that is told the targets."""
    passes = expect_passes(cls)
    target, *rates = method_signature(cls, passes.backward).required or ()

    def forward(mean: bool, axis: int) -> Callable[..., tuple[tuple[Any, ...], Any]]:
        def loss(scores: Array, hot: Array) -> tuple[tuple[Any, ...], Any]:
            thing = cls()
            p = np.asarray(getattr(thing, passes.forward)(scores))
            return _cross_entropy((p * hot).sum(axis=axis), mean), (thing, hot)

        return loss

    def backward(upstream: tuple[Array, ...], memory: Any) -> Any:
        thing, hot = memory
        returned = getattr(thing, passes.backward)(np.copy(hot), *[_RATE] * len(rates))
        return (left_behind(thing, INPUT_GRADIENTS) if returned is None else returned), None

    def ways(rng: Rng) -> Iterator[Way]:
        rows = [
            (rng.standard_normal((N, C)), np.eye(C)[rng.integers(C, size=N)]) for N, C in _SHAPES
        ]
        axis = 1  # its samples are rows, or else columns
        with contextlib.suppress(Exception):  # of the user's: the check itself tells of it
            p = np.asarray(getattr(cls(), passes.forward)(rows[0][0]))
            axis = 0 if np.allclose(p.sum(axis=0), 1) else 1
        samples = tuple(Sample((x, y) if axis else (x.T.copy(), y.T.copy()), ()) for x, y in rows)
        for said in ("mean", "summed"):
            yield Way(
                forward(said == "mean", axis), backward, samples, _JUDGED.format(said), of=(0,)
            )

    code = {n: unwrapped(getattr(cls, p)) for n, p in passes._asdict().items() if n in _PASSES}
    names = [*method_signature(cls, passes.forward).names, target]
    return Styled(
        name, "any", code, lambda count: names[:count], ways, (name,), is_loss=True, sure=True
    )


def _cross_entropy(right: Array, mean: bool) -> tuple[Any, ...]:
    """Return the loss of the probabilities that the right classes have."""
    losses = -log_of(right)
    return (np.asarray(losses.mean() if mean else losses.sum()),)


def _styled(name: str, cls: Any, target_name: str) -> Styled:
    def forward(mean: bool) -> Callable[..., tuple[tuple[Any, ...], Any]]:
        def loss(scores: Array, target: Array) -> tuple[tuple[Any, ...], Any]:
            e = np.exp(scores - scores.max(axis=1, keepdims=True))
            p = e / e.sum(axis=1, keepdims=True)
            right = p[np.arange(len(p)), target] if target.ndim == 1 else (p * target).sum(axis=1)
            return _cross_entropy(right, mean), (p, target)

        return loss

    def backward(upstream: tuple[Array, ...], memory: Any) -> Any:
        thing = cls()
        returned = thing.backward(*(np.copy(given) for given in memory))
        return (left_behind(thing, INPUT_GRADIENTS) if returned is None else returned), None

    def ways(rng: Rng) -> Iterator[Way]:
        scores = [rng.standard_normal(shape) for shape in _SHAPES]
        labels = [rng.integers(C, size=N) for N, C in _SHAPES]
        hot = [np.eye(C)[target] for target, (_, C) in zip(labels, _SHAPES, strict=True)]
        for targets in (labels, hot):
            samples = tuple(Sample(pair, ()) for pair in zip(scores, targets, strict=True))
            for said in ("mean", "summed"):
                yield Way(forward(said == "mean"), backward, samples, _JUDGED.format(said), of=(0,))

    code = {"forward": unwrapped(cls.backward), "backward": unwrapped(cls.backward)}
    names = ["scores", target_name]
    return Styled(
        name, "nnfs", code, lambda count: names[:count], ways, (name,), is_loss=True, sure=True
    )
