"""A trace: the values that some passes computed, one after the other, and what made each number.

Two recordings of the same passes make it: one of the plain run, whose numbers are shown, and one
of a run on cells, which tells for every number from which others it came.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from minnet.arrays import Array
from minnet.records import dataclass, field
from minnet.tracing.cells import UNSET, Cell, holds_objects, is_cells, numbers
from minnet.tracing.recording import Event, Statement

Role = Literal["input", "parameter", "intermediate", "output", "upstream", "gradient"]
#: what is rounded differently in another order of the same operations; of the largest number
ROUNDED, ROUNDED_SHORT = 1e-9, 1e-4


@dataclass(eq=False)
class Value:
    """An array or a number that a line computed, or that was handed over.

    Attributes
    ----------
    number : int
        Its position in the trace.
    name : str
        As the source calls it; of several of a name, all but the last end with ``@1``, ``@2``, ...
    shape : tuple of int
    role : str
    phase : str
        "forward", "backward" or "update"; "" of what was handed over.
    line : int
        0 of what was handed over.
    data : array
        The numbers, as the plain run had them.
    cells : array of Cell, optional
        What they were made of; None where that is not known.
    track : int
        The same for all contents of one array, one after the other.
    written : str
        The name as it is written.
    """

    number: int
    name: str
    role: Role
    phase: str
    line: int
    data: Array
    cells: Any = None
    track: int = -1
    written: str = ""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of its array; () of a number."""
        return self.data.shape

    def at(self, flat: int) -> str:
        """Return the name of one element: ``W[2,1]``."""
        if not self.shape:
            return self.name
        index = np.unravel_index(flat, self.shape)
        return f"{self.name}[{','.join(map(str, map(int, index)))}]"


@dataclass(frozen=True, eq=False)
class Operation:
    """A statement that has run.

    Attributes
    ----------
    phase : str
    file, line, text : str, int, str
        Where it stands, and its first line.
    function : str
    loop : dict of str to int
        The variables of the loops around it.
    inputs, outputs : tuple of int
        The values that it names, and those that it made or handed on, by their numbers.
    labels : tuple of str
        What the outputs are called there; "return" of what is returned.
    """

    number: int
    phase: str
    file: str
    line: int
    text: str
    function: str
    loop: Mapping[str, int]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    labels: tuple[str, ...] = ()


@dataclass(eq=False)
class Trace:
    """Everything that some passes computed.

    Attributes
    ----------
    values : list of Value
    operations : list of Operation
    lost : str
        Why it is not known from where the numbers of some values came; "" where it is.
    aliases : dict of str to Value
        Values by what they are: ``out``, ``dW``.
    contents : dict of int to list of Value
        The contents of each array, one after the other, by its track.
    """

    values: list[Value] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    lost: str = ""
    aliases: dict[str, Value] = field(default_factory=dict)
    contents: dict[int, list[Value]] = field(default_factory=dict)

    def find(self, name: str) -> Value | None:
        """Return the value of a name, its own or another that it goes by."""
        found = (value for value in self.values if value.name == name)
        return next(found, self.aliases.get(name))

    def place(self, cell: Cell) -> tuple[Value, int] | None:
        """Return where a number is found: in the last contents of its array that hold it."""
        if cell.home is None:
            return None
        first, flat = self.values[cell.home[0]], cell.home[1]
        found = first
        for value in self.contents.get(first.track, ()):
            if value.number > first.number and value.cells is not None:
                if value.cells.size <= flat or value.cells.flat[flat] is not cell:
                    break
                found = value
        return found, flat


