"""The assignments that come with minnet do what an assignment should."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from minnet.assignments.folder import AssignmentError, Item, read_assignment
from minnet.assignments.holes import read_holes
from minnet.assignments.ready_made import READY, begin, ready_made
from minnet.assignments.validate import (
    Trial,
    each_hole_costs_its_own,
    each_mistake_is_caught,
    expected_scores,
    nothing_gets_nothing,
    samples_get_what_they_should,
    solution_is_right,
    validate,
)

BIG = ("convolution", "linear-classifiers", "normalisation")


def test_there_are_three_of_100_points_and_a_small_one():
    made = ready_made()
    assert {name for name, a in made.items() if a.points == 100} == set(BIG)
    assert set(made) - set(BIG) == {"small"}


@pytest.mark.parametrize("name", [*BIG, "small"])
def test_it_stands_every_trial(name):
    findings = list(validate(ready_made()[name]))
    assert [(f.text, f.details) for f in findings if not f.ok] == []
    assert len(findings) == 9


@pytest.mark.parametrize("name", BIG)
def test_it_has_a_class_of_twelve_and_mistakes_for_every_function(name):
    assignment = ready_made()[name]
    scores = expected_scores(assignment.folder / "samples")
    assert len(scores) == 12 and sum(score == 100 for score in scores.values()) == 2
    assert sum(name.startswith("hostile") for name in scores) >= 1
    assert 0 in scores.values() and len({float(score) for score in scores.values()}) >= 6
    marked = read_holes(assignment.solution.read_text(encoding="utf-8"))
    assert all(hole.mistakes for hole in marked.holes)
    page = (assignment.folder / "README.md").read_text(encoding="utf-8")
    assert len(page.splitlines()) < 60 and assignment.file in page


def test_the_points_on_the_page_are_those_that_are_given():
    for name in BIG:
        assignment = ready_made()[name]
        page = (assignment.folder / "README.md").read_text(encoding="utf-8")
        rows = [line.split("|")[3] for line in page.splitlines() if line.startswith("| `")]
        told = sorted(int(part) for row in rows for part in row.split("+"))
        given = [p for item in assignment.items for p in (item.forward, item.backward)]
        if name == "linear-classifiers":
            assert told == sorted(int(p) for p in given)
        else:
            assert told == sorted(int(p) for p in given) and sum(told) == 100


# --- a new one ----------------------------------------------------------------------------------


def test_a_new_one_is_a_copy_with_a_secret_of_its_own(tmp_path):
    one, other = begin(tmp_path / "one", "convolution"), begin(tmp_path / "other", "convolution")
    assert len(one.secret) == 32 and one.secret != other.secret
    assert one.items == ready_made()["convolution"].items
    assert (tmp_path / "one" / "samples" / "right.py").is_file()
    assert begin(tmp_path / "small").title == "A first backward pass"


def test_a_new_one_takes_no_other_folder_s_place(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("precious", encoding="utf-8")
    with pytest.raises(AssignmentError, match="is there already; name a new folder"):
        begin(tmp_path / "full")
    assert [p.name for p in (tmp_path / "full").iterdir()] == ["thesis.txt"]
    (tmp_path / "empty").mkdir()
    begin(tmp_path / "empty")


def test_a_name_that_is_none_is_told(tmp_path):
    with pytest.raises(AssignmentError, match="did you mean convolution?"):
        begin(tmp_path / "a", "convolutions")
    assert not (tmp_path / "a").exists()


def test_the_wheel_carries_every_file_of_them():
    patterns = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert '"assignments/ready/*/*.*", "assignments/ready/*/samples/*"' in patterns
    root = READY.parent.parent
    there = {p for p in READY.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    matched = {*root.glob("assignments/ready/*/*.*"), *root.glob("assignments/ready/*/samples/*")}
    assert there <= matched


# --- an assignment that is wrong is told so -----------------------------------------------------


@contextmanager
def on_trial(tmp_path: Path, old: str, new: str, file: str = "layers.py") -> Iterator[Trial]:
    """Yield the small assignment with a change in it."""
    begin(tmp_path / "a")
    path = tmp_path / "a" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    assignment = read_assignment(tmp_path / "a")
    marked = read_holes(assignment.solution.read_text(encoding="utf-8"), assignment.file)
    (tmp_path / "workshop").mkdir()
    yield Trial(assignment, marked, tmp_path / "workshop")


UPSTREAM = "MISTAKE upstream_ignored: dx = (x > 0).astype(float)"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (UPSTREAM, "MISTAKE upstream_ignored: dx = dout * (x > 0) * 1.0", "it costs nothing"),
        (UPSTREAM, "MISTAKE flip: dx = (x > 0).astype(float)", "is called upstream_ignored"),
        (UPSTREAM, "MISTAKE upstream: dx = (x > 0).astype(float)", "there is no such code"),
        (UPSTREAM, "MISTAKE zero: break", "with the mistake the file does not compile"),
    ],
)
def test_a_stated_mistake_that_slips_through_is_told(tmp_path, old, new, said):
    with on_trial(tmp_path, old, new) as trial:
        found = each_mistake_is_caught(trial)
    assert not found.ok and found.text.startswith("3 of 4") and said in found.details[0]


def test_a_solution_that_is_wrong_itself_is_told(tmp_path):
    with on_trial(tmp_path, "dx = dout * (x > 0)\n", "dx = dout * (x > 1)\n") as trial:
        found = solution_is_right(trial.assignment)
    assert not found.ok and found.details[0].startswith("relu: fail; minnet check ")


def test_a_hole_that_costs_another_item_is_told(tmp_path):
    more = (
        "\n\ndef tanh_forward(x):\n    return np.tanh(x), np.tanh(x)\n"
        "\n\ndef tanh_backward(dout, cache):\n    relu_forward(dout)\n    # BEGIN SOLUTION\n"
        "    dx = dout * (1 - cache * cache)\n    # END SOLUTION\n    return dx\n"
    )
    with on_trial(tmp_path, "    return dx\n", "    return dx\n" + more) as trial:
        tanh = Item("tanh", Fraction(0), Fraction(5), Fraction(1, 2))
        trial.assignment = replace(trial.assignment, items=(*trial.assignment.items, tanh))
        found = each_hole_costs_its_own(trial)
    said = "relu_forward (line 19), when it is empty, costs tanh backward too"
    assert found.details == (said,) and not found.ok


def test_a_hole_that_costs_nothing_is_told(tmp_path):
    more = "\n\ndef spare():\n    # BEGIN SOLUTION\n    x = 1\n    # END SOLUTION\n    return x\n"
    with on_trial(tmp_path, "    return dx\n", "    return dx\n" + more) as trial:
        found = each_hole_costs_its_own(trial)
    assert found.details == ("spare (line 51) costs nothing when it is empty",)


def test_a_sample_with_another_grade_is_told(tmp_path):
    with on_trial(tmp_path, '"right.py" = 10', '"right.py" = 9', "samples/expected.toml") as trial:
        (trial.assignment.folder / "samples" / "new.py").write_text("", encoding="utf-8")
        (found,) = samples_get_what_they_should(trial)
    assert found.details == (
        "new.py has no grade in expected.toml",
        "right.py gets 10, and 9 is expected",
    )


def test_a_student_s_version_that_gets_points_is_told(tmp_path):
    mark = "# MISTAKE nonlinear_upstream"
    given = f"# STUDENT: dx = (x > 0) * dout\n    {mark}"
    with on_trial(tmp_path, mark, given) as trial:
        found = nothing_gets_nothing(trial, trial.marked.student())
    assert any(
        d.startswith("with every hole empty, relu: gradient of x gets") for d in found.details
    )


@pytest.mark.parametrize(
    ("old", "new", "file", "said"),
    [
        ("# BEGIN SOLUTION", "# BEGIN THE SOLUTION", "layers.py", "is not a marker"),
        ("    Parameters", "    dx = dout * (x > 0)\n\n    Parameters", "layers.py",
         "students would still see 'dx=dout*(x>0)'"),
        ("Hand in", "dx = dout*(x > 0)\n\nHand in", "README.md",
         "README.md tells 'dx=dout*(x>0)' of the hole relu_backward"),
    ],
)  # fmt: skip
def test_what_would_hand_out_the_solution_is_told(tmp_path, old, new, file, said):
    begin(tmp_path / "a")
    path = tmp_path / "a" / file
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    first = next(validate(read_assignment(tmp_path / "a")))
    assert not first.ok and any(said in line for line in (first.text, *first.details))


def test_the_solutions_are_python_and_the_broken_samples_are_not():
    broken = []
    for path in READY.rglob("*.py"):
        try:
            ast.parse(path.read_text(encoding="utf-8"))
        except SyntaxError:
            broken.append(path.name)
    assert broken == ["not_compiling.py"] * 3
