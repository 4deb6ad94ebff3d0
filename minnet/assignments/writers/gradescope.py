"""Gradescope's ``results.json``."""

from __future__ import annotations

from typing import Any

from minnet.assignments.grade import Grade, ItemGrade
from minnet.assignments.writers.words import (
    as_json,
    flags,
    is_right,
    number,
    numbered,
    said,
    summary,
    title,
)


def write(grade: Grade) -> str:
    """Return a grade as Gradescope reads it.

    No test is hidden: where one is, students see no total.
    """
    return as_json(
        {
            "score": number(grade.score),
            "execution_time": round(grade.seconds, 3),
            "output": summary(grade),
            "output_format": "text",
            "test_output_format": "text",
            "test_name_format": "text",
            "visibility": "visible",
            "stdout_visibility": "hidden",
            "tests": [_test(place, item) for place, item in numbered(grade)],
            "extra_data": {"isolation": grade.isolation, "flags": flags(grade)},
        }
    )


def _test(place: str, item: ItemGrade) -> dict[str, Any]:
    return {
        "number": place,
        "name": title(item),
        "score": number(item.score),
        "max_score": number(item.max_score),
        "status": "passed" if is_right(item) else "failed",
        "output": said(item),
        "tags": list(item.codes),
        "visibility": "visible",
    }
