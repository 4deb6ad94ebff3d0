"""What is here under another name: a package by its folder, a compiled backend by its twin."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from minnet.patterns import pattern

#: how many folders up a package may begin
_DEPTH = 4
#: packages that everybody has: where these are missing, no folder is meant
_WELL_KNOWN = frozenset(
    ["torch", "tensorflow", "keras", "jax", "sklearn", "scipy", "cupy", "pandas", "matplotlib"]
    + ["chainer", "mxnet", "paddle", "theano", "torchvision", "autograd", "numba", "cv2", "PIL"]
)
#: what the backend is called that has to be compiled, and the one beside it that has not
_COMPILED, _IN_NUMPY = pattern(r"(\w+)_(cpu|c|cc|cpp|cython)"), "{}_numpy"


def place_twin(statement: ast.stmt, package: str) -> bool:
    """Let a compiled backend that nobody has compiled be the one in NumPy beside it.

    Returns whether there is one.
    """
    if not isinstance(statement, ast.ImportFrom):
        return False
    (alias,) = statement.names
    compiled = _COMPILED.fullmatch(alias.name)
    if compiled is None:
        return False
    try:
        above = importlib.util.resolve_name(
            "." * statement.level + (statement.module or ""), package
        )
        twin = importlib.import_module(f"{above}.{_IN_NUMPY.format(compiled[1])}")
    except (ImportError, ValueError):
        return False
    sys.modules[f"{above}.{alias.name}"] = twin
    setattr(sys.modules[above], alias.name, twin)
    return True


def place(missing: str, statement: ast.stmt, file: str) -> bool:
    """Let a missing package be a folder around a file, if that holds what a statement imports.

    Returns whether there is one.
    """
    if missing in _WELL_KNOWN or missing in sys.modules:
        return False
    for folder in list(Path(file).resolve().parents)[:_DEPTH]:
        for parts in _imported(statement, missing):
            if parts and _holds(folder, parts):
                module = ModuleType(missing)
                module.__path__ = [str(folder)]
                sys.modules[missing] = module
                return True
    return False


def _imported(statement: ast.stmt, package: str) -> Iterator[list[str]]:
    """Yield the modules of a package that a statement wants, below the package."""
    if isinstance(statement, ast.Import):
        names = [alias.name for alias in statement.names]
    elif isinstance(statement, ast.ImportFrom) and not statement.level:
        module = statement.module or ""
        names = [f"{module}.{a.name}" for a in statement.names] if module == package else [module]
    else:
        return
    yield from (name.split(".")[1:] for name in names if name.partition(".")[0] == package)


def _holds(folder: Path, parts: list[str]) -> bool:
    inside = folder.joinpath(*parts)
    return inside.with_suffix(".py").is_file() or (inside / "__init__.py").is_file()
