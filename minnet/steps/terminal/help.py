"""The keys, as they are told: in the last line, and in full."""

from __future__ import annotations

from collections.abc import Collection

from minnet.steps.terminal.ink import Ink, filled, ink, length, wrapped

#: the keys of the last line by view, the most needed first
FOOTER = {
    "steps": (
        ("right, left", "a step"),
        ("Enter", "the numbers"),
        ("Tab", "other array"),
        ("w", "wrong line"),
        ("g", "go to a number"),
        ("b, f", "twin"),
    ),
    "numbers": (
        ("arrows", "choose"),
        ("Enter", "what made it"),
        ("Esc", "the steps"),
        ("n, p", "a step"),
        ("Tab", "other array"),
        ("[ ]", "slice"),
        ("d", "measured"),
        ("b, f", "twin"),
    ),
    "number": (
        ("up, down", "a term"),
        ("Enter", "open it"),
        ("Backspace", "back"),
        ("Esc", "the numbers"),
        ("b, f", "twin"),
    ),
    "help": (("up, down", "more"), ("any other key", "back")),
}
#: and these are always there
ALWAYS = (("?", "keys"), ("q", "end"))
#: below this width the last line names keys alone
NARROW = 60
#: all keys and marks, by heading
HELP = {
    "Steps: one for each time that a line ran": (
        ("right, n", "the next"),
        ("left, p", "the one before"),
        ("PgDn, PgUp", "the next line, past what a loop repeats; the one before"),
        ("Home, End", "the start, the end"),
        ("Enter, down", "into the numbers"),
    ),
    "Numbers": (
        ("arrows", "choose a number"),
        ("Home, End", "first, last of a row"),
        ("[ ]", "another slice"),
        ("Tab", "another array of the step"),
        ("Enter", "what made it"),
        ("Esc", "back to the steps"),
    ),
    "What made a number": (
        ("up, down", "choose a term"),
        ("left, right", "which number of the term"),
        ("Enter", "where that came from"),
        ("Backspace", "back"),
    ),
    "Anywhere": (
        ("b", "from a value to its gradient: from x[0,1] to dx[0,1]"),
        ("f", "from a gradient to what it is the gradient of"),
        ("w", "the first wrong line"),
        ("g", "go to a number: dW[2,1]"),
        ("/", "look for a name"),
        ("+ -", "more decimals, fewer"),
        ("d", "mine, measured, mine − measured, how many digits are the same"),
        ("s", "save all of it as a page"),
        ("q", "end"),
    ),
    "Marks": (
        ("[0.5]", "the cursor"),
        ("*0.5", "makes it, or it goes there"),
        ("!0.5", "wrong"),
        ("–", "not written yet, not measured"),
        ("out@1", "what out held first; out is what it holds at last"),
    ),
}
#: columns of the keys in the list of all, and of a key with its meaning where two stand in a line
KEY, HALF = 15, 40


def footer(view: str, width: int, useful: Collection[str] = ()) -> Ink:
    """Return the last line: as many keys as there is room for, and those that are always there.

    What is useful just now comes before all but the first two.
    """
    last, line = Ink(), Ink()
    for key, meaning in ALWAYS:
        last += _key(key, meaning)
    keys = FOOTER[view]
    for key, meaning in [*keys[:2], *sorted(keys[2:], key=lambda key: key[0] not in useful)]:
        piece = _key(key, meaning if width >= NARROW else "")
        if length(line) + length(piece) + length(last) <= width:
            line += piece
    return [*line, *last]


def _key(key: str, meaning: str) -> Ink:
    return [*ink(key, "bold"), *ink(f" {meaning}".rstrip() + "  ", "dim")]


def help_lines(scroll: int, height: int, width: int) -> list[Ink]:
    """Return all keys, from a line on."""
    lines = list[Ink]()
    for heading, keys in HELP.items():
        lines.append(ink(heading, "bold"))
        half = list[Ink]()
        for key, meaning in keys:
            line = [*filled(ink(f"  {key}", "bold"), KEY), *ink(meaning)]
            if length(line) > HALF or width < 2 * HALF:
                lines += _flushed(half)
                lines += [line] if length(line) <= width else _folded(key, meaning, width)
                continue
            half.append(line)
            lines += _flushed(half) if len(half) == 2 else []
        lines += _flushed(half)
    first = max(0, min(scroll, len(lines) - height))
    return lines[first : first + height]


def _flushed(half: list[Ink]) -> list[Ink]:
    """Return one or two halves as a line, and forget them."""
    line = [piece for one in half for piece in filled(one, HALF)]
    half.clear()
    return [line] if line else []


def _folded(key: str, meaning: str, width: int) -> list[Ink]:
    first, *others = wrapped(" " * KEY + meaning, width, indent=KEY)
    return [[*filled(ink(f"  {key}", "bold"), KEY), *ink(first[0][0][KEY:])], *others]
