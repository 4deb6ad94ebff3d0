"""The rules that keep the folders apart, read off the import statements."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "minnet"
FILES = sorted(PACKAGE.rglob("*.py"))

#: what each part may import of the others; those that stand apart import none of the checker
MAY_IMPORT = {
    "arrays": {"arrays"},
    "drawing": {"drawing", "arrays"},
    "report": {"report", "drawing", "arrays", "version"},
    "gradcheck": {"gradcheck", "report", "arrays"},
    "derivative": {"derivative", "gradcheck", "report", "drawing", "arrays"},
    "conventions": {"conventions", "gradcheck", "report", "arrays", "layers", "losses"},
    "layers": {"layers", "initializers", "arrays"},
    "losses": {"losses", "layers", "arrays"},
    "optimizers": {"optimizers", "layers", "arrays"},
    "initializers": {"initializers", "arrays"},
    "datasets": {"datasets", "arrays"},
}
#: late upward imports that are allowed
LATE: set[tuple[str, str]] = set()


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> list[tuple[str, bool]]:
    """The parts of minnet that a file imports, and whether inside a function."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
    }
    found = []
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "minnet" and len(parts) > 1:
                found.append((parts[1], id(node) in inside))
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_an_import_runs_only_downwards(path):
    part = part_of(path)
    if part not in MAY_IMPORT:
        return
    for target, inside in imports_of(path):
        allowed = target in MAY_IMPORT[part] or (inside and (part, target) in LATE)
        assert allowed, f"{path.relative_to(ROOT)} imports minnet.{target}"


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
    assert lines <= 450, f"{lines} lines"


def test_importing_minnet_draws_nothing_in():
    program = "import sys, minnet; print('matplotlib' in sys.modules, 'torch' in sys.modules)"
    assert fresh_python(program).split() == ["False", "False"]


def test_importing_minnet_costs_little_more_than_importing_numpy():
    program = (
        "import time; a = time.perf_counter(); import numpy; b = time.perf_counter(); "
        "import minnet; print((time.perf_counter() - a) / (b - a))"
    )
    ratio = min(float(fresh_python(program)) for _ in range(5))
    assert ratio < 1.5


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
