"""Where somebody is in a walk, and where a key leads from there. Nothing here knows a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from minnet.steps.compare import MODES, compared
from minnet.steps.rows import opened
from minnet.steps.stations import (
    arrays_at,
    last_station,
    station_of,
    wrong_place,
    wrong_station,
)
from minnet.steps.walk import NoSuchNumber, Place, Walk
from minnet.tracing.trace import Value

View = Literal["steps", "numbers", "number", "help"]
#: decimals at first, and at most
DECIMALS, MOST_DECIMALS = 3, 15
#: so many places can be gone back to, and so many rows are a page
BACK, PAGE = 200, 8
#: more than any row has numbers
FAR = 2**31


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


def press(walk: Walk, state: State, key: str) -> State:
    """Return where a key leads; a key that means nothing here leads nowhere, and says so."""
    state = replace(state, message="", save=False)
    if state.asking:
        return _type(walk, state, key)
    key = key.lower() if len(key) == 1 else key
    if state.view == "help":
        return _read_help(state, key)
    here: Mapping[str, Press] = {"steps": STEPS, "numbers": NUMBERS, "number": NUMBER}[state.view]
    act = here.get(key) or ANYWHERE.get(key)
    if act is None:
        name = repr(key) if len(key) == 1 else "that key"
        return replace(state, message=f"{name} does nothing here; ? lists the keys")
    return act(walk, state)


# --- going from line to line ----------------------------------------------------------------


def to_station(walk: Walk, state: State, station: int) -> State:
    """Stand at a station, at its first array."""
    end = last_station(walk)
    if not 0 <= station <= end:
        where = "start: right or n goes on" if station < 0 else "end: left or p goes back"
        return replace(state, message=f"this is the {where}")
    value = arrays_at(walk, station)[0]
    view: View = "steps" if state.view == "number" else state.view
    state = replace(state, station=station, view=view, row=0, feed=0)
    return replace(state, place=_same_place(state.place, value))


def _same_place(place: Place, value: Value) -> Place:
    return Place(value, place.flat if place.value.shape == value.shape else 0)


def _step(by: int) -> Press:
    return lambda walk, state: to_station(walk, state, state.station + by)


def _line(by: int) -> Press:
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


def _into(walk: Walk, state: State) -> State:
    if not state.place.value.data.size:
        return replace(state, message=f"{state.place.value.name} has no numbers: it is empty")
    return replace(state, view="numbers")


def _other_array(by: int) -> Press:
    def act(walk: Walk, state: State) -> State:
        arrays = arrays_at(walk, state.station)
        if len(arrays) == 1 and state.place.value in arrays:
            return replace(state, message="there is no other array here")
        here = arrays.index(state.place.value) if state.place.value in arrays else -by
        value = arrays[(here + by) % len(arrays)]
        view: View = "steps" if state.view == "steps" else "numbers"
        return replace(state, place=_same_place(state.place, value), view=view, row=0, feed=0)

    return act


# --- going from number to number ------------------------------------------------------------


def _move(down: int, right: int) -> Press:
    def act(walk: Walk, state: State) -> State:
        rows, columns = table_of(state.place.value)
        if not rows * columns:
            return _into(walk, state)
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


def table_of(value: Value) -> tuple[int, int]:
    """Return the rows and columns of what is seen at once: of the last two axes."""
    shape = (1, 1, *value.shape)[-2:]
    return shape[0], shape[1]


def _at(state: State, flat: int) -> State:
    return replace(state, place=Place(state.place.value, flat), row=0, feed=0)


def _slice(by: int) -> Press:
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
    return replace(state, view="number", row=0, feed=0, back=_remembered(state))


# --- going from term to term ----------------------------------------------------------------


def _row(by: int) -> Press:
    def act(walk: Walk, state: State) -> State:
        count = len(opened(walk, state.place).rows)
        row = max(0, min(count - 1, state.row + by))
        if row == state.row:
            where = "first" if by < 0 else "last"
            says = f"that is the {where} term" if count else "there are no terms to choose from"
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
        return replace(state, message="it comes from no other number; Backspace goes back")
    feeds = rows[state.row].feeds
    if not feeds:
        return replace(state, message="this term is a number of the code: it comes from nowhere")
    return _jump(walk, state, feeds[min(state.feed, len(feeds) - 1)], "number")


def _jump(walk: Walk, state: State, place: Place, view: View | None = None) -> State:
    return replace(
        state,
        place=place,
        station=station_of(walk, place.value, state.station),
        view=view or ("number" if state.view == "number" else "numbers"),
        row=0,
        feed=0,
        back=_remembered(state),
    )


def _remembered(state: State) -> tuple[State, ...]:
    return (*state.back[-BACK:], replace(state, back=(), message=""))


def _back(walk: Walk, state: State) -> State:
    if not state.back:
        return replace(state, message="there is nothing to go back to; p goes to the line before")
    before = state.back[-1]
    kept = replace(before, mode=state.mode, decimals=state.decimals)
    return replace(kept, back=state.back[:-1])


def _leave(walk: Walk, state: State) -> State:
    if state.view == "steps":
        return replace(state, message="q ends the walk")
    return replace(state, view="numbers" if state.view == "number" else "steps")


# --- the keys that work everywhere ----------------------------------------------------------


def _twin(forward: bool) -> Press:
    def act(walk: Walk, state: State) -> State:
        name, twin = state.place.name, walk.twin(state.place)
        pair = walk.pair_of(state.place.value)
        if twin is None or pair is None:
            return replace(state, message=f"{name} has no twin that is known in the other pass")
        if (twin.value is pair.value) != forward:
            other = (
                "b leads to its gradient" if forward else "f leads to what it is the gradient of"
            )
            return replace(state, message=f"{name}: {other}, {twin.name}")
        return _jump(walk, state, twin)

    return act


def _wrong(walk: Walk, state: State) -> State:
    station, place = wrong_station(walk), wrong_place(walk)
    if station is not None:
        there = to_station(walk, replace(state, view="steps", back=_remembered(state)), station)
        seen = compared(walk, there.place.value)
        if seen is not None and seen.wrong.any():
            there = replace(there, place=Place(there.place.value, seen.worst))
        return replace(there, message=walk.message)
    if place is not None:
        says = f"which line is wrong is not known; the worst number is {place.name}"
        return replace(_jump(walk, state, place, "numbers"), message=says)
    if walk.line is not None:
        where = f"line {walk.line.number}, which made no numbers that are shown here"
        return replace(state, message=f"{where}: {walk.message}")
    if walk.message:
        return replace(state, message=f"which line is wrong is not known: {walk.message}")
    right = "every gradient is right: there is no wrong line"
    return replace(state, message=right if walk.verdict == "pass" else "no wrong line is known")


def _mode(walk: Walk, state: State) -> State:
    mode = MODES[(MODES.index(state.mode) + 1) % len(MODES)]
    return replace(state, mode=mode, message=f"{mode}: d goes on to the next of {', '.join(MODES)}")


def _decimals(by: int) -> Press:
    def act(walk: Walk, state: State) -> State:
        decimals = max(0, min(MOST_DECIMALS, state.decimals + by))
        return replace(state, decimals=decimals, message=f"{decimals} decimals")

    return act


def _ask(kind: str) -> Press:
    return lambda walk, state: replace(state, asking=kind, typed="")


def _end(walk: Walk, state: State) -> State:
    return replace(state, ended=True)


def _help(walk: Walk, state: State) -> State:
    return replace(state, view="help", scroll=0, back=_remembered(state))


def _save(walk: Walk, state: State) -> State:
    return replace(state, save=True)


def _read_help(state: State, key: str) -> State:
    by = {"down": 1, "up": -1, "pgdn": PAGE, "pgup": -PAGE}.get(key)
    if by is not None:
        return replace(state, scroll=max(0, state.scroll + by))
    if key == "q":
        return replace(state, ended=True)
    return replace(state.back[-1], back=state.back[:-1])


# --- typing a name --------------------------------------------------------------------------


def _type(walk: Walk, state: State, key: str) -> State:
    if key == "esc" or (key == "backspace" and not state.typed):
        return replace(state, asking="", typed="")
    if key == "backspace":
        return replace(state, typed=state.typed[:-1])
    if key == "enter":
        return _answer(walk, replace(state, asking="", typed=""), state.asking, state.typed)
    if len(key) == 1:
        return replace(state, typed=state.typed + key)
    return replace(state, message="type a name, then Enter; Esc leaves")


def _answer(walk: Walk, state: State, asking: str, typed: str) -> State:
    if not typed.strip():
        return state
    if asking == "/":
        value = _search(walk, state.place.value, typed.strip())
        if value is None:
            return replace(state, message=f"no name here has {typed.strip()!r} in it")
        return _jump(walk, state, _same_place(state.place, value), "numbers")
    try:
        return _jump(walk, state, walk.place(typed), "number")
    except NoSuchNumber as error:
        bare = walk.trace.find(typed.strip())
        if bare is not None and bare.data.size:  # an array: look at it
            return _jump(walk, state, _same_place(state.place, bare), "numbers")
        return replace(state, asking="g", typed=typed, message=str(error))


def _search(walk: Walk, here: Value, text: str) -> Value | None:
    """Return the value of that name, or else the next whose name begins with it, or has it."""
    exact, values = walk.trace.find(text), walk.trace.values
    if exact is not None and exact is not here:
        return exact
    after = [*values[here.number + 1 :], *values[: here.number + 1]]
    lower = text.lower()
    begins = [value for value in after if value.name.lower().startswith(lower)]
    return next(iter(begins or [value for value in after if lower in value.name.lower()]), None)


STEPS: Mapping[str, Press] = {
    "right": _step(1),
    "left": _step(-1),
    "down": _into,
    "up": _into,
    "enter": _into,
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
    "pgdn": _row(PAGE),
    "pgup": _row(-PAGE),
    "right": _feed(1),
    "left": _feed(-1),
    "enter": _follow,
}
ANYWHERE: Mapping[str, Press] = {
    "n": _step(1),
    "p": _step(-1),
    "pgdn": _line(1),
    "pgup": _line(-1),
    "tab": _other_array(1),
    "backtab": _other_array(-1),
    "[": _slice(-1),
    "]": _slice(1),
    "backspace": _back,
    "esc": _leave,
    "f": _twin(True),
    "b": _twin(False),
    "w": _wrong,
    "d": _mode,
    "g": _ask("g"),
    "/": _ask("/"),
    "+": _decimals(1),
    "=": _decimals(1),
    "-": _decimals(-1),
    "s": _save,
    "?": _help,
    "h": _help,
    "q": _end,
}
