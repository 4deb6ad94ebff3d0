"""Where a number goes: the numbers that it is a part of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias
from weakref import WeakKeyDictionary

from minnet.report.words import plural
from minnet.steps.walk import Place, Walk
from minnet.tracing.trace import Value

#: by (number of the value, position): by value, the positions of the numbers it is a part of
Uses: TypeAlias = dict[tuple[int, int], dict[int, list[int]]]
#: so many numbers at most are looked through: about a second
LOOKED_THROUGH = 20_000
#: so many of them are named
NAMED = 3

_known: WeakKeyDictionary[Walk, Uses] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Use:
    """The numbers of one value that a number is a part of."""

    value: Value
    places: tuple[int, ...]

    @property
    def words(self) -> str:
        """``goes into 4 numbers of out: out[0,0], out[0,1], out[0,2], …``."""
        names = ", ".join(self.value.at(flat) for flat in self.places[:NAMED])
        more = ", …" if len(self.places) > NAMED else ""
        if len(self.places) == 1:
            return f"goes into {names}"
        return f"goes into {plural(len(self.places), 'number')} of {self.value.name}: {names}{more}"


def use_of(walk: Walk, place: Place) -> Use | None:
    """Return where a number goes in its own pass: into the output, or else the next value.

    None where it goes nowhere, or that is not known.
    """
    if walk not in _known:
        _known[walk] = _uses(walk)
    found = _known[walk].get((place.value.number, place.flat), {})
    phase = "backward" if place.value.role == "upstream" else place.value.phase or "forward"
    values = [v for v in map(walk.trace.values.__getitem__, found) if v.phase == phase]
    if not values:
        return None
    asked = {id(pair.gradient) for pair in walk.pairs if pair.bar is not None}
    best = min(
        values,
        key=lambda v: (v.role != "output", id(v) not in asked, "@" in v.name, v.number),
    )
    return Use(best, tuple(found[best.number]))


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
