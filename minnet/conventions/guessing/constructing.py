"""Guess how a class of unknown origin is constructed, from its name and its parameters' names."""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
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
from minnet.conventions.guessing.settings import Settings
from minnet.gradcheck.under_test import spellings
from minnet.gradcheck.under_test.signatures import has_default, signature_of
from minnet.records import NamedTuple

Rng = np.random.Generator


class CannotConstruct(Exception):
    """No arguments could be guessed for a constructor; the message names the parameter."""


_SAID = (int, float, str, tuple)


class Candidate(NamedTuple):
    """One way to construct a layer, in words too."""

    kind: str
    arguments: dict[str, Any]

    def words(self) -> str:
        """Return the arguments as text."""
        return ", ".join(f"{name}={value}" for name, value in self.plain().items())

    def plain(self) -> dict[str, Any]:
        """Return the arguments that say something: no arrays, no objects."""
        return {name: value for name, value in self.arguments.items() if _says_something(value)}

    def in_pairs(self) -> Candidate | None:
        """Return the same with the sides of a window, and its steps, given as pairs; or None."""
        names = "|".join((spellings.WINDOW_SIDE, spellings.STRIDE, spellings.PADDING, r"\w*shape"))
        pairs = {
            name: (value, value)
            for name, value in self.arguments.items()
            if isinstance(value, int) and re.fullmatch(names, name)
        }
        return self._replace(arguments=self.arguments | pairs) if pairs else None

    def with_odd_sides(self) -> Candidate | None:
        """Return the same with windows of three, which have a middle; or None."""
        sides = {
            name: 3
            for name, value in self.arguments.items()
            if isinstance(value, int) and value == 2 and re.fullmatch(spellings.WINDOW_SIDE, name)
        }
        return self._replace(arguments=self.arguments | sides) if sides else None


def _says_something(value: Any) -> bool:
    values = value if isinstance(value, list) else [value]
    return all(isinstance(one, _SAID) for one in values)


