"""Run the cells of a script one after the other, as a notebook would."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Sequence
from types import CodeType, ModuleType

from minnet.assignments.notebook import Cell


class Runner:
    """What the cells that have run have left: their names, which the next ones use.

    Parameters
    ----------
    file : str
        Where the script stands; tracebacks and reports name it, and read its lines there.
    cells : sequence of Cell
        All that it has.

    Examples
    --------
    >>> cells = [Cell("code", "x = 2"), Cell("code", "x + 1")]
    >>> runner = Runner("lesson.py", cells)
    >>> for cell in cells:
    ...     runner.run(cell)
    3
    """

    def __init__(self, file: str, cells: Sequence[Cell]) -> None:
        self.file = file
        self.module = ModuleType("__main__")
        self.module.__file__ = file
        self._imports = _imports(cells)

    def run(self, cell: Cell, ran: Callable[[], None] = lambda: None) -> None:
        """Run a cell of code; the value of a last expression is printed.

        Parameters
        ----------
        cell : Cell
        ran : callable, optional
            Called after each statement.
        """
        body = parsed(cell, self.file).body
        before = sys.modules["__main__"]
        sys.modules["__main__"] = self.module  # where inspect looks for the source of a class
        try:
            for statement in body:
                if statement is body[-1] and isinstance(statement, ast.Expr):
                    self._print_value(statement)
                else:
                    exec(self._compiled(statement), vars(self.module))
                ran()
        finally:
            sys.modules["__main__"] = before

    def _print_value(self, statement: ast.Expr) -> None:
        code = compile(ast.Expression(statement.value), self.file, "eval", dont_inherit=True)
        value = eval(code, vars(self.module))
        if value is not None:
            print(repr(value))

    def _compiled(self, statement: ast.stmt) -> CodeType:
        """Return the code of a statement, the same as if the whole script were compiled.

        Python compiles a call ``np.exp(x)`` otherwise where it sees that np is imported, and a
        function whose code is not that of its source in the file is no longer matched with it.
        """
        unseen = ast.If(ast.Constant(False), list(self._imports), [])
        module = ast.Module([ast.copy_location(unseen, statement), statement], [])
        if not self._imports:
            del module.body[0]
        return compile(ast.fix_missing_locations(module), self.file, "exec", dont_inherit=True)


def parsed(cell: Cell, file: str = "script.py") -> ast.Module:
    """Return the tree of a cell; its lines count from the first of the script."""
    return ast.parse("\n" * (max(cell.line, 1) - 1) + cell.source, file)


def _imports(cells: Sequence[Cell]) -> list[ast.stmt]:
    """Return the imports at the top level of a script; ``from __future__`` stays where it is."""
    return [
        statement
        for cell in cells
        if cell.kind == "code"
        for statement in parsed(cell).body
        if isinstance(statement, ast.Import)
        or (isinstance(statement, ast.ImportFrom) and statement.module != "__future__")
    ]
