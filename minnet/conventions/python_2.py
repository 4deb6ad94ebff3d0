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
        if not _means_python_2(tree):
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
