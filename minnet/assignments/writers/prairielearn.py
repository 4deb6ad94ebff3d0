"""PrairieLearn's ``results.json`` of an external grader."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from minnet.assignments.grade import Grade, ItemGrade
from minnet.assignments.writers.words import LONGEST, as_json, lines, number, said, summary, title

#: a longer file is refused as a whole
LARGEST = 1024 * 1024


def write(grade: Grade) -> str:
    """Return a grade as PrairieLearn reads it, its messages cut until it is short enough."""
    longest = LONGEST
    text = as_json(_results(grade, longest))
    while len(text.encode("utf-8")) > LARGEST and longest:
        longest //= 2
        text = as_json(_results(grade, longest))
    return text


def _results(grade: Grade, longest: int) -> dict[str, Any]:
    if not grade.score and grade.message and all(i.verdict == "error" for i in grade.items):
        return {  # this uses up no attempt
            "gradable": False,
            "format_errors": [lines(grade.message)],
            "message": summary(grade),
        }
    share = grade.score / grade.max_score if grade.max_score else Fraction(0)
    return {
        "gradable": True,
        "score": min(1.0, max(0.0, round(float(share), 6))),
        "message": summary(grade),
        "tests": [_test(item, longest) for item in grade.items],
    }


def _test(item: ItemGrade, longest: int) -> dict[str, Any]:
    return {
        "name": title(item),
        "points": number(item.score),
        "max_points": number(item.max_score),
        "message": said(item, longest),
    }
