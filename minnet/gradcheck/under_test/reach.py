"""What code under test can reach: its own attributes, closures, module's globals and classes."""

from __future__ import annotations

import collections
import dis
import functools
import random
import sys
import types
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from minnet.records import dataclass

#: what a walk over an object's attributes never enters
_CLOSED = (types.ModuleType, types.BuiltinFunctionType, str, bytes, int, float, complex)
#: data that may stand behind a name of a module, besides objects of the user's own classes
_DATA = (
    dict, list, tuple, set, collections.deque, np.ndarray,
    np.random.Generator, np.random.RandomState, random.Random,
)  # fmt: skip
#: what wraps a function
_WRAPPERS = (staticmethod, classmethod, functools.cached_property)
#: data in which nothing else is held
_HOLDING_NOTHING = (np.ndarray, np.random.Generator, np.random.RandomState, random.Random)
#: whose code keeps no state that matters to the user's
_LIBRARIES = sys.stdlib_module_names | {"numpy", "scipy", "matplotlib", "torch", "minnet"}
#: an object graph larger than this is not a layer; the rest of it is left alone
MOST_OBJECTS = 10_000
#: in the place of a global that has no value yet
ABSENT = object()


@dataclass(frozen=True, eq=False)
class GlobalNames:
    """The names of a module that a function assigns, and those through which it may hold state."""

    module: dict[str, Any]
    names: tuple[str, ...]


def reachable(roots: Iterable[Any]) -> Iterator[Any]:
    """Yield whatever holds state and can be reached from `roots`, each once.

    That is every dict, list, deque, set, array, generator and object; and where the user's own
    code is reached, its classes, the cells of closures and the `GlobalNames` of functions.
    """
    stack, seen = list(roots), set[int]()
    while stack and len(seen) < MOST_OBJECTS:
        item = stack.pop()
        if item is None or id(item) in seen or isinstance(item, _CLOSED):
            continue
        seen.add(id(item))
        if isinstance(item, _DATA) and not isinstance(item, tuple):  # the most usual, and quickly
            yield item
            stack += _held_by(item)
        elif isinstance(item, types.MethodType):
            stack += [item.__self__, item.__func__]
        elif isinstance(item, types.FunctionType):
            yield from _state_of_function(item, stack)
        elif isinstance(item, functools.partial):
            stack += [item.func, item.args, item.keywords]
        elif isinstance(item, _WRAPPERS):
            stack.append(getattr(item, "__wrapped__", None) or look_up(item, "func"))
        elif isinstance(item, property):
            stack += [item.fget, item.fset]
        elif isinstance(item, tuple | frozenset):
            stack += item
        elif isinstance(item, type):
            if is_users(item):
                yield item
                stack += [*vars(item).values(), *item.__mro__[1:]]
        else:
            yield item
            stack += _held_by(item)


def _held_by(item: Any) -> list[Any]:
    if isinstance(item, dict):
        return list(item.values())
    if isinstance(item, list | set | collections.deque):
        return list(item)
    if isinstance(item, _HOLDING_NOTHING):
        return []
    held = [value for _, value in slot_values(item)]
    if isinstance(getattr(item, "__dict__", None), dict):
        held.append(item.__dict__)
    return [*held, look_up(item, "__wrapped__"), type(item)]


def _state_of_function(function: types.FunctionType, stack: list[Any]) -> Iterator[Any]:
    """Yield the cells, attributes and globals of a function, and go on with what they hold."""
    stack += [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    if function.__dict__:
        stack.append(function.__dict__)
    for cell in function.__closure__ or ():
        try:
            stack.append(cell.cell_contents)
        except ValueError:  # an empty cell
            continue
        yield cell
    if not is_users(function):
        return
    module = function.__globals__
    read, written = _global_names(function.__code__)
    holding = [n for n in read if n in module and (is_state(module[n]) or is_iterator(module[n]))]
    stack += [module[name] for name in (*holding, *read) if name in module and _leads(module[name])]
    if names := tuple({*written, *(n for n in holding if is_iterator(module[n]))}):
        yield GlobalNames(module, names)
    stack += [module[name] for name in holding]


@functools.lru_cache(maxsize=4096)
def _global_names(code: types.CodeType) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the global names that a piece of code uses, and those that it assigns."""
    read, written = list(code.co_names), []
    for step in dis.get_instructions(code):
        if step.opname == "STORE_GLOBAL":
            written.append(str(step.argval))
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            more_read, more_written = _global_names(inner)
            read += more_read
            written += more_written
    return tuple(dict.fromkeys(read)), tuple(dict.fromkeys(written))


def is_users(thing: Any) -> bool:
    """Return whether a class or function is the user's own code, and not that of a library."""
    return str(look_up(thing, "__module__")).partition(".")[0] not in _LIBRARIES


def is_state(value: Any) -> bool:
    """Return whether a global may hold state: data, or an object of a class of the user's own."""
    return isinstance(value, _DATA) or (not callable(value) and is_users(type(value)))


def is_iterator(value: Any) -> bool:
    """Return whether this is an iterator of Python's own, or one that a ``yield`` makes."""
    return hasattr(type(value), "__next__") and (
        isinstance(value, types.GeneratorType)
        or type(value).__module__ == "itertools"
        or type(value).__name__.endswith("iterator")
    )


def _leads(value: Any) -> bool:
    """Return whether a global is code of the user's own, which may hold state in its turn."""
    return isinstance(value, types.FunctionType | type) or hasattr(value, "__wrapped__")


def look_up(thing: Any, name: str) -> Any:
    """Return an attribute, or None where there is none, whatever a ``__getattr__`` then raises."""
    try:
        return getattr(thing, name, None)
    except Exception:
        return None


def slot_values(item: Any) -> list[tuple[str, Any]]:
    """Return the attributes of an object that are in ``__slots__``, by name."""
    found = []
    for cls in type(item).__mro__:
        if not (slots := cls.__dict__.get("__slots__")):
            continue
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(item, name):
                found.append((name, getattr(item, name)))
    return found
