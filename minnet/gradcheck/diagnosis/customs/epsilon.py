"""A small number that keeps a logarithm or a division finite, and stands in one pass only.

It is taken out, each in turn, and the passes are measured without it: where backward is then
exactly the derivative of forward, the number is the whole difference.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import inspect
import types
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minnet.gradcheck.case import Case, CodeError, output_vector
from minnet.gradcheck.diagnosis.customs.tensor_format import in_its_format
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.gradcheck.under_test.ran import Functions, functions_run
from minnet.gradcheck.under_test.source import tree_of
from minnet.gradcheck.verdict.judge import judge
from minnet.gradcheck.verdict.question import Question
from minnet.records import dataclass
from minnet.report.results import GradientResult

#: between these, a number that is added is there to keep something finite
SMALLEST, LARGEST = 1e-12, 1e-3
_KEEPS_AWAY = ("maximum", "fmax", "max", "clip")
_NEED_MORE_THAN_ZERO = ("log", "log2", "log10", "sqrt", "divide", "reciprocal", "power", "rsqrt")

IN_ONE_PASS = (
    "The gradient of {{wrt}} differs by an epsilon: {text} stands in {where} only (a convention "
    "that keeps a division or a logarithm finite). Without it, both passes agree."
)
IN_BOTH = (
    "The gradient of {wrt} differs by epsilons that the two passes have in different places (a "
    "convention that keeps a division or a logarithm finite). Without them, both passes agree."
)


def epsilon_in_one_pass(evidence: Evidence, result: GradientResult) -> str:
    """Off only because of a small number that one of the two passes adds."""
    if evidence.contract or evidence.analytic is None:
        return ""
    forward, backward = evidence.shared.ran
    shared = [f for f in forward.functions if f in backward.functions]
    if evidence.case.code.get("forward") is evidence.case.code.get("backward"):
        return _in_one_function(evidence, forward, forward.functions)
    sites = {
        where: [site for f in ran.functions if f not in shared for site in _sites(f, ran)]
        for where, ran in (("forward", forward), ("backward", backward))
    }
    for where, found in sites.items():
        if site := _responsible(evidence, found):
            return IN_ONE_PASS.format(text=site.text, where=where)
    every = [site for found in sites.values() for site in found]
    if all(sites.values()) and _right_without(evidence, every):
        return IN_BOTH
    return _in_one_function(evidence, forward, shared)


def _in_one_function(
    evidence: Evidence, ran: Functions, functions: Sequence[types.FunctionType]
) -> str:
    """Off because of a small number in a function that gives a loss and its gradient at once."""
    site = _responsible(evidence, [site for f in functions for site in _sites(f, ran)])
    return IN_ONE_PASS.format(text=site.text, where="the loss or its gradient") if site else ""


def _responsible(evidence: Evidence, sites: Sequence[_Site]) -> _Site | None:
    """Return the small number without which the gradient is right; the first where all are it."""
    for site in sites:
        if _right_without(evidence, [site]):
            return site
    several = len(sites) > 1 and _right_without(evidence, sites)
    return sites[0] if several else None


@contextlib.contextmanager
def without_small_numbers(case: Case) -> Iterator[None]:
    """Run a case without the small numbers of its forward pass.

    Raises
    ------
    ValueError
        When there are none, or no source.
    """
    forward, _ = functions_run(case)
    sites = [site for f in forward.functions for site in _sites(f, forward)]
    if not sites:
        raise ValueError("there are no small numbers")
    with _taken_out(sites):
        yield


def _right_without(evidence: Evidence, sites: Sequence[_Site]) -> bool:
    """Return whether the gradient is right once these numbers are taken out.

    Where forward gives no finite numbers without them, they are more than an epsilon.
    """
    try:
        with _taken_out(sites):
            if not np.isfinite(output_vector(evidence.case.run())).all():
                return False
            there = evidence.at(evidence.case, evidence.dout)
            if there.claims.at(there.dout).get(there.wrt) is None:
                return False
            question = Question(there.probe, there.claims, there.wrt, there.dout)
            return judge(question).verdict == "pass" or bool(in_its_format(there))
    except (CodeError, SyntaxError, ValueError):
        return False


# --- where small numbers stand ------------------------------------------------------------


@dataclass(frozen=True)
class _Site:
    """A small number in a function: the place of its expression in the source, and its text."""

    function: types.FunctionType
    place: tuple[int, int]
    text: str


def _sites(function: types.FunctionType, ran: Functions) -> Iterator[_Site]:
    """Yield the small numbers that keep something finite that a function divides by, or roots."""
    tree = _parsed(function)
    if tree is None:
        return
    held = ChainMap(dict(ran.held[function.__code__]), function.__globals__)
    for guarded in _guarded(tree):
        for expression in (e for node in ast.walk(guarded) for e in _added(node)):
            if _is_small(_value(expression, held)):
                text = ast.unparse(expression)
                yield _Site(function, (expression.lineno, expression.col_offset), text)


def _guarded(tree: ast.AST) -> list[ast.expr]:
    """Return the expressions that have to keep away from zero, and those they are made of."""
    found = [e for node in ast.walk(tree) for e in _must_not_vanish(node)]
    assigned = [pair for node in ast.walk(tree) for pair in _assigned(node)]
    names: set[str] = set()
    while more := {n for e in found for n in _stored(e)} - names:
        names |= more
        found += [value for name, value in assigned if name in more]
    return [e for e in found if not any(e is not o and e in ast.walk(o) for o in found)]


def _must_not_vanish(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return [node.right]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        return [node.left]
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Div):
        return [node.value]
    if isinstance(node, ast.Call) and _called(node) in _NEED_MORE_THAN_ZERO:
        return node.args[1:] if _called(node) == "divide" else node.args[:1]
    return []


def _called(node: ast.Call) -> str:
    return str(getattr(node.func, "attr", getattr(node.func, "id", "")))


def _stored(expression: ast.AST) -> Iterator[str]:
    """Yield the names and attributes that an expression reads."""
    for node in ast.walk(expression):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names and attributes that a statement stores, each with its value."""
    if not isinstance(node, ast.Assign | ast.AugAssign):
        return
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        pairs = [(target, node.value)]
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = [*zip(target.elts, node.value.elts, strict=False)]
        for one, value in pairs:
            if isinstance(one, ast.Name | ast.Attribute):
                yield (one.id if isinstance(one, ast.Name) else one.attr), value


