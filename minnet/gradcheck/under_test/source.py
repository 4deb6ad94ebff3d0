"""The source of functions and classes as a tree: read once, however many ask."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from typing import Any


@functools.lru_cache(maxsize=1024)
def tree_of(thing: Any) -> ast.Module | None:
    """Return the source of a function or a class, parsed; None where it is not to be had.

    It is to be read, not changed: all who ask get the same.

    >>> tree_of(len) is None
    True
    """
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(thing)))
    except (OSError, TypeError, SyntaxError):
        return None
