"""Mistakes put into right code: one edit of one statement, every other byte as it was.

`mutations` makes all that the operators of `mutation_numbers` and `mutation_arrays` can make of
the statements it is told; `Mutation.applied` gives the file with the mistake. No line is added
and none goes, so that line numbers stay what they are: where a statement of several lines becomes
shorter, empty lines fill it up, and a statement that is deleted becomes `pass`.
"""

from __future__ import annotations

import ast
import copy
import textwrap
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import mutation_arrays  # noqa: F401  (they fill the table)
import mutation_numbers  # noqa: F401
from mutation_places import OPERATORS, Place, Scope

#: statements of which only the header is one line; what is in their bodies comes by itself
COMPOUND = (ast.If, ast.For, ast.While, ast.With)
SIMPLE = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.Expr)
Position = tuple[int, int]


@dataclass(frozen=True)
class Mutation:
    """One mistake.

    operator is the kind of mistake; first and last are the lines of the statement, from 1; old
    and new are its text without and with the mistake, dedented. start and end are (line, column)
    of what `text` takes the place of, columns in bytes of UTF-8.
    """

    operator: str
    first: int
    last: int
    old: str
    new: str
    start: Position
    end: Position
    text: str

    def applied(self, source: str) -> str:
        """Return the file with the mistake."""
        return spliced(source, self.start, self.end, self.text)


def spliced(source: str, start: Position, end: Position, text: str) -> str:
    """Return a text in which `text` stands between two places.

    >>> spliced("a = b + c", (1, 4), (1, 9), "b")
    'a = b'
    """
    lines = source.encode().splitlines(keepends=True)
    before = b"".join(lines[: start[0] - 1]) + lines[start[0] - 1][: start[1]]
    after = lines[end[0] - 1][end[1] :] + b"".join(lines[end[0] :])
    return (before + text.encode() + after).decode()


def mutations(
    source: str, lines: Collection[int], beside_loss: Collection[int] = ()
) -> Iterator[Mutation]:
    """Yield every mutation of the statements that have one of some lines.

    Parameters
    ----------
    source : str
        The text of a Python file.
    lines : collection of int
        Lines of backward passes that ran; of a compound statement, its header counts.
    beside_loss : collection of int
        Lines of a `return loss, dx`: what comes first in it is left as it is.
    """
    wanted, untouched = set(lines), set(beside_loss)
    text = source.encode().splitlines(keepends=True)
    for statement, scope in _statements(ast.parse(source), wanted):
        first, last = extent(statement)
        seen = {textwrap.dedent(b"".join(text[first - 1 : last]).decode()).strip()}
        for place in _places(statement, scope, first in untouched):
            for name, operator in OPERATORS.items():
                for new in operator(place):
                    made = _made(text, statement, place, new, name)
                    if made is not None and made.new not in seen:
                        seen.add(made.new)
                        yield made


def extent(statement: ast.stmt) -> tuple[int, int]:
    """Return the first and the last line of a statement; of a compound one, of its header."""
    if isinstance(statement, COMPOUND):
        return statement.lineno, max(statement.lineno, statement.body[0].lineno - 1)
    return statement.lineno, statement.end_lineno or statement.lineno


def _statements(tree: ast.Module, wanted: set[int]) -> Iterator[tuple[ast.stmt, Scope]]:
    """Yield the statements of functions that have one of some lines, with the names around."""
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    classes = [n for n in ast.walk(tree) if isinstance(n, ast.ClassDef)]
    helpers = frozenset(function.name for function in functions)
    for function in functions:
        chosen = [s for s in _body(function.body) if not wanted.isdisjoint(_lines(s))]
        if chosen:
            cls = next((c for c in classes if function in c.body), None)
            scope = Scope(function, cls, helpers)
            yield from ((statement, scope) for statement in chosen)


def _lines(statement: ast.stmt) -> range:
    first, last = extent(statement)
    return range(first, last + 1)


