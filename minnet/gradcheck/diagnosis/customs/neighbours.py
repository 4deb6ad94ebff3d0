"""The source files that code lives among: what it is used with tells what it is meant for."""

from __future__ import annotations

import ast
import contextlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any


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
    is_package = (folder / "__init__.py").exists()
    yield from sorted(folder.parent.glob("*/*.py") if is_package else folder.glob("*.py"))


def tree_of(file: Path) -> ast.Module:
    """Return the tree of a file; an empty one where it cannot be read."""
    with contextlib.suppress(OSError, UnicodeDecodeError, SyntaxError, ValueError):
        return ast.parse(file.read_text(encoding="utf-8"))
    return ast.Module([], [])


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
