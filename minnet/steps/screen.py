"""What is on the screen: a state as lines of text, for any width and height."""

from __future__ import annotations

import linecache
from pathlib import Path

import numpy as np

from minnet.report.terminal import Style
from minnet.steps.compare import MODES, Compared, compared, heading, told
from minnet.steps.grid import Marks, grid, shape_of, unset, written
from minnet.steps.help import footer, help_lines
from minnet.steps.ink import Ink, beside, cut, filled, ink, length, painted
from minnet.steps.number import number_lines, sources
from minnet.steps.rows import Opened, opened
from minnet.steps.state import State
from minnet.steps.stations import arrays_at, last_station, made_at, operation_at, results
from minnet.steps.walk import Walk
from minnet.tracing.trace import Value

#: below these a screen says less
LOW, NARROW = 18, 60
#: so many columns at least has a table beside another
BESIDE = 24


def screen(walk: Walk, state: State, width: int, height: int, style: Style) -> list[str]:
    """Return the lines of the screen.

    Parameters
    ----------
    walk : Walk
    state : State
    width, height : int
        Of the terminal, in characters.
    style : Style

    Returns
    -------
    list of str
        `height` lines, none of them wider than `width`.
    """
    below = _below(state, width, style)
    room = max(height - len(below), 0)
    if state.view == "help":
        above = help_lines(state.scroll, room)
    else:
        above = _title(walk, state, width) + _body(walk, state, width, room - 1)
    above = [*above[:room], *[Ink()] * (room - len(above))]
    return painted([*above, *below][-height:], width, style)


def _title(walk: Walk, state: State, width: int) -> list[Ink]:
    end = last_station(walk)
    if state.station in (0, end):
        where = "start" if not state.station else "end"
    else:
        operation = operation_at(walk, state.station)
        of = f"step {state.station} of {end - 1}"
        where = f"{of}, {operation.phase}" if operation else of
    right = ink(where, "bold")
    room = max(width - length(right) - 2, 0)
    name = walk.name if width < NARROW else f"{walk.name}: {walk.description}"
    return [[*filled(cut(ink(name, "bold"), room), room + 2), *right]]


def _below(state: State, width: int, style: Style) -> list[Ink]:
    """Return the last lines: what is asked or told, and the keys."""
    if state.asking:
        what = "number, as dW[2,1]: " if state.asking == "g" else "name: "
        asked = [*ink(what, "bold"), *ink(state.typed), ("_", "bold")]
        told = (
            ink(state.message, "warning") if state.message else ink("Enter goes there, Esc leaves")
        )
        return [asked, told]
    message = ink(state.message, "warning") if state.message else Ink()
    return [message, *footer(state, width)]


def _body(walk: Walk, state: State, width: int, height: int) -> list[Ink]:
    """Return the code, and below it a table of numbers or what made one number."""
    low = height < LOW
    gap = [] if low else [Ink()]
    code = _code(walk, state, width, height)
    found = opened(walk, state.place) if state.place.value.data.size else None
    if state.view == "number" and found is not None:
        room = height - len(code) - len(gap)
        return [*code, *gap, *number_lines(walk, state, found, width, room)]
    about = _about(walk, state, found, low)
    arrays = _arrays(walk, state, width)
    room = height - len(code) - len(about) - len(arrays) - 3 * len(gap)
    tables = _tables(walk, state, found, width, max(room, 2))
    return [*code, *gap, *arrays, *tables, *gap, *about]


# --- the code ---------------------------------------------------------------------------------


