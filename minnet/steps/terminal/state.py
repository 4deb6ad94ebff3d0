"""Where somebody is in a walk, and where a key leads from there. Nothing here knows a terminal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

import numpy as np

from minnet.steps.terminal.compare import MODES
from minnet.steps.terminal.stations import arrays_at, changed, last_station, station_of
from minnet.steps.walk import Place, Walk
from minnet.tracing.trace import Value

View = Literal["steps", "numbers", "number", "help"]
#: decimals at first
DECIMALS = 3
#: so many places can be gone back to, and so many rows are a page
BACK, PAGE = 200, 8


@dataclass(frozen=True, eq=False)
class State:
    """Where somebody is.

    Attributes
    ----------
    place : Place
        The number that the cursor is on.
    station : int
        0 is the start, k the k-th operation, and one more the end.
    view : "steps", "numbers", "number" or "help"
        What the arrows do: go from line to line, from number to number, from term to term.
    row, feed : int
        In the view of one number: the row, and which of the numbers that it is made of.
    mode : str
        What the numbers are: one of `compare.MODES`.
    asking, typed : str
        "g" or "/" while a name is typed, and what has been typed.
    message : str
        One line to read, until the next key.
    back : tuple of State
        Where Backspace leads.
    save, ended : bool
        A page is to be written; the walk is over.
    """

    place: Place
    station: int = 0
    view: View = "steps"
    row: int = 0
    feed: int = 0
    mode: str = MODES[0]
    decimals: int = DECIMALS
    asking: str = ""
    typed: str = ""
    message: str = ""
    scroll: int = 0
    back: tuple[State, ...] = field(default=(), repr=False)
    save: bool = False
    ended: bool = False


Press: TypeAlias = Callable[[Walk, State], State]


def begin(walk: Walk, at: Place | None = None) -> State:
    """Return where a walk begins: before the first line, or at a number, opened."""
    if at is None:
        return State(Place(arrays_at(walk, 0)[0], 0))
    return State(at, station_of(walk, at.value, 0), "number")


def to_station(walk: Walk, state: State, station: int) -> State:
    """Stand at a station, at its first array."""
    end = last_station(walk)
    if not 0 <= station <= end:
        where = "start: right or n goes on" if station < 0 else "end: left or p goes back"
        return replace(state, message=f"this is the {where}")
    value = arrays_at(walk, station)[0]
    view: View = "steps" if state.view == "number" else state.view
    state = replace(state, station=station, view=view, row=0, feed=0)
    place, new = same_place(state.place, value), changed(walk, value)
    if new is not None and not new.flat[place.flat]:
        place = Place(value, int(np.argmax(new)))  # the first that this line has written
    return replace(state, place=place)


def same_place(place: Place, value: Value) -> Place:
    """Return the same element of another value, or its first where the shapes differ."""
    return Place(value, place.flat if place.value.shape == value.shape else 0)


def jump(walk: Walk, state: State, place: Place, view: View | None = None) -> State:
    """Go to a number, so that Backspace leads back."""
    return replace(
        state,
        place=place,
        station=station_of(walk, place.value, state.station),
        view=view or ("number" if state.view == "number" else "numbers"),
        row=0,
        feed=0,
        back=remembered(state),
    )


def remembered(state: State) -> tuple[State, ...]:
    """Return where Backspace leads from the next state."""
    return (*state.back[-BACK:], replace(state, back=(), message=""))
