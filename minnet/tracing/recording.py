"""What each line computed: the functions of a file compiled again so that every statement tells.

After a statement that computes something, its values are handed over under the names that the
source gives them; what is done with a part of an array (``out[n] = ...``, ``np.add.at(dW, ...)``)
is told as the whole array. A recorded pass computes what the plain one does, bit by bit.

With ``following`` the same statements are run on arrays of `cells`, so that every number tells
from which numbers it was made. What is made out of nothing (``np.zeros(...)``) is made of cells
as well, and a function that takes numbers only is given those.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import types
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from minnet.records import dataclass
from minnet.tracing.cells import (
    Cell,
    CellArray,
    filled,
    holds_objects,
    is_cells,
    numbers,
    numbers_within,
    unset,
)
from minnet.tracing.source import FunctionTree, Source, exchanged, with_constants

_TOLD = "\0minnet: what a statement has computed"
_CALL = "\0minnet: a call"
_MADE = "\0minnet: a value"
#: so many numbers are kept of one pass
MOST_NUMBERS = 4_000_000
#: calls that must stand where they are written
_BOUND_TO_THEIR_PLACE = ("super", "locals", "globals", "vars", "eval", "exec", "dir")


@dataclass(frozen=True, eq=False)
class Statement:
    """A statement that computes something.

    Attributes
    ----------
    source : Source
    node : ast.stmt
    names : tuple of str
        What holds its values afterwards, as it is written; "return" of what is returned.
    loops : tuple of str
        The variables of the loops around it.
    """

    source: Source
    node: ast.stmt
    names: tuple[str, ...]
    loops: tuple[str, ...] = ()

    @property
    def line(self) -> int:
        """Where it begins."""
        return self.node.lineno


@dataclass(frozen=True, eq=False)
class Event:
    """A statement that has run: the objects that hold its values, and what they held then."""

    statement: Statement
    names: tuple[str, ...]
    objects: tuple[Any, ...]
    values: tuple[Any, ...]
    loop: dict[str, int]


class TooMuch(Exception):
    """More statements have run, or on more numbers, than can be kept."""


class Recording:
    """Functions that tell what each of their statements computes.

    Parameters
    ----------
    sources : sequence of Source
    following : bool
        Whether they run on cells.
    most : int
        A pass of more statements than this is ended by `TooMuch`.

    Examples
    --------
    >>> from minnet.layers.functions import sigmoid
    >>> from minnet.tracing.source import source_of
    >>> recording = Recording([source_of(sigmoid)])
    >>> with recording.running() as events:
    ...     out = sigmoid(np.zeros(2))
    >>> events[-1].names, events[-1].values
    (('return',), (array([0.5, 0.5]),))
    """

    def __init__(
        self, sources: Sequence[Source], *, following: bool = False, most: int = 20_000
    ) -> None:
        self._following, self._most = following, most
        self._statements: list[Statement] = []
        self._events: list[Event] = []
        self._kept = 0
        self._loop: dict[str, int] = {}
        self._codes: dict[types.FunctionType, types.CodeType] = {}
        own = {_TOLD: self._tell, _CALL: self._call, _MADE: self._made}
        for source in sources:
            teller = _Teller(source, self._statements, following)
            code = source.compiled(teller.told())
            if code is not None:
                self._codes[source.function] = with_constants(code, own)

    @contextlib.contextmanager
    def running(self) -> Iterator[list[Event]]:
        """Run the block; yield the list that what its statements compute is put in."""
        self._events, self._loop, self._kept = [], {}, 0
        with exchanged(self._codes):
            yield self._events

    def _tell(self, number: int, *held: Any) -> Any:
        """Take in what a statement has computed; return it, where it is one thing."""
        self._kept += sum(thing.size for thing in held if isinstance(thing, np.ndarray))
        if len(self._events) >= self._most or self._kept > MOST_NUMBERS:
            raise TooMuch
        statement = self._statements[number]
        names, objects, values = [], [], []
        for name, thing in zip(statement.names, held, strict=True):
            if isinstance(statement.node, ast.For) and isinstance(thing, int | np.integer):
                self._loop = self._loop | {name: int(thing)}
            for label, item in _items(name, thing):
                names.append(label)
                objects.append(item)
                values.append(_snapshot(item))
        loop = {name: self._loop[name] for name in statement.loops if name in self._loop}
        event = Event(statement, tuple(names), tuple(objects), tuple(values), loop)
        self._events.append(event)
        return held[0] if held else None

    def _made(self, value: Any) -> Any:
        return Cell(value) if isinstance(value, float) else filled(value)

    def _call(self, function: Any, *args: Any, **options: Any) -> Any:
        """Call a function with cells; one that takes none, with numbers."""
        if getattr(function, "__code__", None) and not _is_numpys(function):
            return function(*args, **options)
        given = [*args, *options.values(), getattr(function, "__self__", None)]
        try:
            result = function(*args, **options)
        except (TypeError, AttributeError, ValueError):
            if not any(is_cells(item) for item in given):
                raise
            plain = {name: numbers_within(value) for name, value in options.items()}
            result = _plain(function)(*map(numbers_within, args), **plain)
        if function in (np.empty, np.empty_like) and not is_cells(result):
            return unset(result)
        return _as_given(result, given)


def _is_numpys(function: Any) -> bool:
    return str(getattr(function, "__module__", "")).partition(".")[0] == "numpy"


def _plain(function: Any) -> Any:
    """Return a method of an array of cells as that of the array of numbers."""
    owner = getattr(function, "__self__", None)
    return getattr(numbers(owner), function.__name__) if is_cells(owner) else function


def _as_given(result: Any, given: Sequence[Any]) -> Any:
    """Return the cells that were handed over, where a call returned their very numbers."""
    if isinstance(result, float | np.floating):
        return next((it for it in given if isinstance(it, Cell) and it.value == result), result)
    if isinstance(result, np.ndarray) and not is_cells(result) and result.dtype.kind == "f":
        for item in given:
            if holds_objects(item) and np.array_equal(numbers(item), result, equal_nan=True):
                return item.copy().view(CellArray)
    return filled(result) if isinstance(result, np.ndarray) else result


def _items(name: str, thing: Any) -> Iterator[tuple[str, Any]]:
    """Yield the numbers and arrays in what a statement has computed, each under its name."""
    if isinstance(thing, tuple | list) and len(thing) <= 8:
        for position, item in enumerate(thing):
            label = name if name == "return" else f"{name}[{position}]"
            yield from _items(f"return {position}" if name == "return" else label, item)
    elif isinstance(thing, dict) and len(thing) <= 8:
        for key, item in thing.items():
            if not isinstance(item, dict):
                yield from _items(f"{name}[{key!r}]", item)
    elif isinstance(thing, np.ndarray | np.floating | float | Cell):
        yield name, thing


def _snapshot(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) else value


class _Teller(ast.NodeTransformer):
    """Lets the statements of a function tell what they have computed."""

    def __init__(self, source: Source, statements: list[Statement], following: bool) -> None:
        self._source, self._statements, self._following = source, statements, following
        self._tree = copy.deepcopy(source.tree)
        self._loops: tuple[str, ...] = ()

    def told(self) -> FunctionTree:
        self._tree.body = self._block(self._tree.body)
        return self._tree

    # --- statements -----------------------------------------------------------------------

    def _block(self, body: list[Any]) -> list[Any]:
        return [new for statement in body for new in self._told(statement)]

    def _told(self, statement: Any) -> list[Any]:
        if isinstance(statement, ast.Return):
            return [self._return(statement)]
        if isinstance(statement, ast.For):
            return [self._loop(statement)]
        held = list(_held(statement))
        new = self.visit(statement)
        names = tuple(ast.unparse(item) for item in held)
        told = [self._tells(statement, names, held)] if held else []
        return [new, *told]

    def _return(self, statement: ast.Return) -> ast.stmt:
        if statement.value is None:
            return statement
        value = self._valued(self.visit(statement.value))
        statement.value = self._call_of(statement, ("return",), [value])
        return statement

    def _loop(self, statement: ast.For) -> ast.stmt:
        targets = list(_names_in(statement.target))
        names, around = tuple(item.id for item in targets), self._loops
        statement.iter = self.visit(statement.iter)
        self._loops = around + names
        begins = [self._tells(statement, names, targets)] if targets else []
        statement.body = begins + self._block(statement.body)
        self._loops = around
        statement.orelse = self._block(statement.orelse)
        return statement

    def _tells(self, statement: Any, names: tuple[str, ...], held: list[Any]) -> ast.stmt:
        call = ast.Expr(self._call_of(statement, names, held))
        return ast.fix_missing_locations(ast.copy_location(call, statement))

    def _call_of(self, statement: Any, names: tuple[str, ...], held: list[Any]) -> ast.Call:
        number = len(self._statements)
        original = copy.copy(statement)
        self._statements.append(Statement(self._source, original, names, self._loops))
        return self._calling(_TOLD, [ast.Constant(number), *held], statement)

    def _calling(self, what: str, args: list[Any], where: ast.AST) -> ast.Call:
        call = ast.Call(ast.Constant(what), args, [])
        return ast.fix_missing_locations(ast.copy_location(call, where))

    def _valued(self, value: Any) -> Any:
        return self._calling(_MADE, [value], value) if self._following else value

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

    def visit_ClassDef(self, node: Any) -> Any:
        return node

    visit_AsyncFunctionDef = visit_Lambda = visit_ClassDef

    def visit_FunctionDef(self, node: Any) -> Any:
        node.body = self._block(node.body)
        return node

    def visit_Assign(self, node: Any) -> Any:
        self.generic_visit(node)
        if node.value is not None:
            node.value = self._valued(node.value)
        return node

    visit_AnnAssign = visit_AugAssign = visit_Assign

    def visit_Call(self, node: Any) -> Any:
        self.generic_visit(node)
        name = getattr(node.func, "id", "")
        if not self._following or name in _BOUND_TO_THEIR_PLACE:
            return node
        node.args.insert(0, node.func)
        node.func = ast.copy_location(ast.Constant(_CALL), node)
        return node


def _held(statement: ast.stmt) -> Iterator[ast.expr]:
    """Yield what holds the values of a statement after it, to be read."""
    if isinstance(statement, ast.Assign):
        targets: list[Any] = statement.targets
    elif isinstance(statement, ast.AugAssign | ast.AnnAssign):
        targets = [statement.target] if statement.value is not None else []
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        yield from _handed(statement.value)
        return
    else:
        return
    seen = set()
    for target in targets:
        for item in _leaves(target):
            read = _read(item)
            if ast.unparse(read) not in seen:
                seen.add(ast.unparse(read))
                yield read


def _leaves(target: Any) -> Iterator[Any]:
    if isinstance(target, ast.Tuple | ast.List):
        for item in target.elts:
            yield from _leaves(item)
    elif isinstance(target, ast.Starred):
        yield from _leaves(target.value)
    else:
        yield target


def _read(target: Any) -> Any:
    """Return a target as an expression: of a part of an array, the array."""
    while isinstance(target, ast.Subscript) and not isinstance(
        getattr(target.slice, "value", None), str
    ):
        target = target.value
    if isinstance(target, ast.Call):  # window(dx)[...] += share
        return next(_handed(target), ast.Constant(None))
    found = copy.deepcopy(target)
    for node in ast.walk(found):
        if hasattr(node, "ctx"):
            node.ctx = ast.Load()
    return found


def _handed(call: ast.Call) -> Iterator[ast.expr]:
    """Yield the names and attributes that a call may change what they hold."""
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    for item in (owner, *call.args, *(keyword.value for keyword in call.keywords)):
        while isinstance(item, ast.Subscript | ast.Starred):
            item = item.value
        if isinstance(item, ast.Name) or (
            isinstance(item, ast.Attribute) and isinstance(item.value, ast.Name)
        ):
            yield copy.deepcopy(item)


def _names_in(target: Any) -> Iterator[ast.Name]:
    for item in _leaves(target):
        if isinstance(item, ast.Name):
            yield ast.Name(item.id, ast.Load())
