"""The keys, as they are told: in the last line, and in full."""

from __future__ import annotations

from minnet.steps.ink import Ink, ink, length, wrapped

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
HELP = """\
Steps, one for each time that a line ran
  right, n     the next              left, p       the one before
  PgDn, PgUp   the next line, past what a loop repeats
  Home, End    the start, the end    Enter, down   into the numbers
Numbers
  arrows       choose a number       Home, End     first, last of a row
  [ ]          another slice         Tab           another array of the step
  Enter        what made it          Esc           back to the steps
What made a number
  up, down     choose a term         left, right   another number of the term
  Enter        where that came from  Backspace     back
Anywhere
  b            from a value to its gradient: from x[0,1] to dx[0,1]
  f            from a gradient to what it is the gradient of
  w            the first wrong line  g             go to a number: dW[2,1]
  /            look for a name       + -           more decimals, fewer
  d            mine, measured, mine − measured, how many digits are the same
  s            save a page           q             end
Marks
  [0.5]  the cursor                  *0.5  makes it, or it goes there
  !0.5   wrong                       –     nothing written yet, or not measured
  out@1  what out held first; out is what it holds at last""".splitlines()


def footer(view: str, width: int) -> Ink:
    """Return the last line: as many keys as there is room for, and those that are always there."""
    last, line = Ink(), Ink()
    for key, meaning in ALWAYS:
        last += _key(key, meaning)
    for key, meaning in FOOTER[view]:
        piece = _key(key, meaning)
        if length(line) + length(piece) + length(last) <= width:
            line += piece
    return [*line, *last]


def _key(key: str, meaning: str) -> Ink:
    return [*ink(key, "bold"), *ink(f" {meaning}   ", "dim")]


def help_lines(scroll: int, height: int, width: int) -> list[Ink]:
    """Return all keys, from a line on."""
    lines = list[Ink]()
    for line in HELP:
        kind = "" if line.startswith(" ") else "bold"
        lines += [ink(line, kind)] if len(line) <= width else wrapped(line, width, kind, 3, 4)
    first = max(0, min(scroll, len(lines) - height))
    return lines[first : first + height]
