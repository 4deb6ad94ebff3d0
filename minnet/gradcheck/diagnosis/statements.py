"""What a statement of a pass does, told by its text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any


def is_packing(value: Any) -> bool:
    """Return whether an expression only names what is there, or puts it together."""
    if isinstance(value, ast.Tuple | ast.List):
        return all(is_packing(item) for item in value.elts)
    if isinstance(value, ast.Dict):
        return all(is_packing(item) for item in value.values)
    if isinstance(value, ast.Subscript):
        return is_packing(value.value) and isinstance(value.slice, ast.Constant)
    if isinstance(value, ast.Attribute):
        return is_packing(value.value)
    return isinstance(value, ast.Name | ast.Constant)


def is_gradient_name(name: str) -> bool:
    """Return whether a name looks like that of a gradient."""
    return name.lower().lstrip("_").startswith(("d", "g")) or "grad" in name.lower()


def names_in(value: Any) -> Iterator[str]:
    """Yield the names that an expression puts together."""
    for item in value.elts if isinstance(value, ast.Tuple | ast.List) else [value]:
        name = getattr(item, "id", "") or getattr(item, "attr", "")
        if name:
            yield name


def writes(statement: Any) -> bool:
    """Return whether a statement writes into something that is there."""
    if isinstance(statement, ast.AugAssign):
        return True
    return any(isinstance(t, ast.Subscript) for t in getattr(statement, "targets", []))


def is_packing_return(statement: ast.stmt) -> bool:
    """Return whether a statement gives back what is there, and computes nothing."""
    return isinstance(statement, ast.Return) and is_packing(statement.value)


def conditions_around(statement: ast.stmt, function: ast.AST) -> Iterator[ast.expr]:
    """Yield the conditions of the branches of a function that a statement stands in."""
    for node in ast.walk(function):
        if isinstance(node, ast.If) and any(n is statement for n in ast.walk(node)):
            yield node.test


def several(statement: ast.stmt) -> bool:
    """Return whether a statement sets, or gives back, several things at once."""
    value = getattr(statement, "value", None)
    targets = getattr(statement, "targets", [])
    return any(isinstance(node, ast.Tuple) for node in (value, *targets))


def called(call: ast.Call) -> str:
    """Return the name of the function or method that is called."""
    return getattr(call.func, "id", "") or getattr(call.func, "attr", "")


def target_names(statement: Any) -> Iterator[str]:
    """Yield the names and attributes that a statement sets."""
    for target in getattr(statement, "targets", [getattr(statement, "target", None)]):
        for node in ast.walk(target) if target is not None else ():
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                yield node.attr


def is_read(node: ast.Name) -> bool:
    """Return whether a name is read, not set."""
    return isinstance(node.ctx, ast.Load)


def reduces(statement: ast.stmt) -> bool:
    """Return whether a statement adds up along an axis, or takes a mean or a maximum."""
    names = ("sum", "mean", "max", "min", "dot", "einsum", "tensordot")
    return any(
        isinstance(node, ast.MatMult) or (isinstance(node, ast.Call) and called(node) in names)
        for node in ast.walk(statement)
    )