def _code(walk: Walk, state: State, width: int, height: int) -> list[Ink]:
    operation = operation_at(walk, state.station)
    if operation is None:
        lines = _end(walk) if state.station else _start(walk)
        return lines[: max(height // 3, 1)]
    around = 0 if height < LOW else 1 if height < 28 else 3
    loop = ", ".join(f"{name} = {value}" for name, value in operation.loop.items())
    where = f"{Path(operation.file).name}, in {operation.function}" + (f", {loop}" if loop else "")
    lines = [] if height < 9 else [ink(where, "dim")]
    wrong = walk.line is not None and (walk.line.file, walk.line.number) == (
        operation.file,
        operation.line,
    )
    for number in range(operation.line - around, operation.line + around + 1):
        text = linecache.getline(operation.file, number).rstrip().expandtabs(4)
        if number == operation.line:
            mark = ink("  ← first wrong line", "fail") if wrong else Ink()
            kind = "fail" if wrong else "bold"
            shown = cut(ink(f"> {number:4} {text or operation.text}", kind), width - length(mark))
            lines.append([*shown, *mark])
        else:
            lines.append(ink(f"  {number:4} {text}" if number > 0 and text else "", "dim"))
    return lines


def _start(walk: Walk) -> list[Ink]:
    forward = sum(operation.phase == "forward" for operation in walk.trace.operations)
    rest = len(walk.trace.operations) - forward
    lines = [
        ink(
            f"{forward} lines ran in forward and {rest} in backward: "
            "right or n goes through them, ? lists the keys"
        )
    ]
    if walk.verdict == "fail" or walk.message:
        lines.append(ink(f"WRONG: {walk.message}  (w goes there)", "fail"))
    lines += [ink(f"  {name} = {text}", "dim") for name, text in walk.formulas.items()]
    return [*lines, *(ink(note, "dim") for note in _notes(walk))]


def _notes(walk: Walk) -> list[str]:
    lost = walk.trace.lost
    of = f"case {walk.case}" + (f" of {walk.cases}" if walk.cases else "")
    which = f"this is {of}; --case N shows another"
    said = [which] if walk.cases != 1 else []
    return said + ([f"from where some numbers came is not known: {lost}"] if lost else [])


def _end(walk: Walk) -> list[Ink]:
    if walk.passes.crash is not None:
        return [ink(f"here the code stopped: {walk.passes.crash}", "fail")]
    lines = []
    for gradient in results(walk):
        pair, seen = walk.pair_of(gradient), compared(walk, gradient)
        assert pair is not None
        lines.append(_result(pair.gradient, pair.value, pair.verdict, seen))
    return lines or [ink("this is the end: p or left goes back")]


def _result(gradient: Value, value: Value, verdict: str, seen: Compared | None) -> Ink:
    says = f"{gradient.name} {shape_of(gradient)}, ∂L/∂{value.name}: "
    if seen is not None and seen.wrong.any():
        count = f"{int(seen.wrong.sum())} of {seen.wrong.size} numbers are wrong"
        return ink(says + count, "fail")
    words = {"pass": "right", "fail": "wrong", "inconclusive": "not certain"}
    return ink(
        says + words.get(verdict, verdict or "not judged"), verdict if verdict in words else ""
    )


# --- the arrays -------------------------------------------------------------------------------


def _arrays(walk: Walk, state: State, width: int) -> list[Ink]:
    """Return one line that names the arrays of the station; Tab goes through them."""
    arrays, made = arrays_at(walk, state.station), made_at(walk, state.station)
    operation = operation_at(walk, state.station)
    first = "makes" if operation else "given" if not state.station else "results"
    if operation and all(walk.maker(value) is not operation for value in arrays[:made]):
        first = "no new numbers:"
    line = ink(first + " ", "dim")
    for position, value in enumerate(arrays):
        if operation and position == made:
            line += ink("  reads ", "dim")
        here = value is state.place.value
        line += ink(f"[{value.name}]" if here else f" {value.name} ", "bold" if here else "")
    return [cut(line, width)]


def _tables(walk: Walk, state: State, found: Opened | None, width: int, height: int) -> list[Ink]:
    value = state.place.value
    says, numbers = heading(walk, value, state.mode)
    lines = [ink(says, "warning" if "nothing" in says else "bold")] if says else []
    height -= len(lines)
    fed = sources(found) if found is not None else []
    half = width if not fed else max((width - 4) // 2, BESIDE)
    mine = grid(
        value, numbers, state.place.flat, _marks(walk, state), state.decimals, half, height - 1
    )
    room = width - max(map(length, mine)) - 4
    for value_, lit in fed:
        if room < BESIDE:
            break
        marks = Marks(lit=lit, none=unset(value_))
        other = grid(value_, value_.data, min(lit), marks, state.decimals, room, height - 1)
        mine = beside(mine, other)
        room = width - max(map(length, mine)) - 4
    return [*lines, *mine]


def _marks(walk: Walk, state: State) -> Marks:
    value = state.place.value
    seen = compared(walk, value)
    cursor = state.place.flat
    if seen is None or state.mode == MODES[0]:
        return Marks(cursor, (), None if seen is None else seen.wrong, unset(value))
    return Marks(cursor, (), seen.wrong, np.isnan(seen.expected))


# --- the number under the cursor --------------------------------------------------------------


def _about(walk: Walk, state: State, found: Opened | None, low: bool) -> list[Ink]:
    if found is None:
        return []
    place = state.place
    number = "–" if found.terms.how == "unset" else _exact(place.value, place.flat, state)
    text = ink(f"{place.name} = {number}", "bold")
    lines = [[*text, *ink(f"  {found.words}")]]
    if found.terms.how in ("sum", "product", "maximum", "minimum"):
        lines.append(_in_symbols(found))
    against = told(walk, place)
    if against:
        lines.append(ink(against, "fail" if against.startswith("WRONG") else "pass"))
    twin = walk.twin(place)
    if twin is not None and not low:
        pair = walk.pair_of(place.value)
        key = "f" if pair is not None and twin.value is pair.value else "b"
        text_ = written(twin.value.data.flat[twin.flat], state.decimals)
        lines.append(ink(f"{key}: its twin {twin.name} = {text_}", "dim"))
    return lines[:2] if low else lines


def _exact(value: Value, flat: int, state: State) -> str:
    return written(value.data.flat[flat], state.decimals)


def _in_symbols(found: Opened) -> Ink:
    sign = {"sum": " + ", "product": " · "}.get(found.terms.how, ", ")
    text = sign.join(row.symbols for row in found.rows).replace("+ −", "− ")
    how = {"maximum": "max", "minimum": "min"}.get(found.terms.how)
    return ink(f"  = {how}({text})" if how else f"  = {text}")
