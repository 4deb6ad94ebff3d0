"""A grade adds up exactly."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from fractions import Fraction

import pytest

from minnet.assignments.grade import Grade, ItemGrade


def third(score: int) -> ItemGrade:
    return ItemGrade("f", "backward", "x", "hard", Fraction(score, 3), Fraction(1, 3), "pass")


def test_thirds_add_up_to_the_whole():
    grade = Grade("Title", "layers.py", (third(1), third(0), third(1)), "process", 0.1)
    assert grade.score == Fraction(2, 3) and grade.max_score == 1


def test_a_grade_is_not_changed():
    with pytest.raises(FrozenInstanceError):
        third(1).score = Fraction(1)
