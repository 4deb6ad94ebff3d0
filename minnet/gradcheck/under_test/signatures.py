"""What a signature tells: the names of arguments, and which of them a call has to give."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def argument_names(function: Callable[..., Any], count: int) -> list[str]:
    """Return names for `count` positional arguments: the function's own where it has them.

    >>> argument_names(lambda x, w, *rest: None, 4)
    ['x', 'w', 'rest0', 'rest1']
    """
    parameters = _parameters(function)
    names = [p.name for p in parameters if p.kind in _POSITIONAL][:count]
    if len(names) < count:
        rest = [p.name for p in parameters if p.kind is inspect.Parameter.VAR_POSITIONAL]
        stem = rest[0] if rest else "x"
        missing = count - len(names)
        single = [stem] if missing == 1 and stem not in names else None
        names += single or [f"{stem}{i}" for i in range(missing)]
    return names


def positional_names(function: Callable[..., Any]) -> list[tuple[str, bool]] | None:
    """Return (name, required) of the positional parameters, or None if it cannot be told."""
    parameters = _parameters(function)
    if any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters) or (
        not parameters and not _has_signature(function)
    ):
        return None
    return [
        (p.name, p.default is inspect.Parameter.empty) for p in parameters if p.kind in _POSITIONAL
    ]


def required_names(function: Callable[..., Any]) -> list[str] | None:
    """Return the names of the positional parameters without default, or None if unknown."""
    names = positional_names(function)
    return None if names is None else [name for name, required in names if required]


def unwrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the plain function behind a bound method, a partial or a decorator."""
    while isinstance(function, functools.partial):
        function = function.func
    function = getattr(function, "__func__", function)
    plain: Callable[..., Any] = inspect.unwrap(function)
    return plain


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []


def _has_signature(function: Callable[..., Any]) -> bool:
    try:
        inspect.signature(function)
    except (TypeError, ValueError):
        return False
    return True
