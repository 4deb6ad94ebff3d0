"""Whose is each of the gradients that somebody's backward returned?

They come in the order of the arguments, or in a dict by name, nested as the arguments are; those
of parameters may stand beside them, one by one or in a dict or list of their own.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minnet.gradcheck.under_test.nested import is_nested, is_written_out, items_of, leaves
from minnet.gradcheck.under_test.spellings import (
    INPUT_GRADIENTS,
    gradient_names,
    is_data_name,
    is_kept_average,
    other_names,
)
from minnet.records import NamedTuple


class Left(NamedTuple):
    """A gradient that is of no input: the keys it came under, the outermost first."""

    keys: tuple[Any, ...]
    gradient: Any


class Shares(NamedTuple):
    """The gradients of inputs by the names of the arguments' leaves, and what is left over."""

    inputs: Mapping[str, Any]
    left: tuple[Left, ...] = ()


def share_out(raw: Any, arguments: Mapping[str, Any], variables: Sequence[str]) -> Shares:
    """Give each input its gradient out of what backward returned.

    Parameters
    ----------
    raw : anything
        A gradient, a tuple or list of them, or a dict by name (``w`` or ``dw``).
    arguments : dict
        Forward's arguments; they may be nested.
    variables : sequence of str
        The names of the leaves (see `nested.leaves`) that are differentiated.

    Examples
    --------
    >>> share_out((1.0, 2.0), {"x": np.array(1.0), "w": np.array(1.0), "n": 3}, ["x", "w"]).inputs
    {'x': 1.0, 'w': 2.0}
    """
    items = raw if isinstance(raw, tuple | list) else (raw,)
    if len(items) == len(variables) and all(map(_is_of, items, map(arguments.get, variables))):
        return Shares(dict(zip(variables, items, strict=True)))  # the usual case, quickly
    shares = _as_nested(raw, arguments, variables)
    inner = _inside(arguments)
    if inner and all(shares.inputs.get(label) is None for label in inner):
        left = tuple(left_over(raw if is_nested(raw) else (raw,)))
        shapes = {n: np.shape(v) for n, v in arguments.items() if isinstance(v, np.ndarray)} | inner
        found = gradients_of_parameters(left, shapes, fitting=True)
        if len(found) == len(left) and not inner.keys().isdisjoint(found):
            return Shares(found)
    return shares


def _is_of(gradient: Any, argument: Any) -> bool:
    """Return whether two are arrays of one shape."""
    both = isinstance(gradient, np.ndarray) and isinstance(argument, np.ndarray)
    return both and gradient.shape == argument.shape


def gradients_of_parameters(
    left: Sequence[Left], shapes: Mapping[str, tuple[int, ...]], fitting: bool = False
) -> dict[str, Any]:
    """Return the gradients of parameters out of what is left: by name, then by shape in order.

    Those of no parameter's shape are given, in order, to the parameters that then have none,
    unless only `fitting` ones are asked for.

    >>> left = [Left(("dW",), np.ones((2, 3))), Left((1,), np.ones(3))]
    >>> {n: g.shape for n, g in gradients_of_parameters(left, {"b": (3,), "W": (2, 3)}).items()}
    {'W': (2, 3), 'b': (3,)}
    """
    found: dict[str, Any] = {}
    unnamed = []
    for item in left:
        name = _parameter_called(item.keys, [n for n in shapes if n not in found])
        if name is None:
            unnamed.append(item)
        else:
            found[name] = item.gradient
    free = [name for name in shapes if name not in found]
    without = []
    for item in unnamed:
        fits = [n for n in free if shapes[n] == np.shape(item.gradient)]
        if fits:
            found[fits[0]] = item.gradient
            free.remove(fits[0])
        else:
            without.append(item.gradient)
    if not fitting and len(free) == len(without):
        found |= dict(zip(free, without, strict=True))
    return found


def is_data(name: str, value: Any, first: bool) -> bool:
    """Return whether an input without a gradient is data: a mask, a target, a time, a graph.

    The name tells, or else the values: whole numbers, infinite ones, an increasing series, a
    symmetric matrix without negative numbers. Of the first argument only the name is believed.
    """
    by_name = is_data_name(re.findall(r"[^\W\d]\w*", name)[-1])  # of batch['mask'], mask
    if by_name is not None or first:
        return bool(by_name) and not (first and len(name) == 1)
    if is_nested(value):
        return False
    array = np.asarray(value)
    if array.size < 2 or array.dtype.kind != "f" or np.ptp(np.nan_to_num(array)) == 0:
        return False
    if not np.isfinite(array).all() or np.array_equal(array, np.round(array)):
        return True
    if array.ndim == 1:
        return array.size > 2 and bool(np.all(np.diff(array) > 0))
    square = array.ndim == 2 and array.shape[0] == array.shape[1]
    return square and bool(np.all(array >= 0)) and bool(np.array_equal(array, array.T))


