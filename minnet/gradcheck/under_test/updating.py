"""Layers that update themselves: what their rule keeps from one step to the next.

A velocity, or an average of gradients, makes a step depend on those before it, and only a share
of the step comes from this gradient. While a gradient is read off, nothing is kept.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np

from minnet.arrays import same_numbers
from minnet.gradcheck.under_test.parameters import Parameter
from minnet.gradcheck.under_test.reach import look_up
from minnet.gradcheck.under_test.spellings import GRADIENT_DICTS, MOMENTA, gradient_names

Contents = dict[str, Any]


def contents_of(layer: Any) -> Contents:
    """Return copies of the arrays that an object holds, in dicts too, and of what is None."""
    return {name: copy.deepcopy(value) for name, value in kept_by(layer)}


def kept_by(layer: Any) -> Iterator[tuple[str, Any]]:
    """Yield the arrays that an object holds, in dicts too, and what is None, with their names."""
    for name, value in getattr(layer, "__dict__", {}).items():
        if value is None or isinstance(value, np.ndarray) or _is_of_arrays(value):
            yield name, value


def changed_since(layer: Any, before: Contents) -> set[str]:
    """Return the attributes that have changed since `contents_of`."""
    now = ((name, old, look_up(layer, name)) for name, old in before.items())
    return {name for name, old, value in now if value is not None and not _same(old, value)}


def moments_of(layer: Any, changed: Collection[str], parameters: Sequence[Parameter]) -> set[str]:
    """Return those of the attributes changed by backward that hold no parameters or gradients."""
    own = {p.key for p in parameters if p.owner is layer}
    own |= {name for p in parameters for name in gradient_names(p.name)}
    return {
        name
        for name in changed
        if name not in own
        and name.lstrip("_") not in GRADIENT_DICTS
        and not any(look_up(layer, name) is p.owner for p in parameters)
    }


@contextlib.contextmanager
def nothing_kept(layer: Any, moments: Collection[str]) -> Iterator[None]:
    """Run backward with a rule that keeps nothing of the steps before, and forgets this one."""
    kept = {name: copy.deepcopy(look_up(layer, name)) for name in moments}
    held = [name for name in MOMENTA if isinstance(look_up(layer, name), float)] if moments else []
    shares = {name: look_up(layer, name) for name in held}
    try:
        for name in shares:
            setattr(layer, name, 0.0)
        yield
    finally:
        for name, value in (kept | shares).items():
            setattr(layer, name, value)


def is_normalised(step: Any, doubled: Any, reversed_step: Any) -> bool:
    """Return whether steps are of one size whatever the gradient's is, as those of Adam are."""
    return bool(
        np.any(step)
        and np.allclose(doubled, step)
        and np.allclose(reversed_step, np.negative(step))
    )


def _is_of_arrays(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and bool(value)
        and all(isinstance(item, np.ndarray) for item in value.values())
    )


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if one is None or other is None:
        return False
    try:
        return same_numbers(one, other)
    except (TypeError, ValueError):  # no array of numbers
        return False
