"""What a submission got: the one form that grading makes and every writer reads.

Points are fractions, so that shares of a third add up to the whole; a writer rounds, once, at
the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class ItemGrade:
    """The points for one thing asked for, in one family of cases.

    Attributes
    ----------
    name : str
        The function or class, as ``minnet check`` calls it.
    part : str
        ``"forward"`` or ``"backward"``.
    wrt : str
        The variable whose gradient it is; ``""`` for forward.
    family : str
        ``"ordinary"`` or ``"hard"``: which cases.
    score, max_score : Fraction
        Points given, and points to be had.
    verdict : str
        ``"pass"``, ``"fail"``, ``"inconclusive"``, ``"not_implemented"`` or ``"error"``.
    codes : tuple of str
        The diagnoses, most likely first.
    message : str
        What the student is told.
    """

    name: str
    part: str
    wrt: str
    family: str
    score: Fraction
    max_score: Fraction
    verdict: str
    codes: tuple[str, ...] = ()
    message: str = ""


@dataclass(frozen=True)
class Flag:
    """Something that costs no points and that a person should look at."""

    code: str
    message: str


@dataclass(frozen=True)
class Grade:
    """The grade of one submission.

    Attributes
    ----------
    assignment, submission : str
        The title of the one, the file name of the other.
    items : tuple of ItemGrade
        Every item of the assignment, also where nothing could be run.
    isolation : str
        How well the submission was shut in: ``"full"``, ``"partial"`` or ``"process"``.
    seconds : float
        How long it took.
    flags : tuple of Flag
        What a person should look at.
    message : str
        What became of the submission as a whole ("does not compile: ... line 3"), or ``""``.

    Examples
    --------
    >>> forward = ItemGrade("affine", "forward", "", "ordinary", Fraction(4), Fraction(6), "fail")
    >>> grade = Grade("Classifiers", "layers.py", (forward, forward), "full", 1.5)
    >>> float(grade.score), float(grade.max_score)
    (8.0, 12.0)
    """

    assignment: str
    submission: str
    items: tuple[ItemGrade, ...]
    isolation: str
    seconds: float
    flags: tuple[Flag, ...] = ()
    message: str = ""

    @property
    def score(self) -> Fraction:
        """The points given for all items."""
        return sum((item.score for item in self.items), Fraction(0))

    @property
    def max_score(self) -> Fraction:
        """The points to be had for all items."""
        return sum((item.max_score for item in self.items), Fraction(0))
