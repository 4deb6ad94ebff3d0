"""What an assignment becomes where everybody can read it: no solution, no secret.

Some platforms keep the grader where students see it. There minnet's own layers stand in for the
solution, which give nothing away; gradients are judged by the student's own forward anyway.
"""

from __future__ import annotations

import ast
import inspect
import re
import tempfile
from pathlib import Path

from minnet.assignments import standins
from minnet.assignments.folder import TOML, Assignment, AssignmentError, read_assignment
from minnet.assignments.grading import grade
from minnet.assignments.plan import tasks_of
from minnet.assignments.writers.words import shown


def public_files(assignment: Assignment) -> dict[str, str]:
    """Return the two files of an assignment that may be read by everybody.

    Parameters
    ----------
    assignment : Assignment

    Returns
    -------
    dict of str to str
        The ``assignment.toml`` without its secret, and the stand-in for the solution.

    Raises
    ------
    AssignmentError
        When minnet has no layer of its own for an item, or one that is not quite the solution's.
    """
    text = (assignment.folder / TOML).read_text(encoding="utf-8")
    files = {
        TOML: re.sub(r"^\s*secret\s*=.*\n?", "", text, flags=re.M),
        assignment.file: _stand_in(assignment),
    }
    _refuse_what_differs(assignment, files)
    return files


def _stand_in(assignment: Assignment) -> str:
    """Return a file with minnet's own functions under the names of the solution's."""
    head = inspect.getsource(standins).split("\n\n\ndef ")[0]
    body = ast.parse(head).body
    kept = [ast.get_source_segment(head, part) or "" for part in body[1:]]
    parts = [
        '"""Minnet\'s own layers: this file is public, and not the solution."""',
        "\n".join(kept),
    ]
    for task in tasks_of(assignment, 0):
        for function in dict.fromkeys(task.asked[0].case.code.values()):
            parts.append(_renamed(task.item.name, function.__name__))
    return "\n\n\n".join(parts) + "\n"


def _renamed(item: str, wanted: str) -> str:
    known = {name: f for name, f in vars(standins).items() if inspect.isfunction(f)}
    name = wanted if wanted in known else re.sub(r"(_forward|_backward)_\w+$", r"\1", wanted)
    if name not in known:
        raise AssignmentError(
            f"minnet has no {item} of its own to stand in for your solution, which everybody "
            "could read there"
        )
    return inspect.getsource(known[name]).strip().replace(f"def {name}(", f"def {wanted}(", 1)


def _refuse_what_differs(assignment: Assignment, files: dict[str, str]) -> None:
    """Grade the solution with the public files, which must give it all points."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            (Path(folder) / name).write_text(text, encoding="utf-8", newline="\n")
        made = grade(read_assignment(folder), assignment.solution)
    if made.score != made.max_score:
        lost = sorted({item.name for item in made.items if item.score < item.max_score})
        raise AssignmentError(
            f"your solution gets {shown(made.score)} of {shown(made.max_score)} points beside "
            f"minnet's own {', '.join(lost)}, so this would not grade as you do"
        )
