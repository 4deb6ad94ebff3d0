"""Where an expression stands, and what it is: the whole of a statement, an index, an axis."""

from __future__ import annotations

import ast
from typing import Any

from minnet.gradcheck.cure.scope import Scope
from minnet.gradcheck.cure.tree import Place

REDUCTIONS = ("sum", "mean", "max", "min", "prod", "std", "var", "argmax", "argmin")


def constant(value: Any) -> ast.expr:
    """Return a number, or a tuple of them, as it is written."""
    return ast.parse(repr(value), mode="eval").body


def calls(node: ast.AST) -> str:
    """Return the last name of what is called: "sum" of ``np.sum(x)`` and ``x.sum()``."""
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def is_whole(place: Place) -> bool:
    """Whether this is all that a statement computes, or one of the things that it returns."""
    return place.above is None or (
        place.above.above is None
        and isinstance(place.parent, ast.Tuple)
        and isinstance(place.statement, ast.Return | ast.Assign)
    )


def is_operand(place: Place) -> bool:
    """Whether it is one of the two sides of an operator."""
    return isinstance(place.parent, ast.BinOp)


def is_argument(place: Place) -> bool:
    """Whether it is what a function is given."""
    return isinstance(place.parent, ast.Call) and place.field == "args"


def is_index(place: Place | None) -> bool:
    """Whether it is inside the brackets of a subscript."""
    while place is not None:
        if isinstance(place.parent, ast.Subscript):
            return place.field == "slice"
        if not isinstance(place.parent, ast.Tuple | ast.Slice | ast.UnaryOp):
            return False
        place = place.above
    return False


def adds(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub)


def is_attribute_base(place: Place) -> bool:
    return isinstance(place.parent, ast.Attribute) or not isinstance(
        getattr(place.node, "ctx", ast.Load()), ast.Load
    )


def is_exponent(place: Place) -> bool:
    parent = place.parent
    if isinstance(parent, ast.UnaryOp) and place.above is not None:
        return is_exponent(place.above)
    if isinstance(parent, ast.BinOp):
        return isinstance(parent.op, ast.Pow) and place.field == "right"
    return calls(parent) == "power"


def is_signed(place: Place) -> bool:
    return isinstance(place.parent, ast.UnaryOp) and isinstance(place.parent.op, ast.USub)


def is_axis(place: Place) -> bool:
    parent = place.parent
    if isinstance(parent, ast.keyword):
        return parent.arg in ("axis", "axes")
    if calls(parent) not in (*REDUCTIONS, "concatenate", "stack", "expand_dims", "take", "repeat"):
        return False
    method = isinstance(parent.func, ast.Attribute) and calls(parent) in REDUCTIONS
    first = 0 if method and len(parent.args) == 1 else 1
    node = place.node
    counts = node.elts if isinstance(node, ast.Tuple) else [node]
    return place.field == "args" and (place.index or 0) >= first and all_counts(counts)


def is_option(place: Place) -> bool:
    return isinstance(place.parent, ast.keyword) and place.parent.arg != "keepdims"


def takes_factors(place: Place) -> bool:
    """Whether a factor here is not the same as one further up."""
    if isinstance(place.statement, ast.For | ast.While | ast.If) or is_index(place):
        return False
    node = place.node
    if isinstance(node, ast.Tuple | ast.Slice | ast.Compare) or isinstance(value_of(node), bool):
        return False
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return False
    if is_whole(place) or isinstance(place.parent, ast.List | ast.Dict):
        return True
    if is_argument(place):
        return calls(place.parent) not in ("zeros", "zeros_like", "range", "reshape")
    return is_operand(place) and not isinstance(place.parent.op, ast.Mult | ast.Div)


def takes_powers(place: Place, scope: Scope) -> bool:
    if is_index(place) or is_exponent(place) or is_attribute_base(place):
        return False
    node = place.node
    known = scope.get(node)
    if known is not None:
        return known.kind != "other" and not is_axis(place)
    return isinstance(node, ast.BinOp) and adds(node) and is_operand(place)


def is_value(place: Place) -> bool:
    """Whether it is an operand, an argument, or all that is computed."""
    return is_whole(place) or is_operand(place) or is_argument(place)


def is_module(node: ast.expr, scope: Scope) -> bool:
    return isinstance(node, ast.Name) and scope.get(node) is None and node.id in ("np", "numpy")


def value_of(node: ast.AST) -> Any:
    """Return a constant's value, its sign included; None for everything else."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = value_of(node.operand)
        return -inner if isinstance(inner, int | float) else None
    return node.value if isinstance(node, ast.Constant) else None


def all_counts(nodes: list[ast.expr]) -> bool:
    return all(isinstance(value_of(node), int) for node in nodes)
