"""One number opened: the rows that tell what made it, with what they add up to."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from minnet.steps.walk import NoSuchNumber, Place, Walk
from minnet.tracing.terms import Terms

#: what a number is called that no others made, by the role of its array
GIVEN = {
    "input": "an input, which forward is given",
    "parameter": "a parameter, which the layer holds",
    "upstream": "∂L/∂out, which backward is given: here a random number",
}


@dataclass(frozen=True)
class Row:
    """One row: what it is in symbols and in numbers, its value, and the numbers it comes from.

    so_far is the sum (or product) up to here; None where that says nothing. mark is what is
    special about it: that it is the largest.
    """

    symbols: str
    numbers: str
    value: float
    feeds: tuple[Place, ...]
    so_far: float | None = None
    mark: str = ""


@dataclass(frozen=True)
class Opened:
    """What made a number: in words, and row by row."""

    place: Place
    words: str
    rows: tuple[Row, ...]
    terms: Terms


def opened(walk: Walk, place: Place) -> Opened:
    """Return what made a number."""
    terms = walk.terms(place)
    rows = tuple(_rows(walk, terms))
    taken = _taken_over(walk, terms)
    if not rows and taken:
        rows = (Row(taken.name, "", terms.value, (taken,)),)
    return Opened(place, _words(place, terms, bool(taken)), rows, terms)


def _words(place: Place, terms: Terms, taken: bool) -> str:
    count, role = len(terms.terms), place.value.role
    if not place.value.phase:
        return GIVEN.get(role, "a number that was handed over")
    if terms.how == "given":
        same = f"taken over, as it is, from {terms.same_as}"
        return same if taken else "written there as it is, not computed from other numbers"
    if terms.how == "unset":
        return "nothing has been written there yet"
    if terms.how == "unknown":
        return "not taken apart: from which numbers this one comes is not known"
    words = "one term"
    if count != 1:
        words = {
            "sum": f"the sum of {count} terms",
            "product": f"the product of {count} factors",
            "maximum": f"the largest of {count} numbers",
            "minimum": f"the smallest of {count} numbers",
        }[terms.how]
    return f"{words}, taken over from {terms.same_as}" if terms.same_as else words


def _taken_over(walk: Walk, terms: Terms) -> Place | None:
    try:
        return walk.place(terms.same_as) if terms.same_as else None
    except NoSuchNumber:
        return None


def _rows(walk: Walk, terms: Terms) -> Iterator[Row]:
    so_far = _so_far(terms)
    values = [term.value for term in terms.terms]
    winner = values.index(terms.value) if terms.value in values else -1
    for position, term in enumerate(terms.terms):
        feeds = tuple(Place(walk.trace.values[number], flat) for number, flat in term.feeds)
        mark = ""
        if terms.how in ("maximum", "minimum") and position == winner:
            mark = "the largest" if terms.how == "maximum" else "the smallest"
            mark += ", the first of several" if values.count(terms.value) > 1 else ""
        total = so_far[position] if so_far and len(values) > 1 else None
        yield Row(term.symbols, term.numbers, term.value, feeds, total, mark)


def _so_far(terms: Terms) -> list[float]:
    combine = {"sum": operator.add, "product": operator.mul}.get(terms.how)
    values = [term.value for term in terms.terms]
    return [] if combine is None else list(accumulate(values, combine))
