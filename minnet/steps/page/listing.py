"""The functions that ran, as they are written."""

from __future__ import annotations

import ast
import linecache
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from minnet.tracing.trace import Operation

Function = ast.FunctionDef | ast.AsyncFunctionDef


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
    folded : range
        The numbers of the lines of its docstring, but for the first one: they are not shown.
    """

    file: str
    name: str
    first: int
    lines: tuple[str, ...]
    folded: range = range(0)

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
    for node in _functions("".join(text)):
        first, last = node.lineno, node.end_lineno or node.lineno
        if node.name == operation.function and first <= operation.line <= last:
            lines = textwrap.dedent("".join(text[first - 1 : last])).splitlines()
            return Listing(operation.file, node.name, first, tuple(lines), _folded(node))
    return Listing(operation.file, operation.function, operation.line, (operation.text,))


def _folded(node: Function) -> range:
    if ast.get_docstring(node) is None:
        return range(0)
    return range(node.body[0].lineno + 1, (node.body[0].end_lineno or 0) + 1)


@lru_cache(maxsize=16)
def _functions(text: str) -> tuple[Function, ...]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return ()
    return tuple(node for node in ast.walk(tree) if isinstance(node, Function))
