"""Read what somebody's forward or backward returned, or left behind in an attribute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.under_test.reach import look_up
from minnet.gradcheck.under_test.spellings import INPUT_GRADIENTS, gradient_names

#: stands for the cache of a forward that returns none
NO_CACHE = object()


def split_cache(returned: Any) -> tuple[tuple[Any, ...], Any]:
    """Return the outputs and the cache of what a forward function returned.

    The last item of a tuple is the cache.
    """
    if isinstance(returned, tuple) and len(returned) > 1:
        return returned[:-1], returned[-1]
    return (returned,), NO_CACHE


def assign_gradients(
    raw: Any, variables: Sequence[str], arguments: Sequence[str]
) -> dict[str, Any]:
    """Give each variable its gradient out of what backward returned.

    Gradients come in the order of the arguments: one for each variable, or one for each
    argument (None for labels and settings), or a dict by name (``w`` or ``dw``).

    >>> assign_gradients((1, 2), ["x", "w"], ["x", "w", "param"])
    {'x': 1, 'w': 2}
    """
    if isinstance(raw, Mapping):
        return {name: _by_name(raw, name) for name in variables}
    if isinstance(raw, list) and len(variables) == 1 and _is_rows(raw):
        raw = np.asarray(raw)  # of the one gradient
    items = list(raw) if isinstance(raw, tuple | list) else [raw]
    if len(items) == len(arguments) > len(variables):
        by_name = dict(zip(arguments, items, strict=True))
        return {name: by_name[name] for name in variables}
    items += [None] * (len(variables) - len(items))
    return dict(zip(variables, items, strict=False))


def left_behind(thing: Any, names: Sequence[str] = INPUT_GRADIENTS) -> Any:
    """Return the attribute of `thing` where a pass that returned None left its result."""
    return next((v for n in names if (v := look_up(thing, n)) is not None), None)


def as_number(loss: Any) -> Any:
    """Return a loss as a 0-d array; None stays None.

    Raises
    ------
    ValueError
        When it is more than one number.
    """
    if loss is None:
        return None
    array = np.asarray(loss)
    if array.size != 1:
        raise ValueError(f"a loss is one number, this one is an array of shape {array.shape}")
    return array.reshape(())


def as_output(out: Any) -> Array:
    """Return an output as an array of floating-point (or complex) numbers.

    Raises
    ------
    NotImplementedError
        When it is None, or another placeholder.
    TypeError
        When it is no array of numbers.
    """
    if out is None or out is NotImplemented or out is ...:
        raise NotImplementedError(f"forward returned {out}")
    array = np.array(out)
    if array.dtype.kind in "biuO":
        array = array.astype(np.float64)
    if array.dtype.kind not in "fc":
        raise TypeError(f"forward returned {type(out).__name__}, not an array of numbers")
    return array


def is_float_array(value: Any) -> bool:
    """Return whether `value` is an array of floating-point numbers."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _by_name(raw: Mapping[Any, Any], variable: str) -> Any:
    keys = (variable, *gradient_names(variable))
    return next((raw[key] for key in keys if key in raw), None)


def _is_rows(raw: list[Any]) -> bool:
    """Return whether a list is an array written out, rather than a list of gradients."""
    return bool(raw) and isinstance(raw[0], list) or len(raw) > 1 and isinstance(raw[0], float)
