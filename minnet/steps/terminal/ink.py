"""Text with emphasis for a screen: cut to a width, put side by side, painted last."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from minnet.report.terminal import Style, clean

#: pieces of one line: what is written, and how ("" or a kind that `Style.paint` knows)
Ink: TypeAlias = list[tuple[str, str]]
#: what has another form without Unicode than `Style.finish` gives it
_PLAIN = {"·": "*", "←": "<-", "’": "'"}


def ink(text: object, kind: str = "") -> Ink:
    """Return untrusted text as one piece of a line.

    >>> ink("x\\x1b[2J", "bold")
    [('x\\\\x1b[2J', 'bold')]
    """
    return [(clean(text), kind)]


def wrapped(text: object, width: int, kind: str = "", most: int = 3, indent: int = 0) -> list[Ink]:
    """Return untrusted text as lines, the later ones indented; what is too much is cut off."""
    lines = textwrap.wrap(clean(text), max(width, 10), subsequent_indent=" " * indent)
    if len(lines) > most:
        lines = [*lines[: most - 1], lines[most - 1][: max(width - 1, 1)] + "…"]
    return [[(line, kind)] for line in lines]


def width_of(text: str) -> int:
    """Return how many columns text takes.

    >>> width_of("W·x"), width_of("数"), width_of("e\\u0301")
    (3, 2, 1)
    """
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def length(line: Ink) -> int:
    """Return how many columns a line takes."""
    return sum(width_of(text) for text, _ in line)


def plainly(line: Ink, style: Style) -> Ink:
    """Return a line in characters that the terminal has."""
    if style.unicode:
        return line
    found = []
    for text, kind in line:
        for fancy, plain in _PLAIN.items():
            text = text.replace(fancy, plain)
        found.append((style.finish(text), kind))
    return found


def cut(line: Ink, width: int, more: str = "…") -> Ink:
    """Return a line that takes no more than a width; what is cut off leaves a mark."""
    if length(line) <= width:
        return line
    room, found = max(width - width_of(more), 0), Ink()
    for text, kind in line:
        kept = 0
        while kept < len(text) and _columns(text[kept]) <= room:
            room -= _columns(text[kept])
            kept += 1
        found.append((text[:kept], kind))
        if kept < len(text):
            break
    return [*found, (more[:width], "")]


def filled(line: Ink, width: int) -> Ink:
    """Return a line with spaces up to a width."""
    return [*line, (" " * max(width - length(line), 0), "")]


def beside(left: Sequence[Ink], right: Sequence[Ink], gap: int) -> list[Ink]:
    """Return two blocks side by side, so many columns apart."""
    wide = max(map(length, left), default=0) + gap
    count = max(len(left), len(right))
    pad = [Ink()] * count
    pairs = zip([*left, *pad][:count], [*right, *pad][:count], strict=True)
    return [[*filled(one, wide), *other] if other else one for one, other in pairs]


def painted(lines: Iterable[Ink], width: int, style: Style) -> list[str]:
    """Return lines as text for a terminal."""
    more = "…" if style.unicode else "..."
    found = []
    for line in lines:
        pieces = cut(plainly(line, style), width, more)
        text = "".join(style.paint(text, kind) if kind and text else text for text, kind in pieces)
        found.append(text if style.colour else text.rstrip())
    return found
