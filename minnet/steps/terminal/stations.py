"""Where a walk can stand: before the first line, at each line that ran, and at the end."""

from __future__ import annotations

import numpy as np

from minnet.arrays import Array
from minnet.steps.terminal.compare import compared
from minnet.steps.walk import Place, Walk
from minnet.tracing.trace import Operation, Value


def last_station(walk: Walk) -> int:
    """Return the number of the end; 0 is the start, and k the k-th operation."""
    return len(walk.trace.operations) + 1


def operation_at(walk: Walk, station: int) -> Operation | None:
    """Return the operation of a station; None at the start and at the end."""
    inside = 0 < station < last_station(walk)
    return walk.trace.operations[station - 1] if inside else None


def arrays_at(walk: Walk, station: int) -> list[Value]:
    """Return the arrays to look at: what the line has made, or else hands on; then what it reads.

    At the start what is handed over, at the end the gradients that were asked for.
    """
    operation = operation_at(walk, station)
    values = walk.trace.values
    if operation is not None:
        made = [values[k] for k in operation.outputs]
        made.sort(key=lambda value: walk.maker(value) is not operation)
        named = [*made, *(values[k] for k in operation.inputs)]
    elif station:
        named = results(walk)
    else:
        named = [value for value in values if not value.phase]
        named.sort(key=lambda value: value.data.dtype.kind != "f")  # labels last
    return list(dict.fromkeys(named or values))


def changed(walk: Walk, value: Value) -> Array | None:
    """Return which elements the line that made a value has written; None where it is all."""
    contents = walk.trace.contents.get(value.track, [])
    turn = contents.index(value) if value in contents else 0
    before = contents[turn - 1] if turn else None
    if before is None or before.shape != value.shape:
        return None
    if value.cells is None or before.cells is None:
        new = (value.data != before.data) & ~(np.isnan(value.data) & np.isnan(before.data))
    else:
        pairs = zip(value.cells.flat, before.cells.flat, strict=True)
        new = np.array([one is not other for one, other in pairs], bool).reshape(value.shape)
    return None if new.all() or not new.any() else new


def results(walk: Walk) -> list[Value]:
    """Return the gradients that backward was asked for."""
    return [pair.gradient for pair in walk.pairs if pair.bar is not None or pair.verdict]


def made_at(walk: Walk, station: int) -> int:
    """Return how many of the arrays of a station its line has made or handed on."""
    operation = operation_at(walk, station)
    return len(arrays_at(walk, station)) if operation is None else len(operation.outputs)


def station_of(walk: Walk, value: Value, otherwise: int) -> int:
    """Return where a value is made; the start for what was handed over."""
    if not value.phase:
        return 0
    maker = walk.maker(value)
    return otherwise if maker is None else maker.number + 1


def wrong_station(walk: Walk) -> int | None:
    """Return where the first wrong line ran first; None where no such line is known, or ran."""
    line = walk.line
    for operation in walk.trace.operations:
        if line and (operation.file, operation.line) == (line.file, line.number):
            return operation.number + 1
    return None


def wrong_place(walk: Walk) -> Place | None:
    """Return the worst number of the first gradient that is wrong."""
    for pair in walk.pairs:
        seen = compared(walk, pair.gradient)
        if pair.verdict == "fail" and seen is not None and seen.wrong.any():
            return Place(pair.gradient, seen.worst)
    return None
