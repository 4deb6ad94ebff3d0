"""A grade as text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from minnet.assignments.grade import Grade, ItemGrade
from minnet.assignments.writers.words import flags, said, shown, summary, title

_WIDTH = 80


def write(grade: Grade) -> str:
    """Return a grade as lines of text.

    >>> from fractions import Fraction
    >>> right = ItemGrade("relu", "forward", "", "ordinary", Fraction(4), Fraction(4), "pass")
    >>> print(write(Grade("Activations", "layers.py", (right,), "full", 1.0)))
    Activations: 4 of 4 points
    isolation: full
    <BLANKLINE>
      4 / 4  relu: forward
             right
    <BLANKLINE>
    """
    points = [f"{shown(item.score)} / {shown(item.max_score)}" for item in grade.items]
    width = max(map(len, points), default=0)
    parts = [summary(grade), ""]
    for item, got in zip(grade.items, points, strict=True):
        parts += _item(item, got, width)
    flagged = [f"  to look at ({flag['code']}): {flag['message']}" for flag in flags(grade)]
    return "\n".join([*parts, *flagged]) + "\n"


def _item(item: ItemGrade, got: str, width: int) -> Iterator[str]:
    yield f"  {got:>{width}}  {title(item)}"
    for line in said(item).splitlines():
        yield textwrap.indent(line if len(line) < _WIDTH else textwrap.fill(line, _WIDTH),
                              " " * (width + 4))  # fmt: skip
