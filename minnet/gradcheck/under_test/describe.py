"""Say in a few words what a case is, and which numbers a wrong factor may equal in it."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, TypedDict

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.under_test.nested import is_nested
from minnet.gradcheck.under_test.returned import is_float_array
from minnet.gradcheck.under_test.spellings import DROPPED_SHARES, WINDOW_PAIRS, WINDOW_SIZES

#: what a setting is called in a sentence
_WORDS = {
    "p": "the probability p",
    "keep_prob": "the keep probability",
    "rate": "the dropout rate",
    "reg": "the regularisation strength",
    "stride": "the stride",
    "eps": "eps",
    "momentum": "the momentum",
}


class About(TypedDict, total=False):
    """What an adapter may be told of a case; all of it is optional.

    Attributes
    ----------
    name, description, convention : str
        As in `Case`; a description is made of the arguments where none is given.
    remark : str
        Stands at the end of the description.
    batched : sequence of str
        The arguments, labels too, whose axis 0 counts the samples.
    quantities : dict of str to float
        More numbers that a wrong factor may equal.
    """

    name: str
    description: str
    convention: str
    remark: str
    batched: Sequence[str] | None
    quantities: Mapping[str, float] | None


def describe_arguments(arguments: Mapping[str, Any], parameters: Iterable[Any] = ()) -> str:
    """Return a case in words.

    >>> describe_arguments({"x": np.ones((2, 3)), "conv_param": {"stride": 2, "pad": 1}})
    'x (2,3), stride 2, pad 1'
    >>> describe_arguments({"parts": [np.ones(2), np.ones(3)], "size": (2, 2)})
    'parts[0] (2,), parts[1] (3,), size (2,2)'
    """
    parts = [text for name, value in arguments.items() for text in _describe(name, value)]
    parts += [text for p in parameters for text in _describe(p.name, p.read())]
    kinds = {value.dtype.name for value in arguments.values() if is_float_array(value)}
    if kinds and kinds != {"float64"}:
        parts.append("/".join(sorted(kinds)))
    return ", ".join(parts)


def shape_text(shape: Iterable[int]) -> str:
    """Return a shape as text.

    >>> shape_text((2, 3)), shape_text((4,)), shape_text(())
    ('(2,3)', '(4,)', '()')
    """
    sizes = tuple(shape)
    return "(" + ",".join(str(n) for n in sizes) + ("," if len(sizes) == 1 else "") + ")"


def quantities_of(arguments: Mapping[str, Any], roots: Iterable[Any] = ()) -> dict[str, float]:
    """Return the numbers of a case by what they mean, for naming a constant factor."""
    found: dict[str, float] = {}
    arrays = [value for value in arguments.values() if isinstance(value, np.ndarray)]
    main = next((a for a in arrays if a.ndim > 1), arrays[0] if arrays else None)
    if main is not None and main.ndim:
        found["the batch size"] = float(len(main))
        found |= _sizes(main)
    for array in arrays[1:]:
        if array.ndim == 4 and main is not None and main.ndim == 4:
            found["the kernel's area"] = float(array.shape[2] * array.shape[3])
            found["the number of filters"] = float(array.shape[0])
    for name, value in arguments.items():
        found |= _scalars(value if isinstance(value, dict) else {name: value})
    for root in roots:
        found |= _scalars(getattr(root, "__dict__", {}), "self.")
    return found


def told_again(
    told: Mapping[str, float], before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, float]:
    """Return sizes that were told of some arrays as they are for arrays of other shapes.

    NaN, which equals nothing, where several axes had that size and have others now.

    >>> told_again({"the batch size": 5.0}, {"A": np.ones((4, 5))}, {"A": np.ones((4, 6))})
    {'the batch size': 6.0}
    """
    kept = {n: x for n, x in before.items() if n in after and np.ndim(after[n]) == np.ndim(x)}
    sizes = {
        size: {np.shape(after[n])[k] for n, x in kept.items() for k, s in _axes(x) if s == size}
        for size in told.values()
    }
    return {
        name: float(next(iter(sizes[size]))) if len(sizes[size]) == 1 else math.nan
        for name, size in told.items()
        if sizes[size]
    }


def _axes(value: Any) -> list[tuple[int, int]]:
    return list(enumerate(np.shape(value))) if isinstance(value, np.ndarray) else []


def _sizes(main: Array) -> dict[str, float]:
    if main.ndim == 2:
        what = "the size of axis 1" if main.dtype.kind in "iu" else "the number of features"
        return {what: float(main.shape[1])}
    if main.ndim == 3:
        steps, features = main.shape[1:]
        return {"the size of axis 1": float(steps), "the size of axis 2": float(features)}
    if main.ndim == 4:
        C, H, W = main.shape[1:]
        return {
            "the number of channels": float(C),
            "the number of positions": float(H * W),
            "the batch size times the number of positions": float(main.shape[0] * H * W),
        }
    return {}


def is_finite(value: Any) -> bool:
    """Return whether a number is one that floating point can hold."""
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number with hundreds of digits
        return False


def _scalars(values: Mapping[Any, Any], prefix: str = "") -> dict[str, float]:
    numbers = {
        name: float(value)
        for name, value in values.items()
        if isinstance(name, str)
        and isinstance(value, int | float | np.number)
        and not isinstance(value, bool | np.complexfloating)
        and is_finite(value)
    }
    found = {prefix + name if prefix else _WORDS.get(name, name): v for name, v in numbers.items()}
    for share in DROPPED_SHARES:
        if prefix and share in numbers and 0 < numbers[share] < 1:
            found[f"1 - {prefix}{share}"] = 1 - numbers[share]
    for high, wide in WINDOW_PAIRS:
        if high in numbers and wide in numbers:
            found["the window's area"] = numbers[high] * numbers[wide]
    for side in WINDOW_SIZES:
        value = values.get(side)
        if isinstance(value, int) and not isinstance(value, bool):
            found["the window's area"] = float(value * value)
        elif isinstance(value, tuple) and all(isinstance(n, int) for n in value):
            found["the window's area"] = float(np.prod(value))
    return found


def _describe(name: str, value: Any) -> list[str]:
    if isinstance(value, np.ndarray) and value.ndim:
        kind = {"i": " of integers", "u": " of integers", "b": " of booleans"}
        return [f"{name} {shape_text(value.shape)}{kind.get(value.dtype.kind, '')}"]
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in _describe(str(key), item)]
    if isinstance(value, str | int | float | np.number):
        return [f"{name} {value}"]
    if is_nested(value) and any(np.ndim(item) for item in value):
        return [text for i, item in enumerate(value) for text in _describe(f"{name}[{i}]", item)]
    if isinstance(value, tuple | list) and len(value) <= 4:
        return [f"{name} {shape_text(value)}"] if all(isinstance(n, int) for n in value) else []
    return []


def batched_in(found: Mapping[str, Any], names: Container[str]) -> tuple[str, ...]:
    """Return which of the arrays in arguments seem to count the samples along axis 0.

    They are the first array and others as long: labels, and arrays of its shape.
    """
    arrays = {
        name: value
        for name, value in found.items()
        if isinstance(value, np.ndarray) and value.ndim and name in names
    }
    if not arrays:
        return ()
    first = next(iter(arrays.values()))
    return tuple(
        name
        for name, value in arrays.items()
        if len(value) == len(first)
        and (value is first or value.dtype.kind in "iub" or value.shape == first.shape)
    )
