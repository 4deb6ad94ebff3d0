"""The folders of conventions and adapters stay readable: no circles, courses apart."""

import ast
from pathlib import Path

import pytest

import minnet
from minnet.conventions.recognise import CONVENTIONS

PACKAGE = Path(minnet.__file__).parent
ROOMS = [PACKAGE / "conventions", PACKAGE / "gradcheck" / "under_test"]
COURSES = {
    path.stem
    for path in ROOMS[0].glob("*.py")
    if "CONVENTION = Convention(" in path.read_text(encoding="utf-8")
}


def module_name(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_by(path, known):
    """The modules among `known` that a file imports, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names & known or {node.module}
    return found & known


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_no_circle_of_imports(room):
    files = {module_name(path): path for path in room.rglob("*.py")}
    waiting = {name: imported_by(path, set(files)) for name, path in files.items()}
    while free := {name for name, wanted in waiting.items() if not wanted}:
        waiting = {n: wanted - free for n, wanted in waiting.items() if n not in free}
    assert not waiting, f"these import each other: {sorted(waiting)}"


def test_every_course_has_a_row_in_the_table_and_only_the_table_imports_it():
    assert len(CONVENTIONS) == len(COURSES)
    table = imported_by(
        ROOMS[0] / "recognise.py", {f"minnet.conventions.{course}" for course in COURSES}
    )
    assert {name.rpartition(".")[2] for name in table} == COURSES
    mechanism = [path for path in ROOMS[0].rglob("*.py") if path.stem not in COURSES]
    own = {"recognise", "__init__"}  # __init__ lists minnet's own layers
    for path in mechanism:
        if path.stem not in own:
            assert not imported_by(path, {f"minnet.conventions.{course}" for course in COURSES})
