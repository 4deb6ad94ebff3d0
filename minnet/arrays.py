"""The names for arrays in signatures."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

#: an array of any dtype: what code under test may hand over, or get
Array: TypeAlias = NDArray[Any]
#: an array of floating-point numbers: what layers take and give
Floats: TypeAlias = NDArray[np.floating[Any]]


def number_in(name: str, value: object, low: float, high: float, ends: str = "[)") -> float:
    """Return a setting as a number, or say which numbers it may be.

    Parameters
    ----------
    name : str
        As the message calls it.
    value : object
    low, high : float
    ends : str
        Whether each end belongs to them, as intervals are written: ``[)``, ``()``, ``[]``.

    Raises
    ------
    TypeError, ValueError

    Examples
    --------
    >>> number_in("momentum", 2.0, 0, 1, "[]")
    Traceback (most recent call last):
        ...
    ValueError: momentum must be in [0, 1], not 2.0
    """
    if isinstance(value, bool | str) or not hasattr(value, "__float__"):
        raise TypeError(f"{name} must be a number, not {value!r:.60}")
    number = float(value)
    above = number >= low if ends[0] == "[" else number > low
    below = number <= high if ends[1] == "]" else number < high
    if not (above and below):
        wanted = f"in {ends[0]}{low:g}, {high:g}{ends[1]}"
        if high == float("inf"):
            wanted = f"at least {low:g}" if ends[0] == "[" else "positive"
        raise ValueError(f"{name} must be {wanted}, not {value!r}")
    return number
