"""Which check of a script tells whether an exercise is right: read off its names.

The check of an exercise is the first below it, in a cell of code, that reaches the function or
class in which the hole is: ``minnet.check_layer(layer, x)`` reaches ``BatchNorm`` by
``layer = BatchNorm(3)``, and ``check_step()`` whatever the script's own ``check_step`` calls.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from minnet.assignments.notebook import Cell
from minnet.lessons.running import parsed

#: what begins so checks something: minnet.check_layer, the script's own check_step
CHECK = "check"


@dataclass(frozen=True)
class Exercise:
    """An exercise in a learner's file.

    Attributes
    ----------
    name : str
        The function or method that holds the hole: ``"BatchNorm.backward"``.
    lines : tuple of int
        The first and the last line of the function; both 0 where it is not in the file.
    empty : bool
        Whether its body still raises NotImplementedError.
    cell : int
        The place of the cell with its check; -1 where there is none.
    checks : tuple of (int, int)
        The first and the last line of each statement that checks it.
    returns : bool
        Whether the function gives anything back.
    only : int
        The line of its one statement; 0 where it has several.
    """

    name: str
    lines: tuple[int, int] = (0, 0)
    empty: bool = False
    cell: int = -1
    checks: tuple[tuple[int, int], ...] = ()
    returns: bool = True
    only: int = 0


def find_exercises(names: Sequence[str], cells: Sequence[Cell]) -> list[Exercise]:
    """Return where the exercises of these names are, and their checks.

    Parameters
    ----------
    names : sequence of str
        Functions or methods, with dots.
    cells : sequence of Cell
        All cells of the script, each of which compiles.

    Examples
    --------
    >>> code = "def double(x):\\n    return 2 * x", "print(minnet.check_gradient(f, double, x))"
    >>> cells = [Cell("code", code[0], line=1), Cell("code", code[1], line=4)]
    >>> (exercise,) = find_exercises(["double"], cells)
    >>> exercise.lines, exercise.cell, exercise.checks
    ((1, 2), 1, ((4, 4),))
    """
    trees = [parsed(cell) if cell.kind == "code" else ast.Module([], []) for cell in cells]
    uses = _uses(trees)
    return [_exercise(name, trees, uses) for name in names]


def _exercise(name: str, trees: Sequence[ast.Module], uses: Mapping[str, set[str]]) -> Exercise:
    found = [_definition(tree, name.split(".")) for tree in trees]
    position, function = next(((n, f) for n, f in enumerate(found) if f), (0, None))
    if function is None:
        return Exercise(name)
    lines = function.lineno, function.end_lineno or function.lineno
    empty = any(
        isinstance(node, ast.Raise)
        and node.exc is not None
        and "NotImplementedError" in {n.id for n in ast.walk(node.exc) if isinstance(n, ast.Name)}
        for node in ast.walk(function)
    )
    for cell in range(position, len(trees)):
        checks = tuple(
            (statement.lineno, statement.end_lineno or statement.lineno)
            for statement in trees[cell].body
            for call in _checks(statement)
            if name.partition(".")[0] in _reached(call, uses)
        )
        if checks:
            own = _returns(function), _only_statement(function)
            return Exercise(name, lines, empty, cell, tuple(dict.fromkeys(checks)), *own)
    return Exercise(name, lines, empty)


def _returns(function: ast.FunctionDef) -> bool:
    """Return whether a function gives anything back."""
    found = (node for node in ast.walk(function) if isinstance(node, ast.Return))
    return any(node.value is not None for node in found)


def _only_statement(function: ast.FunctionDef) -> int:
    """Return the line of the one statement that computes something; 0 where there are several."""
    computing = [
        statement.lineno
        for statement in function.body
        if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        and not (isinstance(statement, ast.Return) and isinstance(statement.value, ast.Name))
    ]
    simple = not any(
        isinstance(statement, ast.For | ast.While | ast.If) for statement in function.body
    )
    return computing[0] if simple and len(computing) == 1 else 0


def _definition(tree: ast.AST, path: Sequence[str]) -> ast.FunctionDef | None:
    """Return the function of this dotted name in a module or class."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == path[0]:
            if len(path) > 1:
                return _definition(node, path[1:])
            return node if isinstance(node, ast.FunctionDef) else None
    return None


def _checks(statement: ast.stmt) -> Iterator[ast.Call]:
    """Yield the calls of checks in a statement that are made when it runs."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Call) and _called(node).startswith(CHECK):
            yield node


def _called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _uses(trees: Sequence[ast.Module]) -> dict[str, set[str]]:
    """Return, for each name that a script gives to something, the names used in making it."""
    uses: dict[str, set[str]] = {}
    for tree in trees:
        for statement in tree.body:
            for made, source in _made(statement):
                uses.setdefault(made, set()).update(_names(source))
    return uses


def _made(statement: ast.stmt) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        yield statement.name, statement
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.For):
            source = node.iter if isinstance(node, ast.For) else node.value
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                for name in ast.walk(target):
                    if isinstance(name, ast.Name) and source is not None:
                        yield name.id, source


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _reached(call: ast.Call, uses: Mapping[str, set[str]]) -> set[str]:
    """Return the names that a call uses, and what those were made of."""
    reached, waiting = set[str](), _names(call)
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= uses.get(name, set()) - reached
    return reached
