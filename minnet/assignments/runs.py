"""What the scripts in a release start, where a platform wants several files of one grade."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from minnet.assignments.failure import failed
from minnet.assignments.folder import read_assignment
from minnet.assignments.grade import Grade
from minnet.assignments.grading import grade
from minnet.assignments.writers import actions as reporter
from minnet.assignments.writers import classroom50 as classroom
from minnet.assignments.writers import deliver, text


def classroom50(folder: Path, checkout: Path) -> None:
    """Grade a checkout for Classroom 50: ``result.json`` and ``release-body.md`` in it."""
    assignment = read_assignment(folder)
    for made in (failed(assignment, assignment.file), None):
        made = made or grade(assignment, checkout)
        deliver(checkout / "result.json", classroom.write(made))
        deliver(checkout / "release-body.md", reporter.markdown(made))


def actions(folder: Path, checkout: Path) -> None:
    """Grade a checkout for GitHub Actions.

    The output ``result`` of the step is what the reporter reads; the summary of the run is a
    page, and ``minnet.xml`` a JUnit file.
    """
    assignment = read_assignment(folder)
    made = grade(assignment, checkout)
    encoded = base64.b64encode(reporter.write(made).encode()).decode()
    _append("GITHUB_OUTPUT", f"result={encoded}\n")
    _append("GITHUB_STEP_SUMMARY", reporter.markdown(made))
    deliver(checkout / "minnet.xml", reporter.junit(made))
    _show(made)


def _append(variable: str, content: str) -> None:
    """Append to the file that an environment variable names, where there is one."""
    if path := os.environ.get(variable):
        with open(path, "a", encoding="utf-8", newline="\n") as stream:
            stream.write(content)


def _show(made: Grade) -> None:
    print(text.write(made).encode("ascii", "replace").decode(), end="")
