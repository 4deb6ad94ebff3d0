"""What a key does: where it leads from a state. Nothing here knows a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from minnet.steps.terminal.compare import MODES, compared
from minnet.steps.terminal.moves import NUMBER, NUMBERS, STEPS, line, other_array, other_slice, step
from minnet.steps.terminal.state import PAGE, Press, State, jump, remembered, same_place, to_station
from minnet.steps.terminal.stations import (
    arrays_at,
    last_station,
    made_at,
    wrong_place,
    wrong_station,
)
from minnet.steps.walk import NoSuchNumber, Place, Walk
from minnet.tracing.trace import Value

#: decimals at most
MOST_DECIMALS = 15


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


# --- the keys that work everywhere --------------------------------------------------------------


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
        return jump(walk, state, twin)

    return act


def _wrong(walk: Walk, state: State) -> State:
    station, place = wrong_station(walk), wrong_place(walk)
    says = "the first wrong line; Backspace goes back"
    if station is None and walk.passes.crash is not None:
        station, says = last_station(walk), "here the code stopped"
    if station is not None:
        there = to_station(walk, replace(state, view="steps", back=remembered(state)), station)
        return replace(there, place=_worst(walk, there), message=says)
    if place is not None:
        says = f"which line is wrong is not known; the worst number is {place.name}"
        return replace(jump(walk, state, place, "numbers"), message=says)
    if walk.line is not None:
        where = f"line {walk.line.number}, which made no numbers that are shown here"
        return replace(state, message=f"{where}: {walk.message}")
    if walk.message:
        return replace(state, message=f"which line is wrong is not known: {walk.message}")
    right = "every gradient is right: there is no wrong line"
    return replace(state, message=right if walk.verdict == "pass" else "no wrong line is known")


def _worst(walk: Walk, state: State) -> Place:
    """Return the worst number of the first array of a station that is wrong."""
    for value in arrays_at(walk, state.station)[: made_at(walk, state.station)]:
        pair, seen = walk.pair_of(value), compared(walk, value)
        if seen is not None and seen.wrong.any():
            return Place(value, seen.worst)
        if pair is not None and pair.gradient is value and pair.verdict == "fail":
            return Place(value, 0)  # of another shape than it should have
    return state.place


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
    return replace(state, view="help", scroll=0, back=remembered(state))


def _save(walk: Walk, state: State) -> State:
    return replace(state, save=True)


def _read_help(state: State, key: str) -> State:
    by = {"down": 1, "up": -1, "pgdn": PAGE, "pgup": -PAGE}.get(key)
    if by is not None:
        return replace(state, scroll=max(0, state.scroll + by))
    if key == "q":
        return replace(state, ended=True)
    return replace(state.back[-1], back=state.back[:-1])


# --- typing a name ------------------------------------------------------------------------------


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
        return jump(walk, state, same_place(state.place, value), "numbers")
    try:
        return jump(walk, state, walk.place(typed), "number")
    except NoSuchNumber as error:
        bare = walk.trace.find(typed.strip())
        if bare is not None and bare.data.size:  # an array: look at it
            return jump(walk, state, same_place(state.place, bare), "numbers")
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


ANYWHERE: Mapping[str, Press] = {
    "n": step(1),
    "p": step(-1),
    "pgdn": line(1),
    "pgup": line(-1),
    "tab": other_array(1),
    "backtab": other_array(-1),
    "[": other_slice(-1),
    "]": other_slice(1),
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
