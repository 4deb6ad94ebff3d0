"""The keys, as they are told: in the last line, and in full."""

from __future__ import annotations

from minnet.steps.ink import Ink, ink, length
from minnet.steps.state import State

#: the keys of the last line by view, the most needed first
FOOTER = {
    "steps": (
        "right/left: next, last line",
        "Enter: into the numbers",
        "?: keys",
        "q: end",
        "Tab: other array",
        "g: go to a number",
        "b/f: twin",
        "w: wrong line",
    ),
    "numbers": (
        "arrows: a number",
        "Enter: what made it",
        "Esc: to the lines",
        "?: keys",
        "n/p: line",
        "Tab: other array",
        "[ ]: slice",
        "b/f: twin",
        "d: measured",
    ),
    "number": (
        "up/down: a term",
        "Enter: where it comes from",
        "Backspace: back",
        "?: keys",
        "Esc: the numbers",
        "b/f: twin",
    ),
    "help": ("up/down: more", "any other key: back", "q: end"),
}
HELP = """\
Lines
  right, n      the next line that ran          left, p       the one before
  PgDn, PgUp    the same, past what a loop repeats
  Home, End     the start, the end
  Enter, down   into the numbers
Numbers
  arrows        choose a number                 Home, End     the first, the last of a row
  [ ]           the slice before, the next      Tab           another array of this line
  Enter         what made this number           Esc           back to the lines
What made a number
  up, down      choose a term                   left, right   choose a number of the term
  Enter         go where it comes from          Backspace     go back
Anywhere
  b             from a value to its gradient: from x[0,1] to dx[0,1]
  f             from a gradient to what it is the gradient of
  w             the first wrong line            g             go to a number: dW[2,1]
  /             look for a name                 + -           more decimals, fewer
  d             mine, measured, mine − measured, how many digits are the same
  s             save all of this as a page      q             end
Marks: [0.5] the cursor, *0.5 makes the number at the cursor, !0.5 is wrong,
       – nothing has been written there yet, or it was not measured""".splitlines()


def footer(state: State, width: int) -> list[Ink]:
    """Return the last line: as many keys as there is room for."""
    line = Ink()
    for text in FOOTER[state.view]:
        key, _, meaning = text.partition(": ")
        piece = [*ink("   " if line else ""), *ink(key, "bold"), *ink(f" {meaning}", "dim")]
        if length(line) + length(piece) > width:
            break
        line += piece
    return [line]


def help_lines(scroll: int, height: int) -> list[Ink]:
    """Return all keys, from a line on."""
    first = max(0, min(scroll, len(HELP) - height))
    return [ink(line, "" if line.startswith(" ") else "bold") for line in HELP[first:][:height]]
