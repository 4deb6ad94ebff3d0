"""Dicts, lists and tuples of arrays: what they hold, by name, and the same made anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.under_test.copying import private_copy
from minnet.gradcheck.under_test.spellings import is_kept_average


def is_nested(value: Any) -> bool:
    """Return whether `value` is a dict, list or tuple, and not an array written out.

    >>> is_nested({"a": 1}), is_nested((np.ones(2),)), is_nested([[1.0, 2.0], [3.0, 4.0]])
    (True, True, False)
    """
    if isinstance(value, np.ndarray | np.number | int | float):
        return False  # the most usual, and the quickest to tell
    return isinstance(value, dict | list | tuple | Mapping) and not is_written_out(value)


def is_written_out(value: Any) -> bool:
    """Return whether a list is an array written out: numbers, or rows of them."""
    if not isinstance(value, list) or not value:
        return False
    return all(isinstance(item, int | float | np.number) or is_written_out(item) for item in value)


def leaves(name: str, value: Any) -> dict[str, Any]:
    """Return what `value` holds, however deep, by what Python would write for it.

    >>> leaves("state", {"h": 1, "gates": (2, 3)})
    {"state['h']": 1, "state['gates'][0]": 2, "state['gates'][1]": 3}
    >>> leaves("x", 1)
    {'x': 1}
    """
    if not is_nested(value):
        return {name: value}
    inner = [leaves(f"{name}[{key!r}]", item) for key, item in items_of(value)]
    return {label: leaf for found in inner for label, leaf in found.items()}


def items_of(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the keys (or positions) of a dict, list or tuple and what is there."""
    yield from value.items() if isinstance(value, Mapping) else enumerate(value)


def rebuilt(name: str, value: Any, found: Mapping[str, Any]) -> Any:
    """Return `value` with what `found` has for its leaves; private copies of all others.

    >>> rebuilt("s", {"h": 1, "c": (2, 3)}, {"s['c'][0]": np.array(7.0)})
    {'h': 1, 'c': (np.float64(7.0), 3)}
    """
    if name in found:  # a number stays a number
        return _like(value, found[name])
    if not is_nested(value):
        return private_copy(value)
    inner = {key: rebuilt(f"{name}[{key!r}]", item, found) for key, item in items_of(value)}
    if isinstance(value, Mapping):
        return inner
    items = inner.values()
    if isinstance(value, list):
        return list(items)
    return type(value)(*items) if hasattr(value, "_fields") else tuple(items)


def _like(value: Any, new: Any) -> Any:
    """Return a new value for a leaf: a number where the old one was a number."""
    if isinstance(value, np.ndarray):
        return new
    number = np.asarray(new)[()]
    return int(number) if type(value) is int and number.dtype.kind in "iu" else number


def arrays_in(name: str, value: Any) -> dict[str, Array]:
    """Return the arrays inside an argument by name, but for averages, which may change."""
    return {
        label: leaf
        for label, leaf in leaves(name, value).items()
        if isinstance(leaf, np.ndarray) and (label == name or not is_kept_average(label))
    }


def as_array(value: Any, kinds: str) -> Any:
    """Return an array written out as a list as an array, anything else as it is."""
    if is_written_out(value) and (array := numbers_in(value)).size and array.dtype.kind in kinds:
        return array
    return value


def numbers_in(value: Any) -> Array:
    """Return a value as an array; one of no numbers where it is none."""
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        return np.zeros(0)
    return array if array.dtype.kind in "fiub" else np.zeros(0)
