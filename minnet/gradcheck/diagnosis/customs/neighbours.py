"""The source files that code lives among: what it is used with tells what it is meant for."""

from __future__ import annotations

import ast
import contextlib
import inspect
import linecache
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from minnet.gradcheck.under_test.spellings import LOSS_CLASS
from minnet.patterns import pattern

#: what the gradient of a weight or a bias is called, and the batch size
_GRADIENT = pattern(
    r"d(L_?d|J_?d)?_?(W|w|b|weights?|bias(es)?)$|grad\w*_(w|b)\w*$|(w|b)\w*_grad\w*$"
)
_BACKWARD = pattern(r"back_?(ward|prop)|grad|deriv", re.I)
#: what a function that divides holds
_DIVIDING = pattern(r"/|mean|average")
#: what the source of a cell is called
_CELL = pattern(r"(.*\.ipynb) cell \d+")
#: so many files around one are read
_MOST_FILES = 100
#: a matrix product with something transposed
_OF_INPUTS = pattern(r"(dot|matmul)\(.*\.T\b|\.T @|@ .*\.T\b|\.T\.dot\(")
_BATCH = pattern(
    r"(self\.)?_?([NmMB]|n|batch_?size|m_?batch|\w*n_samples)|len\(.*\)|.*\.shape\[\d\]"
)


def file_of(function: Callable[..., Any] | None) -> Path | None:
    """Return the file that a function is written in, or None."""
    try:
        source = inspect.getsourcefile(function) if function else None
    except TypeError:  # not written in Python
        return None
    return Path(source) if source else None


def files_beside(file: Path) -> Iterator[Path]:
    """Yield the Python files of a folder, and those of the folders beside it in a package."""
    folder = file.resolve().parent
    beside = list(folder.glob("*.py"))
    imports = (n for f in beside for n in ast.walk(tree_of(f)) if isinstance(n, ast.ImportFrom))
    is_package = (folder / "__init__.py").exists() or any(n.level > 1 for n in imports)
    yield from sorted(folder.parent.glob("*/*.py") if is_package else beside)


def layers_divide_beside(function: Callable[..., Any] | None) -> bool:
    """Return whether a layer in the other files that code lives with divides by the batch size.

    What it divides so is the gradient of a weight or a bias: by its name, or as a product with
    what came in, transposed, that a backward pass returns.
    """
    return any(
        _divides(value) for tree in _trees_around(function) for value in _gradients_of_weights(tree)
    )


def losses_leave_it_out_beside(function: Callable[..., Any] | None) -> bool:
    """Return whether no loss in the other files divides its gradient by the number of samples.

    A backward pass that divides by nothing needs no look at them.
    """
    with contextlib.suppress(OSError, TypeError):  # there is no source
        if not (function and _DIVIDING.search(inspect.getsource(function))):
            return False
    left_out = [
        not any(map(_averages, backward))
        for tree in _trees_around(function)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and re.search(LOSS_CLASS, node.name.lower())
        if (backward := [m for m in node.body if _is_backward(m)])
    ]
    return bool(left_out) and all(left_out)


def _trees_around(function: Callable[..., Any] | None) -> Iterator[ast.Module]:
    """Yield the trees of the other files that code lives with, and of those in folders below."""
    if (file := file_of(function)) is None:
        return
    below = (f for depth in ("*/*.py", "*/*/*.py") for f in file.resolve().parent.glob(depth))
    yield from map(tree_of, sorted({*files_beside(file), *below} - {file, file.resolve()}))


def _is_backward(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and _BACKWARD.search(node.name) is not None


def _averages(method: ast.AST) -> bool:
    """Return whether a method takes a mean, or divides by how many samples or numbers there are."""
    taken = {n.attr for n in ast.walk(method) if isinstance(n, ast.Attribute)}
    return _divides(method) or not taken.isdisjoint(("mean", "average", "size"))


def result_is_multiplied(function: Callable[..., Any]) -> bool:
    """Return whether code beside a function multiplies by what one of its name returns."""
    if (file := file_of(function)) is None:
        return False
    above = file.resolve().parent.parent
    files = {*files_beside(file), *above.glob("*.py"), *above.glob("*/*.py")}
    name = getattr(function, "__name__", "")
    trees = map(tree_of, sorted(files)[:_MOST_FILES])
    return any(_multiplies(tree, name) for tree in trees)


def _multiplies(tree: ast.Module, name: str) -> bool:
    """Return whether what a method of this name returns is a factor, at once or by another name."""
    for code in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)):
        given = {
            ast.unparse(target)
            for node in ast.walk(code)
            if isinstance(node, ast.Assign) and _is_call_of(node.value, name)
            for target in node.targets
        }
        products = (
            n for n in ast.walk(code) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Mult)
        )
        sides = (side for n in products for side in (n.left, n.right))
        if any(_is_call_of(side, name) or ast.unparse(side) in given for side in sides):
            return True
    return False


def _is_call_of(node: ast.expr, name: str) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == name
    )


def _gradients_of_weights(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield the expressions that are gradients of weights or biases, as far as it can be read."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and _GRADIENT.search(ast.unparse(node.targets[0])):
            yield node.value
        elif _is_backward(node):
            returned = (n.value for n in ast.walk(node) if isinstance(n, ast.Return) and n.value)
            yield from (value for value in returned if _OF_INPUTS.search(ast.unparse(value)))


def _divides(code: ast.AST) -> bool:
    divided = (n for n in ast.walk(code) if isinstance(n, ast.BinOp | ast.AugAssign))
    by = (
        n.right if isinstance(n, ast.BinOp) else n.value
        for n in divided
        if isinstance(n.op, ast.Div)
    )
    return any(_BATCH.fullmatch(ast.unparse(divisor)) for divisor in by)


def tree_of(file: Path) -> ast.Module:
    """Return the tree of a file, or of all the cells of a notebook; an empty one for none."""
    if (cell := _CELL.fullmatch(file.name)) is not None:
        return _tree_of_cells(cell[1])
    with contextlib.suppress(OSError, UnicodeDecodeError, SyntaxError, ValueError):
        return ast.parse(file.read_text(encoding="utf-8"))
    return ast.Module([], [])


def _tree_of_cells(notebook: str) -> ast.Module:
    tree = ast.Module([], [])
    for name, held in linecache.cache.items():
        cell = _CELL.fullmatch(name)
        if cell is not None and cell[1] == notebook and len(held) > 2:
            with contextlib.suppress(SyntaxError, ValueError):  # it failed by itself
                tree.body += ast.parse("".join(held[2])).body
    return tree


def names_in(tree: ast.Module) -> set[str]:
    """Return the names that the code of a file defines, imports and uses."""
    return set(_names_in(tree))


def _names_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.alias):
            yield node.name
        elif isinstance(node, ast.Name | ast.Attribute):
            yield node.id if isinstance(node, ast.Name) else node.attr
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").rpartition(".")[2]
