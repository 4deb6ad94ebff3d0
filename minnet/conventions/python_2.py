"""Python 2: what it writes otherwise, what it calls otherwise, and its division.

Most of the code of ten years ago is valid Python 3 and means something else there: ``xrange`` is
no name, and ``(H - HH) / stride`` is no index. Nobody who wrote it made a mistake.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import re
from typing import Any

import numpy as np

#: what Python 2 called differently
NAMES: dict[str, Any] = {
    "xrange": range, "unicode": str, "basestring": str, "long": int, "raw_input": input,
    "unichr": chr, "reduce": functools.reduce,
}  # fmt: skip
#: names that nobody gives to something of his own: who uses one means Python 2
_TELLING = {"xrange", "unicode", "basestring", "raw_input", "unichr"}
#: what refuses a number that is not whole, however even it is, and in which of its arguments
_COUNTING = {
    "range": slice(None), "zeros": slice(1), "ones": slice(1), "empty": slice(1),
    "repeat": slice(1, 2), "tile": slice(1, 2),
}  # fmt: skip
#: what its division is called in the namespace of a file
_DIVISION = "__python_2_division__"
_INDENTATION = re.compile(r"(?m)^[ \t]+")
#: what Python 3 writes otherwise, and the same in it, on the same line
_SPELLINGS = (
    (re.compile(r"(?m)(^|[:;])([ \t]*)print[ \t]*>>[ \t]*"), r"\1\2print; "),
    (re.compile(r"(?m)(^|[:;])([ \t]*)print(?=[ \t]*[\"'`]|[ \t]+[\w\[{-])"), r"\1\2print; "),
    (
        re.compile(r"\bexcept[ \t]+([\w.]+|\([\w., ]+\))[ \t]*,[ \t]*(\w+)[ \t]*:"),
        r"except \1 as \2:",
    ),
    (re.compile(r"\braise[ \t]+([\w.]+)[ \t]*,[ \t]*([^\n]+)"), r"raise \1(\2)"),
)


def parsed(source: bytes | str, file: str, namespace: dict[str, Any]) -> ast.Module:
    """Return the tree of a source; that of Python 2 means there what it did, with its names.

    Raises
    ------
    SyntaxError
        It is neither Python 3 nor Python 2.

    Examples
    --------
    >>> names = {}
    >>> tree = parsed("halves = [n / 2 for n in xrange(4)]", "old.py", names)
    >>> exec(compile(tree, "old.py", "exec"), names)
    >>> names["halves"]
    [0, 0, 1, 1]
    """
    try:
        tree = ast.parse(source, file)
    except SyntaxError:
        anew = _parsed_anew(source, file)
        if anew is None:
            raise
        tree = anew
    else:
        if not _means_python_2(tree) and not _counts_by_quotients(tree):
            return tree
    namespace |= NAMES
    if not _divides_as_python_3(tree):
        namespace[_DIVISION] = divide
        tree = ast.fix_missing_locations(_Division().visit(tree))
    return tree


def divide(a: Any, b: Any) -> Any:
    """Divide as Python 2 does: integers by integers give integers.

    >>> divide(7, 2), divide(7.0, 2)
    (3, 3.5)
    """
    return a // b if _is_whole(a) and _is_whole(b) else a / b


def _is_whole(x: Any) -> bool:
    return isinstance(x, int) or (isinstance(x, np.ndarray | np.generic) and x.dtype.kind in "iu")


def _parsed_anew(source: bytes | str, file: str) -> ast.Module | None:
    text = source if isinstance(source, str) else importlib.util.decode_source(source)
    text = _INDENTATION.sub(lambda blank: blank[0].expandtabs(), text)
    for old, new in _SPELLINGS:
        text = old.sub(new, text)
    try:
        return ast.parse(text, file)
    except SyntaxError:
        return None


def _means_python_2(tree: ast.Module) -> bool:
    """Return whether a name of Python 2 is used that nothing in the file could have made."""
    used: set[str] = set()
    made: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else made).add(node.id)
        elif isinstance(node, ast.alias):
            made.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            made.add(node.name)
        elif isinstance(node, ast.arg):
            made.add(node.arg)
    return bool(used & _TELLING - made) and "*" not in made


def _counts_by_quotients(tree: ast.Module) -> bool:
    """Return whether a quotient as it is says how often something is done, or how long it is.

    >>> _counts_by_quotients(ast.parse("def f(H, s): n = (H - 2) / s + 1; return range(n)"))
    True
    >>> _counts_by_quotients(ast.parse("def f(H, s): n = int((H - 2) / s); return range(n)"))
    False
    """
    return any(
        not _quotients(function).isdisjoint(_counts(function))
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
    )


def _quotients(function: ast.FunctionDef) -> set[str]:
    """Return the names that are given a quotient, or one with something added, and nothing else."""
    given: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            given.setdefault(node.targets[0].id, []).append(node.value)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            given.setdefault(node.target.id, []).append(ast.Constant(None))
    return {name for name, values in given.items() if all(map(_is_quotient, values))}


def _is_quotient(value: ast.expr) -> bool:
    if not isinstance(value, ast.BinOp):
        return False
    if isinstance(value.op, ast.Add | ast.Sub):
        return _is_quotient(value.left) or _is_quotient(value.right)
    return isinstance(value.op, ast.Div)


def _counts(function: ast.FunctionDef) -> set[str]:
    """Return the names that are handed to what takes nothing but whole numbers."""
    found = set[str]()
    for node in ast.walk(function):
        if not isinstance(node, ast.Call):
            continue
        called = re.sub(r"^(np|numpy)\.", "", ast.unparse(node.func))
        if called in _COUNTING:
            sizes = node.args[_COUNTING[called]]
            each = (e for s in sizes for e in (s.elts if isinstance(s, ast.Tuple) else [s]))
            found |= {e.id for e in each if isinstance(e, ast.Name)}
    return found


def _divides_as_python_3(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "division" for alias in node.names)
        for node in tree.body
    )


class _Division(ast.NodeTransformer):
    """Has every ``a / b`` ask whether both are integers."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """Replace a division."""
        self.generic_visit(node)
        if not isinstance(node.op, ast.Div):
            return node
        call = ast.Call(ast.Name(_DIVISION, ast.Load()), [node.left, node.right], [])
        return ast.copy_location(call, node)
