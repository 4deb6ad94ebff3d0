"""Edits of a statement as a whole: = for +=, one too many, in or out of a loop."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from typing import Any

from minnet.gradcheck.cure.tree import Edit, Place

MOVES = (ast.For, ast.While)


def augment(place: Place) -> Iterator[Edit]:
    """= where += belongs, or the other way round."""
    node = place.node
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        if not isinstance(node.targets[0], ast.Tuple | ast.List):
            target: Any = node.targets[0]
            for op in (ast.Add, ast.Sub, ast.Mult, ast.Div):
                yield _instead(place, ast.AugAssign(target, op(), node.value), "augment")
        if isinstance(node.targets[0], ast.Subscript):
            yield _added_at(place, node.targets[0], node.value)
    elif isinstance(node, ast.AugAssign):
        if isinstance(node.target, ast.Subscript) and isinstance(node.op, ast.Add):
            yield _added_at(place, node.target, node.value)
        yield _instead(place, ast.Assign([node.target], node.value, lineno=node.lineno), "augment")
        for other in (ast.Add, ast.Sub, ast.Mult, ast.Div):
            if not isinstance(node.op, other):
                yield _instead(place, ast.AugAssign(node.target, other(), node.value), "augment")


def _added_at(place: Place, target: ast.Subscript, value: ast.expr) -> Edit:
    """Return np.add.at, which adds for each of several equal indices."""
    into = ast.parse(ast.unparse(target.value), mode="eval").body
    function = ast.parse("np.add.at", mode="eval").body
    return _instead(place, ast.Expr(ast.Call(function, [into, target.slice, value], [])), "augment")


def leave_out(place: Place) -> Iterator[Edit]:
    """A statement that does not belong there, or a condition."""
    node = place.node
    if isinstance(node, ast.If):
        for body in filter(None, (node.body, node.orelse)):
            changed = ast.If(ast.Constant(True), body, [])
            yield _instead(place, changed, "condition")
        yield _instead(
            place, ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse), "condition"
        )
    elif not isinstance(node, (ast.Return, *MOVES)):
        yield _instead(place, ast.Pass(), "leave out")


def reorder(place: Place) -> Iterator[Edit]:
    """A statement that comes too early, or in a loop where it belongs behind it."""
    if place.index is None:
        return
    body = getattr(place.parent, place.field)
    node, whole = place.node, Place(place.parent, place.field, None, place.statement)
    if place.index + 1 < len(body):
        after = body[place.index + 1]
        if not isinstance(after, ast.Return):
            order = [*body[: place.index], after, node, *body[place.index + 2 :]]
            yield Edit("order", node, ((whole, order),))
    if isinstance(node, MOVES) and len(node.body) > 1:
        last, inside = node.body[-1], Place(node, "body", None, node.body[-1])
        moved = [*body[: place.index + 1], last, *body[place.index + 1 :]]
        yield Edit("order", last, ((inside, node.body[:-1]), (whole, moved)))
        first, inside = node.body[0], Place(node, "body", None, node.body[0])
        moved = [*body[: place.index], first, *body[place.index :]]
        yield Edit("order", first, ((inside, node.body[1:]), (whole, moved)))
    if isinstance(node, MOVES) and place.index + 1 < len(body):
        behind = body[place.index + 1]
        if not isinstance(behind, ast.Return):
            inside = Place(node, "body", None, behind)
            rest = [*body[: place.index + 1], *body[place.index + 2 :]]
            yield Edit("order", behind, ((inside, [*node.body, behind]), (whole, rest)))


def results(place: Place) -> Iterator[Edit]:
    """What is returned in another order."""
    node = place.node
    if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
        elts = node.value.elts
        for i, j in itertools.combinations(range(len(elts)), 2):
            order = list(elts)
            order[i], order[j] = order[j], order[i]
            yield _instead(place, ast.Return(ast.Tuple(order, ast.Load())), "results")


def _instead(place: Place, node: ast.stmt, kind: str) -> Edit:
    ast.fix_missing_locations(ast.copy_location(node, place.node))
    return Edit(kind, place.statement, ((place, node),))


def statement_places(tree: ast.AST) -> Iterator[Place]:
    """Yield the place of every statement of a function, in the order of the source."""
    for field in ("body", "orelse", "finalbody"):
        body = getattr(tree, field, None)
        for index, statement in enumerate(body if isinstance(body, list) else []):
            yield Place(tree, field, index, statement)
            if not isinstance(statement, ast.ClassDef):
                yield from statement_places(statement)
    for handler in getattr(tree, "handlers", []):
        yield from statement_places(handler)
