"""Where a mistake may be made: a node of a statement, and the names that are known there.

The kinds of mistake (`mutation_numbers`, `mutation_arrays`) are functions from a `Place` to what
may stand there instead, in the table `OPERATORS`. They were written without a look at the edits
that a fix tries. `UNTRIED` names those that a fixer is unlikely to have: what they take away is
nowhere in the file any more, or the edit is of a form that it would have to know.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Nodes = Iterator[ast.AST]
#: by name, in the order of the table
OPERATORS: dict[str, Callable[[Place], Nodes]] = {}
#: operators that a fixer is unlikely to try the inverse of
UNTRIED: set[str] = set()
#: of how many others a name is replaced by, the most similar first
MOST_NAMES = 2
REDUCTIONS = ("sum", "mean", "max", "min", "var", "std", "prod", "argmax", "argmin", "cumsum")


class Scope:
    """The names that a function knows: of arrays, of counts, of attributes, of helpers."""

    def __init__(
        self, function: ast.FunctionDef, cls: ast.AST | None, helpers: frozenset[str]
    ) -> None:
        arguments = function.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        self.first = {a.arg: function.lineno for a in every if a.arg not in ("self", "cls")}
        self.upstream = next(iter(self.first), "")
        self.helpers = helpers
        counts: set[str] = set()
        for node in ast.walk(function):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.first.setdefault(node.id, node.lineno)
            if isinstance(node, ast.For | ast.comprehension):
                counts |= stored_in(node.target)
            if isinstance(node, ast.Assign) and is_count(node.value):
                counts |= {name for target in node.targets for name in stored_in(target)}
        self.counts = frozenset(counts)
        methods = {id(n.func) for n in ast.walk(cls or function) if isinstance(n, ast.Call)}
        self.attributes = sorted({
            n.attr
            for n in ast.walk(cls or function)
            if isinstance(n, ast.Attribute) and is_name(n.value, "self") and id(n) not in methods
        })  # fmt: skip

    def others(self, name: str, line: int) -> list[str]:
        """Return names of the same kind that are known at a line, the most similar first."""
        count = name in self.counts
        known = [n for n, at in self.first.items() if at < line and (n in self.counts) == count]
        return nearest(name, known) if name in self.first else []


@dataclass(frozen=True)
class Place:
    """A node that may be replaced, all that it is in, and where in the last of these."""

    node: ast.AST
    parents: tuple[ast.AST, ...]
    field: str
    index: int | None
    scope: Scope

    @property
    def parent(self) -> ast.AST | None:
        return self.parents[-1] if self.parents else None

    @property
    def counts(self) -> bool:
        """Whether this is about places and sizes, and not about what is computed."""
        inside = zip(self.parents, (*self.parents[1:], self.node), strict=True)
        return any(
            (isinstance(parent, ast.Subscript) and node is parent.slice)
            or (isinstance(parent, ast.Call) and node is not parent.func and takes_places(parent))
            or (isinstance(parent, ast.keyword) and parent.arg in ("axis", "shape", "keepdims"))
            for parent, node in inside
        ) or is_axis(self)

    @property
    def is_value(self) -> bool:
        """Whether this is what is assigned, added or returned, or one of several returned."""
        top = self.parents[0] if self.parents else None
        if isinstance(top, ast.Assign | ast.AugAssign) and len(self.parents) == 1:
            target = top.targets[0] if isinstance(top, ast.Assign) else top.target
            return self.field == "value" and not isinstance(target, ast.Tuple)
        returned = isinstance(top, ast.Return) and not isinstance(self.node, ast.Tuple)
        return returned and all(isinstance(p, ast.Tuple) for p in self.parents[1:])


def operator(untried: bool = False) -> Callable[[Callable[[Place], Nodes]], object]:
    """Put a function into the table of operators, under its name."""

    def register(function: Callable[[Place], Nodes]) -> object:
        name = function.__name__.replace("_", " ")
        OPERATORS[name] = function
        if untried:
            UNTRIED.add(name)
        return function

    return register


# --- small questions ------------------------------------------------------------------------


def is_name(node: ast.AST | None, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def called(node: ast.AST | None) -> str:
    """Return the bare name of what is called, or ""."""
    if not isinstance(node, ast.Call):
        return ""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def stored_in(target: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}


def is_count(value: ast.AST) -> bool:
    """Whether a value is of sizes: `x.shape`, `len(x)`, arithmetic with `stride`."""
    nodes = list(ast.walk(value))
    shape = any(isinstance(n, ast.Attribute) and n.attr in ("shape", "size") for n in nodes)
    array = any(called(n) not in ("", "len", "int", "range") for n in nodes)
    length = any(called(n) in ("len", "int") for n in nodes)
    number = isinstance(value, ast.Constant) and isinstance(value.value, int)
    return not array and (shape or length or number)


def takes_places(call: ast.Call) -> bool:
    sizes = ("reshape", "transpose", "swapaxes", "moveaxis", "range", "zeros", "ones", "empty")
    more = ("arange", "repeat", "tile", "squeeze", "expand_dims", "pad", "product")
    return called(call) in sizes + more


def is_axis(place: Place) -> bool:
    """Whether a node is the axis of a reduction, by name or by position."""
    parent = place.parent
    if isinstance(parent, ast.keyword):
        return parent.arg == "axis"
    if not isinstance(parent, ast.Call) or place.field != "args" or place.index is None:
        return False
    known = called(parent) in REDUCTIONS
    of_numpy = isinstance(parent.func, ast.Attribute) and is_name(parent.func.value, "np")
    return known and place.index == (1 if of_numpy else 0) and is_number(place.node)


def number_of(node: ast.AST | None) -> float | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = number_of(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value  # type: ignore[return-value]
    return None


def is_number(node: ast.AST) -> bool:
    if isinstance(node, ast.Tuple):
        return all(number_of(item) is not None for item in node.elts)
    return number_of(node) is not None


def nearest(name: str, known: list[str]) -> list[str]:
    similar = lambda other: -difflib.SequenceMatcher(None, name, other).ratio()  # noqa: E731
    return sorted((n for n in known if n != name), key=lambda n: (similar(n), n))[:MOST_NAMES]


def call_with(
    call: ast.Call, args: list[ast.expr] | None = None, keywords: list[ast.keyword] | None = None
) -> ast.Call:
    return ast.Call(
        call.func,
        call.args if args is None else args,
        call.keywords if keywords is None else keywords,
    )


def renamed(call: ast.Call, name: str) -> ast.Call:
    """Return a call of another function of the same module or object."""
    func = call.func
    if isinstance(func, ast.Attribute):
        return ast.Call(ast.Attribute(func.value, name, func.ctx), call.args, call.keywords)
    return ast.Call(ast.Name(name, ast.Load()), call.args, call.keywords)


def binary(left: ast.AST, kind: ast.operator, right: ast.AST) -> ast.BinOp:
    return ast.BinOp(left, kind, right)  # type: ignore[arg-type]


def plus(node: ast.AST, number: int) -> ast.AST:
    value = number_of(node)
    if value is not None:
        return ast.Constant(value + number)
    return binary(node, ast.Add() if number > 0 else ast.Sub(), ast.Constant(abs(number)))


def exchanged(items: list[ast.expr], i: int, j: int) -> list[ast.expr]:
    items = list(items)
    items[i], items[j] = items[j], items[i]
    return items
