"""Classroom 50's ``result.json``, whose points are whole numbers."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from minnet.assignments.folder import Assignment, AssignmentError
from minnet.assignments.grade import Grade, ItemGrade
from minnet.assignments.writers.words import as_json, is_right, said, shown, title

#: what the runner tells an autograder about a submission
VARIABLES = {
    "classroom": "CLASSROOM",
    "assignment": "ASSIGNMENT",
    "submission": "SUBMISSION_TAG",
    "commit": "COMMIT_URL",
    "release": "RELEASE_URL",
    "review": "REVIEW_URL",
}
#: a point may become so many whole ones; more would say nothing to anybody
FINEST = 1000


def write(grade: Grade) -> str:
    """Return a grade as Classroom 50 reads it.

    All points are multiplied by the number that makes those to be had whole, which is the same
    for every submission; what is given for a part of an item is rounded down, and told exactly
    beside it.
    """
    return as_json(result(grade, os.environ, datetime.now(UTC)))


def result(grade: Grade, environment: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """Return the data of a result."""
    times = scale(item.max_score for item in grade.items)
    tests = [_test(item, times) for item in grade.items]
    return {
        "schema": "classroom50/result/v1",
        **{key: environment.get(name, "") for key, name in VARIABLES.items()},
        "review": environment.get("REVIEW_URL") or environment.get("COMMIT_URL", ""),
        "datetime": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "score": sum(test["score"] for test in tests),
        "max-score": sum(test["max-score"] for test in tests),
        "tests": tests,
    }


def scale(points: Iterable[Fraction]) -> int:
    """Return by what all points are multiplied so that they are whole.

    >>> scale([Fraction(5), Fraction(10, 3), Fraction(5, 2)])
    6
    """
    return math.lcm(1, *(value.denominator for value in points))


def refuse_unless_whole(assignment: Assignment) -> None:
    """Refuse points that become whole only in tiny parts.

    Raises
    ------
    AssignmentError
        Which says so.
    """
    shares = [
        part * share
        for item in assignment.items
        for part in (item.forward, item.backward)
        for share in (item.hard, 1 - item.hard)
    ]
    if (times := scale(shares)) > FINEST:
        raise AssignmentError(
            f"Classroom 50 takes whole points alone, and those of {assignment.title} are whole "
            f"only {times} times as large; choose points and shares such as 20 and 0.4"
        )


def _test(item: ItemGrade, times: int) -> dict[str, Any]:
    points = item.score * times
    exact = {"exact-score": shown(item.score)} if points.denominator != 1 else {}
    return {
        "test-name": title(item),
        "passed": is_right(item),
        "score": math.floor(points),
        "max-score": int(item.max_score * times),
        "message": said(item),
    } | exact
