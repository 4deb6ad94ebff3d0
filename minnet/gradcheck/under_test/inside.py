"""The numbers and arrays inside an object: where they lie, and whose gradient each may be."""

from __future__ import annotations

import contextlib
import functools
import inspect
import types
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from minnet.gradcheck.under_test.passes import has_backward
from minnet.gradcheck.under_test.reach import is_users, look_up, slot_values
from minnet.gradcheck.under_test.signatures import signature_of
from minnet.gradcheck.under_test.spellings import (
    BOXED_GRADIENTS,
    BOXED_VALUES,
    CACHES,
    GRADIENT_DICTS,
    PARAMETER_DICTS,
    USUAL_PARAMETERS,
    gradient_names,
)
from minnet.records import NamedTuple

#: methods that give all parameters, or all gradients, where they take nothing
GETTERS = ("parameters", "params", "gradients", "grads")
#: the way from an object to something inside it
Path = tuple[str | int, ...]
#: what is a leaf, and not a holder of others
_NUMBERS = (np.ndarray, np.number, float, int)
#: a list of more items holds data, no parameters
MOST_ITEMS = 100


class Leaf(NamedTuple):
    """A number or an array inside an object: the way to it, and what holds it by which key."""

    path: Path
    owner: Any
    key: Any
    value: Any


def leaves_of(thing: Any, depth: int = 3) -> Iterator[Leaf]:
    """Yield the numbers and arrays that an object holds, in dicts, lists and plain objects too.

    Layers inside it are not entered. A path says how to get there: ``("weights", "W")``.
    """
    for name, value in (*attributes_of(thing).items(), *_given_by_methods(thing)):
        yield from _leaves_at((unmangled(thing, name),), thing, name, value, depth)


def _given_by_methods(thing: Any) -> Iterator[tuple[str, Any]]:
    """Yield what methods like ``parameters()`` and ``gradients()`` give, by their names."""
    for name in GETTERS:
        method = look_up(thing, name)
        if not inspect.ismethod(method) and not isinstance(method, types.FunctionType):
            continue
        if signature_of(method).required == ():
            with contextlib.suppress(Exception):  # it means something else
                given = method()
                yield name, given if isinstance(given, dict) else tuple(given)


def _leaves_at(path: Path, owner: Any, key: Any, value: Any, depth: int) -> Iterator[Leaf]:
    if isinstance(value, _NUMBERS):
        if isinstance(owner, tuple) and not (
            isinstance(value, np.ndarray) and value.flags.writeable
        ):
            return  # nothing that could be moved
        yield Leaf(path, owner, key, value)
        return
    if depth == 0 or value is None or has_backward(value):
        return
    if isinstance(value, dict):
        inner = [(k, v) for k, v in value.items() if isinstance(k, str | int)]
    elif isinstance(value, list | tuple) and len(value) < MOST_ITEMS:
        inner = list(enumerate(value))
    elif _is_holder(value) and not callable(value) and not isinstance(value, type):
        inner = list(attributes_of(value).items())
    else:
        return
    for k, v in inner:
        yield from _leaves_at((*path, k), value, k, v, depth - 1)


def _is_holder(value: Any) -> bool:
    return is_users(type(value)) or isinstance(value, types.SimpleNamespace)


@functools.lru_cache(maxsize=4096)
def is_gradient_path(path: Path, of: Path) -> bool:
    """Return whether what lies at `path` is by its names the gradient of what lies at `of`.

    >>> is_gradient_path(("dW", 0), ("W", 0)), is_gradient_path(("dW", 1), ("W", 0))
    (True, False)
    >>> is_gradient_path(("gradients", "dW"), ("weights", "W"))
    True
    >>> is_gradient_path(("grads", "enc", "W"), ("enc", "W"))
    True
    >>> is_gradient_path(("grads", "W"), ("W",)), is_gradient_path(("dW",), ("params", "W"))
    (True, True)
    """
    if path[:-1] == of[:-1] and path[-1] in BOXED_GRADIENTS and of[-1] in BOXED_VALUES:
        return True
    bare = (*(part for part in path[:-1] if not holds_gradients(part)), path[-1])
    marked = len(bare) < len(path)
    if marked and str(of[0]).lstrip("_") in CACHES:
        return False
    forms = [of, tuple(part for part in of if part not in PARAMETER_DICTS)]
    if marked:
        forms.append(of[1:])
    return any(_belongs(bare, form, marked) for form in forms)


