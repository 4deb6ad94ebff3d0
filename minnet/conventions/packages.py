"""Which package a file belongs to: by its folders, and by the name that its imports call it."""

from __future__ import annotations

import ast
import contextlib
import importlib
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

#: how many folders above a file's package may belong to it without an ``__init__.py``
_OUTSIDE = 4


def package_of(path: Path, source: str) -> tuple[Path, tuple[str, ...]]:
    """Return the folder to import from, and the folders in it that are a file's package.

    A module that is imported under two names is there twice, and its classes are not the same:
    the package begins where imports begin that are not relative.
    """
    root, names = path.parent, list[str]()
    while (root / "__init__.py").exists() and root != root.parent:
        names.insert(0, root.name)
        root = root.parent
    imports = list(_imports(source))
    level = max((node.level for node in imports), default=0)  # dots of the deepest relative one
    while len(names) < level and root != root.parent:  # a package without __init__.py
        names.insert(0, root.name)
        root = root.parent
    if names and hides_itself(root):
        return root.parent, (root.name, *names)
    wanted = [node.module.split(".") for node in imports if node.module and not node.level]
    for outside in (root, *root.parents)[:_OUTSIDE]:
        if any(_leads_to(module, outside) for module in wanted):
            return outside.parent, (*path.parent.relative_to(outside.parent).parts,)
    for outer in range(len(names) - max(level, 1) + 1):
        inner = root.joinpath(*names[:outer])
        own = [module for module in wanted if module[0] == names[outer] and len(module) > 1]
        if own and not any(_leads_to(module, inner / names[outer]) for module in own):
            continue  # another folder of that name is meant, further in
        if _is_imported(names[outer], {path.parent, inner / names[outer], inner}):
            return inner, tuple(names[outer:])
    return root, tuple(names)


def hides_itself(folder: Path) -> bool:
    """Return whether a folder holds a module of its own name, which would be taken for it."""
    return (folder / f"{folder.name}.py").exists()


def import_package(root: Path, folders: tuple[str, ...]) -> str:
    """Import the folders below `root` one in the other; return the name of the last.

    A folder whose name is no module's, or that of another module, is a package all the same.
    """
    name, folder = "", root
    for one in folders:
        folder, prefix = folder / one, f"{name}." if name else ""
        name = prefix + one
        with contextlib.suppress(ImportError):
            if str(folder) in getattr(importlib.import_module(name), "__path__", ()):
                continue
        name = f"{prefix}{one.replace('.', '_')}_checked"
        package = ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package
    return name


def _imports(source: str) -> Iterator[ast.ImportFrom]:
    """Yield what a source imports something from, if it can be parsed at all."""
    with contextlib.suppress(SyntaxError, ValueError, RecursionError):
        yield from (n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.ImportFrom))


def _leads_to(module: list[str], folder: Path) -> bool:
    """Return whether a module is one in a folder, by the name of the folder."""
    if len(module) < 2 or module[0] != folder.name:
        return False
    inside = folder.joinpath(*module[1:])
    return inside.with_suffix(".py").is_file() or inside.is_dir()


def _is_imported(package: str, folders: Iterable[Path]) -> bool:
    """Return whether a file in one of some folders imports a package as one that stands alone."""
    wanted = re.compile(rf"^\s*(import|from)\s+{re.escape(package)}\b", re.MULTILINE)
    files = (file for folder in folders for file in sorted(folder.glob("*.py")))
    return any(wanted.search(file.read_text("utf-8", "replace")) for file in files)
