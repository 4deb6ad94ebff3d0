"""Which of the user's functions a function calls, and those that it calls in turn."""

from __future__ import annotations

import dis
import inspect
import types
from collections.abc import Iterator
from typing import Any

from minnet.gradcheck.under_test.crash import is_foreign
from minnet.gradcheck.under_test.signatures import unwrapped


def called_by(function: Any, thing: Any = None) -> list[types.FunctionType]:
    """Return a function and what it refers to of the user's own functions, itself first.

    Parameters
    ----------
    function : callable
    thing : object, optional
        What it is a method of: ``self.name`` is looked up on its class.

    Examples
    --------
    >>> [found.__name__ for found in called_by(len)]
    []
    """
    found: dict[int, types.FunctionType] = {}
    waiting = [function]
    while waiting:
        plain = unwrapped(waiting.pop(0))
        if not isinstance(plain, types.FunctionType) or id(plain) in found:
            continue
        if not is_foreign(plain.__code__.co_filename):
            found[id(plain)] = plain
            waiting += _referred_to(plain, plain.__code__, thing)
    return list(found.values())


def name_of(function: types.FunctionType) -> str:
    """Return what tells a function from all others: its file, its line and its name."""
    code = function.__code__
    return f"{code.co_filename}:{code.co_firstlineno}:{function.__qualname__}"


def _referred_to(function: types.FunctionType, code: types.CodeType, thing: Any) -> Iterator[Any]:
    """Yield the functions that the names in some code stand for."""
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    value: Any = None
    for instruction in dis.get_instructions(code):
        name, before, value = instruction.argval, value, None
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            value = function.__globals__.get(name)
        elif instruction.opname == "LOAD_DEREF" and name in cells:
            value = _contents(cells[name])
        elif instruction.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            owner = before if isinstance(before, types.ModuleType) else type(thing)
            value = inspect.getattr_static(owner, name, None)  # nothing of the user's runs
        if isinstance(value, staticmethod | classmethod):
            value = value.__func__
        if isinstance(value, types.FunctionType):
            yield value
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _referred_to(function, inner, thing)


def _contents(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # it is not filled yet
        return None
