"""Objects that need something done before their first forward pass, or other shapes of a bias."""

from __future__ import annotations

import ast
import contextlib
import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np

from minnet.gradcheck.case import CodeError, user_code
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.copying import independent
from minnet.gradcheck.under_test.parameters import find_parameters
from minnet.gradcheck.under_test.signatures import method_signature


def prepared(thing: Any, case: AdaptedCase) -> Any:
    """Return an object on which the method was called that its forward pass waits for.

    Where forward needs an attribute that one of the object's methods makes, and that method
    takes nothing, it is called; otherwise the object is returned as it is.
    """
    name = _missing_attribute(case)
    for method in _makers(type(thing), name) if name else ():
        if method_signature(thing, method).required == ():
            ready = independent(thing)
            with contextlib.suppress(CodeError), user_code("forward"):
                getattr(ready, method)()
                return ready
    return thing


def waits_for(thing: Any, case: AdaptedCase) -> str:
    """Return which method, in words, makes an attribute that forward needs, or ""."""
    name = _missing_attribute(case)
    makers = list(_makers(type(thing), name)) if name else []
    return f"{makers[0]}() has to be called first: it makes {name}" if makers else ""


def with_columns(layer: Any) -> Any:
    """Return a layer whose vectors of parameters are columns: a bias (n, 1) in place of (n,)."""
    other = independent(layer)
    for parameter in find_parameters(other):
        value = parameter.read()
        if np.ndim(value) == 1 and hasattr(parameter.owner, parameter.name):
            setattr(parameter.owner, parameter.name, np.reshape(value, (-1, 1)))
    return other


def _missing_attribute(case: AdaptedCase) -> str:
    try:
        case.run()
    except CodeError as error:
        if isinstance(error.original, AttributeError):
            return error.original.name or ""
    return ""


def _makers(cls: type, name: str) -> Iterator[str]:
    """Yield the methods of a class that set an attribute, but for its constructor."""
    for base in cls.__mro__[:-1]:
        try:
            body = ast.parse(textwrap.dedent(inspect.getsource(base))).body[0]
        except (OSError, TypeError, SyntaxError, IndexError):
            continue
        for method in getattr(body, "body", ()):
            if isinstance(method, ast.FunctionDef) and method.name != "__init__":
                stores = (n for n in ast.walk(method) if isinstance(n, ast.Attribute))
                if any(n.attr == name and isinstance(n.ctx, ast.Store) for n in stores):
                    yield method.name
