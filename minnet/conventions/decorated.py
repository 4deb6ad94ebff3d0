"""Functions behind decorators that do not say, by ``functools.wraps``, what they decorate."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any


def look_behind(module: ModuleType) -> None:
    """Let the decorated functions and methods of a module tell what they were written as.

    A decorator that times or logs a function returns one that takes whatever it is given; without
    what ``functools.wraps`` notes, nobody knows its arguments, its file and its lines.
    """
    classes = [v for v in vars(module).values() if inspect.isclass(v)]
    for owner in (module, *(c for c in classes if c.__module__ == module.__name__)):
        for name, held in vars(owner).items():
            if (inner := _decorated(held, name)) is not None:
                functools.update_wrapper(held, inner)


def _decorated(held: Any, name: str) -> Callable[..., Any] | None:
    """Return the function of this name that one holds that takes any arguments, or None.

    >>> def timed(function):
    ...     def run(*args): return function(*args)
    ...     return run
    >>> def relu(x): return x.clip(0)
    >>> _decorated(timed(relu), "relu") is relu
    True
    """
    if not isinstance(held, FunctionType) or hasattr(held, "__wrapped__"):
        return None
    if not held.__code__.co_flags & inspect.CO_VARARGS:
        return None
    cells = [cell.cell_contents for cell in held.__closure__ or () if _is_filled(cell)]
    inner = (c for c in cells if isinstance(c, FunctionType) and c is not held)
    return next((function for function in inner if function.__name__ == name), None)


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:  # what it is for was not given yet
        return False
    return True
