"""What gives a number and its gradient in one go: ``loss, grad = f(prediction, target)``.

Functions of any name, and objects that are called, whose ``return`` says so. What it is given is
told from the names of the arguments, and of the targets each kind is tried.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minnet.conventions.attempts import attempt
from minnet.conventions.guessing.trials import trials
from minnet.conventions.recognise import samples_of_loss
from minnet.conventions.samples import SHAPES_SEED, Rng, Sample
from minnet.conventions.styles.style import Styled, Way
from minnet.gradcheck.under_test.passes import passes_of
from minnet.gradcheck.under_test.signatures import (
    names_returned,
    signature_of,
    unwrapped,
)
from minnet.gradcheck.under_test.spellings import is_target
from minnet.patterns import pattern

STYLE = "any"
_GRADIENT = pattern(
    r"\b(d_?([A-Z]\w*|x|w|b|y|z|f|s|loss|pred\w*|logits|scores|out\w*)|\w*grad\w*)\b"
)
_NUMBER = pattern(r"loss|cost|error|\berr\b|penalty|\b[jJlLE]\b|reg|energy|objective|nll")
_ABOUT = pattern(r"loss|cost|entropy|regulari[sz]|penalty|hinge|mse|objective")
_TARGET = pattern(r"target\w*|labels?|\w*true|ground_?truth|gts?|\w*_?(idx|index|indices)")
_SETTING = pattern(r"_?(reg(ulari[sz]ation)?|lambd?a?|strength|alpha|delta|margin|eps\w*)(_\w+)?_?")
_WEIGHTS = pattern(r"[Ww]\d?|weights?|theta|params?|coeff\w*")
#: so many samples of so many features, and of so many classes
_N, _D, _C = 5, 6, 4
_Make = Callable[[Rng], Any]


def find(namespace: Mapping[str, Any]) -> Iterator[Styled]:
    """Yield what gives a loss and its gradient among what a file holds."""
    for name, value in namespace.items():
        if inspect.isfunction(value) and not _is_known(name, value):
            called = value if _says_so(name, value) else None
        elif inspect.isclass(value) and passes_of(value) is None:
            called = _object(name, value)
        else:
            continue
        if called is not None and (wanted := _wanted(called)):
            yield _styled(name, called, wanted)


def _is_known(name: str, function: Any) -> bool:
    passes = re.search(r"(forward|backward|fwd|bwd|step)(_|$)", name)
    return bool(passes) or samples_of_loss(name, signature_of(function).names) is not None


def _object(name: str, cls: Any) -> Any:
    """Return an object of a class whose call gives both, ready to be called; None of others."""
    call = inspect.getattr_static(cls, "__call__", None)
    if not inspect.isfunction(call) or not _says_so(name, call):
        return None
    for way in trials(cls, np.random.default_rng(SHAPES_SEED)):
        with attempt():  # it wants something else
            return cls(**way.arguments).__call__
    return None


def _says_so(name: str, function: Any) -> bool:
    """Return whether a function returns a number and then its gradient, by the names of these.

    >>> def l2_regularization(W, strength):
    ...     loss, grad = strength * np.sum(W**2), 2 * strength * W
    ...     return loss, grad
    >>> _says_so("l2_regularization", l2_regularization)
    True
    """
    number, *gradients = names_returned(function) or [""]
    if not gradients or not all(map(_GRADIENT.search, gradients)) or _GRADIENT.search(number):
        return False
    return bool(_NUMBER.search(number) or _ABOUT.search(name.lower()))


def _wanted(function: Any) -> list[str]:
    return signature_of(function).wanted


def _styled(name: str, function: Any, wanted: Sequence[str]) -> Styled:
    roles = list(map(_role, wanted))
    several = len(names_returned(unwrapped(function))) > 2

    def forward(*values: Any) -> tuple[tuple[Any, ...], Any]:
        loss, *gradients = function(*values)
        if np.size(loss) != 1:
            raise ValueError("what comes first is not one number")
        return (np.asarray(loss, dtype=float).reshape(()),), gradients

    def ways(rng: Rng) -> Iterator[Way]:
        floats = [i for i, role in enumerate(roles) if role in ("data", "weights")]
        weights = [i for i, role in enumerate(roles) if role == "weights"]
        for arguments in _arguments(roles):
            samples = tuple(Sample(tuple(make(rng) for make in arguments), ()) for _ in range(2))
            for place in [*weights, *(i for i in floats if i not in weights)]:
                if not several:
                    yield Way(forward, _of_one(place, len(roles)), samples, of=(place,))
            if several:
                yield Way(forward, lambda upstream, memory: tuple(memory), samples)

    code = {"forward": unwrapped(function), "backward": unwrapped(function)}
    names = list(wanted)
    return Styled(name, STYLE, code, lambda count: names[:count], ways, (name,), is_loss=True)


def _of_one(place: int, count: int) -> Callable[[Any, Any], Any]:
    """Return a backward that gives the one gradient to the argument at a place."""

    def backward(upstream: Any, memory: Any) -> Any:
        return tuple(memory[0] if i == place else None for i in range(count))

    return backward


# --- what each argument is ------------------------------------------------------------------


def _role(name: str) -> str:
    if _SETTING.fullmatch(name.lower()):
        return "setting"
    if is_target(name) or _TARGET.fullmatch(name.lower()):
        return "target"
    return "weights" if _WEIGHTS.fullmatch(name) else "data"


def _arguments(roles: Sequence[str]) -> Iterator[list[_Make]]:
    """Yield what makes each argument, for each kind of target and shape of the data."""
    classes = _C if "weights" in roles and "data" in roles else None
    shapes = ((_N, _D), (2, 3, 4, 3), (_D,)) if classes else ((_N, _C), (2, 3, 4, 3), (_N,))
    for shape, kind in itertools.product(shapes, _TARGETS):
        if "target" not in roles and kind != "labels":
            continue
        makers: dict[str, _Make] = {
            "setting": lambda rng: 0.7,
            "target": functools.partial(_target, kind, shape, classes),
            "weights": lambda rng: rng.standard_normal((_D, _C) if classes else (_N, _C)),
            "data": functools.partial(_data, kind, shape, classes is None),
        }
        yield [makers[role] for role in roles]


_TARGETS = ("labels", "one-hot", "a column of labels", "binary", "values", "probabilities")


def _data(kind: str, shape: tuple[int, ...], is_prediction: bool, rng: Rng) -> Any:
    x = rng.standard_normal(shape)
    if not is_prediction or kind == "values":
        return x
    e = np.exp(x)  # probabilities, which what takes scores accepts as well
    return 1 / (1 + e) if kind == "binary" else e / e.sum(axis=-1, keepdims=True)


def _target(kind: str, shape: tuple[int, ...], classes: int | None, rng: Rng) -> Any:
    C = classes or shape[-1]
    rows = shape[:-1]
    labels = rng.integers(C, size=rows)
    if kind in ("labels", "a column of labels"):
        return labels if kind == "labels" else labels[..., None]
    if kind == "one-hot":
        return np.eye(C)[labels]
    if kind == "binary":
        return rng.integers(2, size=(*rows, C)).astype(float)
    x = rng.standard_normal((*rows, C))
    return x if kind == "values" else np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)
