"""Losses that begin behind a softmax and have a backward only: ``backward(dvalues, y_true)``.

What they are given are the probabilities; the gradient that they leave is with regard to the
scores. The book "Neural Networks from Scratch" ends with such a class.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.samples import Rng, Sample
from minnet.conventions.styles.style import Styled, Way
from minnet.gradcheck.under_test.returned import left_behind
from minnet.gradcheck.under_test.signatures import method_signature, unwrapped
from minnet.gradcheck.under_test.spellings import INPUT_GRADIENTS

_NAME = re.compile(r"softmax\w*(loss|entropy)|(loss|entropy)\w*softmax", re.I)
_JUDGED = "no forward of it takes targets: it is judged by the {} cross-entropy of a softmax"
#: what may work out the loss, or the probabilities before it
FORWARDS = ("forward", "loss", "calculate", "compute", "__call__")
#: (samples, classes)
_SHAPES = ((5, 4), (1, 3))


def find(namespace: Mapping[str, Any]) -> Iterator[Styled]:
    """Yield the classes with such a backward alone among what a file holds."""
    for name, cls in namespace.items():
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


def _styled(name: str, cls: Any, target_name: str) -> Styled:
    def forward(mean: bool) -> Callable[..., tuple[tuple[Any, ...], Any]]:
        def loss(scores: Array, target: Array) -> tuple[tuple[Any, ...], Any]:
            e = np.exp(scores - scores.max(axis=1, keepdims=True))
            p = e / e.sum(axis=1, keepdims=True)
            right = p[np.arange(len(p)), target] if target.ndim == 1 else (p * target).sum(axis=1)
            losses = -np.log(np.maximum(right, np.finfo(float).tiny))
            return (np.asarray(losses.mean() if mean else losses.sum()),), (p, target)

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
