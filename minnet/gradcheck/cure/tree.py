"""Where an expression stands in a function's tree, and how to put another in its place."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterator
from typing import Any

from minnet.records import dataclass


@dataclass(frozen=True, eq=False)
class Place:
    """One field of one node of a tree: an expression, an operator, a statement.

    Attributes
    ----------
    parent : ast.AST
    field : str
    index : int or None
        The position in the field, where it is a list.
    statement : ast.stmt
        The statement that it is a part of.
    above : Place or None
        That of the expression around it.
    """

    parent: Any
    field: str
    index: int | None
    statement: ast.stmt
    above: Place | None = None

    @property
    def node(self) -> Any:
        """What stands there now."""
        value = getattr(self.parent, self.field)
        return value if self.index is None else value[self.index]

    def put(self, node: Any) -> None:
        """Put something else there."""
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


@dataclass(frozen=True, eq=False)
class Edit:
    """One change of one statement; mostly of one place in it."""

    kind: str
    statement: ast.stmt
    changes: tuple[tuple[Place, Any], ...]

    @contextlib.contextmanager
    def made(self) -> Iterator[None]:
        """Change the tree in the block, and put everything back after it."""
        before = [place.node for place, _ in self.changes]
        try:
            for (place, node), old in zip(self.changes, before, strict=True):
                if isinstance(node, ast.AST):
                    _located(node, old if hasattr(old, "lineno") else self.statement)
                place.put(node)
            yield
        finally:
            for (place, _), node in zip(self.changes, before, strict=True):
                place.put(node)


def _located(node: ast.AST, like: Any) -> None:
    """Give what is new in a tree the line of what it replaces."""
    if hasattr(node, "lineno"):
        return
    if "lineno" in node._attributes:
        ast.copy_location(node, like)
    for child in ast.iter_child_nodes(node):
        _located(child, like)


def bodies_of(statement: ast.AST) -> list[list[ast.stmt]]:
    """Return the bodies of a compound statement."""
    if isinstance(statement, ast.ClassDef):
        return []
    found = [getattr(statement, field, []) for field in ("body", "orelse", "finalbody")]
    found += [handler.body for handler in getattr(statement, "handlers", [])]
    return [body for body in found if isinstance(body, list) and body]


def places_in(statement: ast.stmt) -> Iterator[Place]:
    """Yield the places of all expressions of a statement, outermost first, not of its bodies."""
    yield from _places(statement, statement, None)


def _places(parent: ast.AST, statement: ast.stmt, above: Place | None) -> Iterator[Place]:
    for field, value in ast.iter_fields(parent):
        for index, child in enumerate(value) if isinstance(value, list) else ((None, value),):
            if isinstance(child, ast.keyword | ast.comprehension | ast.withitem):
                yield from _places(child, statement, above)
            elif isinstance(child, ast.expr):
                place = Place(parent, field, index, statement, above)
                yield place
                yield from _places(child, statement, place)
