"""A model as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Row(NamedTuple):
    """What the table says of one layer; the shape of its output where that is known."""

    layer: str
    parameters: int
    output: tuple[int, ...] | None = None


def table(rows: Sequence[Row], total: int) -> str:
    """Return a line per layer, numbered, and one for the model's `total` of parameters.

    Examples
    --------
    >>> print(table([Row("Dense(W (4, 8), b (8,))", 40, (1, 8)), Row("ReLU()", 0, (1, 8))], 40))
    layer                               output  parameters
    0      Dense(W (4, 8), b (8,))      (1, 8)          40
    1      ReLU()                       (1, 8)           0
    total                                               40
    """
    shapes_known = any(row.output for row in rows)
    cells = [
        ("layer", "", "output" if shapes_known else "", "parameters"),
        *(
            (str(index), row.layer, str(row.output or ""), f"{row.parameters:,}")
            for index, row in enumerate(rows)
        ),
        ("total", "", "", f"{total:,}"),
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        f"{index:<{widths[0]}}  {name:<{widths[1]}}  {shape:>{widths[2]}}  {count:>{widths[3]}}"
        for index, name, shape, count in cells
    )