def _belongs(path: Path, of: Path, marked: bool) -> bool:
    """Return whether all parts of two paths are alike, or the one names the other's gradient."""
    if not path or len(path) != len(of):
        return False
    pairs = [(there, here) for there, here in zip(path, of, strict=True) if there != here]
    return (marked or bool(pairs)) and all(_is_gradient_name(*pair) for pair in pairs)


def _is_gradient_name(name: str | int, of: str | int) -> bool:
    if isinstance(name, int) or isinstance(of, int):
        return False
    return name.lstrip("_") in gradient_names(of.lstrip("_"))


def holds_gradients(name: str | int) -> bool:
    return isinstance(name, str) and name.lstrip("_") in GRADIENT_DICTS


def named(thing: Any, leaves: Sequence[Leaf]) -> Iterator[tuple[str, Leaf]]:
    """Yield each leaf with its name: a short one, or the whole way where that is not its alone."""
    attributes = attributes_of(thing)
    names = [_displayed(thing, leaf, attributes) for leaf in leaves]
    for name, leaf in zip(names, leaves, strict=True):
        same = [other for n, other in zip(names, leaves, strict=True) if n == name]
        alone = all(other.value is leaf.value for other in same)
        first, *rest = leaf.path
        yield (name if alone else f"{first}{''.join(f'[{part!r}]' for part in rest)}"), leaf


def _displayed(thing: Any, leaf: Leaf, attributes: dict[str, Any]) -> str:
    """Return what to call a parameter: ``W``, ``weights['W']`` is ``W`` too, ``W[0]``."""
    *holders, last = leaf.path
    own = [n for n, v in attributes.items() if v is leaf.value]
    if own:
        return unmangled(thing, own[0])
    if last in BOXED_VALUES and holders:
        return str(holders[0]) + "".join(f"[{part!r}]" for part in holders[1:])
    if isinstance(last, str):
        known = not holders or holders[0] in PARAMETER_DICTS or last in USUAL_PARAMETERS
        return last if known else f"{_dotted(holders)}[{last!r}]"
    given = signature_of(type(thing)).argument_names(last + 1)  # __init__(self, W, b): [W, b]
    usual = holders[0] in PARAMETER_DICTS and given[last] in USUAL_PARAMETERS
    return given[last] if usual else f"{_dotted(holders)}[{last}]"


def _dotted(path: Sequence[str | int]) -> str:
    return ".".join(map(str, path))


def unmangled(thing: Any, name: str) -> str:
    """Return an attribute's name as its class writes it: ``__W`` of ``_Dense__W``."""
    if not name.startswith("_"):
        return name  # nearly all: a name that Python changes gets an underscore in front
    for cls in type(thing).__mro__:
        prefix = f"_{cls.__name__.lstrip('_')}"
        if name.startswith(f"{prefix}__"):
            return name.removeprefix(prefix)
    return name


def _mangled(thing: Any, name: str) -> str:
    """Return an attribute's name as it is kept: `_unmangled` turned round."""
    found = (kept for kept in attributes_of(thing) if unmangled(thing, kept) == name)
    return next(found, name) if name.startswith("__") else name


def attributes_of(thing: Any) -> dict[str, Any]:
    attributes = dict(getattr(thing, "__dict__", {}))
    return attributes | {n: v for n, v in slot_values(thing) if n not in attributes}


def value_at(thing: Any, path: Path) -> Any:
    """Return what lies at a path inside an object, or None."""
    for part in path:
        if isinstance(thing, dict | list | tuple):
            try:
                thing = thing[part]  # type: ignore[index]
            except (KeyError, IndexError, TypeError):
                return None
        else:
            thing = look_up(thing, _mangled(thing, str(part)))
    return thing


def layers_in(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the layers that a value is, or holds in a list or a dict, with dotted names."""
    if isinstance(value, list | tuple):
        pairs = [(f"{name}.{i}", item) for i, item in enumerate(value)]
    elif isinstance(value, dict):
        pairs = [(f"{name}.{key}", item) for key, item in value.items()]
    else:
        pairs = [(name, value)]
    for label, item in pairs:
        if hasattr(item, "__dict__") and has_backward(item):
            yield label, item


def resolve(thing: Any, path: str) -> Any:
    """Return what a dotted name means in an object.

    >>> resolve([{}, "layer"], "1")
    'layer'
    """
    for part in path.split("."):
        if isinstance(thing, list | tuple) and part.isdigit():
            thing = thing[int(part)]
        else:
            thing = look_up(thing, part)
    return thing
