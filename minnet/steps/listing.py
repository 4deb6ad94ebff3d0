"""The functions that ran, as they are written."""

from __future__ import annotations

import ast
import linecache
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from minnet.tracing.trace import Operation


@dataclass(frozen=True)
class Listing:
    """A function as it is written.

    Attributes
    ----------
    file, name : str
    first : int
        The number of its first line.
    lines : tuple of str
        Without the indentation that they share.
    """

    file: str
    name: str
    first: int
    lines: tuple[str, ...]

    def holds(self, file: str, line: int) -> bool:
        """Return whether a line of a file is one of these."""
        return file == self.file and self.first <= line < self.first + len(self.lines)


def listings_of(operations: Iterable[Operation]) -> list[Listing]:
    """Return the functions that some operations ran in, in the order that they began.

    Examples
    --------
    >>> ran = Operation(0, "forward", textwrap.__file__, 1, "text", "dedent", {}, (), ())
    >>> [(found.name, found.lines) for found in listings_of([ran])]  # not in that function
    [('dedent', ('text',))]
    """
    found: list[Listing] = []
    for operation in operations:
        if not any(listing.holds(operation.file, operation.line) for listing in found):
            found.append(_listing(operation))
    return found


def _listing(operation: Operation) -> Listing:
    text = linecache.getlines(operation.file)
    for first, last, name in _functions("".join(text)):
        if name == operation.function and first <= operation.line <= last:
            lines = textwrap.dedent("".join(text[first - 1 : last])).splitlines()
            return Listing(operation.file, name, first, tuple(lines))
    return Listing(operation.file, operation.function, operation.line, (operation.text,))


@lru_cache(maxsize=16)
def _functions(text: str) -> tuple[tuple[int, int, str], ...]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return ()
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = (node for node in ast.walk(tree) if isinstance(node, kinds))
    return tuple((node.lineno, node.end_lineno or node.lineno, node.name) for node in found)
