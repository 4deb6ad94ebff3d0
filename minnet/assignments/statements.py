"""A program as statements: which blocks it has, which lines are code, what a statement tells."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable, Iterator, Sequence

Function = ast.FunctionDef | ast.AsyncFunctionDef
Place = tuple[ast.ClassDef | Function, ...]


def blocks(tree: ast.AST) -> Iterator[tuple[ast.AST, list[ast.stmt]]]:
    """Yield every block of statements with what it belongs to."""
    for node in ast.walk(tree):
        for _, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                yield node, value


def places(tree: ast.AST) -> dict[int, Place]:
    """Return the functions and classes that each node is in, itself included, by its `id`."""
    found: dict[int, Place] = {}

    def visit(node: ast.AST, place: Place) -> None:
        if isinstance(node, ast.ClassDef | Function):
            place = (*place, node)
        found[id(node)] = place
        for child in ast.iter_child_nodes(node):
            visit(child, place)

    visit(tree, ())
    return found


def first_line(statement: ast.stmt) -> int:
    """Return the line in which a statement begins, its decorators included."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(d.lineno for d in decorators)])


def last_line(statement: ast.stmt) -> int:
    """Return the line in which a statement ends."""
    return statement.end_lineno or statement.lineno


def code_by_line(source: str) -> dict[int, str]:
    """Return the code of each line that has some, without comments and blanks.

    >>> code_by_line("x = 1  # one\\n\\n# two\\ny = x @ x\\n")
    {1: 'x=1', 4: 'y=x@x'}
    """
    comments = {
        token.start[0]: token.start[1]
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    lines = enumerate(source.split("\n"), 1)
    code = {number: "".join(line[: comments.get(number)].split()) for number, line in lines}
    return {number: text for number, text in code.items() if text}


def stored(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names that some code sets."""
    walked = (part for node in nodes for part in ast.walk(node))
    return {n.id for n in walked if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def used_below(function: ast.AST, names: set[str], line: int) -> list[str]:
    """Return which of `names` a function uses below a line, in the order of their use."""
    loads = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.lineno > line
    ]
    loads.sort(key=lambda node: (node.lineno, node.col_offset))
    return list(dict.fromkeys(node.id for node in loads if node.id in names))


def returned(body: Sequence[ast.stmt]) -> list[str]:
    """Return the names that the last statement returns, where it returns names and no more."""
    value = body[-1].value if isinstance(body[-1], ast.Return) else None
    parts = value.elts if isinstance(value, ast.Tuple) else [value]
    names = [part.id for part in parts if isinstance(part, ast.Name)]
    return names if len(names) == len(parts) else []


def telling_lines(body: Sequence[ast.stmt]) -> set[int]:
    """Return the lines of statements that compute something.

    ``N, D = x.shape``, ``return dx, dw`` or ``for n in range(N):`` stand in any program and give
    nothing away.

    >>> program = ast.parse("N, D = x.shape\\nfor n in range(N):\\n    y = x[n] @ w")
    >>> telling_lines(program.body)
    {3}
    """
    lines: set[int] = set()
    for statement in (s for part in body for s in ast.walk(part) if isinstance(s, ast.stmt)):
        block = getattr(statement, "body", None)
        end = max(statement.lineno, first_line(block[0]) - 1) if block else last_line(statement)
        if not _says_nothing(statement):
            lines.update(range(first_line(statement), end + 1))
    return lines


def _says_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Assign(value=value) | ast.Return(value=value) | ast.Expr(value=value):
            return value is None or _is_plain(value)
        case ast.For(iter=ast.Call(func=ast.Name(id="range"), args=args)):
            return all(map(_is_plain, args))
        case ast.If(test=ast.Compare(left=left, comparators=others)):
            return all(map(_is_plain, [left, *others]))
        case ast.If(test=test):
            return _is_plain(test)
    return isinstance(statement, ast.Pass | ast.Import | ast.ImportFrom | ast.Try | ast.Raise)


def _is_plain(value: ast.expr) -> bool:
    """Return whether an expression only names things: ``x``, ``x.shape``, ``p["pad"]``."""
    match value:
        case ast.Name() | ast.Constant():
            return True
        case ast.Attribute(value=inner) | ast.Starred(value=inner):
            return _is_plain(inner)
        case ast.Subscript(value=inner, slice=index):
            return _is_plain(inner) and isinstance(index, ast.Constant)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return all(map(_is_plain, parts))
    return False
