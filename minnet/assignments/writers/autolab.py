"""What Autolab reads: text for students, a table in one line, and the scores in the last."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from minnet.assignments.folder import Assignment
from minnet.assignments.grade import Grade
from minnet.assignments.writers import text
from minnet.assignments.writers.words import (
    as_json,
    by_name,
    is_right,
    number,
    plain,
    said,
    title,
)

#: Autolab puts quotes around what stands before a colon, also inside a string
_TRAP = re.compile(r"(?<=[a-zA-Z0-9]):")


def write(grade: Grade) -> str:
    """Return a grade as Autolab reads it; the problems are those of `problems`."""
    table = {
        _safe(title(item)): {"passed": is_right(item)}
        | ({} if is_right(item) else {"hint": said(item, 300)})
        for item in grade.items
    }
    scores: dict[str, Fraction] = {}
    for name, items in by_name(grade.items).items():
        for part in ("forward", "backward"):
            own = [item.score for item in items if item.part == part]
            if own:
                scores[_problem(name, part)] = sum(own, Fraction(0))
    stages = {"_presentation": "semantic", "stages": ["Tests"], "Tests": table}
    last = {"scores": {name: number(points) for name, points in scores.items()}}
    for_students = replace(grade, flags=())  # they see all that is printed
    return text.write(for_students) + as_json(stages) + as_json(last)


def problems(assignment: Assignment) -> dict[str, Fraction]:
    """Return the problems to define in Autolab, by exactly these names, and their points."""
    return {
        _problem(item.name, part): points
        for item in assignment.items
        for part, points in (("forward", item.forward), ("backward", item.backward))
        if points
    }


def _problem(name: str, part: str) -> str:
    return f"{_safe(plain(name))} {part}"


def _safe(name: str) -> str:
    """Return a name without the colon that breaks Autolab's last line.

    >>> _safe("conv: gradient of w")
    'conv - gradient of w'
    """
    return _TRAP.sub(" -", name)
