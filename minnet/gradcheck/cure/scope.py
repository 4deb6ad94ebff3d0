"""What a line of somebody's code has at hand: names, their values, and what they are good for."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np

from minnet.records import dataclass

Kind = Literal["array", "number", "count", "other"]
#: of a dict with more entries than this nothing is taken
MOST_ENTRIES = 20
#: so many sizes of a tuple are at hand: an image has two, a batch of images four
MOST_PARTS = 4


@dataclass(frozen=True, eq=False)
class Named:
    """Something that can be written: ``x``, ``self.W``, ``cache["mean"]``, ``x.shape[0]``."""

    text: str
    kind: Kind
    shape: tuple[int, ...] = ()
    derived: bool = False

    @property
    def node(self) -> ast.expr:
        """A new tree of it."""
        return ast.parse(self.text, mode="eval").body


class Scope:
    """The names that a function has at hand when it returns.

    Parameters
    ----------
    values : dict of str to anything
        The local variables of a call.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        found = {named.text: named for name, v in values.items() for named in _named(name, v)}
        self.named = found
        #: what forward computes, by its text; of a function that only backward runs
        self.forward: Mapping[str, ast.expr] = {}
        #: what was computed and is never read
        self.unused: list[Named] = []
        self.arrays = [n for n in found.values() if n.kind == "array"]
        self.numbers = [n for n in found.values() if n.kind in ("number", "count")]

    def get(self, node: ast.AST) -> Named | None:
        """Return what is at hand under this very expression."""
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
            return self.named.get(ast.unparse(node))
        return None

    def like(self, node: ast.AST) -> Iterator[Named]:
        """Yield what may well stand in the place of an expression: of its kind and shape."""
        mine = self.get(node)
        if mine is None:
            return
        yield from (n for n in self._others(mine) if _is_alike(n, mine) and not n.derived)
        if mine.kind == "count":
            yield from (n for n in self._others(mine) if n.derived)

    def unlike(self, node: ast.AST) -> Iterator[Named]:
        """Yield what else could stand there: arrays of other shapes, numbers for arrays."""
        mine = self.get(node)
        if mine is None or mine.kind == "other":
            return
        others = [n for n in self._others(mine) if not n.derived and not _is_alike(n, mine)]
        for kind in (mine.kind, "number", "count", "array"):
            if (mine.kind, kind) not in NEVER:
                yield from (n for n in others if n.kind == kind)
                others = [n for n in others if n.kind != kind]

    def _others(self, mine: Named) -> Iterator[Named]:
        return (n for n in self.named.values() if n.text != mine.text)


#: kinds of which one never stands in the place of the other
NEVER = (("array", "count"), ("count", "array"))


def _is_alike(one: Named, other: Named) -> bool:
    return one.kind == other.kind and one.shape == other.shape


def _named(text: str, value: Any) -> Iterator[Named]:
    """Yield an object by its name, and what can be reached through it."""
    if (own := _one(text, value)) is not None:
        yield own
        yield from _sizes(own)
        return
    if isinstance(value, dict):
        yield from _entries(text, value)
    elif isinstance(value, tuple):
        yield from _parts(text, value)
    elif text == "self" or hasattr(value, "__dict__") and not callable(value):
        for name, attribute in list(getattr(value, "__dict__", {}).items()):
            inner = f"{text}.{name}"
            if (own := _one(inner, attribute)) is not None:
                yield own
                yield from _sizes(own)
            elif isinstance(attribute, dict):
                yield from _entries(inner, attribute)
            elif isinstance(attribute, tuple):
                yield from _parts(inner, attribute)


def _sizes(array: Named) -> Iterator[Named]:
    for axis, size in enumerate(array.shape[:4]):
        if size > 1:
            yield Named(f"{array.text}.shape[{axis}]", "count", derived=True)
    if len(array.shape) > 1 and max(array.shape) > 1:
        yield Named(f"{array.text}.size", "count", derived=True)


def _entries(text: str, value: dict[Any, Any]) -> Iterator[Named]:
    for key, entry in list(value.items())[:MOST_ENTRIES]:
        if isinstance(key, str) and (own := _one(f"{text}[{key!r}]", entry)) is not None:
            yield own


def _parts(text: str, value: tuple[Any, ...]) -> Iterator[Named]:
    """Yield the sizes in a tuple of them: a kernel's, a stride."""
    for place, size in enumerate(value[:MOST_PARTS]):
        if isinstance(size, int | np.integer):
            yield Named(f"{text}[{place}]", "count", derived=True)


def _one(text: str, value: Any) -> Named | None:
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiubc":
        return Named(text, "array", value.shape)
    if isinstance(value, bool | np.bool_):
        return Named(text, "other")
    if isinstance(value, int | np.integer):
        return Named(text, "count")
    if isinstance(value, float | np.floating):
        return Named(text, "number")
    return None