class Writer:
    """Writes a trace, phase by phase.

    Parameters
    ----------
    given : dict of str to (array, array of Cell)
        What is handed over before the first phase, by name.
    parameters : collection of str
        Those that are parameters.
    """

    def __init__(
        self, given: Mapping[str, tuple[Array, Any]], parameters: Sequence[str] = ()
    ) -> None:
        self.trace = Trace()
        self._tracks: dict[int, int] = {}  # by the identity of the array
        self._alive: list[Any] = []  # so that no identity is given twice
        self._latest: dict[int, Value] = {}  # by track
        self._named: dict[tuple[str, str], Value] = {}  # by function and name
        for name, (data, made) in given.items():
            self.hand_over(name, data, made, "parameter" if name in parameters else "input")

    def hand_over(self, name: str, data: Array, made: Any, role: Role) -> Value:
        """Take in a value that no line has computed; an array stays known by its identity."""
        value = self._add(name, role, "", 0, data, made)
        self._enter(value, data)
        return value

    def phase(
        self,
        name: str,
        plain: Sequence[Event],
        followed: Sequence[Event],
        ends: Sequence[str],
        function: object = None,
    ) -> None:
        """Take in the events of a pass.

        Parameters
        ----------
        name : "forward", "backward" or "update"
        plain, followed : sequence of Event
            Of the plain run, and of that on cells.
        ends : sequence of str
            What is returned at last, by name, where the source has none for it.
        function : function, optional
            The function that is the pass, and calls the others.
        """
        returns = [k for k, e in enumerate(plain) if isinstance(e.statement.node, ast.Return)]
        outermost = [k for k in returns if plain[k].statement.source.function is function]
        last = (outermost or returns or [-1])[-1]
        for k, event in enumerate(plain):
            twin = followed[k] if k < len(followed) else None
            if twin is not None and not _alike(event, twin):
                twin, followed = None, followed[:k]
                self.trace.lost = (
                    f"from line {event.statement.line} on, the numbers took another way "
                    "while they were followed"
                )
            self._event(name, event, twin, list(ends) if k == last else None)
        name_apart(self.trace.values)

    def _event(self, phase: str, event: Event, twin: Event | None, ends: list[str] | None) -> None:
        statement, outputs, known = event.statement, dict[int, str](), len(self.trace.values)
        function = statement.source.tree.name
        inputs = tuple(dict.fromkeys(self._read(statement, function)))
        for position, (name, thing) in enumerate(zip(event.names, event.objects, strict=True)):
            data = _floats(event.values[position])
            if data is None:
                continue
            made = None if twin is None else twin.values[position]
            label = self._label(name, function, ends, position)
            value = self._known(thing, data, made) or self._twin(data, made)
            value = value or self._kept(label, data)
            inner = name.startswith("return") and ends is None
            if value is None and inner and _only_rearranged(made):
                continue  # a view, to be used by the caller
            if value is None:
                value = self._add(label, "intermediate", phase, statement.line, data, made)
                self._enter(value, thing)
            else:
                self._track(value, thing)
            outputs.setdefault(value.number, name.partition(" ")[0])
            if ends is not None and position < len(ends):
                self.trace.aliases[ends[position]] = value
                if phase == "forward" and value.phase:
                    value.role = "output"
            if not name.startswith("return"):
                self._named[function, name] = value
        idle = isinstance(statement.node, ast.Expr | ast.For) and max(outputs, default=0) < known
        if outputs and not idle:
            self.trace.operations.append(
                Operation(
                    number=len(self.trace.operations),
                    phase=phase,
                    file=statement.source.file,
                    line=statement.line,
                    text=statement.source.line(statement.line),
                    function=function,
                    loop=event.loop,
                    inputs=inputs,
                    outputs=tuple(outputs),
                    labels=tuple(outputs.values()),
                )
            )

    def _label(self, name: str, function: str, ends: list[str] | None, position: int) -> str:
        if not name.startswith("return"):
            return name
        if ends is None:
            return f"{function}()"
        return ends[position] if position < len(ends) else f"returned[{position}]"

    def _known(self, thing: Any, data: Array, made: Any) -> Value | None:
        """Return the value of this very array, if that still holds what it did."""
        track = self._tracks.get(id(thing)) if isinstance(thing, np.ndarray) else None
        latest = None if track is None else self._latest[track]
        if latest is None or not np.array_equal(latest.data, data, equal_nan=True):
            return None
        if not holds_objects(made) or latest.cells is None:
            return latest
        same = all(a is b for a, b in zip(latest.cells.flat, made.flat, strict=True) if a)
        return latest if same else None

    def _kept(self, name: str, data: Array) -> Value | None:
        """Return what was handed over under this name, where whole numbers are kept for later."""
        value = self._given(name.removeprefix("self."))
        same = value is not None and np.array_equal(value.data, data)
        return value if same and data.dtype.kind in "biu" else None

    def _twin(self, data: Array, made: Any) -> Value | None:
        """Return the value that has the very same numbers: it was copied, or has one name more."""
        if not holds_objects(made) or not made.size:
            return None
        found = {cell.home[0] if isinstance(cell, Cell) and cell.home else -1 for cell in made.flat}
        place = self.trace.place(made.flat[0]) if len(found) == 1 and found != {-1} else None
        value = None if place is None else place[0]
        if value is None or value.cells is None or value.shape != data.shape:
            return None
        same = all(a is b for a, b in zip(value.cells.flat, made.flat, strict=True))
        return value if same else None

    def _enter(self, value: Value, thing: Any) -> None:
        value.track = self._track(value, thing)
        if value.track >= 0:
            self.trace.contents.setdefault(value.track, []).append(value)

    def _track(self, value: Value, thing: Any) -> int:
        """Know an array by its identity from now on; return its number among all arrays."""
        if not isinstance(thing, np.ndarray):
            return -1
        self._alive.append(thing)
        track = self._tracks.setdefault(id(thing), len(self._tracks))
        self._latest[track] = value
        return track

    def _read(self, statement: Statement, function: str) -> Iterator[int]:
        """Yield the values that a statement reads, as far as they have names."""
        for node in ast.walk(statement.node):
            if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
                name = ast.unparse(node)
                value = self._named.get((function, name)) or self.trace.find(name)
                value = value or self._given(name.removeprefix("self."))
                if value is not None:
                    yield value.number

    def _given(self, name: str) -> Value | None:
        """Return what was handed over under a name."""
        found = self.trace.find(name)
        return found if found is not None and not found.phase else None

    def _add(self, name: str, role: Role, phase: str, line: int, data: Array, made: Any) -> Value:
        number = len(self.trace.values)
        value = Value(number, name, role, phase, line, np.array(data), written=name)
        if isinstance(made, float):
            made = Cell(made)
        if made is not None and is_cells(made):
            value.cells = _agreeing(np.array(made, dtype=object), value)
        for flat, cell in enumerate(() if value.cells is None else value.cells.ravel()):
            if isinstance(cell, Cell) and cell.home is None and cell.op != UNSET:
                cell.home = (number, flat)
        self.trace.values.append(value)
        return value


