"""The settings of somebody's object, and the same object made anew with another setting."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.under_test.reach import look_up
from minnet.gradcheck.under_test.sandbox import Sandbox
from minnet.gradcheck.under_test.signatures import has_default, signature_of


def settings_of(thing: Any) -> dict[str, float | int]:
    """Return the numbers that an object was made with, by the names that its constructor gives.

    >>> class Leaky:
    ...     def __init__(self, slope=0.1):
    ...         self.slope = slope
    >>> settings_of(Leaky())
    {'slope': 0.1}
    """
    given = _given(thing) or {}
    return {
        name: value
        for name, value in given.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def arrays_given(thing: Any) -> dict[str, Array]:
    """Return the floating-point arrays that an object was made with, by name."""
    given = _given(thing) or {}
    return {
        name: value
        for name, value in given.items()
        if isinstance(value, np.ndarray) and value.dtype.kind == "f"
    }


def remade(thing: Any, name: str, value: float | int | Array) -> Any:
    """Return an object of the same class, made with one setting changed; None where it cannot be.

    Whatever the constructor derives from its settings is derived anew. Arrays are those of the
    old object, where the new one has them in the same shape.
    """
    given = _given(thing)
    if given is None or name not in given:
        return None
    try:
        with Sandbox().running():
            fresh = type(thing)(**copy.deepcopy(given | {name: value}))
    except Exception:  # the constructor refuses it
        return None
    for attribute, array in vars(thing).items() if hasattr(thing, "__dict__") else ():
        made = look_up(fresh, attribute)
        both = isinstance(array, np.ndarray) and isinstance(made, np.ndarray)
        if both and array.shape == made.shape and attribute not in given:
            with contextlib.suppress(ValueError):  # it is read-only
                made[...] = array
    return fresh


def _given(thing: Any) -> dict[str, Any] | None:
    """Return what the constructor of an object was called with, as far as its attributes tell."""
    wanted = signature_of(type(thing)).positional
    if not wanted:
        return None
    given = {}
    for parameter in wanted:
        names = (parameter.name, f"_{parameter.name}")
        found = [value for n in names if (value := look_up(thing, n)) is not None]
        if found:
            given[parameter.name] = found[0]
        elif not has_default(parameter):
            return None
    return given
