"""A loss and its derivative, each a function of prediction and target: what the two may mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.samples import Rng, Sample
from minnet.conventions.styles.border import AS_FLOATS, across, plain
from minnet.conventions.styles.style import Way
from minnet.gradcheck.under_test.signatures import unwrapped
from minnet.gradcheck.under_test.spellings import is_target_more_likely_first
from minnet.patterns import pattern

#: what a loss of probabilities calls
_LOGARITHMS = {"log", "log2", "log1p", "entropy"}
#: (samples, classes), the last with one value each
_SHAPES = ((5, 4), (1, 3), (6, 1))
#: what a derivative is given first that works with the slope of the activation before the loss
_IS_SLOPE = pattern(r"prime|deriv|slope|d_?act")
Function = Callable[..., Any]
#: a function applied to the prediction before the loss, and the gradient with regard to its input
_Link = Callable[[Array], Array]


def ways(
    function: Function, derivative: Function, own: Sequence[str], of_derivative: Sequence[str]
) -> Callable[[Rng], Iterator[Way]]:
    """Return the ways to call a loss and its derivative, for the targets that it may take.

    Parameters
    ----------
    function, derivative : callable
    own, of_derivative : sequence of str
        What each has to be given: prediction and target, and the derivative perhaps first what
        the prediction was made of, or nothing where the object keeps what it needs.
    """
    at = 1 if is_target_more_likely_first(own) else 0

    def each(rng: Rng) -> Iterator[Way]:
        for pairs in _pairs(function, rng):
            samples = tuple(Sample(p if at == 0 else p[::-1], ()) for p in pairs)
            for text, factor, link in _MERGED if len(of_derivative) > len(own) else _READINGS:
                yield _way(
                    function, derivative, own, of_derivative, at, samples, factor, link, text
                )

    return each


def _way(
    function: Function, derivative: Function, own: Sequence[str], of_derivative: Sequence[str],
    at: int, samples: tuple[Sample, ...], factor: Callable[[Array], float], link: _Link, text: str,
) -> Way:  # fmt: skip
    def forward(*values: Any) -> tuple[tuple[Any, ...], Any]:
        given = list(values)
        given[at] = link(values[at])
        losses = np.asarray(plain(function(*across(AS_FLOATS, tuple(given)))), float)
        if text in (_OF_EACH, _OF_ALL) and losses.shape != np.shape(values[at]):
            raise ValueError("what is summed up is the function's own affair")
        if not _is_of_each(losses, values[at]):
            raise ValueError("it gives something else than a loss, or one for each sample")
        return (np.asarray(factor(values[at]) * losses.sum()),), (values[at], given)

    def backward(upstream: tuple[Array, ...], memory: Any) -> Any:
        before, given = memory
        by_name = dict(zip(own, given, strict=True))
        if not of_derivative:
            function(*across(AS_FLOATS, tuple(given)))  # which the object keeps for its derivative
            handed: list[Any] = []
        elif len(of_derivative) == len(own):
            same = set(of_derivative) == set(own)
            handed = [by_name[n] for n in of_derivative] if same else given
        elif _IS_SLOPE.search(of_derivative[0]):
            handed = [_slope(link, before), *given]
        else:
            named = set(own) < set(of_derivative)
            handed = [by_name.get(n, before) for n in of_derivative] if named else [before, *given]
        claimed = np.asarray(plain(derivative(*across(AS_FLOATS, tuple(handed)))), float)
        shape = np.shape(before)
        return claimed.reshape(shape) if claimed.size == np.size(before) else claimed

    return Way(
        forward, backward, samples, text, of=(at,), guessed=_NOT_SHOWN * (link is not _itself)
    )


def _is_of_each(losses: Array, prediction: Any) -> bool:
    """Return whether this is one number, or one for each sample or each of the prediction's.

    >>> x = np.ones((5, 4))
    >>> [_is_of_each(y, x) for y in (np.array(1.0), x, x[:, 0], x[0], x.T @ x)]
    [True, True, True, True, False]
    """
    shape = np.shape(prediction)
    known = (shape, shape[:1], shape[1:])
    told = [tuple(n for n in one if n > 1) for one in (losses.shape, *known)]
    return losses.size == 1 or told[0] in told[1:]


def _pairs(function: Function, rng: Rng) -> Iterator[list[tuple[Any, Any]]]:
    """Yield predictions and targets of each kind, the likeliest kind first."""
    code = getattr(unwrapped(function), "__code__", None)
    classifies = not _LOGARITHMS.isdisjoint(code.co_names if code else ())
    values = [(_normal(rng, shape), _normal(rng, shape)) for shape in (*_SHAPES, (5,))]
    binary = [
        (rng.uniform(0.1, 0.9, shape), rng.integers(2, size=shape).astype(float))
        for shape in ((6, 1), (5, 4), (5,))
    ]
    hot = [
        (_softmax(_normal(rng, (N, C))), np.eye(C)[rng.integers(C, size=N)]) for N, C in _SHAPES[:2]
    ]
    labels = [(p, y.argmax(axis=1)) for p, y in hot]
    one_label = [(p[0], y[0].argmax()) for p, y in hot]
    signs = [(x, rng.choice([-1.0, 1.0], x.shape)) for x, _ in values]
    columns = [(p.T.copy(), y.T.copy()) for p, y in hot]
    flat = [(x, y[:, 0]) for x, y in values[2:3]]
    numbers = [(np.asarray(0.3), np.asarray(1.0)), (np.asarray(0.8), np.asarray(0.0))]
    known = (hot, binary, columns, values) if classifies else (values, hot, binary, signs)
    yield from (*known, labels, flat, values[2:], numbers, one_label)


def _normal(rng: Rng, shape: tuple[int, ...]) -> Array:
    return np.asarray(rng.standard_normal(shape))


def _softmax(z: Array) -> Array:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def _softmax_of_columns(z: Array) -> Array:
    return np.asarray(_softmax(z.T).T)


def _sigmoid(z: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-z)))


def _itself(x: Array) -> Array:
    return x


def _one(x: Array) -> float:
    return 1.0


def _slope(link: _Link, x: Array) -> Array:
    """Return the derivative of a link that takes each element by itself."""
    if link is not _sigmoid:
        raise ValueError("it has no slope")
    return np.asarray(link(x) * (1 - link(x)))


def _samples(x: Array) -> float:
    return float(len(x)) if x.ndim else 1.0


def _elements(x: Array) -> float:
    return float(x.size)


_LEFT_OUT = "the gradient leaves out what the mean of the loss divides by: a convention"
_HALF = "the gradient is that of half the loss: a convention, which leaves out the 2 of a square"
_MERGED_WITH = "the gradient is with regard to the input of the {} before the loss: a convention"

_NOT_SHOWN = (
    "its gradient is that of the loss together with what stands before it, which is neither a "
    "softmax nor a sigmoid, or not as it should be"
)
_OF_EACH = "the loss gives a number for each element: its mean over those of a sample is meant"
_OF_ALL = "the loss gives a number for each element: the mean of them is meant"

_PLAIN = (("", _one, _itself),)
_MERGED = tuple(
    (_MERGED_WITH.format(name) + more, factor, link)
    for factor, more in ((_one, ""), (_samples, ", as a sum over the samples"),
                         (_elements, ", as a sum over all elements"))
    for name, link in (("softmax", _softmax), ("sigmoid", _sigmoid),
                       ("softmax", _softmax_of_columns))
)  # fmt: skip
#: what the derivative may be of: the loss times a factor, after a link; the plain one first
_READINGS = (
    *_PLAIN,
    (_LEFT_OUT, _samples, _itself),
    (_LEFT_OUT, _elements, _itself),
    (_HALF, lambda x: 0.5, _itself),
    (_HALF + "; and what the mean divides by", lambda x: 0.5 * _samples(x), _itself),
    (_HALF + "; and what the mean divides by", lambda x: 0.5 * _elements(x), _itself),
    ("the gradient is divided by the batch size, the loss is not: a convention",
     lambda x: 1 / _samples(x), _itself),
    (_OF_EACH, lambda x: _samples(x) / _elements(x), _itself),
    (_OF_ALL, lambda x: 1 / _elements(x), _itself),
    *_MERGED,
)  # fmt: skip
