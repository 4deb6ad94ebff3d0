"""Autolab: the makefile and the tar of an autograded lab, and the problems to define."""

from __future__ import annotations

from minnet.assignments.packing import Packed, as_tar, text, under, vendored
from minnet.assignments.platforms.source import Source
from minnet.assignments.writers.autolab import problems
from minnet.assignments.writers.words import shown

#: the last line of the output is the result, so it is written first and printed last
MAKEFILE = """\
# Autolab renames this to Makefile and runs make; what is handed in is called {file}.
# The machine needs Python 3.11 or later with NumPy.
PYTHON ?= python3

all:
\t@tar xf autograde.tar
\t@mkdir -p submission && cp {file} submission/
\t-@OPENBLAS_NUM_THREADS=1 PYTHONPATH=. $(PYTHON) -m minnet grade submission \\
\t  --assignment assignment --format autolab --out result.txt
\t@cat result.txt
"""


def files(source: Source) -> dict[str, Packed]:
    """Return the files of the lab."""
    archive = {**under("assignment", source.private()), **vendored()}
    table = [f"{name}: {shown(points)}" for name, points in problems(source.assignment).items()]
    return {
        "autograde-Makefile": text(MAKEFILE.format(file=source.assignment.file)),
        "autograde.tar": Packed(as_tar(archive)),
        "problems.txt": text(
            "Define these problems in the lab, by exactly these names, with these points:\n\n"
            + "\n".join(table)
            + "\n"
        ),
    }
