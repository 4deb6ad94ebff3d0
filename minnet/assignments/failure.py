"""The grade of a submission of which nothing could be run: complete, and written first.

A grader that is killed leaves this behind, and not half a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from minnet.assignments.folder import Assignment, Item
from minnet.assignments.grade import Grade, ItemGrade

#: what stands in a result until there is a grade
UNFINISHED = "grading did not come to its end: it was stopped, or the machine was"


def failed(
    assignment: Assignment, submission: str, message: str = UNFINISHED, isolation: str = "process"
) -> Grade:
    """Return a grade of 0 for every item, with the cause.

    Parameters
    ----------
    assignment : Assignment
        Whose items these are.
    submission : str
        The name of the file.
    message : str
        What became of the submission as a whole.
    isolation : str
        How well it was shut in, as far as it came.
    """
    items = tuple(part for item in assignment.items for part in _parts(item))
    return Grade(assignment.title, submission, items, isolation, 0.0, message=message)


def _parts(item: Item) -> Iterator[ItemGrade]:
    for part, points in (("forward", item.forward), ("backward", item.backward)):
        for family, share in (("ordinary", 1 - item.hard), ("hard", item.hard)):
            if points * share:
                yield ItemGrade(item.name, part, "", family, Fraction(0), points * share, "error")
