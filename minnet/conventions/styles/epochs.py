"""Functions that take the steps of an epoch by themselves, and give nothing.

- ``softmax_regression_epoch(X, y, theta, lr, batch)``
- ``nn_epoch(X, y, W1, W2, lr, batch)``, of any number of weights with a ReLU between two

So CMU's 10-714 (dlsys) begins. The weights are changed where they stand, and the gradient is
what one step takes off them, divided by the step size; the loss is the mean cross-entropy of a
softmax, as the course has it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.samples import Rng, Sample
from minnet.conventions.styles.style import Styled, Way
from minnet.gradcheck.case import Refused
from minnet.gradcheck.under_test.signatures import signature_of
from minnet.gradcheck.under_test.unwritten import is_template

STYLE = "10-714"
_SUFFIX = "_epoch"
#: samples of one step, and the sizes of what there is of each
_SAMPLES, _FEATURES, _HIDDEN, _CLASSES = (5, 2), 4, 6, 3
_SUPPOSED = (
    "a step of it goes down the mean cross-entropy of softmax({}), and the gradient is what the "
    "step takes off the weights, divided by lr: the course's convention"
)
_LEFT = "a step leaves the weights as they are; it has to change the array itself, as in {} -= ..."
_SINGLE = "; it computes in float32, the format of the course's data"


def find(namespace: Mapping[str, Any]) -> Iterator[Styled]:
    """Yield the functions of a file that take the steps of an epoch."""
    for name, function in namespace.items():
        if inspect.isfunction(function) and name.endswith(_SUFFIX):
            names = list(signature_of(function).names)
            data, weights, settings = names[:2], names[2:-2], names[-2:]
            if data == ["X", "y"] and weights and settings == ["lr", "batch"]:
                yield _styled(name, function, weights)


def _styled(name: str, function: Callable[..., Any], weights: list[str]) -> Styled:
    def back(upstream: tuple[Array, ...], given: tuple[Array, ...]) -> Any:
        if is_template(function):
            raise NotImplementedError
        steps = _steps(function, given)
        if not any(map(np.any, steps)):
            raise Refused(_LEFT.format(weights[0]))
        return None, None, *steps

    def ways(rng: Rng) -> Iterator[Way]:
        samples = tuple(_sample(len(weights), m, rng) for m in _SAMPLES)
        single = _is_single(function, samples[0].args)
        loss = functools.partial(_loss, np.float32 if single else np.float64)
        scores = functools.reduce("relu({}) @ {}".format, weights[1:], f"X @ {weights[0]}")
        supposed = _SUPPOSED.format(scores) + single * _SINGLE
        yield Way(loss, back, samples, supposed, of=tuple(range(2, 2 + len(weights))))

    def arguments(count: int) -> list[str]:
        return ["X", "y", *weights][:count]

    code = {"backward": function}
    return Styled(name, STYLE, code, arguments, ways, (name,), is_loss=True, sure=True)


def _steps(function: Callable[..., Any], given: tuple[Array, ...]) -> list[Array]:
    """Return what one step with all samples takes off each of the weights."""
    X, y, *before = given
    after = [np.array(w) for w in before]
    function(X, y, *after, lr=1.0, batch=len(X))
    return [old - new for old, new in zip(before, after, strict=True)]


def _is_single(function: Callable[..., Any], given: tuple[Array, ...]) -> bool:
    """Return whether a function computes its steps in float32 whatever it is given."""
    try:
        with np.errstate(all="ignore"):
            steps = _steps(function, given)
    except Exception:  # which the check itself will tell
        return False
    return all(np.allclose(step, step.astype(np.float32), rtol=1e-12, atol=1e-15) for step in steps)


def _loss(dtype: type, *given: Any) -> tuple[tuple[Array], tuple[Any, ...]]:
    data, y, *weights = given
    X, *Ws = (array.astype(dtype) for array in (data, *weights))
    scores = functools.reduce(lambda h, W: np.maximum(h, 0) @ W, Ws[1:], X @ Ws[0])
    scores = scores - scores.max(axis=1, keepdims=True)
    of_each = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(y)), y]
    return (of_each.mean(),), (X, y, *Ws)


def _sample(count: int, m: int, rng: Rng) -> Sample:
    sizes = [_FEATURES, *range(_HIDDEN, _HIDDEN + count - 1), _CLASSES]
    weights = (rng.standard_normal(pair) for pair in zip(sizes, sizes[1:], strict=False))
    X, y = rng.standard_normal((m, sizes[0])), rng.integers(_CLASSES, size=m)
    return Sample((X, y, *weights), (0, 1), quantities={"the batch size": float(m)})
