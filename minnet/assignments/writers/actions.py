"""What the reporter of plain GitHub Actions reads, and the page and the JUnit file beside it."""

from __future__ import annotations

import re
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from minnet.assignments.grade import Grade, ItemGrade
from minnet.assignments.writers.words import (
    as_json,
    headline,
    is_right,
    lines,
    number,
    plain,
    said,
    shown,
    summary,
    title,
)


def write(grade: Grade) -> str:
    """Return a grade as the reporter reads it, before it is put in base64."""
    broken = bool(grade.message) and all(item.verdict == "error" for item in grade.items)
    passed = all(map(is_right, grade.items)) and bool(grade.items)
    return as_json(
        {
            "version": 1,
            "status": "pass" if passed else "error" if broken else "fail",
            "max_score": number(grade.max_score),
            "tests": [_test(item) for item in grade.items],
        }
    )


def markdown(grade: Grade) -> str:
    """Return a grade as a page in Markdown, for the summary of a run or a release."""
    rows = [
        f"| {_cell(title(item))} | {shown(item.score)} / {shown(item.max_score)} | "
        f"{_cell(said(item))} |"
        for item in grade.items
    ]
    told = [_cell(line) for line in summary(grade).splitlines()[1:]]
    head = ["| item | points | |", "| --- | ---: | --- |"]
    return "\n".join([f"## {_cell(headline(grade))}", "", "  \n".join(told), "", *head, *rows, ""])


def junit(grade: Grade) -> str:
    """Return a grade as a JUnit file."""
    wrong = [item for item in grade.items if not is_right(item)]
    suite = plain(grade.assignment)
    cases = "".join(map(_case, grade.items))
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<testsuite name={quoteattr(suite)} tests="{len(grade.items)}" failures="{len(wrong)}" '
        f'errors="0" time="{grade.seconds:.3f}">\n{cases}</testsuite>\n'
    )


def _test(item: ItemGrade) -> dict[str, Any]:
    right = is_right(item)
    return {
        "name": title(item),
        "status": "pass" if right else "error" if item.verdict == "error" else "fail",
        "message": None if right else said(item),
        "test_code": "",
        "filename": "",
        "line_no": 0,
        "execution_time": "0s",
        "score": number(item.score),
    }


def _case(item: ItemGrade) -> str:
    head = f"  <testcase classname={quoteattr(plain(item.name))} name={quoteattr(title(item))}"
    if is_right(item):
        return f"{head}/>\n"
    kind = quoteattr(", ".join(item.codes) or item.verdict)
    points = f"{shown(item.score)} of {shown(item.max_score)} points\n"
    failure = f"<failure type={kind}>{escape(points + said(item))}</failure>"
    return f"{head}>\n    {failure}\n  </testcase>\n"


def _cell(text: str) -> str:
    """Return text as it stands in a cell of a table: no markup, no line end."""
    safe = re.sub(r"[\\`*_{}\[\]<>#|!@&]", lambda mark: f"&#{ord(mark[0])};", lines(text))
    return "<br>".join(safe.splitlines())
