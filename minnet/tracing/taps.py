"""Taps: the functions of a file compiled again, so that their values can be seen and changed.

A tap is a call put around an expression: it is handed the value and returns it, the very object,
unless somebody has asked to see or to change it. Everything else is compiled as it stands, so a
tapped pass computes what the untapped one does, bit by bit.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from minnet.tracing.source import FunctionTree, Source, exchanged

#: what becomes of a value at a tap
Handler = Callable[[Any], Any]
#: stands in compiled code where the taps are called, until they are put in its place
MARK = "\0minnet: a tap\0"
Kind = Literal["value", "before", "after"]
#: the two taps of a call that stands alone; their numbers follow each other
BESIDE: tuple[Kind, Kind] = ("before", "after")


class TooLongError(Exception):
    """A pass has gone through more taps than it was allowed: a changed value never ends a loop."""


@dataclass(frozen=True, eq=False)
class Tap:
    """A place in the source where a value can be seen and changed.

    Attributes
    ----------
    number : int
        What a handler is given by.
    source : Source
    node : ast.expr or ast.stmt
        The expression; for the value of a statement as a whole, the statement.
    statement : ast.stmt
        The innermost statement that the expression stands in.
    function : ast.FunctionDef
        The innermost function.
    kind : "value", "before" or "after"
        A call that stands alone has no value: its tap is given what it is handed, before it and
        after it.
    """

    number: int
    source: Source
    node: ast.expr | ast.stmt
    statement: ast.stmt
    function: FunctionTree
    kind: Kind = "value"

    @property
    def names(self) -> list[str]:
        """The names and attributes that hold the value, or its items; "" for what is neither."""
        node: Any = self.node
        if isinstance(node, ast.Assign):
            node = node.targets[0] if len(node.targets) == 1 else None
        elif isinstance(node, ast.AnnAssign):
            node = node.target
        items = node.elts if isinstance(node, ast.Tuple | ast.List) else [node]
        return [getattr(item, "id", "") or getattr(item, "attr", "") for item in items]

    @property
    def name(self) -> str:
        """The one name or attribute that holds the value; "" where there is none."""
        return self.names[0] if len(self.names) == 1 else ""

    @property
    def is_statement(self) -> bool:
        """Whether this is the value of a whole statement."""
        return self.node is self.statement


class Taps:
    """The taps in some functions.

    Parameters
    ----------
    sources : sequence of Source
        One that cannot be compiled with taps is left as it is.
    expressions : bool
        Whether every sub-expression is tapped, or the value of every statement alone.

    Attributes
    ----------
    taps : list of Tap
        In the order of the source.

    Examples
    --------
    >>> import textwrap
    >>> from minnet.tracing.source import source_of
    >>> taps = Taps([source_of(textwrap.indent)])
    >>> last = taps.taps[-1].number
    >>> with taps.handled({last: str.upper}):
    ...     textwrap.indent("a word", "- ")
    '- A WORD'
    >>> textwrap.indent("a word", "- ")
    '- a word'
    """

    def __init__(self, sources: Sequence[Source], *, expressions: bool = False) -> None:
        self.taps: list[Tap] = []
        self._handlers: Mapping[int, Handler] = {}
        self._passed = 0
        self._most: int | None = None
        self._codes: dict[types.FunctionType, types.CodeType] = {}
        for source in sources:
            known = len(self.taps)
            tapped = _Tapper(source, self.taps, expressions).tapped()
            code = source.compiled(tapped)
            if code is None:
                del self.taps[known:]
            else:
                self._codes[source.function] = with_constants(code, {MARK: self._tap})

    @contextlib.contextmanager
    def handled(self, handlers: Mapping[int, Handler], most: int | None = None) -> Iterator[None]:
        """Run the block with taps, some of which hand their values to somebody.

        Parameters
        ----------
        handlers : dict of int to callable
            By the number of the tap: ``value -> value``.
        most : int, optional
            A pass that goes through more taps than this is ended by a `TooLongError`.
        """
        before = self._handlers, self._passed, self._most
        self._handlers, self._passed, self._most = handlers, 0, most
        try:
            with exchanged(self._codes):
                yield
        finally:
            self._handlers, self._passed, self._most = before

    @property
    def passed(self) -> int:
        """How many taps have been gone through in this block."""
        return self._passed

    def _tap(self, number: int, value: Any) -> Any:
        self._passed += 1
        if self._most is not None and self._passed > self._most:
            raise TooLongError
        handler = self._handlers.get(number)
        return value if handler is None else handler(value)


class _Tapper(ast.NodeTransformer):
    """Puts taps into a copy of a function's tree."""

    def __init__(self, source: Source, taps: list[Tap], expressions: bool) -> None:
        self._source, self._taps, self._expressions = source, taps, expressions
        self._tree = copy.deepcopy(source.tree)
        pairs = zip(ast.walk(self._tree), ast.walk(source.tree), strict=True)
        self._original: dict[int, Any] = {id(mine): theirs for mine, theirs in pairs}
        self._function: Any = self._tree
        self._statement: Any = None

    def tapped(self) -> FunctionTree:
        self._tree.body = self._block(self._tree.body)
        return self._tree

    # --- statements -----------------------------------------------------------------------

    def _block(self, body: list[Any]) -> list[Any]:
        return [new for statement in body for new in self._statements(statement)]

    def _statements(self, statement: Any) -> list[Any]:
        around, self._statement = self._statement, statement
        try:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
                return self._call_alone(statement)
            return [self.visit(statement)]
        finally:
            self._statement = around

    def _call_alone(self, statement: ast.Expr) -> list[Any]:
        handed = _names_handed(statement.value)
        names = list(dict.fromkeys(name for name in handed if not self._is_module(name)))
        before, after = (self._contents(statement, names, kind) for kind in BESIDE)
        statement.value = self.visit(statement.value)
        return [before, statement, after]

    def _contents(self, statement: ast.Expr, names: list[str], kind: Kind) -> ast.Expr:
        handed = ast.Tuple([ast.Name(name, ast.Load()) for name in names], ast.Load())
        new = ast.Expr(self._tap(statement, handed, kind))
        return ast.fix_missing_locations(ast.copy_location(new, statement))

    def generic_visit(self, node: Any) -> Any:
        for field, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                setattr(node, field, self._block(value))
            elif isinstance(value, list):
                setattr(node, field, [self._visited(item) for item in value])
            elif isinstance(value, ast.AST):
                setattr(node, field, self.visit(value))
        return node

    def _visited(self, item: Any) -> Any:
        return self.visit(item) if isinstance(item, ast.AST) else item

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        around, self._function = self._function, node
        node.body = self._block(node.body)
        self._function = around
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        node.body = self._block(node.body)
        return node

    def visit_AsyncFunctionDef(self, node: Any) -> Any:
        return node

    def visit_Assign(self, node: Any) -> Any:
        if node.value is not None:
            node.value = self._tap(node, self.visit(node.value))
        return node

    visit_AnnAssign = visit_AugAssign = visit_Return = visit_Assign

    def visit_Delete(self, node: Any) -> Any:
        return node

    def visit_match_case(self, node: Any) -> Any:
        node.body = self._block(node.body)
        return node

    def visit_For(self, node: ast.For) -> Any:
        node.iter = self.visit(node.iter)
        node.body, node.orelse = self._block(node.body), self._block(node.orelse)
        return node

    def visit_withitem(self, node: Any) -> Any:
        return node

    def visit_ExceptHandler(self, node: Any) -> Any:
        node.body = self._block(node.body)
        return node

    # --- expressions ----------------------------------------------------------------------

    def visit(self, node: Any) -> Any:
        if not isinstance(node, ast.expr):
            return super().visit(node)
        if not self._expressions:
            return node
        return self._visit_value(node)

    def _visit_value(self, node: Any) -> Any:
        if isinstance(node, ast.Constant | ast.Lambda | ast.JoinedStr | ast.Slice):
            return node
        if isinstance(node, ast.Name) and self._is_module(node.id):
            return node
        if isinstance(node, ast.Yield | ast.YieldFrom | ast.Await | ast.Starred):
            return self.generic_visit(node)
        whole = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                node.func.value = self.visit(node.func.value)
            node.args = [self.visit(item) for item in node.args]
            for keyword in node.keywords:
                keyword.value = self.visit(keyword.value)
        elif isinstance(node, ast.Subscript | ast.NamedExpr):
            node.value = self.visit(node.value)
        elif not isinstance(node, whole):
            self.generic_visit(node)
        return self._tap(node, node)

    def _is_module(self, name: str) -> bool:
        held = self._source.function.__globals__.get(name)
        return isinstance(held, types.ModuleType | type | types.BuiltinFunctionType)

    def _tap(self, node: Any, value: Any, kind: Kind = "value") -> ast.Call:
        original = self._original
        tap = Tap(
            len(self._taps),
            self._source,
            original[id(node)],
            original[id(self._statement)],
            original[id(self._function)],
            kind,
        )
        self._taps.append(tap)
        call = ast.Call(ast.Constant(MARK), [ast.Constant(tap.number), value], [])
        return ast.fix_missing_locations(ast.copy_location(call, node))


def _names_handed(call: ast.expr) -> Iterator[str]:
    """Yield the names whose contents a call may change: what it is handed, and its owner."""
    if isinstance(call, ast.Call):
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        for item in (owner, *call.args, *(keyword.value for keyword in call.keywords)):
            while isinstance(item, ast.Attribute | ast.Subscript | ast.Starred):
                item = item.value
            if isinstance(item, ast.Name):
                yield item.id


def with_constants(code: types.CodeType, held: Mapping[str, Any]) -> types.CodeType:
    """Put things in the place of the texts that stand for them: nothing is written anywhere."""
    consts: list[Any] = []
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            consts.append(with_constants(const, held))
        else:
            consts.append(held.get(const, const) if isinstance(const, str) else const)
    return code.replace(co_consts=tuple(consts))
