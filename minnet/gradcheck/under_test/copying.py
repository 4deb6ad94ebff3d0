"""Copies of what belongs to the user: of arguments, and of whole objects."""

from __future__ import annotations

import contextlib
import copy
import random
import types
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from minnet.arrays import Array
from minnet.gradcheck.under_test.reach import is_users, reachable


def private_copy(value: Any) -> Any:
    """Return `value` with every array, list, dict and generator in it copied; others are shared."""
    if isinstance(value, np.ndarray):
        return value.copy("K")
    if isinstance(value, np.random.Generator | np.random.RandomState | random.Random):
        return copy.deepcopy(value)
    if isinstance(value, dict):
        return {key: private_copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [private_copy(item) for item in value]
    if type(value) is tuple:
        return tuple(private_copy(item) for item in value)
    return value


def independent(thing: Any) -> Any:
    """Return a deep copy of an object, or the object itself where a copy would not be its own.

    A lambda stored on an object may close over the original, and a copy of it would still use
    the original's attributes. Arrays that share their memory (``self.WT = self.W.T``) share it
    in the copy.
    """
    items = list(reachable([thing]))
    for item in items:
        holds = vars(item).values() if hasattr(item, "__dict__") else ()
        functions = [value for value in holds if isinstance(value, types.FunctionType)]
        if isinstance(item, type):  # made by a function, for one object alone
            made = vars(item).values() if "<locals>" in item.__qualname__ else ()
            functions = [getattr(method, "__func__", method) for method in made]
        if any(_holds_objects(function) for function in functions):
            return thing
    try:
        with warnings.catch_warnings(), _without_getattr(items):
            warnings.simplefilter("ignore")  # Python's own, of a copied itertools.count
            arrays = [item for item in items if isinstance(item, np.ndarray)]
            copied = copy.deepcopy(thing, _shared_memory(arrays))
        return copied if type(copied) is type(thing) else thing
    except Exception:  # a lock, an open file, a module: the copy is a convenience, not a need
        return thing


@contextlib.contextmanager
def _without_getattr(items: Iterable[Any]) -> Iterator[None]:
    """Take ``__getattr__`` from the user's classes: on a copy that is empty yet, it may not end."""
    name = "__getattr__"
    kinds = {type(item) for item in items}
    classes = {base for kind in kinds for base in kind.__mro__ if is_users(base)}
    held = [(cls, vars(cls)[name]) for cls in classes if name in vars(cls)]
    for cls, _ in held:
        delattr(cls, name)
    try:
        yield
    finally:
        for cls, function in held:
            setattr(cls, name, function)


def is_short(x: Array) -> bool:
    """Return whether an array is of floats shorter than float64."""
    return x.dtype.kind == "f" and x.dtype.itemsize < np.dtype(float).itemsize


def independent_in_double(thing: Any) -> Any:
    """Return a deep copy of an object, its float arrays in float64; None where there can be none.

    >>> independent_in_double({"W": np.ones(2, np.float32), "k": 3})
    {'W': array([1., 1.]), 'k': 3}
    >>> W = np.ones((2, 3), np.float32)
    >>> independent_in_double({"W": W, "Wt": W.T}) is None  # Wt would be left behind
    True
    """
    items = list(reachable([thing]))
    arrays = [item for item in items if isinstance(item, np.ndarray)]
    if any(array.base is not None for array in arrays):
        return None  # a copy of a view no longer follows what it is a view of
    try:
        with _without_getattr(items):
            short = {id(x): x.astype(np.float64) for x in arrays if is_short(x)}
            copied = copy.deepcopy(thing, short)
    except Exception:  # as in `independent`
        return None
    return None if independent(thing) is thing else copied


def _holds_objects(function: Any) -> bool:
    """Return whether a function closes over anything that has a state."""
    if not isinstance(function, types.FunctionType):
        return False
    held = list(function.__defaults__ or ())
    for cell in function.__closure__ or ():
        with contextlib.suppress(ValueError):  # an empty cell
            held.append(cell.cell_contents)
    return any(not isinstance(item, type) for item in reachable(held))


def _shared_memory(arrays: list[Array]) -> dict[int, Any]:
    """Return copies, by the `id` of the original, of arrays that share their memory."""
    owners: dict[int, list[Array]] = {}
    for array in arrays:
        owner = array
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        owners.setdefault(id(owner), [owner]).append(array)
    copies: dict[int, Any] = {}
    for owner, *views in owners.values():
        contiguous = owner.flags.c_contiguous or owner.flags.f_contiguous
        if len(views) < 2 or not contiguous or any(v.dtype != owner.dtype for v in views):
            continue
        fresh = owner.copy("K")
        flat = fresh.ravel("K")
        for view in views:
            start = (_address(view) - _address(owner)) // owner.itemsize
            copied = as_strided(flat[start:], view.shape, view.strides)
            copied.flags.writeable = view.flags.writeable
            copies[id(view)] = fresh if view is owner else copied
    return copies


def _address(array: Array) -> int:
    return int(array.__array_interface__["data"][0])
