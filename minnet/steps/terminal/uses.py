"""Where a number goes: the numbers that it is a part of."""

from __future__ import annotations

from typing import TypeAlias
from weakref import WeakKeyDictionary

from minnet.steps.walk import Place, Walk
from minnet.tracing.trace import Value

#: by (number of the value, position): by value, the positions of the numbers it is a part of
Uses: TypeAlias = dict[tuple[int, int], dict[int, list[int]]]
#: so many numbers at most are looked through: about a second
LOOKED_THROUGH = 20_000
#: so many of them are named
NAMED = 3

#: a value, and the positions of the numbers that a number is a part of
Use: TypeAlias = tuple[Value, tuple[int, ...]]

_known: WeakKeyDictionary[Walk, Uses] = WeakKeyDictionary()


def use_of(walk: Walk, place: Place) -> list[Use]:
    """Return where a number goes in its own pass: into the output, or else the next values.

    Empty where it goes nowhere, or that is not known.
    """
    if walk not in _known:
        _known[walk] = _uses(walk)
    found = _known[walk].get((place.value.number, place.flat), {})
    phase = "backward" if place.value.role == "upstream" else place.value.phase or "forward"
    values = [v for v in map(walk.trace.values.__getitem__, found) if v.phase == phase]
    at_last = [value for value in values if "@" not in value.name] or values[-1:]
    out = [value for value in at_last if value.role == "output"]
    return [(value, tuple(found[value.number])) for value in out or at_last]


def words_of(uses: list[Use]) -> str:
    """Say where a number goes.

    ``goes into 4 numbers of out: out[0,0], out[0,1], out[0,2], …``; of several values
    ``goes into mean[0], xc[0,0]``.
    """
    if len(uses) == 1 and len(uses[0][1]) > 1:
        value, places = uses[0]
        names = [value.at(flat) for flat in places[:NAMED]]
        more = ["…"] if len(places) > NAMED else []
        return f"goes into {len(places)} numbers of {value.name}: {', '.join(names + more)}"
    said = [
        value.at(places[0]) if len(places) == 1 else f"{len(places)} numbers of {value.name}"
        for value, places in uses
    ]
    return "goes into " + ", ".join(said)


def _uses(walk: Walk) -> Uses:
    found: Uses = {}
    left = LOOKED_THROUGH
    for value in walk.trace.values:
        left -= value.data.size
        if value.cells is None or not value.phase or left < 0:
            continue
        for flat in range(value.data.size):
            terms = walk.terms(Place(value, flat)).terms
            for feed in dict.fromkeys(feed for term in terms for feed in term.feeds):
                found.setdefault(feed, {}).setdefault(value.number, []).append(flat)
    return found
