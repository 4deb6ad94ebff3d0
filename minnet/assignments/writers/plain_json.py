"""minnet's own JSON."""

from __future__ import annotations

from typing import Any

from minnet.assignments.grade import Grade, ItemGrade
from minnet.assignments.writers.words import as_json, flags, lines, number, plain


def write(grade: Grade) -> str:
    """Return a grade as minnet's JSON."""
    return as_json(as_data(grade), indent=1)


def as_data(grade: Grade) -> dict[str, Any]:
    """Return a grade as plain data."""
    data = {
        "assignment": plain(grade.assignment),
        "submission": plain(grade.submission),
        "score": number(grade.score),
        "max_score": number(grade.max_score),
        "isolation": grade.isolation,
        "seconds": round(grade.seconds, 3),
        "items": [_item(item) for item in grade.items],
        "flags": flags(grade),
    }
    return data | ({"message": lines(grade.message)} if grade.message else {})


def _item(item: ItemGrade) -> dict[str, Any]:
    return {
        "name": plain(item.name),
        "part": item.part,
        "wrt": plain(item.wrt),
        "family": item.family,
        "score": number(item.score),
        "max_score": number(item.max_score),
        "verdict": item.verdict,
        "codes": list(item.codes),
        "message": lines(item.message),
    }
