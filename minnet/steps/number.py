"""One number on the screen: its terms, what they add up to, and where they come from."""

from __future__ import annotations

from collections.abc import Sequence

from minnet.steps.compare import told
from minnet.steps.grid import Marks, around, grid, unset, written
from minnet.steps.ink import Ink, cut, filled, ink
from minnet.steps.rows import Opened, Row, opened
from minnet.steps.state import State
from minnet.steps.walk import Place, Walk
from minnet.tracing.trace import Value

#: so many terms are seen at once, where there is room for a table below
TERMS = 8
#: lines that a table below the terms has at least
TABLE = 4
#: what the last column of a list of terms is called
SO_FAR = {"sum": "sum so far", "product": "product so far"}


def sources(found: Opened) -> list[tuple[Value, tuple[int, ...]]]:
    """Return the arrays that a number comes from, each with the elements that it comes from.

    What it comes from most comes first, and of the same an input.
    """
    fed = dict[Value, dict[int, None]]()
    for row in found.rows:
        for place in row.feeds:
            fed.setdefault(place.value, {})[place.flat] = None
    order = sorted(fed, key=lambda value: (-len(fed[value]), value.role != "input", value.number))
    return [(value, tuple(fed[value])) for value in order]


def number_lines(walk: Walk, state: State, found: Opened, width: int, height: int) -> list[Ink]:
    """Return the lines of one number."""
    head = _head(walk, state, found, width)
    below = _below(walk, state, found)
    room = max(height - len(head) - len(below), 1)
    table_room = room - min(len(found.rows), TERMS) - 2
    with_table = table_room >= TABLE and bool(found.rows)
    terms = _terms(state, found, width, min(room, TERMS + 1) if with_table else room)
    lines = [*head, *terms, *below]
    if with_table:
        lines += [Ink(), *_table(state, found, width, height - len(lines) - 1)]
    return lines


def _head(walk: Walk, state: State, found: Opened, width: int) -> list[Ink]:
    unset_ = found.terms.how == "unset"
    data = state.place.value.data.flat[state.place.flat]
    number = "–" if unset_ else written(data, state.decimals)
    first = [*ink(f"{state.place.name} = {number}", "bold"), *ink(f"  {found.words}")]
    against = told(walk, state.place)
    kind = "fail" if against.startswith("WRONG") else "pass"
    return [first, ink(against, kind)] if against else [first]


def _terms(state: State, found: Opened, width: int, height: int) -> list[Ink]:
    """Return a window of the terms around the chosen one, in columns."""
    rows = found.rows
    if not rows:
        return []
    seen = around(state.row, len(rows), max(height - 1, 1))
    texts = [_columns(row, state.decimals) for row in rows]
    wide = [max(len(text[k]) for text in texts) for k in range(3)]
    so_far = SO_FAR.get(found.terms.how, "")
    wide[1], wide[2] = max(wide[1], 5), max(wide[2], len(so_far) if wide[2] else 0)
    label = max(width - sum(wide[1:]) - 4 - 3, 8)
    label = min(label, max(max(len(text[0]) for text in texts), 4))
    head = f"  {'term' if len(rows) == len(seen) else _which(seen, len(rows)):<{label}}"
    head += f"  {'value':>{wide[1]}}" + (f"  {so_far:>{wide[2]}}" if wide[2] else "")
    lines = [ink(head, "dim")] if height > 1 else []
    for position in seen:
        row, text = rows[position], texts[position]
        chosen = position == state.row
        line = filled(cut(ink(("> " if chosen else "  ") + text[0]), label + 2), label + 2)
        line += ink(f"  {text[1]:>{wide[1]}}" + (f"  {text[2]:>{wide[2]}}" if wide[2] else ""))
        line += ink(f"  ← {row.mark}", "pass") if row.mark else Ink()
        lines.append([(part, "bold" if chosen else kind) for part, kind in line])
    return lines


def _which(seen: Sequence[int], count: int) -> str:
    return f"terms {seen[0] + 1}–{seen[-1] + 1} of {count}"


def _columns(row: Row, decimals: int) -> tuple[str, str, str]:
    text = f"{row.symbols} = {row.numbers}" if row.numbers else row.symbols
    total = "" if row.so_far is None else written(row.so_far, decimals)
    return text, written(row.value, decimals), total


def _below(walk: Walk, state: State, found: Opened) -> list[Ink]:
    """Return what Enter would open, with the terms of that."""
    if not found.rows:
        return []
    row = found.rows[min(state.row, len(found.rows) - 1)]
    if not row.feeds:
        return [ink("this term is a number of the code")]
    names = Ink()
    for position, place in enumerate(row.feeds):
        here = position == min(state.feed, len(row.feeds) - 1)
        names += ink(f"[{place.name}]" if here else f" {place.name} ", "bold" if here else "")
    chosen = row.feeds[min(state.feed, len(row.feeds) - 1)]
    return [[*ink("Enter opens ", "dim"), *names], ink(f"  {_says(walk, chosen)}", "dim")]


def _says(walk: Walk, place: Place) -> str:
    inner = opened(walk, place)
    if inner.terms.how != "sum" or not inner.rows:
        return f"{place.name}: {inner.words}"
    text = " + ".join(row.symbols for row in inner.rows).replace("+ −", "− ")
    return f"{place.name} = {text}"


def _table(state: State, found: Opened, width: int, height: int) -> list[Ink]:
    """Return the array that the chosen term comes from, with all that feeds the number lit."""
    row = found.rows[min(state.row, len(found.rows) - 1)]
    if not row.feeds:
        return []
    chosen = row.feeds[min(state.feed, len(row.feeds) - 1)]
    lit = dict(sources(found))[chosen.value]
    marks = Marks(chosen.flat, lit, None, unset(chosen.value))
    return grid(
        chosen.value, chosen.value.data, chosen.flat, marks, state.decimals, width, height - 2
    )
