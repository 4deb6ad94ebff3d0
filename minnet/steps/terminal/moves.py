"""Where the keys of one view lead: from line to line, from number to number, from term to term."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from minnet.steps.terminal.grid import table_of
from minnet.steps.terminal.rows import opened
from minnet.steps.terminal.state import (
    PAGE,
    Press,
    State,
    View,
    jump,
    remembered,
    same_place,
    to_station,
)
from minnet.steps.terminal.stations import arrays_at, last_station
from minnet.steps.walk import Place, Walk
from minnet.tracing.trace import Value

#: more than any row has numbers
FAR = 2**31

# --- from line to line ------------------------------------------------------------------------


def step(by: int) -> Press:
    return lambda walk, state: to_station(walk, state, state.station + by)


def line(by: int) -> Press:
    """Go to the next line that has not run before, past what a loop repeats."""

    def act(walk: Walk, state: State) -> State:
        first = dict[tuple[str, int], int]()
        for operation in walk.trace.operations:
            first.setdefault((operation.file, operation.line), operation.number + 1)
        stops = [0, *sorted(first.values()), last_station(walk)]
        there = [stop for stop in stops if (stop - state.station) * by > 0]
        return to_station(
            walk,
            state,
            min(
                there,
                key=lambda s: abs(s - state.station),
                default=-1 if by < 0 else last_station(walk) + 1,
            ),
        )

    return act


def into(walk: Walk, state: State) -> State:
    if not state.place.value.data.size:
        return replace(state, message=f"{state.place.value.name} has no numbers: it is empty")
    return replace(state, view="numbers")


def other_array(by: int) -> Press:
    def act(walk: Walk, state: State) -> State:
        arrays = arrays_at(walk, state.station)
        if len(arrays) == 1 and state.place.value in arrays:
            return replace(state, message="there is no other array here")
        here = arrays.index(state.place.value) if state.place.value in arrays else -by
        value = arrays[(here + by) % len(arrays)]
        view: View = "steps" if state.view == "steps" else "numbers"
        return replace(state, place=same_place(state.place, value), view=view, row=0, feed=0)

    return act


# --- from number to number ----------------------------------------------------------------------


def _move(down: int, right: int) -> Press:
    def act(walk: Walk, state: State) -> State:
        rows, columns = table_of(state.place.value)
        if not rows * columns:
            return into(walk, state)
        row, column = divmod(state.place.flat % (rows * columns), columns)
        new = max(0, min(rows - 1, row + down)), max(0, min(columns - 1, column + right))
        if new == (row, column):
            return replace(state, message=_edge(state.place.value, rows, down))
        first = state.place.flat - row * columns - column
        return _at(state, first + new[0] * columns + new[1])

    return act


def _edge(value: Value, rows: int, down: int) -> str:
    more = "; [ and ] show the other slices" if len(value.shape) > 2 else ""
    if down and rows == 1 and not more:
        return f"{value.name} has one row: left and right choose a number"
    return f"here {value.name} ends{more}"


def _at(state: State, flat: int) -> State:
    return replace(state, place=Place(state.place.value, flat), row=0, feed=0)


def other_slice(by: int) -> Press:
    def act(walk: Walk, state: State) -> State:
        value, (rows, columns) = state.place.value, table_of(state.place.value)
        size = rows * columns
        count = value.data.size // size if size else 0
        if count < 2:
            return replace(state, message=f"{value.name} has one slice: all of it is here")
        inside = state.place.flat % size
        view: View = "numbers" if state.view == "number" else state.view
        here = (state.place.flat // size + by) % count
        return replace(_at(state, here * size + inside), view=view)

    return act


def _open(walk: Walk, state: State) -> State:
    if not state.place.value.data.size:
        return replace(state, message=f"{state.place.value.name} has no numbers: it is empty")
    return replace(state, view="number", row=0, feed=0, back=remembered(state))


# --- from term to term --------------------------------------------------------------------------


def _row(by: int) -> Press:
    def act(walk: Walk, state: State) -> State:
        count = len(opened(walk, state.place).rows)
        row = max(0, min(count - 1, state.row + by))
        if row == state.row:
            where = "first" if by < 0 else "last"
            says = f"that is the {where} term" if count else "there are no terms here; Esc leaves"
            return replace(state, message=says)
        return replace(state, row=row, feed=0)

    return act


def _feed(by: int) -> Press:
    def act(walk: Walk, state: State) -> State:
        rows = opened(walk, state.place).rows
        count = len(rows[state.row].feeds) if rows else 0
        feed = max(0, min(count - 1, state.feed + by))
        if feed == state.feed:
            return replace(state, message="up and down choose a term; n and p go to another line")
        return replace(state, feed=feed)

    return act


def _follow(walk: Walk, state: State) -> State:
    rows = opened(walk, state.place).rows
    if not rows:
        return replace(
            state, message="it comes from no other number; Backspace goes back, b to its gradient"
        )
    feeds = rows[state.row].feeds
    if not feeds:
        return replace(state, message="this term is a number of the code: it comes from nowhere")
    return jump(walk, state, feeds[min(state.feed, len(feeds) - 1)], "number")


STEPS: Mapping[str, Press] = {
    "right": step(1),
    "left": step(-1),
    "down": into,
    "up": into,
    "enter": into,
    "home": lambda walk, state: to_station(walk, state, 0),
    "end": lambda walk, state: to_station(walk, state, last_station(walk)),
}
NUMBERS: Mapping[str, Press] = {
    "right": _move(0, 1),
    "left": _move(0, -1),
    "down": _move(1, 0),
    "up": _move(-1, 0),
    "home": _move(0, -FAR),
    "end": _move(0, FAR),
    "enter": _open,
}
NUMBER: Mapping[str, Press] = {
    "down": _row(1),
    "up": _row(-1),
    "home": _row(-FAR),
    "end": _row(FAR),
    "pgdn": _row(PAGE),
    "pgup": _row(-PAGE),
    "right": _feed(1),
    "left": _feed(-1),
    "enter": _follow,
}
