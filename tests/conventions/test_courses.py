"""Each course is one file and one row of the table, and nothing else knows of it."""

import ast
from pathlib import Path

import minnet.conventions
from minnet.conventions.recognise import CONVENTIONS

FOLDER = Path(minnet.conventions.__file__).parent
COURSES = {
    path.stem
    for path in FOLDER.glob("*.py")
    if "CONVENTION = Convention(" in path.read_text(encoding="utf-8")
}


def courses_imported_by(path):
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {course for course in COURSES if f"minnet.conventions.{course}" in found}


def test_every_course_has_a_row_in_the_table():
    assert {"cs231n", "mytorch", "nnfs", "fprop", "any_class"} <= COURSES
    assert courses_imported_by(FOLDER / "recognise.py") == COURSES
    assert len(CONVENTIONS) == len(COURSES)


def test_what_is_not_a_course_knows_of_none_but_through_the_table():
    for path in FOLDER.rglob("*.py"):
        if path.stem not in COURSES and path != FOLDER / "recognise.py":
            known = courses_imported_by(path) - {"minnet_layers"}  # which `check()` lists
            assert not known, f"{path.relative_to(FOLDER)} imports {known}"
