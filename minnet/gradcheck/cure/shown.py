"""An edit as it is written: the lines as they are, and as they would be."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator

from minnet.gradcheck.cure.functions import Editable, unread_in
from minnet.gradcheck.cure.search import Cure
from minnet.gradcheck.cure.tree import bodies_of
from minnet.report.results import Fix, SourceLine


def line_of(cure: Cure) -> SourceLine:
    """Return the line that an edit changes."""
    places = [place.node for place, _ in cure.edit.changes]
    return line_at(cure.editable, cure.edit.statement, *places)


def line_at(editable: Editable, *nodes: ast.AST) -> SourceLine:
    """Return the last line on which some nodes begin."""
    source, number = editable.source, max(getattr(node, "lineno", 0) for node in nodes)
    return SourceLine(source.file, number, source.line(number))


def growth_of(cure: Cure) -> int:
    """Return how many nodes more an edited function has, or fewer if negative."""
    if cure.edit.kind in ("name", "another"):
        return 0  # one for another
    before = sum(1 for _ in ast.walk(cure.editable.tree))
    with cure.edit.made():
        return sum(1 for _ in ast.walk(cure.editable.tree)) - before


def leaves_unused(cure: Cure) -> int:
    """Return how many names are computed and never read with an edit that are read without."""
    before = len(unread_in(cure.editable.tree))
    with cure.edit.made():
        return max(0, len(unread_in(cure.editable.tree)) - before)


def fix_of(cure: Cure) -> Fix | None:
    """Return an edit as the lines that it changes; None where it cannot be written as such."""
    lines = cure.editable.source.text.splitlines()
    with cure.edit.made():
        wanted = ast.dump(cure.editable.tree)
    for first, last, new in _ways(cure, lines):
        changed = [*lines[: first - 1], *new, *lines[last:]]
        if wanted == _dump("\n".join(changed) + "\n", cure):
            return _smallest(first, lines[first - 1 : last], new)
    return None


def _ways(cure: Cure, lines: list[str]) -> Iterator[tuple[int, int, list[str]]]:
    """Yield first and last line and what is to stand there: as much as can be kept is kept."""
    statement, (place, node) = cure.edit.statement, cure.edit.changes[0]
    before = place.node
    if isinstance(before, list):
        yield _of_bodies(cure)
        return
    if isinstance(before, ast.expr) and isinstance(node, ast.expr):
        written = ast.unparse(ast.fix_missing_locations(node))
        for text in (written, f"({written})"):
            yield _spliced(before, text, lines)
    bodies = bodies_of(statement)
    last = bodies[0][0].lineno - 1 if bodies else statement.end_lineno or statement.lineno
    with cure.edit.made():
        now = node if isinstance(node, ast.stmt) else statement
        new = ast.unparse(ast.fix_missing_locations(now)).splitlines()
    indent = " " * statement.col_offset
    if isinstance(now, ast.Pass):
        yield statement.lineno, last, []
    yield statement.lineno, last, [indent + line for line in (new[:1] if bodies else new)]


def _spliced(node: ast.expr, text: str, lines: list[str]) -> tuple[int, int, list[str]]:
    """Return the lines of an expression with another text in its place."""
    first, last = node.lineno, node.end_lineno or node.lineno
    head = lines[first - 1].encode()[: node.col_offset].decode()
    tail = lines[last - 1].encode()[node.end_col_offset or 0 :].decode()
    return first, last, (head + text + tail).splitlines()


def _of_bodies(cure: Cure) -> tuple[int, int, list[str]]:
    """Return the lines of the statements that are put in another order."""
    place = cure.edit.changes[-1][0]
    body = list(place.node)
    with cure.edit.made():
        now = list(place.node)
        kept = next(k for k, (a, b) in enumerate(zip(body, now, strict=False)) if a is not b)
        kept = min(kept, len(now) - 1, len(body) - 1)
        moved = [s for s in (*body[kept:], *now[kept:]) if s in body]
        new = [line for s in now[kept:] for line in ast.unparse(s).splitlines()]
    first = min(s.lineno for s in moved)
    last = max(s.end_lineno or s.lineno for s in moved)
    return first, last, [" " * body[kept].col_offset + line for line in new]


def _dump(text: str, cure: Cure) -> str:
    """Return the tree of the edited function as it stands in an edited file; "" for none."""
    tree = cure.editable.tree
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError):
        return ""
    found = [n for n in ast.walk(module) if isinstance(n, ast.FunctionDef) and n.name == tree.name]
    return next((ast.dump(n) for n in found if n.lineno == tree.lineno), "")


def _smallest(first: int, old: list[str], new: list[str]) -> Fix:
    """Return the fix without the lines at both ends that stay as they are."""
    while old and new and old[0] == new[0]:
        first, old, new = first + 1, old[1:], new[1:]
    while old and new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    return Fix(first, _dedented(old), _dedented(new))


def _dedented(lines: list[str]) -> str:
    return textwrap.dedent("\n".join(lines)).rstrip()
