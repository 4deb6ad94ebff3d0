"""Run the cells of a script one after the other, as a notebook would."""

from __future__ import annotations

import ast
import sys
from types import CodeType, ModuleType

from minnet.assignments.notebook import Cell


class Runner:
    """What the cells that have run have left: their names, which the next ones use.

    Parameters
    ----------
    file : str
        Where the script stands; tracebacks and reports name it, and read its lines there.

    Examples
    --------
    >>> runner = Runner("lesson.py")
    >>> runner.run(Cell("code", "x = 2"))
    >>> runner.run(Cell("code", "x + 1"))
    3
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.module = ModuleType("__main__")
        self.module.__file__ = file

    def run(self, cell: Cell) -> None:
        """Run a cell of code; the value of a last expression is printed."""
        body, last = compiled(cell, self.file)
        before = sys.modules["__main__"]
        sys.modules["__main__"] = self.module  # where inspect looks for the source of a class
        try:
            exec(body, vars(self.module))
            value = None if last is None else eval(last, vars(self.module))
            if value is not None:
                print(repr(value))
        finally:
            sys.modules["__main__"] = before


def parsed(cell: Cell, file: str = "script.py") -> ast.Module:
    """Return the tree of a cell; its lines count from the first of the script."""
    return ast.parse("\n" * (max(cell.line, 1) - 1) + cell.source, file)


def compiled(cell: Cell, file: str) -> tuple[CodeType, CodeType | None]:
    """Return the code of a cell, its last expression apart."""
    tree = parsed(cell, file)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        expression = tree.body.pop()
        assert isinstance(expression, ast.Expr)
        last = compile(ast.Expression(expression.value), file, "eval", dont_inherit=True)
    return compile(tree, file, "exec", dont_inherit=True), last
