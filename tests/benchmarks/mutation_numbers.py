"""Mistakes in the arithmetic of a backward pass."""

from __future__ import annotations

import ast
import re

from mutation_places import (
    Nodes,
    Place,
    binary,
    call_with,
    is_count,
    number_of,
    operator,
)

_OTHER = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div, ast.Add), ast.Div: (ast.Mult,),
    ast.MatMult: (ast.Mult,), ast.Pow: (ast.Mult,), ast.FloorDiv: (ast.Mult,),
}  # fmt: skip


@operator()
def arithmetic(place: Place) -> Nodes:
    """a + b -> a - b, a * b -> a / b, ..."""
    node = place.node
    if isinstance(node, ast.BinOp):
        for kind in _OTHER.get(type(node.op), ()):
            if not (place.counts and kind is ast.Div):
                yield binary(node.left, kind(), node.right)


@operator()
def sign(place: Place) -> Nodes:
    """-a -> a, and what is assigned or returned -> its negative."""
    node = place.node
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and not place.counts:
        yield node.operand
    elif place.is_value and not is_count(node):
        yield ast.UnaryOp(ast.USub(), node)  # type: ignore[arg-type]


@operator()
def constant(place: Place) -> Nodes:
    """2 * a -> 3 * a, 4 * a; 1 - a -> 2 - a, 0 - a."""
    value, parent = number_of(place.node), place.parent
    power = isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Pow)
    if value is None or place.counts or power or isinstance(parent, ast.UnaryOp):
        return
    for other in dict.fromkeys((value + 1, value - 1 if value == 1 else 2 * value)):
        if other != value:
            yield ast.Constant(other)


@operator()
def exponent(place: Place) -> Nodes:
    """a ** 2 -> a ** 3, a ** 1, a ** -2."""
    node = place.node
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        value = number_of(node.right)
        for other in () if value is None else (value + 1, value - 1, -value):
            yield binary(node.left, ast.Pow(), ast.Constant(other))


@operator(untried=True)
def factor_or_term_dropped(place: Place) -> Nodes:
    """a * b -> a, -> b; a + b -> a, -> b; a / b -> a."""
    node = place.node
    if isinstance(node, ast.BinOp) and not place.counts and not is_epsilon(node.right):
        if not isinstance(node.op, ast.Pow | ast.MatMult):
            yield node.left
        if isinstance(node.op, ast.Mult | ast.Add | ast.Sub):
            yield node.right


@operator(untried=True)
def regrouped(place: Place) -> Nodes:
    """a * (b + c) -> a * b + c, (a - b) / c -> a - b / c."""
    node = place.node
    if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div)):
        return
    sums = ast.Add | ast.Sub
    left, right = node.left, node.right
    if isinstance(left, ast.BinOp) and isinstance(left.op, sums):
        yield binary(left.left, left.op, binary(left.right, node.op, right))
    if isinstance(right, ast.BinOp) and isinstance(right.op, sums):
        yield binary(binary(left, node.op, right.left), right.op, right.right)


@operator()
def operands_swapped(place: Place) -> Nodes:
    """a - b -> b - a, a / b -> b / a, a @ b -> b @ a."""
    node = place.node
    swappable = ast.Sub | ast.Div | ast.MatMult
    if isinstance(node, ast.BinOp) and isinstance(node.op, swappable) and not place.counts:
        yield binary(node.right, node.op, node.left)


@operator(untried=True)
def epsilon(place: Place) -> Nodes:
    """sqrt(v + eps) -> sqrt(v), -> sqrt(v) + eps."""
    node = place.node
    if isinstance(node, ast.BinOp) and is_epsilon(node.right):
        yield node.left
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.BinOp):
        inner = node.args[0]
        if is_epsilon(inner.right):
            yield binary(call_with(node, [inner.left]), ast.Add(), inner.right)


def is_epsilon(node: ast.AST) -> bool:
    name = getattr(node, "id", getattr(node, "attr", ""))
    value = number_of(node)
    return "eps" in name or (value is not None and 0 < abs(value) < 1e-3)


@operator(untried=True)
def wrapped(place: Place) -> Nodes:
    """what is assigned or returned -> its absolute value."""
    if place.is_value and not is_count(place.node) and not isinstance(place.node, ast.Name):
        absolute = ast.Attribute(ast.Name("np", ast.Load()), "abs", ast.Load())
        yield ast.Call(absolute, [place.node], [])  # type: ignore[list-item]


@operator()
def divided_by_batch(place: Place) -> Nodes:
    """what is assigned or returned -> divided by the batch size."""
    if place.is_value and not is_count(place.node) and place.scope.upstream:
        upstream = ast.Name(place.scope.upstream, ast.Load())
        size = ast.Call(ast.Name("len", ast.Load()), [upstream], [])
        yield binary(place.node, ast.Div(), size)


@operator(untried=True)
def decay_added(place: Place) -> Nodes:
    """dW = a -> dW = a + 0.1 * W."""
    top = place.parent
    if not (isinstance(top, ast.Assign) and place.field == "value"):
        return
    target = top.targets[0]
    name = getattr(target, "id", getattr(target, "attr", ""))
    of = re.sub(r"^(d|grad_|dLd)", "", name)
    if of == name or not of:
        return
    if isinstance(target, ast.Name) and place.scope.first.get(of, top.lineno) < top.lineno:
        share: ast.AST = ast.Name(of, ast.Load())
    elif isinstance(target, ast.Attribute) and of in place.scope.attributes:
        share = ast.Attribute(target.value, of, ast.Load())
    else:
        return
    yield binary(place.node, ast.Add(), binary(ast.Constant(0.1), ast.Mult(), share))
