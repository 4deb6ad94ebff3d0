"""The words that every format uses of an item, so that a student reads the same everywhere."""

from __future__ import annotations

import json
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from minnet.assignments.grade import Grade, ItemGrade
from minnet.report.terminal import clean

#: a verdict in words
VERDICTS = {
    "pass": "right",
    "fail": "wrong",
    "inconclusive": "could not be told, which costs nothing",
    "not_implemented": "not implemented yet",
    "error": "could not be run",
}
#: characters of a message that are kept
LONGEST = 4000


def number(points: Fraction) -> float:
    """Return points as a number for JSON, to four decimals.

    >>> number(Fraction(100, 3))
    33.3333
    """
    return round(float(points), 4)


def shown(points: Fraction) -> str:
    """Return points as people write them.

    >>> shown(Fraction(12)), shown(Fraction(100, 3))
    ('12', '33.33')
    """
    return f"{float(points):.2f}".rstrip("0").rstrip(".")


def title(item: ItemGrade) -> str:
    """Return what an item is called.

    >>> item = ItemGrade("conv", "backward", "w", "hard", Fraction(1), Fraction(1), "pass")
    >>> title(item)
    'conv: gradient of w, hard cases'
    """
    if item.part == "forward":
        what = "forward"
    else:
        what = f"gradient of {item.wrt}" if item.wrt else "gradients"
    return plain(f"{item.name}: {what}" + (", hard cases" if item.family == "hard" else ""))


def said(item: ItemGrade, longest: int = LONGEST) -> str:
    """Return what a student is told of an item: the verdict in words, then the message."""
    words = VERDICTS.get(item.verdict, item.verdict)
    codes = f" ({', '.join(item.codes)})" if item.codes else ""
    return "\n".join(filter(None, [words + codes, lines(item.message, longest)]))


def headline(grade: Grade) -> str:
    """Return the result in a line.

    >>> headline(Grade("Convolution", "layers.py", (), "full", 1.0))
    'Convolution: 0 of 0 points'
    """
    return plain(f"{grade.assignment}: {shown(grade.score)} of {shown(grade.max_score)} points")


def summary(grade: Grade) -> str:
    """Return the result as a whole: the points, what became of the file, how it was shut in."""
    inconclusive = sum(item.verdict == "inconclusive" for item in grade.items)
    parts = [headline(grade), lines(grade.message)]
    if inconclusive:
        noun = "item" if inconclusive == 1 else "items"
        parts.append(f"{inconclusive} {noun} could not be told and cost nothing.")
    return "\n".join(filter(None, [*parts, f"isolation: {grade.isolation}"]))


def is_right(item: ItemGrade) -> bool:
    """Return whether an item got all its points."""
    return item.score >= item.max_score


def by_name(items: Iterable[ItemGrade]) -> dict[str, list[ItemGrade]]:
    """Return the items of each function, in their order."""
    found: dict[str, list[ItemGrade]] = {}
    for item in items:
        found.setdefault(item.name, []).append(item)
    return found


def numbered(grade: Grade) -> list[tuple[str, ItemGrade]]:
    """Return the items with numbers like 2.1: the function, then its item."""
    groups = enumerate(by_name(grade.items).values(), 1)
    return [(f"{n}.{k}", item) for n, group in groups for k, item in enumerate(group, 1)]


def plain(text: str) -> str:
    """Return untrusted text as one line that every encoding takes."""
    return clean(text.encode("utf-8", "replace").decode("utf-8"))


def lines(text: str, longest: int = LONGEST) -> str:
    """Return untrusted text in lines without control characters, and not too long."""
    kept = text if len(text) <= longest else text[:longest] + " ... (cut)"
    return "\n".join(map(plain, kept.splitlines()))


def flags(grade: Grade) -> list[dict[str, str]]:
    """Return the flags as data."""
    return [{"code": flag.code, "message": lines(flag.message)} for flag in grade.flags]


def as_json(value: Any, indent: int | None = None) -> str:
    """Return JSON that every reader takes: no NaN, and ASCII whatever the locale.

    Raises
    ------
    ValueError
        When a number is not finite.
    """
    return json.dumps(value, allow_nan=False, indent=indent) + "\n"