def _as_nested(raw: Any, arguments: Mapping[str, Any], variables: Sequence[str]) -> Shares:
    """Share out what is nested as the arguments are."""
    if is_written_out(raw) and not _one_for_each(raw, arguments, variables):
        with contextlib.suppress(ValueError):  # rows of different lengths
            raw = np.asarray(raw)  # of the one gradient
    wanted = [n for n, v in arguments.items() if any(leaf in variables for leaf in leaves(n, v))]
    wanted = wanted or [name for name, value in arguments.items() if _holds(value, float)]
    if len(wanted) == 1 and is_nested(arguments[wanted[0]]):
        own = _of_the_one_nested(raw, wanted[0], arguments[wanted[0]])
        if own is not None:
            return own
    if isinstance(raw, Mapping):
        return _by_key(raw, {n: arguments[n] for n in arguments}, wanted)
    items = list(raw) if isinstance(raw, tuple | list) else [raw]
    return _in_order(items, arguments, wanted)


def _inside(arguments: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the arrays in dicts and lists among the arguments, by their places."""
    return {
        label: np.shape(leaf)
        for name, value in arguments.items()
        if is_nested(value)
        for label, leaf in leaves(name, value).items()
        if np.ndim(leaf) and np.asarray(leaf).dtype.kind == "f" and not is_kept_average(label)
    }


def _one_for_each(raw: list[Any], arguments: Mapping[str, Any], variables: Sequence[str]) -> bool:
    """Return whether a list of numbers is one gradient for each of several numbers."""
    flat = leaves("", arguments).values()
    return len(raw) == len(variables) > 1 and all(np.ndim(leaf) == 0 for leaf in flat)


def _of_the_one_nested(raw: Any, name: str, value: Any) -> Shares | None:
    """Return the gradients of the only input, a dict or list; None where they are not nested so."""
    if isinstance(value, Mapping):
        if isinstance(raw, tuple | list) and raw and isinstance(raw[0], Mapping):
            return Shares(_into(name, value, raw[0]), tuple(left_over(raw[1:])))
        if isinstance(raw, Mapping):
            keys = [_key_for(raw, key) for key in value]
            if any(key is not None for key in keys):
                rest = {key: item for key, item in raw.items() if key not in keys}
                return Shares(_into(name, value, raw), tuple(left_over(rest)))
        return None
    if isinstance(raw, np.ndarray) and raw.ndim and len(raw) == len(value):
        return Shares(_into(name, value, raw))
    if not isinstance(raw, tuple | list):
        return None
    if raw and is_nested(raw[0]) and len(raw[0]) == len(value) and not is_nested(value[0]):
        return Shares(_into(name, value, raw[0]), tuple(left_over(raw[1:])))
    if len(raw) >= len(value):
        return Shares(_into(name, value, raw[: len(value)]), tuple(left_over(raw[len(value) :])))
    return None


def _by_key(raw: Mapping[Any, Any], arguments: Mapping[str, Any], wanted: Sequence[str]) -> Shares:
    found: dict[str, Any] = {}
    used = set()
    for name, value in arguments.items():
        key = _key_for(raw, name)
        if key is None and wanted == [name]:
            key = next((k for k in ("x", "input", "inputs", *INPUT_GRADIENTS) if k in raw), None)
        if key is not None:
            used.add(key)
            found |= _into(name, value, raw[key])
    return Shares(found, tuple(left_over({k: v for k, v in raw.items() if k not in used})))


def _in_order(items: list[Any], arguments: Mapping[str, Any], wanted: Sequence[str]) -> Shares:
    """Share out a tuple: for the inputs that are differentiated, or for all arguments."""
    heads, left = items, list[Any]()
    nested = any(is_nested(arguments[name]) for name in wanted)
    if not nested and not _fit(items, arguments, list(arguments)):
        heads = [item for item in items if not is_nested(item)]
        left = [item for item in items if is_nested(item)]
    names, rest = _aligned(heads, arguments, wanted)
    found = {
        label: gradient
        for name, head in names.items()
        for label, gradient in _into(name, arguments[name], head).items()
    }
    return Shares(found, tuple(left_over([*rest, *left])))


def _aligned(
    heads: list[Any], arguments: Mapping[str, Any], wanted: Sequence[str]
) -> tuple[dict[str, Any], list[Any]]:
    """Return the item for each argument, and those for none."""
    as_many = [names for names in _orders(arguments, wanted) if len(names) == len(heads)]
    for names in as_many:
        if _fit(heads, arguments, names):
            return dict(zip(names, heads, strict=True)), []
    if len(heads) > len(wanted):
        free = list(range(len(heads)))
        own: dict[str, int] = {}
        for name in wanted:
            fitting = [i for i in free if heads[i] is not None and _fits(heads[i], arguments[name])]
            if fitting:
                own[name] = fitting[0]
                free.remove(fitting[0])
        if len(own) == len(wanted):
            return {name: heads[i] for name, i in own.items()}, [heads[i] for i in free]
    names = as_many[0] if as_many else list(wanted)
    return dict(zip(names, heads, strict=False)), heads[len(names) :]


def _orders(arguments: Mapping[str, Any], wanted: Sequence[str]) -> list[list[str]]:
    """Return the lists of arguments that gradients may stand for, the most usual first."""

    def those(keep: Callable[[str], bool]) -> list[str]:
        return [name for name in arguments if keep(name)]

    return [
        list(wanted),
        list(arguments),
        those(lambda n: _holds(arguments[n], float)),
        those(lambda n: _holds(arguments[n], np.number, int, float)),
        [n for n in wanted if not is_nested(arguments[n])],
        [n for n in wanted if not is_data(n, arguments[n], n == wanted[0])],
    ]


def _holds(value: Any, *kinds: type) -> bool:
    """Return whether there are numbers of these kinds in an argument."""
    for leaf in leaves("", value).values():
        own = np.asarray(leaf).dtype.type if is_written_out(leaf) or np.ndim(leaf) else type(leaf)
        if issubclass(own, (*kinds, np.floating)) and own is not bool:
            return True
    return False


def _fit(items: Sequence[Any], arguments: Mapping[str, Any], names: Sequence[str]) -> bool:
    """Return whether each item may be the gradient of the argument in its place."""
    pairs = zip(items, names, strict=False)
    return len(items) == len(names) and all(_fits(item, arguments[name]) for item, name in pairs)


def _fits(item: Any, value: Any) -> bool:
    if item is None:
        return True
    if isinstance(item, Mapping) and isinstance(value, Mapping):
        return any(_key_for(item, key) is not None for key in value)
    if is_nested(item) or is_nested(value):
        return is_nested(item) and is_nested(value) and not isinstance(item, Mapping)
    return bool(np.shape(item) == np.shape(value))


def _into(name: str, value: Any, gradient: Any) -> dict[str, Any]:
    """Return the gradient of each leaf of an argument, out of that of the whole."""
    if not is_nested(value):
        return {name: gradient}
    if isinstance(value, Mapping) and isinstance(gradient, Mapping):
        parts = {key: gradient.get(_key_for(gradient, key)) for key in value}
    elif isinstance(gradient, tuple | list) or (
        isinstance(gradient, np.ndarray) and gradient.ndim and not isinstance(value, Mapping)
    ):
        parts = dict(zip((key for key, _ in items_of(value)), gradient, strict=False))
    else:
        parts = {}
    return {
        label: leaf
        for key, item in items_of(value)
        for label, leaf in _into(f"{name}[{key!r}]", item, parts.get(key)).items()
    }


def _key_for(raw: Mapping[Any, Any], name: Any) -> Any:
    """Return the key under which a dict has the gradient of `name`, or None."""
    spelled = (name, *gradient_names(name)) if isinstance(name, str) else (name,)
    return next((key for key in spelled if key in raw), None)


def left_over(value: Any, keys: tuple[Any, ...] = ()) -> Iterator[Left]:
    """Yield what is left, however nested."""
    if not is_nested(value):
        if value is not None:
            yield Left(keys, value)
        return
    for key, item in items_of(value):
        yield from left_over(item, (*keys, key))


def _parameter_called(keys: tuple[Any, ...], names: Sequence[str]) -> str | None:
    """Return which of `names`, dotted where layers are nested, some keys mean."""
    words = [key for key in keys if isinstance(key, str)]
    if not words:
        return None
    last = words[-1].rpartition(".")[2]
    path = {*map(str, keys[:-1]), *words[-1].split(".")}
    meant = [name for name in names if words[-1] == name or last in _spelled(name)]
    if not meant:
        meant = [n for n in names if any(last in _spelled(other) for other in _other_names(n))]
    return max(meant, key=lambda name: len(path & set(name.split("."))), default=None)


def _spelled(name: str) -> tuple[str, ...]:
    own = re.split(r"\W+", name.rstrip("']"))[-1]  # of a dotted name, or weights['W']
    return own, *gradient_names(own)


def _other_names(name: str) -> tuple[str, ...]:
    return other_names(_spelled(name)[0])
