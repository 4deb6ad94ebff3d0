"""What NumPy called otherwise, or did otherwise, when old code was written."""

from __future__ import annotations

import ast
import collections
import collections.abc
import functools
import inspect
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from minnet.report.words import listed

#: what NumPy called differently, or no longer says
_OLD_NUMPY: dict[str, Any] = {
    "int": int, "float": float, "bool": bool, "object": object, "complex": complex, "str": str,
    "product": np.prod, "cumproduct": np.cumprod, "alltrue": np.all, "sometrue": np.any,
    "Inf": np.inf, "infty": np.inf, "NaN": np.nan, "float_": np.float64, "int_": np.int64,
    "row_stack": np.vstack, "in1d": np.isin, "asscalar": lambda a: a.item(), "msort": np.sort,
}  # fmt: skip
#: the arguments of its functions that it called differently, and what they are called since
_OLD_ARGUMENTS = {
    "reshape": {"newshape": "shape"},
    "percentile": {"interpolation": "method"},
    "quantile": {"interpolation": "method"},
}
#: those of both that this NumPy lacks; an argument as `reshape(newshape=)`
_ADDED: set[str] = set()


def note_on(tree: ast.Module) -> str:
    """Say what a source takes from NumPy that only `add_names` gives it; "" for nothing.

    >>> note_on(ast.parse("import numpy as np\\nx = np.zeros(3)"))
    ''
    """
    found: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in ("np", "numpy") and node.attr in _ADDED:
                found.setdefault(f"np.{node.attr}", node.lineno)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            for told in node.keywords:
                if f"{node.func.attr}({told.arg}=)" in _ADDED:
                    found.setdefault(f"{told.arg}=", told.value.lineno)
    uses = listed([f"{name} (line {line})" for name, line in found.items()])
    return f"it uses {uses}, which this NumPy lacks: what was meant was put in" if uses else ""


def add_names() -> None:
    """Give NumPy and collections the names that they had when old code was written."""
    for name, value in _OLD_NUMPY.items():
        if name not in vars(np):
            setattr(np, name, value)
            _ADDED.add(name)
    for name, renamed in _OLD_ARGUMENTS.items():
        if renamed.keys().isdisjoint(inspect.signature(getattr(np, name)).parameters):
            setattr(np, name, _told_by_old_names(getattr(np, name), renamed))
            _ADDED.update(f"{name}({old}=)" for old in renamed)
    for name in collections.abc.__all__:
        if not hasattr(collections, name):
            setattr(collections, name, getattr(collections.abc, name))


def _told_by_old_names(function: Callable[..., Any], renamed: Mapping[str, str]) -> Any:
    @functools.wraps(function)
    def told(*args: Any, **named: Any) -> Any:
        return function(*args, **{renamed.get(name, name): v for name, v in named.items()})

    known = inspect.signature(function)
    old = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in renamed]
    told.__signature__ = known.replace(  # type: ignore[attr-defined]
        parameters=[*known.parameters.values(), *old]
    )
    return told


def with_numbers(tree: ast.Module, namespace: dict[str, Any]) -> tuple[ast.Module, str]:
    """Have ``float(b)`` of an argument take an array of one element, where NumPy refuses it now.

    Return the tree, and in a sentence where; "" for nowhere.

    >>> names = {}
    >>> tree, note = with_numbers(ast.parse("def f(b): return float(b)"), names)
    >>> exec(compile(tree, "", "exec"), names)
    >>> names["f"](np.array([[2.5]]))
    2.5
    """
    if not _REFUSES:
        return tree, ""
    found = _Numbers()
    tree = ast.fix_missing_locations(found.visit(tree))
    namespace |= {_NUMBER: _number} if found.lines else {}
    uses = listed([f"{text} (line {line})" for text, line in found.lines.items()])
    said = f"{uses} may be given an array of one element here, which this NumPy refuses"
    return tree, said if uses else ""


def _refuses() -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return float(np.ones(1)) != 1
    except TypeError:
        return True


#: what turns an array of one element into a number, in the namespace of a file
_NUMBER = "__number_of_array__"
_REFUSES = _refuses()


def _number(kind: type, value: Any) -> Any:
    return kind(value.item() if isinstance(value, np.ndarray) and value.size == 1 else value)


class _Numbers(ast.NodeTransformer):
    """Has the numbers made of a function's arguments made of arrays of one element as well."""

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}
        self._arguments: set[str] = set()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """Look into a function, with the names of its arguments."""
        around, self._arguments = self._arguments, {a.arg for a in node.args.args}
        self.generic_visit(node)
        self._arguments = around
        return node

    def visit_Call(self, node: ast.Call) -> ast.Call:
        """Replace ``float(b)``, and ``int(b)``."""
        self.generic_visit(node)
        match node:
            case ast.Call(ast.Name("float" | "int"), [ast.Name(given)], []):
                if given in self._arguments:
                    self.lines.setdefault(ast.unparse(node), node.lineno)
                    call = ast.Call(ast.Name(_NUMBER, ast.Load()), [node.func, *node.args], [])
                    return ast.copy_location(call, node)
        return node
