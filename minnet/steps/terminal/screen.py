"""What is on the screen: a state as lines of text, for any width and height."""

from __future__ import annotations

from minnet.report.terminal import Style
from minnet.steps.terminal.compare import compared
from minnet.steps.terminal.current_line import LOW, current_line
from minnet.steps.terminal.help import footer, help_lines
from minnet.steps.terminal.ink import Ink, cut, filled, ink, painted
from minnet.steps.terminal.number import number_lines
from minnet.steps.terminal.rows import opened
from minnet.steps.terminal.state import State
from minnet.steps.terminal.stations import last_station, operation_at
from minnet.steps.terminal.tables import about, arrays_line, tables
from minnet.steps.walk import Walk

#: below this width the title is the name alone
NARROW = 60


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
    below = _below(walk, state, width)
    room = max(height - len(below), 0)
    if state.view == "help":
        above = help_lines(state.scroll, room, width)
    else:
        above = [_title(walk, state, width), *_body(walk, state, width, room - 1)]
    above = [*above[:room], *[Ink()] * (room - len(above))]
    return painted([*above, *below][-height:], width, style)


def _title(walk: Walk, state: State, width: int) -> Ink:
    end, operation = last_station(walk), operation_at(walk, state.station)
    where = "end" if state.station else "start"
    if operation is not None:
        where = f"step {state.station} of {end - 1}, {operation.phase}"
    room = max(width - len(where) - 2, 0)
    name = walk.name if width < NARROW else f"{walk.name}: {walk.description}"
    return [*filled(cut(ink(name, "bold"), room), room + 2), *ink(where, "bold")]


def _below(walk: Walk, state: State, width: int) -> list[Ink]:
    """Return the last lines: what is asked or told, and the keys."""
    if state.asking:
        what = "go to, as dW[2,1]: " if state.asking == "g" else "look for: "
        message = state.message or "Enter goes there, Esc leaves"
        asked = [
            *ink(what, "bold"),
            *ink(state.typed[-max(width - len(what) - 1, 1) :]),
            ("_", "bold"),
        ]
        return [ink(message, "warning" if state.message else "dim"), asked]
    return [ink(state.message, "warning"), footer(state.view, width, _useful(walk, state))]


def _useful(walk: Walk, state: State) -> list[str]:
    """Return the keys that are worth a word where somebody is."""
    value = state.place.value
    keys = ["w"] if walk.message else []
    keys += ["[ ]"] if len(value.shape) > 2 else []
    return keys + (["d"] if compared(walk, value) is not None else [])


def _body(walk: Walk, state: State, width: int, height: int) -> list[Ink]:
    """Return the code, and below it a table of numbers or what made one number."""
    low = height < LOW
    gap = [] if low else [Ink()]
    code = current_line(walk, state, width, height)
    found = opened(walk, state.place) if state.place.value.data.size else None
    if state.view == "number" and found is not None:
        room = height - len(code) - len(gap)
        return [*code, *gap, *number_lines(walk, state, found, width, room)]
    last = about(walk, state, found, width, low)
    room = max(height - len(code) - len(last) - 1 - 2 * len(gap), 2)
    shown = tables(walk, state, found, width, room)
    return [*code, *gap, arrays_line(walk, state, width), *shown, *gap, *last]
