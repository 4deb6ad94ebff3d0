"""Plain GitHub Actions: a workflow for the students' repositories, without solution and secret."""

from __future__ import annotations

from minnet.assignments.packing import Packed, text, under, vendored
from minnet.assignments.platforms.source import Source
from minnet.assignments.public import public_files

WORKFLOW = """\
# Grades {file} at every push. Students own this repository: a score is a hint until you grade
# what they handed in yourself, with minnet grade --class.
name: grade
on: [push, workflow_dispatch]
permissions:
  contents: read
jobs:
  grade:
    runs-on: ubuntu-latest
    timeout-minutes: 15
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: python -m pip install numpy
      - id: minnet
        run: python .github/minnet/run.py
      - uses: classroom-resources/autograding-grading-reporter@v1
        env:
          MINNET_RESULTS: ${{{{ steps.minnet.outputs.result }}}}
        with:
          runners: minnet
"""
RUN = '''\
"""Grade the checkout in the working folder, for GitHub Actions."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from minnet.assignments.runs import actions  # noqa: E402

actions(HERE / "assignment", Path.cwd())
'''


def files(source: Source) -> dict[str, Packed]:
    """Return the files to put into the students' repository.

    Raises
    ------
    AssignmentError
        When minnet has nothing of its own to stand in for the solution.
    """
    public = {name: text(content) for name, content in public_files(source.assignment).items()}
    grader = {"run.py": text(RUN), **under("assignment", public), **vendored()}
    workflow = WORKFLOW.format(file=source.assignment.file)
    return {".github/workflows/minnet.yml": text(workflow), **under(".github/minnet", grader)}
