"""The rules that keep the folders apart, read off the import statements.

Every import counts: inside a function, under ``TYPE_CHECKING``, and ``from minnet import NAME``,
which is an import of the module that NAME comes from.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import minnet

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "minnet"
#: all but the ready-made assignments, which are data: some of their submissions do not compile
FILES = sorted(p for p in PACKAGE.rglob("*.py") if "ready" not in p.relative_to(PACKAGE).parts)

#: what each part may import of the others, besides itself
MAY_IMPORT = {
    "arrays": set(),
    "version": set(),
    "ahead": set(),
    "records": set(),
    "patterns": set(),
    "files": {"arrays"},
    "drawing": {"arrays"},
    "report": {"drawing", "arrays", "files", "version", "records", "patterns"},
    "tracing": {"arrays", "records"},
    "gradcheck": {"report", "tracing", "arrays", "memory", "records", "patterns"},
    "derivative": {"gradcheck", "report", "drawing", "arrays", "version"},
    "conventions": {
        "gradcheck",
        "report",
        "ahead",
        "arrays",
        "files",
        "layers",
        "losses",
        "records",
        "patterns",
        "tracing",
    },
    "steps": {"conventions", "gradcheck", "tracing", "report", "drawing", "arrays", "files"},
    "initializers": {"arrays"},
    "datasets": {"arrays", "files"},
    "layers": {"initializers", "arrays", "files"},
    "losses": {"layers", "arrays"},
    "optimizers": {"layers", "arrays"},
    "threads": {"layers", "losses", "arrays"},
    "training": {"layers", "losses", "optimizers", "arrays", "memory", "threads"},
    "memory": set(),
    "crosschecking": {"layers", "arrays"},
    "pytest_plugin": {"report"},
    "lessons": {
        "assignments",
        "conventions",
        "gradcheck",
        "report",
        "files",
    },
    "assignments": {
        "conventions",
        "gradcheck",
        "tracing",
        "report",
        "layers",
        "losses",
        "arrays",
        "version",
    },
}
#: the checker's rooms: what each may import of the others
ROOMS = {
    "case": set(),
    "options": set(),
    "randomness": set(),
    "under_test": {"case"},
    "measure": {"case"},
    "verdict": {"case", "measure", "options"},
    "contract": {"case", "measure", "verdict", "randomness", "second_point", "under_test"},
    "diagnosis": {"case", "measure", "verdict", "randomness", "under_test"},
    "second_point": {"case", "measure", "verdict", "randomness", "options"},
    "variations": {"case", "second_point", "randomness", "options", "under_test"},
    "own_failure": {"case", "under_test"},
    "engine": {"case", "measure", "verdict", "contract", "diagnosis", "under_test", "options",
               "own_failure", "randomness", "second_point"},
    "wrong_case": {"case", "diagnosis", "options", "second_point", "under_test"},
    "cure": {"case", "diagnosis", "measure", "randomness", "under_test", "verdict"},
    "conclude": {"cure", "case", "options", "own_failure", "under_test", "wrong_case"},
    "telling": {"diagnosis", "options"},
    "checks": {"case", "conclude", "engine", "options", "own_failure", "telling",
               "under_test", "variations"},
    "wiring": {"case", "diagnosis", "options"},
    "models": {"case", "checks", "conclude", "engine", "measure", "options", "randomness",
               "telling", "under_test", "verdict", "wiring"},
}  # fmt: skip


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in FILES}


@cache
def imports_of(module: str) -> frozenset[str]:
    """Return the modules of minnet that a module imports anywhere."""
    return frozenset(_imports(MODULES[module])) - {module}


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            for alias in node.names:
                yield from _imported(node.module or "", alias.name)


def _imported(module: str, name: str) -> Iterator[str]:
    if f"{module}.{name}" in MODULES:
        yield f"{module}.{name}"
    elif module == "minnet":
        yield getattr(getattr(minnet, name), "__module__", module)
    elif module in MODULES:
        yield module


def part(module: str, depth: int = 1) -> str:
    return [*module.split("."), *[""] * depth][depth]


@pytest.mark.parametrize("module", MODULES)
def test_an_import_runs_only_downwards(module):
    mine = part(module)
    if mine not in MAY_IMPORT:
        return
    for target in imports_of(module):
        assert part(target) in MAY_IMPORT[mine] | {mine}, f"{module} imports {target}"


@pytest.mark.parametrize("module", [m for m in MODULES if m.startswith("minnet.gradcheck.")])
def test_the_checker_s_rooms_import_only_downwards(module):
    mine = part(module, 2)
    for target in imports_of(module):
        if part(target) == "gradcheck":
            assert part(target, 2) in ROOMS[mine] | {mine}, f"{module} imports {target}"


def test_there_is_no_circle_of_imports():
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path[path.index(module) :], module))
        if module not in done:
            for target in sorted(imports_of(module)):
                visit(target, (*path, module))
            done.add(module)

    for module in MODULES:
        visit(module, ())


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_matplotlib_is_imported_only_when_something_is_drawn(path):
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            assert all(not alias.name.startswith("matplotlib") for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert not (node.module or "").startswith("matplotlib")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_file_is_short_enough_to_read(path):
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= 400, f"{lines} lines"


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield f"{module_of(path)}.{node.name}", node


def length(function: ast.FunctionDef) -> int:
    """Return the lines of a function without its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_a_function_fits_on_a_screen():
    assert {name: n for name, f in functions() if (n := length(f)) > 50} == {}


def test_importing_minnet_draws_nothing_in():
    program = "import sys, minnet; print('matplotlib' in sys.modules, 'torch' in sys.modules)"
    assert fresh_python(program).split() == ["False", "False"]


def fresh_python(program: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        timeout=60,
    ).stdout
