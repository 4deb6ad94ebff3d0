"""One number on the screen: its terms, what they add up to, and where they come from."""

from __future__ import annotations

from collections.abc import Sequence

from minnet.steps.terminal.compare import told
from minnet.steps.terminal.current_line import LOW
from minnet.steps.terminal.grid import ROWS, Marks, around, grid, table_of, unset, written
from minnet.steps.terminal.ink import Ink, cut, filled, ink, wrapped
from minnet.steps.terminal.rows import Opened, Row, opened
from minnet.steps.terminal.state import State
from minnet.steps.terminal.tables import formula, in_symbols, kind_of, links, related, title
from minnet.steps.walk import Place, Walk

#: so many terms are seen at least, where there are so many
TERMS = 4
#: what the last column of a list of terms is called
SO_FAR = {"sum": "sum so far", "product": "product so far"}


def number_lines(walk: Walk, state: State, found: Opened, width: int, height: int) -> list[Ink]:
    """Return the lines of one number: what it is, its terms, and the array they come from."""
    head = _head(walk, state, found, width, height)
    below = _below(walk, state, found, height)
    room = max(height - len(head) - len(below), 1)
    marks = _lit(walk, state, found)
    rows = 0 if marks is None else min(table_of(marks[0].value)[0], ROWS) + 3
    count = min(len(found.rows) + 1, max(room - rows, TERMS + 1)) if found.rows else 0
    lines = [*head, *_terms(state, found, width, min(count, room)), *below]
    left = height - len(lines) - 1
    if marks is not None and left > 2:
        at, how = marks
        table = grid(at.value, at.value.data, at.flat, how, state.decimals, width, left - 1)
        lines += [Ink(), *table]
    return lines


def _head(walk: Walk, state: State, found: Opened, width: int, height: int) -> list[Ink]:
    place = found.place
    against, low = told(walk, place), height < LOW // 2
    lines = [title(found, state)]
    if against and (not low or kind_of(against) == "fail"):
        lines += wrapped(against, width, kind_of(against), 2)
    if not found.rows:
        lines += links(walk, place, state.decimals)
    return lines if low else [*lines, *formula(walk, place, width)]


def _terms(state: State, found: Opened, width: int, height: int) -> list[Ink]:
    """Return a window of the terms around the chosen one, in columns."""
    rows = found.rows
    if not rows or height < 1:
        return []
    seen = around(state.row, len(rows), max(height - 1, 1))
    texts = [_columns(row, state.decimals) for row in rows]
    wide = [max(len(text[k]) for text in texts) for k in range(3)]
    so_far = SO_FAR.get(found.terms.how, "")
    if wide[0] + wide[1] + max(wide[2], len(so_far)) + 6 > width:
        so_far = so_far and "so far"
    wide[1], wide[2] = max(wide[1], 5), max(wide[2], len(so_far)) if wide[2] else 0
    label = min(max(width - sum(wide[1:]) - 7, 8), max(wide[0], 18))
    head = f"  {_which(seen, len(rows)):<{label}}"
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
    return "term" if len(seen) == count else f"terms {seen[0] + 1}–{seen[-1] + 1} of {count}"


def _columns(row: Row, decimals: int) -> tuple[str, str, str]:
    text = f"{row.symbols} = {row.numbers}" if row.numbers else row.symbols
    total = "" if row.so_far is None else written(row.so_far, decimals)
    return text, written(row.value, decimals), total


def _chosen(state: State, found: Opened) -> tuple[tuple[Place, ...], Place | None]:
    """Return the numbers of the chosen term, and the one of them that Enter opens."""
    row = found.rows[min(state.row, len(found.rows) - 1)] if found.rows else None
    feeds = () if row is None else row.feeds
    return feeds, feeds[min(state.feed, len(feeds) - 1)] if feeds else None


def _below(walk: Walk, state: State, found: Opened, height: int) -> list[Ink]:
    """Return what Enter would open, with the terms of that."""
    feeds, chosen = _chosen(state, found)
    if chosen is None:
        return [ink("this term is a number of the code")] if found.rows else []
    line = ink("Enter opens ", "dim")
    for place in feeds:
        here = place is chosen
        line += ink(f"[{place.name}]" if here else f" {place.name} ", "bold" if here else "")
    if len(feeds) > 1:
        line += ink("  left, right: another", "dim")
    return [line] if height < LOW // 2 else [line, ink(f"  {_says(walk, chosen)}", "dim")]


def _says(walk: Walk, place: Place) -> str:
    inner = opened(walk, place)
    if not inner.rows or inner.terms.how not in ("sum", "maximum", "minimum"):
        return f"{place.name}: {inner.words}"
    return f"{place.name} = {in_symbols(inner)}"


def _lit(walk: Walk, state: State, found: Opened) -> tuple[Place, Marks] | None:
    """Return the array that the chosen term comes from, with all that feeds the number lit."""
    _, chosen = _chosen(state, found)
    shown = related(walk, found)
    if chosen is None:
        if not shown:
            return None
        value, marks = shown[0]
        return Place(value, min(marks.lit)), marks
    marks = next(marks for value, marks in shown if value is chosen.value)
    return chosen, Marks(chosen.flat, marks.lit, marks.why, none=unset(chosen.value))
