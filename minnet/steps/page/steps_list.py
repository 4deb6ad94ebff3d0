"""Every step as plain HTML: what can be read without a script, by a screen reader and on paper."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from minnet.gradcheck.under_test.describe import shape_text
from minnet.report.markup import Markup, join, tag
from minnet.report.words import plural, shown_path
from minnet.steps.page.data import Shown, misshapen, off
from minnet.steps.page.folding import Step
from minnet.steps.page.grids import Grid, previous
from minnet.steps.page.listing import Listing
from minnet.steps.pairs import Pair
from minnet.steps.plain import handed_on
from minnet.steps.walk import Place
from minnet.tracing.cells import UNSET, Cell
from minnet.tracing.terms import Term, Terms, figure
from minnet.tracing.trace import Value

#: so many terms of a number are written out
MOST_TERMS = 12
#: what the checker's verdict says where no number is marked
VERDICTS = {"": "right", "pass": "right", "fail": "no one number is off by more than its error bar"}
#: so many characters of tables: what comes after is told without its numbers
MOST_TEXT = 600_000


def code(listings: list[Listing], wrong: tuple[str, int] | None) -> Iterator[Markup]:
    """Yield the functions that ran, with the numbers of their lines."""
    for listing in listings:
        lines = []
        for number, line in enumerate(listing.lines, start=listing.first):
            if number in listing.folded:
                lines += ["      …"] * (number == listing.folded[0])
                continue
            mark = "  ← first wrong line" if (listing.file, number) == wrong else ""
            lines.append(f"{number:4}  {line}{mark}")
        caption = f"{shown_path(listing.file)}: {listing.name}"
        yield tag(
            "figure",
            tag("figcaption", caption),
            tag("pre", tag("code", "\n".join(lines)), tabindex="0", aria_label=caption),
        )


def steps(shown: Shown) -> Markup:
    """Return the list of all steps, each with what it computes."""
    items, length = [], 0
    for step in shown.steps:
        item = _step(shown, step, brief=length > MOST_TEXT)
        length += len(item)
        items.append(item)
    return join(*items)


def title(shown: Shown, step: Step) -> str:
    """Return where a step is: which of how many, pass, line, and the loop's variables."""
    operation = step.operation
    if operation is None:
        return "Handed over"
    count = len(shown.walk.trace.operations)
    loop = "".join(f", {name} = {value}" for name, value in operation.loop.items())
    return f"Step {step.number} of {count}: {operation.phase}, line {operation.line}{loop}"


def _step(shown: Shown, step: Step, brief: bool) -> Markup:
    operation = step.operation
    made = [v for v in step.outputs(shown.walk.trace) if v.number in shown.grids]
    new = [v for v in made if shown.walk.maker(v) is operation]
    again = [(n, v) for n, v in _labelled(shown, step) if v not in new] if operation else []
    left = f"… {plural(step.left_out, 'step')} of loops left out here" if step.left_out else ""
    return tag(
        "section",
        tag("p", left, class_="aside") if left else "",
        tag("h3", title(shown, step), id=f"s{step.number}"),
        tag("pre", tag("code", operation.text)) if operation else "",
        tag("p", handed_on(again), class_="aside") if again else "",
        *(_value(shown, shown.grids[v.number], brief) for v in new),
        class_="step",
    )


def _labelled(shown: Shown, step: Step) -> Iterator[tuple[str, Value]]:
    operation = step.operation
    assert operation is not None
    for number, label in zip(operation.outputs, operation.labels, strict=True):
        yield label, shown.walk.trace.values[number]


def _value(shown: Shown, grid: Grid, brief: bool) -> Markup:
    value, walk = grid.value, shown.walk
    pair = walk.pair_of(value)
    pair = pair if pair is not None and pair.gradient is value else None
    told = _telling(shown, value, pair)
    return tag(
        "div",
        tag("h4", tag("code", value.name), " ", tag("small", described(value))),
        tag("p", window(grid), class_="aside") if not grid.whole else "",
        tag("p", "Its numbers are left out here, to keep the page small.", class_="aside")
        if brief
        else _scrolled(value.name, *_tables(shown, grid, pair)),
        _beside(pair) if pair is not None else "",
        *(_one_number(shown, Place(value, flat)) for flat in told),
        class_="array",
    )


def _scrolled(name: str, *tables: Markup) -> Markup:
    """Return tables that can be scrolled, with the keyboard too, where the screen is narrow."""
    return tag("div", *tables, class_="planes", role="group", tabindex="0", aria_label=name)


def described(value: Value) -> str:
    """Return the shape of a value, and what it is."""
    shape = shape_text(value.shape) if value.shape else "a number"
    said = {"intermediate": "", "upstream": "the gradient that backward is given"}
    return ", ".join(filter(None, (shape, said.get(value.role, value.role))))


def window(grid: Grid) -> str:
    """Return which part of an array is shown."""
    part = ",".join(f"0:{size}" for size in grid.sizes)
    return f"A part of it is shown here: {grid.value.name}[{part}]"


