"""Guess how a class of unknown origin is constructed, from its name and its parameters' names."""

from __future__ import annotations

import copy
import inspect
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minnet.conventions.guessing.kinds import (
    CHANNELLED,
    CHANNELS_IN,
    CHANNELS_OUT,
    FEATURES_IN,
    FEATURES_OUT,
    GROUPS,
    HEADS,
    LENGTH,
    RECURRENT,
    SLIDING,
    VOCABULARY,
    WIDTH,
    kind_of,
)
from minnet.gradcheck.under_test import spellings
from minnet.gradcheck.under_test.signatures import has_default, signature_of

Rng = np.random.Generator


class CannotConstruct(Exception):
    """No arguments could be guessed for a constructor; the message names the parameter."""


@dataclass(frozen=True)
class Candidate:
    """One way to construct a layer, in words too."""

    kind: str
    arguments: dict[str, Any]

    def words(self) -> str:
        """Return the arguments as text."""
        return ", ".join(f"{name}={value}" for name, value in self.plain().items())

    def plain(self) -> dict[str, Any]:
        """Return the arguments that say something: no arrays, no generators."""
        unsaid = np.ndarray | np.random.Generator
        return {n: v for n, v in self.arguments.items() if not isinstance(v, unsaid)}

    def in_pairs(self) -> Candidate | None:
        """Return the same with the sides of a window, and its steps, given as pairs; or None."""
        names = "|".join((spellings.WINDOW_SIDE, spellings.STRIDE, spellings.PADDING, r"\w*shape"))
        pairs = {
            name: (value, value)
            for name, value in self.arguments.items()
            if isinstance(value, int) and re.fullmatch(names, name)
        }
        return replace(self, arguments=self.arguments | pairs) if pairs else None


@dataclass(frozen=True)
class _Window:
    """How the window of a convolution or a pool slides."""

    stride: int = 1
    pad: int = 0


#: how many ways to construct a class are tried where a parameter means nothing that is known
MOST_TRIALS = 40
_CONV_WINDOWS = (_Window(1, 0), _Window(2, 1), _Window(2, 0), _Window(1, 1))
_POOL_WINDOWS = (_Window(2, 0), _Window(1, 0))


def candidates(cls: type, rng: Rng) -> Iterator[Candidate]:
    """Yield ways to construct `cls`: one, or several that differ in stride and padding.

    Raises
    ------
    CannotConstruct
        When a required parameter means nothing that is known.
    """
    made: list[dict[str, Any]] = []
    kind = kind_of(cls.__name__)
    windows: tuple[_Window, ...] = (_Window(),)
    if kind in SLIDING:
        windows = _POOL_WINDOWS if kind == "pool" else _CONV_WINDOWS
    seed = int(rng.integers(1000))
    for window in windows:
        asked = _asked(cls, kind, window, rng, seed)
        found = {ask.name: value for ask in asked if (value := _guess(ask)) is not _LEAVE}
        candidate = Candidate(kind, found)
        if candidate.plain() not in made:
            made.append(candidate.plain())
            yield candidate


def trials(cls: type, rng: Rng) -> Iterator[Candidate]:
    """Yield ways to construct a class for which `candidates` knows none, the likeliest first.

    A parameter of unknown meaning is given what a parameter of such a name may be; only if both
    passes run then, and each gradient has its input's shape, may it have been meant so.
    """
    kind = kind_of(cls.__name__)
    asked = _asked(cls, kind, _Window(), rng, int(rng.integers(1000)))
    numbers = itertools.cycle((FEATURES_IN, FEATURES_OUT, 4, 2))
    tried = {ask.name: _meanings(ask, numbers) for ask in asked}
    for values in itertools.islice(itertools.product(*tried.values()), MOST_TRIALS):
        found = dict(zip(tried, values, strict=True))
        yield Candidate(kind, {n: value for n, value in found.items() if value is not _LEAVE})


def _asked(cls: type, kind: str, window: _Window, rng: Rng, seed: int) -> list[_Asked]:
    parameters = signature_of(cls).named
    family = next((f for f in _GATES if f in cls.__name__.lower()), "")
    in_groups = any(re.fullmatch(spellings.GROUPS, p.name) for p in parameters)
    return [_Asked(p, kind, family, window, rng, seed, in_groups) for p in parameters]


@dataclass(frozen=True)
class _Asked:
    """A parameter of a constructor, and what is known where a value for it is guessed."""

    parameter: inspect.Parameter
    kind: str
    family: str
    window: _Window
    rng: Rng
    seed: int
    in_groups: bool = False

    @property
    def name(self) -> str:
        return self.parameter.name


#: guessed for a parameter that is to keep its default
_LEAVE = object()
_ANY_KIND: tuple[str, ...] = ()


def _guess(asked: _Asked) -> Any:
    """Return a value for one parameter of a constructor, or _LEAVE for its default."""
    optional = has_default(asked.parameter)
    for rule in _RULES:
        kinds, names = rule.kinds, rule.names
        if optional and not rule.even_optional:
            return _LEAVE
        if (kinds and asked.kind not in kinds) or not re.fullmatch(names, asked.name):
            continue
        value = rule.value(asked) if callable(rule.value) else rule.value
        if value is not None:
            return value
    raise CannotConstruct(f"its constructor wants {asked.name!r}, whose meaning is not known")


def _meanings(asked: _Asked, numbers: Iterator[int]) -> tuple[Any, ...]:
    """Return what a parameter is given, or, where its meaning is not known, all it may be."""
    try:
        known = _guess(asked)
    except CannotConstruct:
        pass
    else:
        of_several = isinstance(known, int) and re.search("s$|hidden", asked.name)
        return (known, [known + 1, known]) if of_several else (known,)
    low = asked.name.lower()
    for part, values in _MAY_BE:
        if re.search(part, low):
            return tuple(v(asked.rng) if callable(v) else copy.copy(v) for v in values)
    n = next(numbers)
    return n, (n, 3), 0.5, (2, 2)


