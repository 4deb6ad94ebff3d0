"""The middle of the screen: the arrays of a line as tables, and the number under the cursor."""

from __future__ import annotations

import numpy as np

from minnet.arrays import Array
from minnet.steps.terminal.compare import MODES, compared, heading, told
from minnet.steps.terminal.grid import Marks, grid, shape_of, unset, written
from minnet.steps.terminal.ink import Ink, beside, cut, ink, length, wrapped
from minnet.steps.terminal.rows import Opened
from minnet.steps.terminal.state import State
from minnet.steps.terminal.stations import arrays_at, changed, made_at, operation_at, results
from minnet.steps.terminal.uses import use_of, words_of
from minnet.steps.walk import Place, Walk
from minnet.tracing.trace import Value

#: so many columns at least has a table beside another
BESIDE, GAP = 28, 4
#: what stands beside the tables that light up
MAKES, GOES = "* makes it", "* goes here"


def arrays_line(walk: Walk, state: State, width: int) -> Ink:
    """Return one line that names the arrays of the station; Tab goes through them."""
    arrays, made = arrays_at(walk, state.station), made_at(walk, state.station)
    operation = operation_at(walk, state.station)
    first = "makes" if operation else "results" if results(walk) else "all"
    if not state.station:
        first = "given"
    if operation and all(walk.maker(value) is not operation for value in arrays[:made]):
        first = "makes no new numbers:"
    line = ink(first + " ", "dim")
    for position, value in enumerate(arrays):
        if operation and position == made:
            line += ink("  reads ", "dim")
        name = f"{value.name} {shape_of(value)}".strip()
        here = value is state.place.value
        line += ink(f"[{name}]" if here else f" {name} ", "bold" if here else "")
    return cut(line, width)


def tables(walk: Walk, state: State, found: Opened | None, width: int, height: int) -> list[Ink]:
    """Return the array with the cursor, and beside it what the number is made of or goes into."""
    value = state.place.value
    says, numbers = heading(walk, value, state.mode)
    lines = [ink(says, "bold")] if says else []
    rows = height - len(lines) - 1

    def table(room: int) -> list[Ink]:
        marks = _marks(walk, state)
        return grid(value, numbers, state.place.flat, marks, state.decimals, room, rows)

    shown = table(width)
    if width >= 2 * BESIDE and max(map(length, shown)) > width - BESIDE - GAP:
        shown = table((width - GAP) // 2)
    for other, marks in () if found is None else related(walk, found):
        room = width - max(map(length, shown)) - GAP
        if room < BESIDE:
            break
        at = min(marks.lit) if marks.cursor is None else marks.cursor
        shown = beside(shown, grid(other, other.data, at, marks, state.decimals, room, rows), GAP)
    return [*lines, *shown]


def related(walk: Walk, found: Opened) -> list[tuple[Value, Marks]]:
    """Return the arrays that a number comes from, with the elements that it comes from lit; of
    what comes from none, the array that it goes into.
    """
    fed = sources(found)
    if not fed:
        use = use_of(walk, found.place)
        return [(value, Marks(None, lit, GOES)) for value, lit in use]
    winner = next((row.feeds[0] for row in found.rows if row.mark and row.feeds), None)
    shown = []
    for value, lit in fed:
        best = winner.flat if winner is not None and winner.value is value else None
        shown.append((value, Marks(best, lit, MAKES, none=unset(value))))
    return shown


def sources(found: Opened) -> list[tuple[Value, tuple[int, ...]]]:
    """Return the arrays that a number comes from, each with the elements that it comes from.

    What was handed over comes first, parameters last; of the same, what it comes from most.
    """
    fed = dict[Value, dict[int, None]]()
    for row in found.rows:
        for place in row.feeds:
            fed.setdefault(place.value, {})[place.flat] = None
    rank = {"input": 0, "upstream": 0, "parameter": 2}
    order = sorted(fed, key=lambda v: (rank.get(v.role, 1), -len(fed[v]), v.number))
    return [(value, tuple(fed[value])) for value in order]


def _marks(walk: Walk, state: State) -> Marks:
    value = state.place.value
    seen = compared(walk, value)
    if seen is None or state.mode == MODES[0]:
        wrong, new = None if seen is None else seen.wrong, _written(walk, state)
        old = None if new is None else ~new
        return Marks(state.place.flat, wrong=wrong, none=unset(value), old=old)
    return Marks(state.place.flat, wrong=seen.wrong, none=np.isnan(seen.expected))


def _written(walk: Walk, state: State) -> Array | None:
    """Return which elements the line of this station has written; None where it is all."""
    operation = operation_at(walk, state.station)
    made = operation is not None and walk.maker(state.place.value) is operation
    return changed(walk, state.place.value) if made else None


def about(walk: Walk, state: State, found: Opened | None, width: int, low: bool) -> list[Ink]:
    """Return what there is to say of the number under the cursor, the most important first."""
    if found is None:
        return []
    place = state.place
    new = _written(walk, state)
    left = new is not None and not new.flat[place.flat]
    lines = [title(found, state, "left as it was: " if left else "")]
    against = told(walk, place)
    if against:
        lines += wrapped(against, width, kind_of(against), 1 if low else 2)
    if found.terms.how in ("sum", "product", "maximum", "minimum"):
        lines.insert(1, ink(f"  = {in_symbols(found)}"))
    if low:
        return lines[:2] if not against.startswith("WRONG") else [lines[0], lines[-1]]
    return [*lines, *links(walk, place, state.decimals), *formula(walk, place, width)]


def title(found: Opened, state: State, before: str = "") -> Ink:
    """Return a number with its name, and in words what it is."""
    place = found.place
    number = "–" if found.terms.how == "unset" else written(_data(place), state.decimals)
    return [*ink(f"{place.name} = {number}", "bold"), *ink(f"  {before}{found.words}")]


def links(walk: Walk, place: Place, decimals: int) -> list[Ink]:
    """Return where a number goes, and its twin in the other pass."""
    lines = []
    use, twin, pair = use_of(walk, place), walk.twin(place), walk.pair_of(place.value)
    if use:
        lines.append(ink(words_of(use)))
    if twin is not None and pair is not None:
        to = f"{twin.name} = {written(_data(twin), decimals)}"
        back = twin.value is pair.value
        lines.append(
            ink(
                f"f goes to {to}, whose gradient it is" if back else f"b goes to its gradient: {to}"
            )
        )
    return lines


def formula(walk: Walk, place: Place, width: int) -> list[Ink]:
    """Return what an array is as a whole, where the layer says so."""
    name, text = place.value.name, walk.formulas.get(place.value.name)
    return [] if text is None else wrapped(f"{name} = {text}", width, "dim", 2, len(name) + 3)


def in_symbols(found: Opened) -> str:
    """Return the terms of a number as one formula."""
    sign = {"sum": " + ", "product": " · "}.get(found.terms.how, ", ")
    text = sign.join(row.symbols for row in found.rows).replace("+ −", "− ")
    how = {"maximum": "max", "minimum": "min"}.get(found.terms.how)
    return f"{how}({text})" if how else text


def kind_of(against: str) -> str:
    """Return how what was measured is painted."""
    return "fail" if against.startswith("WRONG") else "pass"


def _data(place: Place) -> object:
    return place.value.data.flat[place.flat]
