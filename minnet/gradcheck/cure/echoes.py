"""What backward has in common with forward: an expression that stands in both is hardly wrong."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable, Iterator, Mapping

from minnet.gradcheck.cure.scope import Scope
from minnet.gradcheck.cure.tree import Edit, Place
from minnet.gradcheck.cure.where import is_index

#: what computes something, and is more than a name
COMPUTES = (ast.BinOp, ast.Call, ast.Compare, ast.UnaryOp)
#: two expressions are the same one, written otherwise, if so much of their text is the same
ALIKE, MOST = 0.6, 3


def expressions_of(trees: Iterable[ast.AST]) -> dict[str, ast.expr]:
    """Return what some functions compute, by its text."""
    nodes = (node for tree in trees for node in ast.walk(tree))
    return {ast.unparse(node): node for node in nodes if isinstance(node, COMPUTES)}


def echo_of(edit: Edit, forward: Mapping[str, ast.expr]) -> int:
    """Return 1 where an edit makes of a line what forward computes too, -1 where it was that.

    >>> from minnet.gradcheck.cure.tree import places_in
    >>> statement = ast.parse("on = x > 0").body[0]
    >>> _, place, *_ = places_in(statement)
    >>> edit = Edit("operator", statement, ((place, ast.parse("x < 0", mode="eval").body),))
    >>> echo_of(edit, expressions_of([statement]))
    -1
    """
    before = _stands_in(forward, edit.statement)
    with edit.made():
        return _stands_in(forward, edit.statement) - before


def _stands_in(forward: Mapping[str, ast.expr], statement: ast.stmt) -> bool:
    """Whether all that a statement computes is an expression of forward."""
    value = getattr(statement, "value", None)
    return isinstance(value, COMPUTES) and ast.unparse(value) in forward


def forward(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """What forward computes, where backward has something much like it, or a part of it."""
    if is_index(place) or not isinstance(getattr(place.node, "ctx", ast.Load()), ast.Load):
        return
    mine = ast.unparse(place.node)
    for text in (*_calls_of(mine, scope), *_alike(place.node, mine, scope)):
        yield ast.parse(text, mode="eval").body


def _calls_of(mine: str, scope: Scope) -> Iterator[str]:
    """Yield the functions of an expression that forward takes."""
    for text, node in scope.forward.items():
        if isinstance(node, ast.Call) and [ast.unparse(one) for one in node.args] == [mine]:
            yield text


def _alike(node: ast.expr, mine: str, scope: Scope) -> list[str]:
    """Return the expressions of forward that are much like one, the likest first."""
    found = []
    for text, other in scope.forward.items() if isinstance(node, COMPUTES) else ():
        if type(other) is type(node) and text != mine:
            share = difflib.SequenceMatcher(None, mine, text).ratio()
            found.append((-share, text))
    return [text for share, text in sorted(found)[:MOST] if -share > ALIKE]
