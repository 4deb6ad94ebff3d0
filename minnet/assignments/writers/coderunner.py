"""The one JSON object that a combinator template grader of CodeRunner prints."""

from __future__ import annotations

from fractions import Fraction
from html import escape
from typing import Any

from minnet.assignments.grade import Grade
from minnet.assignments.writers.words import as_json, flags, is_right, said, shown, summary, title

_COLUMNS = ["iscorrect", "Test", "Points", "What it says", "ishidden"]


def write(grade: Grade) -> str:
    """Return a grade as CodeRunner reads it."""
    share = grade.score / grade.max_score if grade.max_score else Fraction(0)
    rows: list[list[Any]] = [
        [int(is_right(item)), title(item), f"{shown(item.score)}/{shown(item.max_score)}",
         said(item), 0]
        for item in grade.items
    ]  # fmt: skip
    flagged = "".join(f"<li>{escape(f['code'])}: {escape(f['message'])}</li>" for f in flags(grade))
    return as_json(
        {
            "fraction": min(1.0, max(0.0, round(float(share), 6))),
            "testresults": [_COLUMNS, *rows],
            "columnformats": ["%s"] * (len(_COLUMNS) - 2),
            "prologuehtml": "<br>".join(map(escape, summary(grade).splitlines())),
            "instructorhtml": f"<ul>{flagged}</ul>" if flagged else "",
        }
    )
