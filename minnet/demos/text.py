"""Headings, paragraphs and tables of 80 columns; plain ASCII, so that any terminal shows them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

WIDTH = 78


def heading(text: str) -> Iterator[str]:
    """Yield a heading with a line beneath it."""
    yield ""
    yield text
    yield "-" * len(text)


def paragraph(text: str, indent: int = 0) -> Iterator[str]:
    """Yield a paragraph, wrapped, with an empty line before it."""
    yield ""
    blanks = " " * indent
    yield from textwrap.wrap(
        " ".join(text.split()), WIDTH, initial_indent=blanks, subsequent_indent=blanks,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def table(
    header: Sequence[str], rows: Sequence[Sequence[object]], left: int = 1, indent: int = 2
) -> Iterator[str]:
    """Yield a table with an empty line before it: `left` columns to the left, others to the right.

    A newline in a header's cell makes it two lines high.

    >>> print("\\n".join(table(["h", "matching\\ndigits"], [["1e-4", 9]], indent=0)))
    <BLANKLINE>
          matching
    h       digits
    ----  --------
    1e-4         9
    """
    tall = max(cell.count("\n") + 1 for cell in header)
    stacked = [[""] * (tall - len(parts)) + parts for parts in (c.split("\n") for c in header)]
    lines = [[parts[k] for parts in stacked] for k in range(tall)]
    body = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, *body, strict=True)]
    yield ""
    for cells in [*lines, ["-" * width for width in widths], *body]:
        aligned = (
            f"{cell:<{width}}" if k < left else f"{cell:>{width}}"
            for k, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        yield (" " * indent + "  ".join(aligned)).rstrip()


def block(text: str) -> Iterator[str]:
    """Yield text that was laid out elsewhere, with an empty line before it."""
    yield ""
    yield from text.splitlines()


def span(least: object, most: object) -> str:
    """Return a range, or the one number it holds.

    >>> span(1, 3), span(2, 2)
    ('1 to 3', '2')
    """
    return f"{least}" if least == most else f"{least} to {most}"


def yes(fact: object) -> str:
    """Return ``yes`` or ``NO``, the latter to be seen from afar."""
    return "yes" if fact else "NO"


def count(number: int, noun: str, plural: str = "") -> str:
    """Return a count and its noun.

    >>> count(1, "weight"), count(2, "weight"), count(0, "branch", "branches")
    ('1 weight', '2 weights', 'no branches')
    """
    return f"{number or 'no'} {noun if number == 1 else plural or noun + 's'}"


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence has them.

    >>> listed(["bigram"]), listed(["a", "b", "c"])
    ('bigram', 'a, b and c')
    """
    return " and ".join([*([", ".join(names[:-1])] if names[:-1] else []), *names[-1:]])
