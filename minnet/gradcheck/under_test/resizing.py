"""The same case with one size or one setting changed, to see what a number follows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.objects import ObjectCase

#: what is added to an array is not equal to what is there, which would make a tie
STRETCH = 1.07


def resized(case: Case) -> Iterator[Case]:
    """Yield cases like this one in which one size or one setting is another, and the code runs."""
    if not isinstance(case, AdaptedCase):
        return
    size = len(case.variables[case.batched[0]]) if case.batched else 0
    made = [case.with_batch(size + 1)] if size else []
    yield from (other for other in made if other is not None)
    yield from _longer(case)
    leaves = case.leaves()
    settings = case.settings() | _numbers(leaves)
    settings |= case.numbers_held() if isinstance(case, ObjectCase) else {}
    for name, value in settings.items():
        for near in _near(value):
            inside = name in leaves
            other = case.with_inputs({name: near}) if inside else case.with_setting(name, near)
            if other is not None:
                yield other
                break


def _near(value: float | int) -> tuple[float | int, ...]:
    """Return what else a setting may be: a size is a whole number, a share stays one."""
    if isinstance(value, int):
        return tuple(n for n in (value + 1, value - 1) if n > 0)
    return (0.9 * value,)


def _longer(case: AdaptedCase) -> Iterator[Case]:
    """Yield cases with one axis longer; where that does not fit, all axes of its length."""
    arrays = {n: x for n, x in case.leaves().items() if isinstance(x, np.ndarray) and x.size}
    tried: set[int] = set()
    for name, x in arrays.items():
        for axis, length in enumerate(x.shape):
            other = case.with_inputs({name: _stretched(x, axis)})
            if other is None and length not in tried:
                tried.add(length)
                other = case.with_inputs({n: _stretched_all(v, length) for n, v in arrays.items()})
            if other is not None:
                yield other


def _stretched(x: Array, axis: int) -> Array:
    """Return an array with one more place along an axis.

    >>> _stretched(np.array([1, 5]), 0)
    array([1, 5, 1])
    """
    more = np.take(x, [0], axis=axis)
    if x.dtype.kind == "f":
        more = (STRETCH * more).astype(x.dtype)
    return np.concatenate([x, more], axis=axis)


def _stretched_all(x: Array, length: int) -> Array:
    for axis, size in enumerate(x.shape):
        x = _stretched(x, axis) if size == length else x
    return x


def _numbers(leaves: dict[str, Any]) -> dict[str, float | int]:
    return {
        name: value
        for name, value in leaves.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
