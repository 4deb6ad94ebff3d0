"""What an instructor wants to know of a class: how it went, and which mistakes were made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

from minnet.assignments.grade import Grade
from minnet.assignments.writers import text
from minnet.assignments.writers.words import shown

#: shares of all points that are one bar of the histogram
BARS = 10
_WIDEST = 40

Graded = Sequence[tuple[str, Grade]]


def overview(graded: Graded) -> str:
    """Return how a class did, in lines of text."""
    if not graded:
        return "there are no submissions\n"
    scores = sorted(made.score for _, made in graded)
    most = max(made.max_score for _, made in graded)
    middle = scores[len(scores) // 2]
    seconds = sorted(made.seconds for _, made in graded)
    lines = [
        f"{len(graded)} submissions; median {shown(middle)} of {shown(most)} points; "
        f"{seconds[len(seconds) // 2]:.1f} s each",
        "",
        *histogram(graded),
    ]
    if mistakes := mistakes_in(graded):
        lines += ["", "mistakes, by the number of students:", *mistakes]
    if causes := _causes(graded):
        lines += ["", "could not be run:", *causes]
    flagged = [f"  {student}: {flag.code}" for student, made in graded for flag in made.flags]
    if flagged:
        lines += ["", "to look at:", *dict.fromkeys(flagged)]
    return "\n".join(lines) + "\n"


def histogram(graded: Graded) -> list[str]:
    """Return how many students have how many points, a line for each tenth of them."""
    counts = Counter(
        min(BARS - 1, int(BARS * made.score / made.max_score)) if made.max_score else 0
        for _, made in graded
    )
    widest = max(counts.values())
    most = max(made.max_score for _, made in graded)
    lines = []
    for bar in reversed(range(BARS)):
        low, high = (shown(most * k / BARS) for k in (bar, bar + 1))
        drawn = "#" * -(-counts[bar] * _WIDEST // widest)
        lines.append(f"  {low:>5} - {high:<5} {counts[bar]:>4}  {drawn}".rstrip())
    return lines


def mistakes_in(graded: Graded) -> list[str]:
    """Return which mistakes were made in which function, the most frequent first."""
    counts: Counter[str] = Counter()
    for _, made in graded:
        found = {
            f"{item.name}, {f'gradient of {item.wrt}' if item.wrt else item.part}: {code}"
            for item in made.items
            for code in item.codes
        }
        counts.update(found)
    return [f"  {count:>4}  {what}" for what, count in counts.most_common()]


def _causes(graded: Graded) -> list[str]:
    return [f"  {student}: {made.message}" for student, made in graded if made.message]


def page(student: str, grade: Grade) -> str:
    """Return what one student is told, as a page."""
    title = escape(f"{grade.assignment}: {student}")
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n'
        "<style>body{font:15px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;"
        "padding:0 1rem}pre{white-space:pre-wrap}</style></head>\n"
        f"<body><h1>{title}</h1><pre>{escape(text.write(grade))}</pre></body></html>\n"
    )
