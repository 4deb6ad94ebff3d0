"""Gradients that are added up over calls of backward, until something sets them to zero."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

from minnet.gradcheck.diagnosis.customs.neighbours import file_of, files_beside, names_in, tree_of
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.gradcheck.under_test.passes import passes_of
from minnet.gradcheck.under_test.reach import look_up
from minnet.gradcheck.under_test.signatures import unwrapped
from minnet.patterns import pattern
from minnet.records import replace
from minnet.report.results import GradientResult

ACCUMULATED = (
    "The gradient of {wrt} is added up over the calls of backward, as in a library that sets the "
    "gradients to zero elsewhere (zero_grad, an update): a convention. From zero, each call adds "
    "exactly the right gradient."
)
_OPTIMIZER = pattern(r"optim[^/\\]*([/\\]\w+)?\.py$", re.IGNORECASE)
_CELL = pattern(r"cell$|_?step$", re.IGNORECASE)
_ZEROES = pattern(r"_*(zero|clear|reset)_?(all_)?grad(s|ient|ients)?_?", re.IGNORECASE)


def accumulated(evidence: Evidence, result: GradientResult) -> str:
    """Added up over calls, each call the right gradient, with a ``zero_grad`` in sight."""
    found = [finding.code for finding in evidence.contract]
    if found != ["accumulates"] or result.verdict != "pass":
        return ""
    return ACCUMULATED if _is_custom(evidence, result.wrt) else ""


def as_blamed(evidence: Evidence, result: GradientResult) -> Evidence:
    """Return the evidence without the growth, where that is a convention and the numbers fail."""
    rest = tuple(f for f in evidence.contract if f.code != "accumulates")
    if rest == evidence.contract or result.verdict != "fail":
        return evidence
    return replace(evidence, contract=rest) if _is_custom(evidence, result.wrt) else evidence


def _is_custom(evidence: Evidence, variable: str) -> bool:
    """Return whether the gradient of a variable may be added up: of one in a layer within, too."""
    layer = getattr(evidence.case, "thing", None)
    for part in variable.split(".")[:-1]:
        layer = look_up(layer, part)
    passes = passes_of(layer) if "." in variable else None
    within = None if passes is None else unwrapped(getattr(layer, passes.backward))
    return zeroes_gradients(within or evidence.case.code.get("backward"))


def zeroes_gradients(backward: Callable[..., Any] | None) -> bool:
    """Return whether the code around a backward pass sets gradients to zero somewhere.

    That is in another method of its class, in its own file, there for any object's attribute that
    it adds to, in a file of the same package that uses it, or what it adds to by name, or in its
    optimizers. A cell is run at each step of a sequence, and has to add up.
    """
    file = file_of(backward)
    if file is None:
        return False
    holder, _, name = getattr(backward, "__qualname__", "").rpartition(".")
    methods = _methods(tree_of(file), holder.rpartition(".")[2])
    added = {attribute for m in methods if m.name == name for attribute in _added_to(m)}
    others = (m for m in methods if m.name not in ("__init__", "forward", "__call__", name))
    if _CELL.search(holder) or any(not added.isdisjoint(_set_to_zero(m)) for m in others):
        return True
    if not added.isdisjoint(_set_to_zero_of_others(tree_of(file))):
        return True
    users = {getattr(backward, "__qualname__", "").partition(".")[0], file.stem}
    near = {path: names_in(tree_of(path)) for path in (file, *files_beside(file))}
    zeroing = {path: names for path, names in near.items() if _zeroes(names)}
    return file in zeroing or any(
        _OPTIMIZER.search(str(path))
        or not users.isdisjoint(names)
        or not added.isdisjoint(_set_to_zero(tree_of(path), of_others=True))
        for path, names in zeroing.items()
    )


def _methods(tree: ast.Module, holder: str) -> list[ast.FunctionDef]:
    classes = (n for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and n.name == holder)
    return [n for cls in classes for n in cls.body if isinstance(n, ast.FunctionDef)]


def _added_to(method: ast.AST) -> set[str]:
    """Return the attributes of ``self``, or of what it holds, that a method adds something to."""
    steps = (n for n in ast.walk(method) if isinstance(n, ast.AugAssign))
    added: list[ast.expr] = [n.target for n in steps if isinstance(n.op, ast.Add)]
    for node in ast.walk(method):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp):
            is_sum, (target, *_) = isinstance(node.value.op, ast.Add), node.targets
            if is_sum and ast.unparse(node.value.left) == ast.unparse(target):
                added.append(target)
    return {_attribute(target, of_others=True) for target in added} - {""}


def _set_to_zero_of_others(tree: ast.Module) -> set[str]:
    """Return the attributes that the functions of a file set to zero on what they are handed."""
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    return {
        name
        for function in functions
        if function.name != "__init__"
        for name in _set_to_zero(function, of_others=True) - _set_to_zero(function)
    }


def _set_to_zero(code: ast.AST, of_others: bool = False) -> set[str]:
    """Return the attributes of ``self``, or of other objects too, that code sets to zero."""
    nodes = list(ast.walk(code))
    targets = [
        t for n in nodes if isinstance(n, ast.Assign) and _is_zero(n.value) for t in n.targets
    ]
    calls = (n for n in nodes if isinstance(n, ast.Call) and all(map(_is_zero, n.args)))
    filled = (n.func for n in calls if isinstance(n.func, ast.Attribute))
    targets += [function.value for function in filled if function.attr == "fill"]
    return {_attribute(target, of_others) for target in targets} - {""}


def _attribute(node: ast.expr, of_others: bool = False) -> str:
    """Return the attribute of ``self`` that a target is, or is a part of; "" of others."""
    while isinstance(node, ast.Subscript):
        node = node.value
    if not isinstance(node, ast.Attribute):
        return ""
    return node.attr if of_others or getattr(node.value, "id", "") == "self" else ""


def _is_zero(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return getattr(value.func, "attr", "") in ("zeros", "zeros_like")
    return isinstance(value, ast.Constant) and not value.value


def _zeroes(names: set[str]) -> bool:
    return any(_ZEROES.fullmatch(name) for name in names)
