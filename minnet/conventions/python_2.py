"""Python 2: what it writes otherwise, what it calls otherwise, and its division.

A file is taken for one of Python 2 where it can be nothing else, where it uses a name that only
Python 2 has, and where another file of its package is one and nothing in it is of Python 3; or
where all notebooks that import it were run by Python 2.

Most of the code of ten years ago is valid Python 3 and means something else there: ``xrange`` is
no name, and ``(H - HH) / stride`` is no index. Nobody who wrote it made a mistake.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

from minnet.patterns import pattern

#: what Python 2 called differently, and what gave lists in it
NAMES: dict[str, Any] = {
    "xrange": range, "unicode": str, "basestring": str, "long": int, "raw_input": input,
    "unichr": chr, "reduce": functools.reduce, "zip": lambda *rows: list(zip(*rows, strict=False)),
    "range": lambda *ends: list(range(*ends)),
    "map": lambda *given: list(map(*given)), "filter": lambda *given: list(filter(*given)),
}  # fmt: skip
#: names that nobody gives to something of his own: who uses one means Python 2
_TELLING = {"xrange", "unicode", "basestring", "raw_input", "unichr", "reduce"}
#: what its dictionaries called differently
_METHODS = {"iteritems": "items", "itervalues": "values", "iterkeys": "keys"}
_HAS_KEY = "has_key"
_OF_DICTS = {*_METHODS, _HAS_KEY}
#: modules that have functions of these names, for both
_OF_BOTH = ("six", "utils", "compat")
#: so many files beside are looked at
_MOST_BESIDE = 100
#: what its division is called in the namespace of a file
_DIVISION = "__python_2_division__"
#: what a notebook says of the Python that has run it
_RUN_BY = pattern(r'"pygments_lexer": *"ipython(\d)"')
#: the last names of modules that are imported, or imported from
_IMPORTED = pattern(r"(\w+) import\b|\bimport (\w+)")
_INDENTATION = pattern(r"(?m)^[ \t]+")
#: what Python 3 writes otherwise, and the same in it, on the same line
_SPELLINGS = (
    (pattern(r"(?m)(^|[:;])([ \t]*)print[ \t]*>>[ \t]*"), r"\1\2print; "),
    (pattern(r"(?m)(^|[:;])([ \t]*)print(?=[ \t]*[\"'`]|[ \t]+[\w\[{-])"), r"\1\2print; "),
    (
        pattern(r"\bexcept[ \t]+([\w.]+|\([\w., ]+\))[ \t]*,[ \t]*(\w+)[ \t]*:"),
        r"except \1 as \2:",
    ),
    (pattern(r"\braise[ \t]+([\w.]+)[ \t]*,[ \t]*([^\n]+)"), r"raise \1(\2)"),
)


def parsed(source: bytes | str, file: str, namespace: dict[str, Any]) -> tuple[ast.Module, str]:
    """Return the tree of a source; that of Python 2 means there what it did, with its names.

    And in a sentence that it does, and what says so; "" for Python 3.

    Raises
    ------
    SyntaxError
        It is neither Python 3 nor Python 2.

    Examples
    --------
    >>> names = {}
    >>> tree, note = parsed("halves = [n / 2 for n in xrange(4)]", "old.py", names)
    >>> note
    'it is in Python 2, as line 1 says (xrange), and was run as such'
    >>> exec(compile(tree, "old.py", "exec"), names)
    >>> names["halves"]
    [0, 0, 1, 1]
    """
    try:
        tree = ast.parse(source, file)
    except SyntaxError as error:
        anew = _parsed_anew(source, file)
        if anew is None:
            raise
        tree, sign = anew, f"as line {error.lineno} says"
    else:
        sign = _sign_of_python_2(tree, file)
        if not sign:
            return tree, ""
    namespace |= NAMES | {_DIVISION: divide}
    translated: ast.Module = _Translated(_divides_as_python_3(tree)).visit(tree)
    return ast.fix_missing_locations(translated), f"it is in Python 2, {sign}, and was run as such"


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


def _sign_of_python_2(tree: ast.Module, file: str) -> str:
    """Return what says of a file that both can read that it was written for Python 2, or "".

    It uses a name or a method of it that nothing in the file could have made; or it stands
    beside what is Python 2 alone, and holds nothing of Python 3.
    """
    used, made = _names_in(tree)
    names, sure = ([n for n in used if n in known - made] for known in (_TELLING, _OF_DICTS))
    if sure and any(map(_is_python_3_alone, ast.walk(tree))):
        sure = []  # something of another library may have such methods
    if "*" not in made:  # a module of everything may give a name, but dictionaries no method
        sure = names + sure
    if sure:
        return f"as line {used[sure[0]]} says ({sure[0]})"
    path = Path(file).resolve()
    if _is_told_apart(tree) and _is_imported_in_python_2(path):
        return "as the notebooks say that import it"
    if any(map(_is_of_python_3, ast.walk(tree))):  # which most are: no other file is read then
        return ""
    beside = _stands_beside_python_2(path.parent, bool(names))
    return "as a file beside it says" if beside else ""


def _is_told_apart(tree: ast.Module) -> bool:
    """Return whether both can run a file, and it may mean another thing in each."""
    divides = any(isinstance(node, ast.Div) for node in ast.walk(tree))
    return divides and not any(map(_is_python_3_alone, ast.walk(tree)))


def _names_in(tree: ast.Module) -> tuple[dict[str, int], set[str]]:
    """Return the names that are used, each with a line, and those that the file makes."""
    used: dict[str, int] = {}
    made: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load):
                used.setdefault(node.id, node.lineno)
            else:
                made.add(node.id)
        elif isinstance(node, ast.Attribute):
            if node.attr in _OF_DICTS and ast.unparse(node.value) not in _OF_BOTH:
                used.setdefault(node.attr, node.lineno)
        elif isinstance(node, ast.alias):
            made.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            made.add(node.name)
        elif isinstance(node, ast.arg):
            made.add(node.arg)
    return used, made


def _stands_beside_python_2(folder: Path, wide: bool) -> bool:
    """Return whether another file of the package is written in Python 2, or one around it is."""
    around = [folder.parent] if wide or (folder / "__init__.py").exists() else []
    return any(map(_holds_python_2, (folder, *around)))


@functools.lru_cache(maxsize=64)
def _holds_python_2(folder: Path) -> bool:
    for path in sorted(folder.glob("*.py"))[:_MOST_BESIDE]:
        with contextlib.suppress(OSError, SyntaxError, UnicodeError, ValueError):
            text = importlib.util.decode_source(path.read_bytes())
            if any(old.search(text) for old, _ in _SPELLINGS) and _is_python_2(text):
                return True
    return False


def _is_imported_in_python_2(file: Path) -> bool:
    """Return whether there are notebooks that import a file, and Python 2 has run all of them.

    Those in its folder, or else in the nearest of the two around it that has some.
    """
    for folder in file.parents[:3]:
        told = map(_told_by, sorted(folder.glob("*.ipynb"))[:_MOST_BESIDE])
        runs = {run for run, imported in told if file.stem in imported}
        if runs:
            return runs == {"2"}
    return False


@functools.lru_cache(maxsize=_MOST_BESIDE)
def _told_by(notebook: Path) -> tuple[str, frozenset[str]]:
    """Return which Python has run a notebook, "" if it does not say, and what it imports."""
    text = ""
    with contextlib.suppress(OSError):
        text = notebook.read_text(encoding="utf-8", errors="replace")
    run = _RUN_BY.search(text)
    imported = frozenset(name for both in _IMPORTED.findall(text) for name in both)
    return run[1] if run else "", imported


def _is_python_2(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return _parsed_anew(text, "") is not None
    return False


def _is_of_python_3(node: ast.AST) -> bool:
    """Return whether nobody writes this in Python 2, where ``1 / n`` is 0."""
    if isinstance(node, ast.BinOp):
        of_one = isinstance(node.left, ast.Constant) and isinstance(node.left.value, int)
        whole = of_one and not any(map(_is_worked_out, ast.walk(node.right)))
        return isinstance(node.op, ast.FloorDiv) or (isinstance(node.op, ast.Div) and whole)
    return _is_python_3_alone(node)


def _is_worked_out(node: ast.AST) -> bool:
    """Return whether what this stands in is no whole number: ``np.sqrt(var)``, ``1.0 + x``."""
    if isinstance(node, ast.Call):
        return not (isinstance(node.func, ast.Name) and node.func.id in ("len", "int"))
    return isinstance(node, ast.Constant) and isinstance(node.value, float)


def _is_python_3_alone(node: ast.AST) -> bool:
    """Return whether Python 2 cannot read this, or cannot run it."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        bare = node.func.id == "super" and not node.args
        return bare or (node.func.id == "print" and bool(node.keywords))
    if isinstance(node, ast.arguments):
        named = [*node.posonlyargs, *node.args]
        return bool(node.kwonlyargs) or any(arg.annotation is not None for arg in named)
    known = ast.JoinedStr | ast.AnnAssign | ast.Nonlocal | ast.AsyncFunctionDef | ast.MatMult
    return isinstance(node, known)


def _divides_as_python_3(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "division" for alias in node.names)
        for node in tree.body
    )


class _Translated(ast.NodeTransformer):
    """Has every ``a / b`` ask whether both are integers, and dictionaries give what they have."""

    def __init__(self, is_exact: bool) -> None:
        self._is_exact = is_exact

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """Replace a division."""
        self.generic_visit(node)
        if self._is_exact or not isinstance(node.op, ast.Div):
            return node
        call = ast.Call(ast.Name(_DIVISION, ast.Load()), [node.left, node.right], [])
        return ast.copy_location(call, node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Replace a question to a dictionary whether it has a key."""
        self.generic_visit(node)
        asks = isinstance(node.func, ast.Attribute) and node.func.attr == _HAS_KEY
        if not asks or len(node.args) != 1:
            return node
        found = ast.Compare(node.args[0], [ast.In()], [node.func.value])  # type: ignore[attr-defined]
        return ast.copy_location(found, node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """Replace a method of dictionaries."""
        self.generic_visit(node)
        node.attr = _METHODS.get(node.attr, node.attr)
        return node
