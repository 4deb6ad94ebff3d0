"""An array as a table of numbers: a window of it around the cursor."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from minnet.arrays import Array
from minnet.steps.terminal.ink import Ink, cut, ink
from minnet.tracing.cells import UNSET, Cell
from minnet.tracing.trace import Value

#: what is seen of an array at once: so many rows and columns at most
ROWS, COLUMNS = 8, 10
#: from this size on, numbers are written with an exponent
LARGE = 1e6
#: where there is no number
NONE = "–"


@dataclass(frozen=True, eq=False)
class Marks:
    """What is special about elements: the one with the cursor, those that light up (and why),
    wrong ones, where there is no number at all, and what this line has left as it was.
    """

    cursor: int | None = None
    lit: Collection[int] = ()
    why: str = ""
    wrong: Array | None = None
    none: Array | None = None
    old: Array | None = None


def written(number: object, decimals: int) -> str:
    """Return a number as it stands in a table.

    >>> written(-0.25, 3), written(2e-9, 3), written(float("nan"), 3), written(np.int64(3), 3)
    ('−0.250', '2.0e−09', 'nan', '3')
    """
    if isinstance(number, bool | np.bool_):
        return str(bool(number))
    if isinstance(number, int | np.integer):
        return str(int(number)).replace("-", "−")
    value = float(number)  # type: ignore[arg-type]
    if not math.isfinite(value):
        return str(value).replace("-", "−")
    text = f"{value:.{decimals}f}"
    if abs(value) >= LARGE or (value and not float(text)):
        text = f"{value:.{max(decimals - 2, 1)}e}"
    elif not value:
        text = f"{0.0:.{decimals}f}"
    return text.replace("-", "−")


def around(at: int, size: int, count: int) -> range:
    """Return `count` of `size` positions with `at` in their middle, as far as there are."""
    count = min(size, count)
    start = max(0, min(at - count // 2, size - count))
    return range(start, start + count)


def grid(
    value: Value, numbers: Array, at: int, marks: Marks, decimals: int, width: int, height: int
) -> list[Ink]:
    """Return a heading and a table of what is around one element.

    Parameters
    ----------
    value : Value
    numbers : array
        What is written, of the shape of the value.
    at : int
        The element that must be seen.
    marks : Marks
    decimals : int
    width, height : int
        The room there is; the height is without the heading.
    """
    if not value.data.size:
        return [ink(f"{value.name} {shape_of(value)} is empty", "bold")]
    rows, columns = table_of(value)
    row, column = divmod(at % (rows * columns), columns)
    first = at - row * columns - column
    inside = numbers.reshape(-1)[first : first + rows * columns].reshape(rows, columns)
    texts = {
        (r, c): _text(inside[r, c], first + r * columns + c, marks, decimals)
        for r in around(row, rows, ROWS)
        for c in around(column, columns, COLUMNS)
    }
    wide = max(map(len, texts.values())) + 2
    label = 0 if len(value.shape) < 2 else len(str(rows - 1)) + 1
    seen = around(column, columns, max(1, min(COLUMNS, (width - label) // wide)))
    has_labels = bool(value.shape) and height > 1
    down = around(row, rows, max(1, min(ROWS, height - has_labels)))
    here = range(first, first + rows * columns)
    lines = [cut(_heading(value, here, down, seen, marks), width)]
    if has_labels:
        names = "".join(f"{c:>{wide - 1}} " for c in seen)
        lines.append(ink(" " * label + names, "dim"))
    for r in down:
        line = ink(f"{r:>{label - 1}} " if label else "", "dim")
        for c in seen:
            flat = first + r * columns + c
            line += _cell(texts[r, c].rjust(wide - 2), flat, marks)
        lines.append(line)
    return lines


def _text(number: object, flat: int, marks: Marks, decimals: int) -> str:
    if marks.none is not None and marks.none.flat[flat]:
        return NONE
    return written(number, decimals)


def _cell(text: str, flat: int, marks: Marks) -> Ink:
    bare = text.lstrip()
    blank = " " * (len(text) - len(bare))
    wrong = marks.wrong is not None and bool(marks.wrong.flat[flat])
    if flat == marks.cursor:
        return [(f"{blank}[{bare}]", "fail" if wrong else "bold")]
    if flat in marks.lit:
        return [(f"{blank}*{bare} ", "warning")]
    if wrong:
        return [(f"{blank}!{bare} ", "fail")]
    old = marks.old is not None and bool(marks.old.flat[flat])
    return [(f"{blank} {bare} ", "dim" if old else "")]


def unset(value: Value) -> Array:
    """Return where nothing has been written into a value yet."""
    cells = [] if value.cells is None else value.cells.flat
    found = [isinstance(cell, Cell) and cell.op == UNSET for cell in cells]
    return np.array(found or [False] * value.data.size, bool).reshape(value.shape)


def _heading(value: Value, here: range, down: range, seen: range, marks: Marks) -> Ink:
    rows, columns = table_of(value)
    name = value.name
    if len(value.shape) > 2:
        index = np.unravel_index(here[0], value.shape)[:-2]
        name += f"[{','.join(map(str, map(int, index)))},:,:]"
    parts = list[str]()
    if marks.lit:
        elsewhere = sum(flat not in here for flat in marks.lit)
        parts.append(marks.why + (f", {elsewhere} elsewhere" if elsewhere else ""))
    elif len(value.shape) > 2:
        parts.append(f"slice {here[0] // len(here) + 1} of {value.data.size // len(here)}")
    if len(down) < rows:
        parts.append(f"rows {down[0]}–{down[-1]} of {rows}")
    if len(seen) < columns:
        what = "columns" if len(value.shape) > 1 else "numbers"
        parts.append(f"{what} {seen[0]}–{seen[-1]} of {columns}")
    return [*ink(name, "bold"), *ink(" " + ", ".join(parts), "dim")] if parts else ink(name, "bold")


def table_of(value: Value) -> tuple[int, int]:
    """Return the rows and columns of what is seen at once: of the last two axes."""
    shape = (1, 1, *value.shape)[-2:]
    return shape[0], shape[1]


def shape_of(value: Value) -> str:
    """Return the shape as it is shown: ``(2,3)``; "" of one number."""
    if not value.shape:
        return ""
    return "(" + ",".join(map(str, value.shape)) + ("," if len(value.shape) == 1 else "") + ")"