def made_of(cls: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """Return what a class makes of arguments, with lists of its own: some keep one and add to it.

    >>> sizes = [4, 3]
    >>> made_of(lambda sizes: sizes.pop(), {"sizes": sizes}), sizes
    (3, [4, 3])
    """
    own = {n: copy.deepcopy(v) if isinstance(v, list | dict) else v for n, v in arguments.items()}
    return cls(**own)


class Window(NamedTuple):
    """How the window of a convolution or a pool slides."""

    stride: int = 1
    pad: int = 0


_CONV_WINDOWS = (Window(1, 0), Window(2, 1), Window(2, 0), Window(1, 1))
_POOL_WINDOWS = (Window(2, 0), Window(1, 0))


def _kind_of(cls: type) -> str:
    """Return the kind of layer that a class is; whatever has heads has attention in it.

    And what counts the words of a corpus looks them up.
    """
    names = " ".join(signature_of(cls).names).lower()
    telling = (("heads", "attention"), ("corpus", "embedding"))
    return next((kind for word, kind in telling if word in names), kind_of(cls.__name__))


def is_large(parameter: inspect.Parameter) -> bool:
    """Return whether a parameter is a large size by default, which takes long to check."""
    return type(parameter.default) is int and parameter.default >= _LARGE


def is_made_up(parameter: inspect.Parameter) -> bool:
    """Return whether a parameter has an array or a class for a default, which nobody can mean."""
    held = parameter.default
    known = held is parameter.empty or (isinstance(held, type) and issubclass(held, np.generic))
    return isinstance(held, np.ndarray | np.generic | type) and not known


def is_empty(parameter: inspect.Parameter) -> bool:
    """Return whether a parameter has a default that is none, and may have to be given."""
    return parameter.default is None or is_made_up(parameter)


def candidates(
    cls: type, rng: Rng, also: Callable[[inspect.Parameter], bool] = lambda parameter: False
) -> Iterator[Candidate]:
    """Yield ways to construct `cls`: one, or several that differ in stride and padding.

    Parameters
    ----------
    cls : type
    rng : Generator
    also : callable
        Says which parameters with a default are given something as well, if that is known.

    Raises
    ------
    CannotConstruct
        When a required parameter means nothing that is known.
    """
    made: list[dict[str, Any]] = []
    kind = _kind_of(cls)
    windows: tuple[Window, ...] = (Window(),)
    if kind in SLIDING:
        windows = _POOL_WINDOWS if kind == "pool" else _CONV_WINDOWS
    seed = int(rng.integers(1000))
    for window in windows:
        asked = asked_of(cls, kind, window, rng, seed, also)
        found = {ask.name: value for ask in asked if (value := guess(ask)) is not LEAVE}
        candidate = Candidate(kind, found)
        if candidate.plain() not in made:
            made.append(candidate.plain())
            yield candidate


def asked_of(
    cls: type, kind: str, window: Window, rng: Rng, seed: int,
    also: Callable[[inspect.Parameter], bool] = lambda parameter: False,
) -> list[Asked]:  # fmt: skip
    """Return the parameters of a constructor, with what is known where values are guessed."""
    parameters = signature_of(cls).named
    family = next((f for f in _GATES if f in cls.__name__.lower()), "")
    in_groups = any(re.fullmatch(spellings.GROUPS, p.name) for p in parameters)
    return [Asked(p, kind, family, window, rng, seed, in_groups, also(p), cls) for p in parameters]


class Asked(NamedTuple):
    """A parameter of a constructor, and what is known where a value for it is guessed."""

    parameter: inspect.Parameter
    kind: str
    family: str
    window: Window
    rng: Rng
    seed: int
    in_groups: bool = False
    also: bool = False
    cls: type | None = None

    @property
    def name(self) -> str:
        return self.parameter.name

    def is_called(self, names: str) -> bool:
        """Return whether the name is one of these, with its number in front: ``inputs_num``."""
        turned = re.sub(r"(\w+)_(num|count|number|nb)", r"num_\1", self.name)
        return any(re.fullmatch(names, name) for name in (self.name, turned))


#: from where on a size is large
_LARGE = 64
#: guessed for a parameter that is to keep its default
LEAVE = object()
_ANY_KIND: tuple[str, ...] = ()


def guess(asked: Asked) -> Any:
    """Return a value for one parameter of a constructor, or LEAVE for its default."""
    optional = has_default(asked.parameter) and not asked.also
    for rule in _RULES:
        kinds, names = rule.kinds, rule.names
        if optional and not rule.even_optional:
            return LEAVE
        if (kinds and asked.kind not in kinds) or not asked.is_called(names):
            continue
        value = rule.value(asked) if callable(rule.value) else rule.value
        if asked.also and isinstance(value, np.ndarray):
            return LEAVE  # it is made of the sizes
        if value is not None:
            return value
    if has_default(asked.parameter):
        return LEAVE
    raise CannotConstruct(f"its constructor wants {asked.name!r}, whose meaning is not known")


# --- the rules: what a name means -----------------------------------------------------------


class _Rule(NamedTuple):
    """A value for parameters of certain names; None from `value` leaves it to the next rule."""

    names: str
    value: Any | Callable[[Asked], Any]
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
#: how many gates have their weights side by side in one array
_GATES = {"lstm": 4, "gru": 3}


def _array(asked: Asked) -> Any:
    """Return a random array for a parameter that means one, or None."""
    shapes = _ARRAYS.get(asked.kind, _ARRAYS[""])
    both_ways = asked.kind in RECURRENT  # Wx1, Wh1 and b1, then those of the other direction
    letter = spellings.parameter_letter(asked.name.rstrip("12") if both_ways else asked.name)
    if letter not in shapes or (letter == "beta" and asked.kind == "activation"):
        return None
    shape = shapes[letter]
    if asked.kind in RECURRENT:
        shape = (*shape[:-1], _GATES.get(asked.family, 1) * FEATURES_OUT)
    return asked.rng.standard_normal(shape)


def _seed(asked: Asked) -> int | None:
    """Return a seed where there is none: numbers that nobody can draw again cannot be checked."""
    return asked.seed if asked.parameter.default in (None, asked.parameter.empty) else None


def _settings(asked: Asked) -> Any:
    """Return what holds the settings that the class asks an argument for, if it does, or None."""
    if asked.cls is None or not (settings := Settings(asked.cls, asked.name)).names:
        return None
    each = {
        n: asked.parameter.replace(name=n, default=asked.parameter.empty) for n in settings.names
    }
    return settings.made_of(
        {name: guess(asked._replace(parameter=p, cls=None)) for name, p in each.items()}
    )


def _padding(asked: Asked) -> Any:
    return LEAVE if isinstance(asked.parameter.default, str) else asked.window.pad


def _inputs(asked: Asked) -> int:
    if asked.kind == "embedding":
        return VOCABULARY
    if asked.in_groups:
        return 2 * GROUPS
    return CHANNELS_IN if asked.kind in CHANNELLED else FEATURES_IN


def _outputs(asked: Asked) -> int:
    if asked.kind == "embedding":
        return 4
    return CHANNELS_OUT if asked.kind in CHANNELLED else FEATURES_OUT


def _input_shape(asked: Asked) -> tuple[int, ...]:
    images = asked.kind in ("conv", "pool", "reshape")
    return (CHANNELS_IN, 5, 4) if images else (FEATURES_IN,)


#: the first that fits a parameter gives its value; those for optional parameters come first
_RULES = (
    _Rule(spellings.STRIDE, lambda asked: asked.window.stride, SLIDING, even_optional=True),
    _Rule(spellings.PADDING, _padding, SLIDING, even_optional=True),
    _Rule(spellings.DROP_RATE, 0.3, ("dropout",), even_optional=True),
    _Rule(spellings.HEADS, HEADS, ("attention",), even_optional=True),
    _Rule(spellings.SEED, _seed, even_optional=True),
    _Rule(r"\w*trunc(at\w*)?", 100, even_optional=True),  # more steps than there are
    _Rule(r"\w+", _settings),
    _Rule(spellings.ATTENTION_WIDTH, WIDTH, ("attention",)),
    _Rule(spellings.GENERATOR, lambda asked: np.random.default_rng(asked.seed)),
    _Rule(spellings.PENALTY, 0.0),
    _Rule(spellings.VOCABULARY_SIZE, VOCABULARY),
    _Rule(r"\w*corpus|tokens", lambda asked: np.arange(40) % VOCABULARY),
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
    _Rule(spellings.HOW_MANY, 1),
    _Rule(r"(data_?|d)type", lambda asked: np.float64),
    _Rule(r"(pool_?)?(type|mode|method)", "max", ("pool",)),
)
