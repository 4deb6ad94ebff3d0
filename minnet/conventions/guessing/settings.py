"""Arguments that hold settings by name: which names a class asks ``params["stride"]`` for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from minnet.gradcheck.under_test.source import tree_of

#: an argument of such a name may hold its settings as attributes
_NAMESPACES = r"(\w+_)?(config|cfg|conf|args|hparams|hyper_?params|hp|options|opts?)"


class Settings:
    """The names that a class asks an argument of its constructor for.

    Attributes
    ----------
    names : tuple of str
        In the order of the source; none where the argument holds no settings.
    as_attributes : bool
        Whether it is asked for ``config.stride``, not for ``config["stride"]``.
    """

    def __init__(self, cls: type, argument: str) -> None:
        trees = _trees(cls)
        holders = {argument} | {h for tree in trees for h in _attributes_made_of(tree, argument)}
        keys = [key for tree in trees for key in _keys(tree, holders)]
        self.as_attributes = not keys and bool(re.fullmatch(_NAMESPACES, argument.lower()))
        if self.as_attributes:
            keys = [key for tree in trees for key in _attributes(tree, holders)]
        self.names = tuple(dict.fromkeys(keys))

    def made_of(self, values: dict[str, Any]) -> Any:
        """Return what is given for the argument, with such values."""
        return SimpleNamespace(**values) if self.as_attributes else values


def _trees(cls: type) -> list[ast.Module]:
    """Return the source of a class and of its bases, parsed, as far as it is to be had."""
    return [tree for tree in map(tree_of, cls.__mro__[:-1]) if tree is not None]


def _attributes_made_of(tree: ast.Module, argument: str) -> Iterator[str]:
    """Yield, as ``self.name``, the attributes that an argument is kept in as it is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and ast.unparse(node.value) == argument:
            yield from (ast.unparse(t) for t in node.targets if isinstance(t, ast.Attribute))


def _keys(tree: ast.Module, holders: set[str]) -> Iterator[str]:
    """Yield the strings that the holders are asked for and have to know.

    >>> tree = ast.parse('self.how["stride"] + self.how.get("pad") + self.how.get("dilation", 1)')
    >>> list(_keys(tree, {"self.how"}))
    ['stride', 'pad']
    """
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=held, slice=ast.Constant(value=str(key)), ctx=ast.Load()):
                pass
            case ast.Call(
                func=ast.Attribute(value=held, attr="get"), args=[ast.Constant(value=str(key))]
            ):
                pass
            case _:
                continue
        if ast.unparse(held) in holders:
            yield key


def _attributes(tree: ast.Module, holders: set[str]) -> Iterator[str]:
    """Yield the attributes that are read of the holders; what has methods holds no settings."""
    read = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Load)
        and ast.unparse(node.value) in holders
    ]
    called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    if called.isdisjoint(read):
        yield from (node.attr for node in read)