def _tables(shown: Shown, grid: Grid, pair: Pair | None) -> Iterator[Markup]:
    value = grid.value
    before = previous(shown.walk.trace, value)
    same = _same(value, before) if before is not None else None
    same = same if same is not None and any(same) else None
    wrong = off(pair).ravel() if pair is not None else None
    for label, plane in grid.slices():
        rows = []
        for flats in plane:
            cells = []
            for flat in map(int, flats):
                mark = "✗ " if wrong is not None and wrong[flat] else ""
                changed = same is not None and not same[flat]
                text = mark + number(value, flat)
                cells.append(tag("td", text, class_="new" if changed else None))
            rows.append(tag("tr", *cells))
        caption = tag("caption", label) if label != value.name else ""
        yield tag("table", caption, *rows)


def _same(value: Value, before: Value) -> list[bool]:
    alike = (value.data == before.data) | (np.isnan(value.data) & np.isnan(before.data))
    return list(map(bool, alike.ravel()))


def number(value: Value, flat: int) -> str:
    """Return an element as it is shown; a dash where nothing has been written yet."""
    cell = None if value.cells is None else value.cells.ravel()[flat]
    if isinstance(cell, Cell) and cell.op == UNSET:
        return "–"
    x = value.data.flat[flat]
    return str(bool(x)) if value.data.dtype.kind == "b" else figure(x)


def _beside(pair: Pair) -> Markup:
    """Return what a gradient should be, and how far it is from that."""
    if pair.expected is None or pair.difference is None:
        wrong_shape = misshapen(pair)
        return tag("p", wrong_shape, class_="aside") if wrong_shape else Markup("")
    wrong = off(pair)
    verdict = VERDICTS.get(pair.verdict, "not certain")
    if wrong.any():
        verdict = f"✗ {int(wrong.sum())} of {wrong.size} wrong"
    by = "measured ± error bar" if pair.bar is not None else "by the chain rule along forward"
    said = tag("p", f"Gradient of {pair.value.name}: {verdict} ({by}).", class_="aside")
    rows = []
    for flat in map(int, np.flatnonzero(wrong)[:MOST_TERMS]):
        bar = () if pair.bar is None else (f"{pair.bar.flat[flat]:.1g}".replace("-", "−"),)
        arrays = (pair.gradient.data, pair.expected, pair.difference)
        mine, right, difference = (figure(array.flat[flat]) for array in arrays)
        cells = (pair.gradient.at(flat), mine, right, *bar, difference)
        rows.append(tag("tr", *map(_cell, cells)))
    if not rows:
        return said
    heads = ("mine", "right", *(("± bar",) if pair.bar is not None else ()), "difference")
    head = tag("tr", tag("td"), *(tag("th", name, scope="col") for name in heads))
    return join(said, _scrolled(f"{pair.gradient.name}, beside", tag("table", head, *rows)))


def _cell(text: str) -> Markup:
    return tag("td", text)


def _telling(shown: Shown, value: Value, pair: Pair | None) -> list[int]:
    """Return the element that says most: the worst, or the one of most terms that are not 0."""
    if not value.phase or not value.data.size:
        return []
    flats = [int(flat) for flat in shown.grids[value.number].flats()]
    if pair is not None and pair.difference is not None and off(pair).any():
        wrong = np.where(off(pair), np.abs(pair.difference), -1.0).ravel()
        return [int(np.nanargmax(wrong))]
    before = previous(shown.walk.trace, value)
    same = _same(value, before) if before is not None else None
    new = [flat for flat in flats if same is None or not same[flat]] or flats
    return [max(new[:256], key=lambda flat: _weight(shown.terms(value, flat)))]


def _weight(terms: Terms) -> int:
    return sum(1 + 9 * bool(term.value) for term in terms.terms)


def _one_number(shown: Shown, place: Place) -> Markup:
    terms = shown.terms(place.value, place.flat)
    returned = place.value in shown.walk.trace.aliases.values()
    if terms.same_as and not returned:  # it is taken apart where it was made
        terms = replace(terms, how="given", terms=())
    items = [tag("li", _term(term)) for term in terms.terms[:MOST_TERMS]]
    rest = terms.terms[MOST_TERMS:]
    if rest:
        together = ""
        if terms.how == "sum":
            together = f", together {figure(math.fsum(term.value for term in rest))}"
        items.append(tag("li", f"… {len(rest)} more{together}"))
    said = said_of(terms, place)
    name = join(tag("code", terms.of), " = ", number(place.value, place.flat))
    return join(
        tag("p", name, f": {said}" if said else ""),
        tag("ul", *items, class_="terms") if items else "",
    )


def _term(term: Term) -> str:
    return term.text if term.text == figure(term.value) else f"{term.text} = {figure(term.value)}"


def said_of(terms: Terms, place: Place) -> str:
    """Return how a number is made, in words."""
    count = len(terms.terms)
    same = f"the same number as {terms.same_as}" if terms.same_as else ""
    made = {
        "sum": "" if count == 1 else f"the sum of {count} terms",
        "product": f"the product of {count} numbers",
        "maximum": f"the largest of {count} numbers",
        "minimum": f"the smallest of {count} numbers",
        "unset": "nothing has been written there yet",
        "unknown": "not taken apart: how this number was made was not followed",
        "given": "" if same else "made of no other number shown here",
    }[terms.how]
    if terms.how == "given" and not place.value.phase:
        made = "handed over"
    return "; ".join(filter(None, (same, made)))