# --- the rules: what a name means -----------------------------------------------------------


@dataclass(frozen=True)
class _Rule:
    """A value for parameters of certain names; None from `value` leaves it to the next rule."""

    names: str
    value: Any | Callable[[_Asked], Any]
    kinds: tuple[str, ...] = _ANY_KIND
    even_optional: bool = False


#: arrays that a constructor may take, by name: their shape in each kind of layer
_ARRAYS: dict[str, dict[str, tuple[int, ...]]] = {
    "conv": {"w": (3, 2, 3, 2), "b": (3,)},
    "conv1d": {"w": (3, 2, 2), "b": (3,)},
    "norm": {"gamma": (5,), "beta": (5,)},
    "embedding": {"w": (6, 4)},
    "cell": {"wx": (5, 3), "wh": (3, 3), "b": (3,)},
    "sequence": {"w": (5, 3), "wx": (5, 3), "wh": (3, 3), "b": (3,)},
    "": {"w": (5, 3), "b": (3,), "bias": (3,), "gamma": (5,), "beta": (5,)},
}
#: what a parameter of unknown meaning may be, by a part of its lower-case name
_MAY_BE: tuple[tuple[str, tuple[Any, ...]], ...] = (
    (r"(activation|function|nonlinearit)(s|ies)$|^(acts|functions)$", (["relu", "identity"],)),
    (r"stride|strid", (2, (2, 2), 1, (1, 1))),
    (r"filters$|kernels$|channels|maps$|depth", (CHANNELS_OUT, CHANNELS_IN)),
    (r"pool", ((2, 2), 2)),
    (
        r"convolution|kernel|filter|window",
        ((3, 3), (2, 2), 3, (CHANNELS_IN, 3, 3), (CHANNELS_IN, 3)),
    ),
    (r"neurons|sizes|widths|layers$|hidden_dims|dims$|structure", ([4, FEATURES_OUT], 2)),
    (r"rate|prob|eps|lr|alpha|beta|lambda|momentum|decay|scale|slope", (0.3, 3)),
    (r"activ|^act$|nonlin|func|^fn$", ("relu", "tanh")),
    (r"^(wx|w_?xh|w_?ih|w1|wx1)$", (lambda rng: rng.standard_normal((FEATURES_IN, FEATURES_OUT)),)),
    (r"^(wh|w_?hh|w2|wh1)$", (lambda rng: rng.standard_normal((FEATURES_OUT, FEATURES_OUT)),)),
)
#: how many gates have their weights side by side in one array
_GATES = {"lstm": 4, "gru": 3}


def _array(asked: _Asked) -> Any:
    """Return a random array for a parameter that means one, or None."""
    shapes = _ARRAYS.get(asked.kind, _ARRAYS[""])
    letter = spellings.parameter_letter(asked.name)
    if letter not in shapes or (letter == "beta" and asked.kind == "activation"):
        return None
    shape = shapes[letter]
    if asked.kind in RECURRENT:
        shape = (*shape[:-1], _GATES.get(asked.family, 1) * FEATURES_OUT)
    return asked.rng.standard_normal(shape)


def _padding(asked: _Asked) -> Any:
    return _LEAVE if isinstance(asked.parameter.default, str) else asked.window.pad


def _inputs(asked: _Asked) -> int:
    if asked.kind == "embedding":
        return VOCABULARY
    if asked.in_groups:
        return 2 * GROUPS
    return CHANNELS_IN if asked.kind in CHANNELLED else FEATURES_IN


def _outputs(asked: _Asked) -> int:
    if asked.kind == "embedding":
        return 4
    return CHANNELS_OUT if asked.kind in CHANNELLED else FEATURES_OUT


def _input_shape(asked: _Asked) -> tuple[int, ...]:
    images = asked.kind in ("conv", "pool", "reshape")
    return (CHANNELS_IN, 5, 4) if images else (FEATURES_IN,)


#: the first that fits a parameter gives its value; those for optional parameters come first
_RULES = (
    _Rule(spellings.STRIDE, lambda asked: asked.window.stride, SLIDING, even_optional=True),
    _Rule(spellings.PADDING, _padding, SLIDING, even_optional=True),
    _Rule(spellings.DROP_RATE, 0.3, ("dropout",), even_optional=True),
    _Rule(spellings.HEADS, HEADS, ("attention",), even_optional=True),
    _Rule(spellings.ATTENTION_WIDTH, WIDTH, ("attention",)),
    _Rule(spellings.GENERATOR, lambda asked: np.random.default_rng(asked.seed)),
    _Rule(spellings.SEED, lambda asked: asked.seed),
    _Rule(spellings.VOCABULARY_SIZE, VOCABULARY),
    _Rule(r"\w+", _array),
    _Rule("input_shape", _input_shape),
    _Rule("output_shape", (CHANNELS_IN * 20, 1)),
    _Rule(spellings.WINDOW_SIDE, 2, SLIDING),
    _Rule(spellings.INPUT_SIZE, _inputs),
    _Rule(spellings.OUTPUT_SIZE, _outputs),
    _Rule(spellings.STRIDE, 2),
    _Rule(spellings.DROP_RATE, 0.3),
    _Rule(spellings.SLOPE, 0.1),
    _Rule(spellings.PADDING, 1),
    _Rule(spellings.GROUPS, GROUPS),
    _Rule(spellings.LENGTH, LENGTH),
)
