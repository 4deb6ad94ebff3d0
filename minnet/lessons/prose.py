"""The text of a tutorial, laid out for a terminal: markdown that is read, not shown."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from minnet.report.terminal import Style

_ITEM = re.compile(r"(?P<mark>[-*]|\d+\.)\s+")
_INLINE = re.compile(r"\*\*(?P<strong>.+?)\*\*|(?<![\w*])\*(?P<weak>[^\s*][^*]*?)\*(?![\w*])")
#: a blank that is no place to break a line: in code, 2 * x stays together
_FIXED = "\N{NO-BREAK SPACE}"
_CODE = re.compile(r"`[^`\n]+`")


def laid_out(markdown: str, style: Style) -> str:
    """Return markdown as text of the style's width.

    Examples
    --------
    >>> print(laid_out("# Title\\n\\nSome *words* that\\nbelong together.\\n\\n    x = 1", Style()))
    Title
    =====
    <BLANKLINE>
    Some words that belong together.
    <BLANKLINE>
        x = 1
    """
    return "\n".join(_lines(markdown.split("\n"), style))


def _lines(lines: list[str], style: Style) -> Iterator[str]:
    position = 0
    while position < len(lines):
        line = lines[position]
        end = position + 1
        if line.startswith("```"):
            while end < len(lines) and not lines[end].startswith("```"):
                end += 1
            yield from ("    " + inside for inside in lines[position + 1 : end])
            end += 1
        elif line.startswith("|"):
            while end < len(lines) and lines[end].startswith("|"):
                end += 1
            yield from _table(lines[position:end], style)
        elif line.startswith("    ") or not line.strip():
            yield line.rstrip()
        elif line.startswith("#"):
            yield from _heading(line, style)
        else:
            while end < len(lines) and _goes_on(lines[end]):
                end += 1
            yield from _paragraph([text.strip() for text in lines[position:end]], line, style)
        position = end


def _goes_on(line: str) -> bool:
    """Return whether a line belongs to the paragraph or the item above it."""
    special = line.startswith(("#", "|", "```"))
    return bool(line.strip()) and not special and not _ITEM.match(line.lstrip())


def _heading(line: str, style: Style) -> Iterator[str]:
    text = line.lstrip("#").strip()
    yield style.paint(text, "bold")
    yield ("=" if line.startswith("# ") else "-") * len(text)


def _paragraph(parts: list[str], first: str, style: Style) -> Iterator[str]:
    indent = " " * (len(first) - len(first.lstrip()))
    item = _ITEM.match(parts[0])
    text = _CODE.sub(lambda code: code[0].replace(" ", _FIXED), " ".join(parts))
    hanging = indent + (" " * item.end() if item else "")
    filled = textwrap.wrap(
        _plain(text),
        width=style.width,
        initial_indent=indent,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
    yield from (line.replace(_FIXED, " ") for line in filled)


def _plain(text: str) -> str:
    """Return a text without the stars that mean emphasis; those in code stay."""
    codes = _CODE.findall(text)
    bare = _INLINE.sub(lambda m: m["strong"] or m["weak"], _CODE.sub("\0", text))
    return re.sub("\0", lambda _: codes.pop(0), bare)


def _table(lines: list[str], style: Style) -> Iterator[str]:
    rows = [[_plain(cell.strip()) for cell in line.strip().strip("|").split("|")] for line in lines]
    rule = next((n for n, row in enumerate(rows) if all(set(c) <= set("-: ") for c in row)), None)
    body = [row for number, row in enumerate(rows) if number != rule]
    count = max(map(len, body))
    widths = [max(len(row[i]) for row in body if i < len(row)) for i in range(count)]
    room = max(style.width - sum(widths[:-1]) - 2 * count, 16)
    for number, row in enumerate(body):
        start = "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths[:-1], strict=False))
        start = f"  {start}  " if len(row) > 1 else "  "
        last = textwrap.wrap(row[-1], room) or [""]
        yield (start + last[0]).rstrip()
        yield from (" " * len(start) + more for more in last[1:])
        if rule is not None and number == rule - 1:
            yield "  " + "  ".join("-" * min(width, room) for width in widths)
