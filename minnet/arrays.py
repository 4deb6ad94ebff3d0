"""The names for arrays in signatures, and what all parts of minnet ask of arrays and numbers."""

from __future__ import annotations

import contextlib
import math
from operator import index
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

#: an array of any dtype: what code under test may hand over, or get
Array: TypeAlias = NDArray[Any]
#: an array of floating-point numbers: what layers take and give
Floats: TypeAlias = NDArray[np.floating[Any]]

#: no axis of an array that fits into memory is longer
LARGEST = 2**40


def same_numbers(one: Any, other: Any) -> bool:
    """Return whether two arrays hold the same numbers, NaN where the other has NaN.

    Examples
    --------
    >>> same_numbers(np.array([1.0, np.nan]), np.array([1.0, np.nan]))
    True
    """
    # mostly the first says so, and quickly
    return np.array_equal(one, other) or np.array_equal(one, other, equal_nan=True)


def shown(value: object) -> str:
    """Return a value as an error message shows it: a short line.

    Examples
    --------
    >>> shown(np.eye(2))
    'array([[1., 0.], [0., 1.]])'
    """
    return f"{' '.join(repr(value).split()):.60}"


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
    number = None
    if not isinstance(value, bool | np.bool_ | str | bytes):
        with contextlib.suppress(TypeError, ValueError, OverflowError):
            number = float(value)  # type: ignore[arg-type]
    if number is None:
        raise TypeError(f"{name} must be a number, not {shown(value)}")
    above = number >= low if ends[0] == "[" else number > low
    below = number <= high if ends[1] == "]" else number < high
    if not (above and below):
        wanted = f"in {ends[0]}{low:g}, {high:g}{ends[1]}"
        if high == math.inf:
            wanted = f"at least {low:g}" if ends[0] == "[" else "positive"
            wanted = "finite" if low == -math.inf or number == math.inf else wanted
        raise ValueError(f"{name} must be {wanted}, not {shown(value)}")
    return number


def whole_number(name: str, value: object, least: int = 1) -> int:
    """Return a size or a count as an int, or say which ones it may be.

    Raises
    ------
    TypeError, ValueError

    Examples
    --------
    >>> whole_number("features", 2.5)
    Traceback (most recent call last):
        ...
    TypeError: features must be a whole number, not 2.5
    """
    number = None
    if not isinstance(value, bool | np.bool_):
        with contextlib.suppress(TypeError):
            number = index(value)  # type: ignore[arg-type]
    if number is None:
        raise TypeError(f"{name} must be a whole number, not {shown(value)}")
    if not least <= number <= LARGEST:
        few = number < least
        wanted = f"at least {least}" if few else f"at most {LARGEST}"
        raise ValueError(f"{name} must be {wanted}, not {number if few else f'{number:.3g}'}")
    return number


def random_numbers(rng: object, name: str = "rng") -> np.random.Generator:
    """Return the generator of what is handed over as `name`: one, a seed, or None.

    Raises
    ------
    TypeError

    Examples
    --------
    >>> random_numbers("seed")
    Traceback (most recent call last):
        ...
    TypeError: rng must be a numpy.random.Generator or a seed, a whole number from 0, not 'seed'
    """
    with contextlib.suppress(TypeError, ValueError):
        return np.random.default_rng(rng)  # type: ignore[arg-type]
    raise TypeError(
        f"{name} must be a numpy.random.Generator or a seed, a whole number from 0, "
        f"not {shown(rng)}"
    )
