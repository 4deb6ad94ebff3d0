"""What the page's script needs to know of a walk, as JSON.

A number is stored once, wherever it stands: arrays are lists of positions in the table of
numbers. So numbers that are the same one (a pixel in the image and in every window around it)
light up together.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.under_test.describe import shape_text
from minnet.report.words import shown_path
from minnet.steps.page.folding import Step, steps_of
from minnet.steps.page.grids import MOST, Grid, grids_of, previous
from minnet.steps.page.listing import Listing, listings_of
from minnet.steps.pairs import ALIKE, Pair
from minnet.steps.plain import handed_on
from minnet.steps.walk import Place, Walk
from minnet.tracing.cells import UNSET, Cell
from minnet.tracing.terms import Term, Terms
from minnet.tracing.trace import Operation, Value

#: as many bytes of data, and elements of all arrays together: a page is to have 2 MB at most
MOST_BYTES, MOST_ELEMENTS = 1_100_000, 100_000
#: the share of it that terms are to have: where there is less room, arrays are cut
SHARE_OF_TERMS = 0.3
#: a difference of rounding alone, as a share of the larger number
ROUNDED = 1e-12


@dataclass(frozen=True, eq=False)
class Shown:
    """What of a walk is on the page.

    Attributes
    ----------
    walk : Walk
    start : Place, optional
        The number to begin with.
    steps : list of Step
    grids : dict of int to Grid
        The values that are shown, by number.
    listings : list of Listing
    each : float
        So many bytes of terms are kept of each value.
    known : dict
        What made the numbers that have been asked for.
    most : int
        So many elements of an array are shown.
    """

    walk: Walk
    start: Place | None
    steps: list[Step]
    grids: Mapping[int, Grid]
    listings: list[Listing] = field(default_factory=list)
    each: float = math.inf
    known: dict[tuple[int, int], Terms] = field(default_factory=dict)
    most: int = MOST

    def cut(self) -> Shown:
        """Return the same with half of every array at most."""
        values, most = [grid.value for grid in self.grids.values()], self.most // 2
        return replace(self, grids=grids_of(self.walk, values, most), most=most)

    def terms(self, value: Value, flat: int) -> Terms:
        """Return what made one number; it is found out once."""
        key = value.number, flat
        if key not in self.known:
            self.known[key] = self.walk.terms(Place(value, flat))
        return self.known[key]

    def listing(self, step: Step) -> int:
        """Return the position of the function that a step ran in."""
        operation = step.operation
        if operation is None:
            return 0
        found = (listing.holds(operation.file, operation.line) for listing in self.listings)
        return next(k for k, holds in enumerate(found) if holds)


def shown_of(walk: Walk, start: Place | None = None) -> Shown:
    """Return what of a walk is shown; of large arrays and long loops, a part."""
    wanted = set()
    if start is not None and (maker := walk.maker(start.value)) is not None:
        wanted.add(maker.number)
    steps = steps_of(walk.trace, wanted)
    listings = listings_of(step.operation for step in steps if step.operation)
    shown = Shown(walk, start, steps, grids_of(walk, _values_in(walk, steps)), listings)
    while sum(math.prod(g.sizes) for g in shown.grids.values()) > MOST_ELEMENTS:
        shown = shown.cut()
    text, kept = _json(shown)
    while (size := len(text.encode())) > MOST_BYTES and shown.most > 1:
        room = MOST_BYTES - (size - sum(kept))
        if room > SHARE_OF_TERMS * MOST_BYTES:
            shown = replace(shown, each=min(_share(kept, room), 0.8 * shown.each))
        else:
            shown = shown.cut()
        text, kept = _json(shown)
    return shown


def _share(wanted: list[int], room: float) -> float:
    """Return how much each may have at most, where all together have so much room.

    >>> _share([10, 500, 900], 410)
    200.0
    """
    for waiting, least in zip(range(len(wanted), 0, -1), sorted(wanted), strict=True):
        if least * waiting > room:
            return room / waiting
        room -= least
    return math.inf


def _values_in(walk: Walk, steps: list[Step]) -> list[Value]:
    numbers = {value.number for step in steps for value in step.outputs(walk.trace)}
    return [value for value in walk.trace.values if value.number in numbers]


def data_of(shown: Shown) -> str:
    """Return the data as JSON that can stand in a page: no ``<`` is in it."""
    return _json(shown)[0]


def _json(shown: Shown) -> tuple[str, list[int]]:
    """Return the data, and how many bytes of it are the terms of each value."""
    walk, table = shown.walk, _Numbers(shown)
    values = {str(number): _value(shown, grid, table) for number, grid in shown.grids.items()}
    steps = [_step(shown, step, table, values) for step in shown.steps]
    data = {
        "name": walk.name,
        "values": values,
        "steps": steps,
        "listings": [_listing(shown, listing) for listing in shown.listings],
        "numbers": table.numbers,
        "terms": table.terms,
        "start": _start(shown),
        "wrong": _wrong_step(shown),
    }
    text = _dumped(data).replace("<", "\\u003c")
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"), table.kept


def _dumped(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _value(shown: Shown, grid: Grid, table: _Numbers) -> dict[str, Any]:
    value, walk = grid.value, shown.walk
    pair = walk.pair_of(value)
    before = previous(walk.trace, value)
    twin = walk.twin(Place(value, 0)) if value.data.size else None
    found: dict[str, Any] = {
        "name": value.name,
        "also": [n for n, v in walk.trace.aliases.items() if v is value and n != value.name],
        "shape": value.shape,
        "sizes": grid.sizes,
        "axes": (grid.rows, grid.columns),
        "role": value.role,
        "track": value.track,
        "phase": value.phase,
        "line": value.line,
        "ids": table.of(grid),
        "kind": value.data.dtype.kind,
        "before": before.number if before is not None else None,
        "twin": twin.value.number if twin is not None else None,
    }
    if pair is not None and pair.gradient is value:
        found["misshapen"] = misshapen(pair)
    compared = pair is not None and pair.gradient is value and pair.difference is not None
    if pair is not None and compared and pair.expected is not None:
        flats = grid.flats()
        found["of"] = pair.value.name
        found["verdict"] = pair.verdict
        found["expected"] = [_number(x) for x in pair.expected.ravel()[flats]]
        if pair.bar is not None:
            found["bar"] = [float(f"{x:.1e}") for x in np.nan_to_num(pair.bar.ravel()[flats])]
        found["off"] = [k for k, flat in enumerate(flats) if off(pair).ravel()[flat]]
    return found


def misshapen(pair: Pair) -> str:
    """Say that a gradient has not the shape of what it is of; "" where it has."""
    if pair.value.shape == pair.gradient.shape or not pair.verdict:
        return ""
    is_, should_be = shape_text(pair.gradient.shape), shape_text(pair.value.shape)
    return f"Gradient of {pair.value.name}: ✗ its shape is {is_}, and should be {should_be}."


def off(pair: Pair) -> Array:
    """Return which elements of a gradient are not what they should be.

    Of a gradient that the checker calls right, none is.
    """
    if pair.expected is None or pair.difference is None or pair.verdict not in ("", "fail"):
        return np.zeros(pair.gradient.shape, bool)
    got, should_be = pair.gradient.data, pair.expected
    size = np.maximum(np.abs(got), np.abs(should_be))
    bar = ALIKE * size.max(initial=0.0) if pair.bar is None else pair.bar
    with np.errstate(invalid="ignore"):
        differs = ~(np.abs(got - should_be) <= bar + ROUNDED * size)
    return np.asarray(differs & ~np.isnan(should_be))


def _number(x: Any) -> float | str | int:
    """Return a number as JSON has it; what it has no numbers for, as a word."""
    number = float(x)
    if not math.isfinite(number):
        return str(number)
    return int(number) if number.is_integer() and abs(number) < 1e15 and number else number


class _Numbers:
    """The numbers of the page, each once, and what made them."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self._ids: dict[Any, int] = {}
        self.numbers: list[Any] = []
        self.terms: list[Any] = []
        self.kept: list[int] = []

    def of(self, grid: Grid) -> list[int]:
        """Return the elements of a value as positions in the table."""
        self.kept.append(0)
        return [self._of(grid.value, int(flat)) for flat in grid.flats()]

    def _of(self, value: Value, flat: int) -> int:
        x = value.data.flat[flat]
        cell = None if value.cells is None else value.cells.flat[flat]
        known = isinstance(cell, Cell)
        key = (id(cell), repr(float(x))) if known else (value.number, flat, "")
        if key not in self._ids:
            self._ids[key] = len(self.numbers)
            self.numbers.append(_number(x))
            self.terms.append(self._made(value, flat))
        return self._ids[key]

    def _made(self, value: Value, flat: int) -> Any:
        start = self._shown.start
        asked = start is not None and start.value is value and start.flat == flat
        full = self.kept[-1] >= self._shown.each
        if full and not asked and _is_made(value, flat):
            return "elsewhere"
        terms = self._shown.terms(value, flat)
        if terms.how == "given" and not terms.same_as:
            return "handed" if not value.phase else "made"
        if not terms.terms:
            return terms.how
        made = [terms.how, *map(self._term, terms.terms)]
        size = len(_dumped(made).encode())
        if self.kept[-1] + size > self._shown.each and not asked:
            return "elsewhere"
        self.kept[-1] += size
        return made

    def _term(self, term: Term) -> list[Any]:
        return [term.symbols, term.numbers, _number(term.value), *self._feeds(term)]

    def _feeds(self, term: Term) -> list[int]:
        found = []
        for number, flat in term.feeds:
            grid = self._shown.grids.get(number)
            position = None if grid is None else grid.position(flat)
            if position is not None:
                found += [number, position]
        return found

    def feeding(self, ids: list[int]) -> list[tuple[int, int]]:
        """Return what some numbers are made of: the values, and the positions in them."""
        found = dict[tuple[int, int], None]()
        for made in map(self.terms.__getitem__, ids):
            for term in () if isinstance(made, str) else made[1:]:
                found |= dict.fromkeys(zip(term[3::2], term[4::2], strict=True))
        return list(found)


