"""What students are given: the file with holes, the hand-out, and a notebook of both."""

from __future__ import annotations

from pathlib import PurePosixPath

from minnet.assignments.holes import HoleError
from minnet.assignments.notebook import TAG, Cell, cells, notebook
from minnet.assignments.packing import Packed, text
from minnet.assignments.platforms.source import Source

HAND_IN = """\
# Save the notebook, then run this: it writes the file to hand in, and checks it.
from minnet import check
from minnet.assignments.notebook import hand_in

hand_in("{notebook}", "{file}")
check("{file}")"""


def files(source: Source) -> dict[str, Packed]:
    """Return the students' files.

    Raises
    ------
    HoleError
        When one of them tells a line of the solution.
    """
    file = source.assignment.file
    written = {
        file: source.student,
        "README.md": source.readme,
        str(PurePosixPath(file).with_suffix(".ipynb")): student_notebook(source),
    }
    for name, content in written.items():
        for told in source.marked.leaks(content):
            raise HoleError(f"{name} would tell students {told}")
    return {name: text(content) for name, content in written.items()}


def student_notebook(source: Source) -> str:
    """Return the notebook: the hand-out, a cell for each function, and one to hand in."""
    file = source.assignment.file
    name = str(PurePosixPath(file).with_suffix(".ipynb"))
    own = {"tags": [TAG]}
    code = HAND_IN.format(notebook=name, file=file)
    parts = [Cell("markdown", source.readme.strip()), *cells(source.student, file)]
    return notebook([*parts, Cell("markdown", "## Hand in", own), Cell("code", code, own)])