def name_apart(values: Sequence[Value]) -> None:
    """Let every value have a name of its own: of several, what was handed over or else the last
    keeps the plain one, and ``dx@2`` is the second.

    What the object keeps goes without its ``self.``, unless something else has that name.
    """
    by_name: dict[str, list[Value]] = {}
    for value in values:
        short = value.written.removeprefix("self.")
        given = short in by_name and not by_name[short][0].phase
        by_name.setdefault(short if given else value.written, []).append(value)
    for name, alike in by_name.items():
        short = name.removeprefix("self.")
        plain = name if short in by_name else short
        keeps = next((value for value in alike if not value.phase), alike[-1])
        for turn, value in enumerate(alike, start=1):
            value.name = plain if value is keeps else f"{plain}@{turn}"


def _only_rearranged(made: Any) -> bool:
    """Return whether all numbers of an array have been seen before."""
    return holds_objects(made) and all(isinstance(it, Cell) and it.home for it in made.flat)


def _alike(event: Event, twin: Event) -> bool:
    same = event.statement.line == twin.statement.line and event.names == twin.names
    shapes = ((np.shape(a), np.shape(b)) for a, b in zip(event.values, twin.values, strict=False))
    return same and all(a == b for a, b in shapes)


def _floats(value: Any) -> Array | None:
    """Return numbers as an array; None for what is none, and for a whole number."""
    if isinstance(value, np.ndarray):
        return value if value.dtype.kind in "fbiu" else None
    return np.asarray(value) if isinstance(value, float | np.floating) else None


def _agreeing(held: Any, value: Value) -> Any:
    """Return what was followed where it is what was computed, but for the order of sums.

    Elsewhere there is None; what nothing has been written into is no number.
    """
    data = value.data
    if held.shape != data.shape or data.dtype.kind != "f":
        return None
    for place, cell in np.ndenumerate(held):
        if not isinstance(cell, Cell):  # h[0] = 0
            held[place] = None if cell is None else Cell(float(cell))
        elif cell.op == UNSET:
            data[place] = np.nan
    size = np.max(np.abs(data), initial=0.0, where=np.isfinite(data))
    slack = float(size) * (ROUNDED if data.dtype == np.float64 else ROUNDED_SHORT)
    alike = np.isclose(numbers(held), data, rtol=0, atol=slack, equal_nan=True)
    held[~alike] = None
    return held if alike.any() or not alike.size else None
