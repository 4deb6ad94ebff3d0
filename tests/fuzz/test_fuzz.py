"""A sample of all bad input, and that its judge can see."""

import numpy as np
import pytest

from .areas import AREAS
from .judge import call, unclear_output

#: one of so many trials of an area is tried here; `python -m tests.fuzz` tries all
EVERY = {
    "api": 40,
    "command line": 25,
    "expressions": 12,
    "archives": 8,
    "streams": 17,
    "kills": 10,
    "hostile files": 10,
}


@pytest.mark.parametrize("area", AREAS)
def test_bad_input_is_told_in_one_clear_line(area):
    every = EVERY[area]
    trials = [trial for n, trial in enumerate(AREAS[area]()) if n % every == every // 2]
    problems = [f"{trial.what}: {found}" for trial in trials if (found := trial.problem())]
    assert trials and not problems, "\n".join(problems)


@pytest.mark.parametrize(
    "accident",
    [lambda: np.ones("three"), lambda: None + 1, lambda: {}["x"], lambda: 3],
)
def test_the_judge_sees_an_accident_and_what_was_accepted(accident):
    assert call("an accident", accident).problem()


def test_the_judge_sees_a_traceback():
    assert unclear_output("", "Traceback (most recent call last):\n")
    assert not unclear_output("1 checked: 1 right", "minnet check: there is no x.py")