def _is_made(value: Value, flat: int) -> bool:
    """Return whether a number was made of others."""
    cell = None if value.cells is None else value.cells.flat[flat]
    return isinstance(cell, Cell) and cell.op not in ("", UNSET)


def _step(shown: Shown, step: Step, table: _Numbers, values: Mapping[str, Any]) -> dict[str, Any]:
    operation, outputs = step.operation, step.outputs(shown.walk.trace)
    found: dict[str, Any] = {"number": step.number, "out": [v.number for v in outputs]}
    if operation is None:
        return found | {"phase": "", "text": "", "from": []}
    labels = zip(operation.labels, outputs, strict=True)
    handed = [(label, value) for label, value in labels if shown.walk.maker(value) is not operation]
    return found | {
        "phase": operation.phase,
        "line": operation.line,
        "text": operation.text,
        "loop": dict(operation.loop),
        "listing": shown.listing(step),
        "from": _sources(operation, outputs, table, values),
        "handed": handed_on(handed) if handed else "",
        "left": step.left_out,
    }


def _sources(
    operation: Operation, outputs: list[Value], table: _Numbers, values: Mapping[str, Any]
) -> list[int]:
    """Return the values that others are made of, and those read that hold the same numbers.

    Where it is not known what a number is made of, that is every value that is read.
    """
    mine = [value.number for value in outputs]
    ids = [k for number in mine for k in values[str(number)]["ids"]]
    feeding = table.feeding(ids)
    used = {values[str(v)]["ids"][k] for v, k in feeding} | set(ids)
    unknown = any(table.terms[k] == "unknown" for k in ids)
    tracks = {values[str(number)]["track"] for number in mine} - {-1}
    found = dict.fromkeys(number for number, _ in feeding)
    for number in operation.inputs:
        read = values.get(str(number))
        if read is None or read["track"] in tracks:
            continue
        if unknown or not used.isdisjoint(read["ids"]):
            found[number] = None
    return [number for number in found if number not in mine]


def _listing(shown: Shown, listing: Listing) -> dict[str, Any]:
    wrong = shown.walk.line
    marked = wrong.number if wrong and listing.holds(wrong.file, wrong.number) else None
    return {
        "file": shown_path(listing.file),
        "name": listing.name,
        "first": listing.first,
        "lines": listing.lines,
        "folded": [listing.folded.start, listing.folded.stop],
        "wrong": marked,
    }


def _start(shown: Shown) -> Any:
    if shown.start is None:
        return None
    grid = shown.grids.get(shown.start.value.number)
    position = None if grid is None else grid.position(shown.start.flat)
    return None if position is None else [shown.start.value.number, position]


def _wrong_step(shown: Shown) -> int | None:
    """Return the position of the first step of the first wrong line."""
    line = shown.walk.line
    if line is None:
        return None
    for position, step in enumerate(shown.steps):
        operation = step.operation
        if operation and (operation.file, operation.line) == (line.file, line.number):
            return position
    return None