def _added(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        return [node.left, node.right]
    if isinstance(node, ast.Call):
        return list(node.args) if _called(node) in _KEEPS_AWAY else []
    return []


def _is_small(value: Any) -> bool:
    return isinstance(value, float) and SMALLEST <= abs(value) <= LARGEST


def _value(expression: ast.expr, held: Mapping[str, Any]) -> Any:
    """Return the number that an expression is, by its text or by what its name stood for."""
    if isinstance(expression, ast.Constant):
        return expression.value
    if isinstance(expression, ast.UnaryOp):
        return _value(expression.operand, held)
    if isinstance(expression, ast.BinOp) and not _names_in(expression):  # 10**-8
        return _computed(expression)
    if isinstance(expression, ast.Name):
        return held.get(expression.id)
    if isinstance(expression, ast.Attribute) and isinstance(expression.value, ast.Name):
        # nothing of the user's runs
        return inspect.getattr_static(held.get(expression.value.id), expression.attr, None)
    return None


def _computed(expression: ast.expr) -> Any:
    try:
        code = compile(ast.Expression(expression), "", "eval")
        return code.co_consts[-1] if len(code.co_names) == 0 else None
    except (SyntaxError, ValueError, IndexError):
        return None


def _names_in(expression: ast.AST) -> bool:
    allowed = (ast.BinOp, ast.Constant, ast.UnaryOp, ast.operator, ast.unaryop)
    return any(not isinstance(node, allowed) for node in ast.walk(expression))


# --- functions without them ---------------------------------------------------------------


@contextlib.contextmanager
def _taken_out(sites: Sequence[_Site]) -> Iterator[None]:
    """Run functions with 0 in the places of some numbers."""
    functions = {id(site.function): site.function for site in sites}
    own = {key: function.__code__ for key, function in functions.items()}
    try:
        for key, function in functions.items():
            places = {site.place for site in sites if site.function is function}
            functions[key].__code__ = _without(function, places)
        yield
    finally:
        for key, function in functions.items():
            function.__code__ = own[key]


class _Zeros(ast.NodeTransformer):
    """Writes 0.0 in the places of some expressions."""

    def __init__(self, places: set[tuple[int, int]]) -> None:
        self._places = places

    def visit(self, node: ast.AST) -> ast.AST:
        terms = ast.Constant | ast.Name | ast.Attribute | ast.UnaryOp | ast.BinOp
        if not isinstance(node, terms) or (isinstance(node, ast.BinOp) and _names_in(node)):
            return self.generic_visit(node)
        if (node.lineno, node.col_offset) in self._places:
            return ast.copy_location(ast.Constant(0.0), node)
        return self.generic_visit(node)


def _without(function: types.FunctionType, places: set[tuple[int, int]]) -> types.CodeType:
    """Return the code of a function with 0 in some places.

    Raises
    ------
    ValueError
        When there is no source to compile again.
    """
    tree = _parsed(function)
    if tree is None or function.__code__.co_freevars:
        raise ValueError("there is no source")
    _Zeros(places).visit(tree)
    tree.decorator_list = []
    body: list[ast.stmt] = [tree]
    owner = function.__qualname__.partition(".")[0]
    if owner != function.__name__ and owner.isidentifier():  # for the names of self.__x
        holder = ast.parse(f"class {owner}: pass").body[0]
        assert isinstance(holder, ast.ClassDef)
        holder.body, body = body, [holder]
    module = ast.fix_missing_locations(ast.Module(body, []))
    return _code_named(compile(module, function.__code__.co_filename, "exec"), function)


def _code_named(code: types.CodeType, function: types.FunctionType) -> types.CodeType:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            if constant.co_name == function.__name__:
                return constant
            with contextlib.suppress(ValueError):
                return _code_named(constant, function)
    raise ValueError("there is no such function in its own source")


def _parsed(function: types.FunctionType) -> ast.FunctionDef | None:
    tree = tree_of(function)
    body = tree.body[0] if tree and tree.body else None
    return copy.deepcopy(body) if isinstance(body, ast.FunctionDef) else None  # it is changed
