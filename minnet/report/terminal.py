"""Writing for a terminal: what it can show, and text laid out for it.

Everything that comes from the user's code is untrusted: its control characters are shown,
never sent to the terminal.
"""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import TextIO

from minnet.records import NamedTuple

_COLOURS = {
    "pass": "32",
    "fail": "1;31",
    "inconclusive": "33",
    "not_implemented": "36",
    "error": "1;31",
    "warning": "33",
    "bold": "1",
    "dim": "2",
}
_ASCII = {
    "⁻ˣ": "^-x",
    "ˣ": "^x",
    "³": "^3",
    "Φ": "Phi",
    "±": "+-",
    "·": "-",
    "│": "|",
    "–": "-",
    "—": "-",
    "×": "x",
    "…": "...",
    "½": "1/2",
    "→": "->",
    "−": "-",
    "²": "^2",
    "√": "sqrt",
    "≈": "~",
    "≤": "<=",
    "≥": ">=",
    "∂": "d",
    "⌊": "floor(",
    "⌋": ")",
    "⌈": "ceil(",
    "⌉": ")",
}

#: columns that a report takes on a terminal, which may be narrower or wider
#: with fewer columns left a line has no room for words
LEAST_ROOM = 20
NARROWEST, WIDEST = 60, 100


class Style(NamedTuple):
    """How to write: with colour or not, with characters beyond ASCII or not, how wide."""

    colour: bool = False
    unicode: bool = True
    width: int = 80

    @classmethod
    def of(cls, stream: TextIO | None) -> Style:
        """Return the style that suits a stream: colour on a terminal, Unicode if it can.

        The environment variable ``NO_COLOR`` (set to anything but the empty string) and
        ``TERM=dumb`` turn colour off.
        """
        terminal = stream is not None and hasattr(stream, "isatty") and stream.isatty()
        wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        if sys.platform == "win32":  # the old console prints escape codes as garbage
            wanted = wanted and any(name in os.environ for name in ("WT_SESSION", "TERM"))
        encoding = getattr(stream, "encoding", None) or "ascii"
        try:
            "±│→²√".encode(encoding)
        except (UnicodeEncodeError, LookupError):
            return cls(terminal and wanted, unicode=False, width=_width(stream, terminal))
        return cls(terminal and wanted, unicode=True, width=_width(stream, terminal))

    def paint(self, text: str, kind: str) -> str:
        """Return `text` in the colour of a verdict, "warning", "bold" or "dim"."""
        return f"\x1b[{_COLOURS[kind]}m{text}\x1b[0m" if self.colour else text

    def finish(self, text: str) -> str:
        """Return `text` in characters that the stream has."""
        if self.unicode:
            return text
        for fancy, plain in _ASCII.items():
            text = text.replace(fancy, plain)
        return text.encode("ascii", "backslashreplace").decode("ascii")


def _width(stream: TextIO | None, terminal: bool) -> int:
    """Return how many columns to use: those of a terminal, as far as text is well read."""
    try:
        columns = os.get_terminal_size(stream.fileno()).columns if stream and terminal else 0
    except (OSError, ValueError, AttributeError):
        columns = 0
    return min(max(columns, NARROWEST), WIDEST) if columns else Style().width


def clean(text: object) -> str:
    """Return untrusted text with its control characters shown instead of sent.

    >>> clean("conv\\x1b[2J")
    'conv\\\\x1b[2J'
    """
    text = str(text)
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )


def wrap(start: str, text: str, style: Style, indent: int) -> list[str]:
    """Return `start` and untrusted `text` as lines of the style's width.

    `start` may hold colour codes, so its width on the screen is counted without them. Where it
    leaves no room the text begins on the next line.
    """
    shown = start
    for code in _COLOURS.values():
        shown = shown.replace(f"\x1b[{code}m", "")
    shown = shown.replace("\x1b[0m", "")
    if indent < style.width - LEAST_ROOM < len(shown):
        return [start.rstrip(), *wrap(" " * indent, text, style, indent)]
    filled = textwrap.wrap(
        clean(" ".join(str(text).split())),
        width=style.width,
        initial_indent=" " * len(shown),
        subsequent_indent=" " * indent,
    )
    return [start + filled[0][len(shown) :], *filled[1:]] if filled else [start.rstrip()]


def columns(
    rows: Sequence[Sequence[str]], marks: Sequence[str], style: Style, left: int = 1
) -> Iterator[str]:
    """Yield rows as aligned text: the first `left` columns to the left, the others to the right."""
    rows = [[style.finish(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row, mark in zip(rows, marks, strict=False):
        cells = [
            f"{cell:<{width}}" if position < left else f"{cell:>{width}}"
            for position, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        line = "  ".join(cells)
        yield (f"{line}  {style.paint(mark, 'fail')}" if mark else line).rstrip()
