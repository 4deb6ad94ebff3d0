"""Classroom 50: the public bundle of an autograder, without solution and secret."""

from __future__ import annotations

from minnet.assignments.packing import Packed, text, under, vendored
from minnet.assignments.platforms.source import Source
from minnet.assignments.public import public_files
from minnet.assignments.writers.classroom50 import refuse_unless_whole

AUTOGRADER = '''\
"""Grade the checkout in the working folder: result.json and release-body.md are written there."""

import importlib.util
import subprocess
import sys
from pathlib import Path

BUNDLE = Path(__file__).resolve().parent
if importlib.util.find_spec("numpy") is None:
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "numpy"], check=True)
sys.path.insert(0, str(BUNDLE))

from minnet.assignments.runs import classroom50  # noqa: E402

classroom50(BUNDLE / "assignment", Path.cwd())
'''


def files(source: Source) -> dict[str, Packed]:
    """Return the bundle.

    Raises
    ------
    AssignmentError
        When its points are not whole, or minnet has nothing of its own to stand in for the
        solution.
    """
    refuse_unless_whole(source.assignment)
    public = {name: text(content) for name, content in public_files(source.assignment).items()}
    return {"autograder.py": text(AUTOGRADER), **under("assignment", public), **vendored()}