def _body(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        one_line = isinstance(statement, COMPOUND) and statement.body[0].lineno == statement.lineno
        if isinstance(statement, SIMPLE + COMPOUND) and not docstring and not one_line:
            yield statement
        if not isinstance(statement, ast.FunctionDef | ast.ClassDef):
            for field in ("body", "orelse", "finalbody"):
                yield from _body(getattr(statement, field, []))


def _places(statement: ast.stmt, scope: Scope, spared: bool) -> Iterator[Place]:
    """Yield every node of a statement that may be replaced: itself, its expressions."""
    if isinstance(statement, SIMPLE) and not spared:
        yield Place(statement, (), "", None, scope)
    bodies = {"body", "orelse", "annotation", "returns", "decorator_list"}
    waiting = [
        Place(child, (statement,), field, index, scope)
        for field, index, child in _children(statement)
        if not (isinstance(statement, COMPOUND) and field in bodies) and field != "annotation"
    ]
    while waiting:
        place = waiting.pop(0)
        inside = [
            Place(child, (*place.parents, place.node), field, index, scope)
            for field, index, child in _children(place.node)
        ]
        loss_and_gradient = isinstance(place.node, ast.Tuple) and len(place.parents) == 1
        if spared and loss_and_gradient:
            inside = inside[1:]
        elif not (spared and len(place.parents) == 1):
            yield place
        waiting += inside


def _children(node: ast.AST) -> Iterator[tuple[str, int | None, ast.AST]]:
    for field, value in ast.iter_fields(node):
        if isinstance(value, ast.expr | ast.keyword | ast.Slice):
            yield field, None, value
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, ast.expr | ast.keyword):
                    yield field, index, item


def _made(
    text: list[bytes], statement: ast.stmt, place: Place, new: ast.AST, operator: str
) -> Mutation | None:
    """Return the mutation that puts `new` into the place, or None where the text cannot have it.

    What is written has to parse as what was meant.
    """
    first, last = extent(statement)
    source = b"".join(text[first - 1 : last]).decode()
    meant = _meant(statement, place, new)
    node = place.node
    start = (node.lineno, node.col_offset)
    end = (node.end_lineno, node.end_col_offset)
    filling = "\n" * (end[0] - start[0])
    bare = ast.unparse(new)
    for written in (bare + filling, f"({bare}{filling})"):
        moved = (start[0] - first + 1, start[1]), (end[0] - first + 1, end[1])
        changed = spliced(source, *moved, written)
        if changed.count("\n") == source.count("\n") and _parsed(changed, statement) == meant:
            old, now = (textwrap.dedent(s).strip() for s in (source, changed))
            return Mutation(operator, first, last, old, now, start, end, written)
    return None


def _meant(statement: ast.stmt, place: Place, new: ast.AST) -> str:
    """Return what a statement with `new` in the place of a node parses to."""
    if not place.parents:
        return ast.dump(ast.parse(ast.unparse(new)))
    holder = getattr(place.parents[-1], place.field)
    if place.index is None:
        setattr(place.parents[-1], place.field, new)
    else:
        holder[place.index] = new
    shown = _header(statement) if isinstance(statement, COMPOUND) else statement
    meant = ast.unparse(shown)
    if place.index is None:
        setattr(place.parents[-1], place.field, holder)
    else:
        holder[place.index] = place.node
    try:
        return ast.dump(ast.parse(meant))
    except SyntaxError:
        return "nothing that Python knows"


def _header(statement: ast.stmt) -> ast.stmt:
    header = copy.copy(statement)
    header.body = [ast.Pass()]  # type: ignore[attr-defined]
    if hasattr(header, "orelse"):
        header.orelse = []
    return header


def _parsed(text: str, statement: ast.stmt) -> str:
    text = textwrap.dedent(text)
    if isinstance(statement, COMPOUND):
        text = text.rstrip().removeprefix("el").partition("  #")[0] + " pass"
    try:
        return ast.dump(ast.parse(text))
    except SyntaxError:
        return ""
