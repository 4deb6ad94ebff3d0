"""What is right gets its points, what is wrong loses its own and no others, and is told why."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import pytest
from puppets import AFFINE, assignment_in, lost

from minnet.assignments.folder import AssignmentError
from minnet.assignments.grading import grade
from minnet.assignments.plan import seed_of, tasks_of

BOTH = ("ordinary", "hard")


def everywhere(*what: tuple[str, str]) -> set[tuple[str, str, str]]:
    return {(name, wrt, family) for name, wrt in what for family in BOTH}


@pytest.fixture(scope="module")
def affine(tmp_path_factory):
    return assignment_in(tmp_path_factory.mktemp("affine") / "assignment")


def graded(assignment, source: str | bytes, folder: Path, name="layers.py", **options):
    file = folder / name
    file.write_bytes(source.encode() if isinstance(source, str) else source)
    return grade(assignment, file, **options)


def changed(*edits: tuple[str, str]) -> str:
    source = AFFINE
    for old, new in edits:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    return source


def test_the_solution_gets_every_point(affine, tmp_path):
    for number in range(3):
        made = graded(affine, AFFINE + f"\n# {number}\n", tmp_path)
        assert made.score == made.max_score == 100
        assert not made.flags and not any(item.message for item in made.items)


def test_a_stub_gets_nothing_and_is_told_what_is_missing(affine, tmp_path):
    stub = "\n".join(
        "    raise NotImplementedError('write this')" if line.startswith("    ") else line
        for line in AFFINE.splitlines()
    )
    made = graded(affine, stub, tmp_path)
    assert made.score == 0
    assert {item.verdict for item in made.items} == {"not_implemented"}


@pytest.mark.parametrize("hole, items", [
    ("out = x.reshape(len(x), -1) @ w + b", [("affine", "")]),
    ("out = np.maximum(x, 0)", [("relu", "")]),
    ("dx = dout * (cache > 0)", [("relu", "x")]),
    ("dx = (dout @ w.T).reshape(x.shape)", [("affine", v) for v in "xwb"]),
])  # fmt: skip
def test_a_hole_costs_its_own_items(hole, items, affine, tmp_path):
    made = graded(affine, changed((hole, "raise NotImplementedError")), tmp_path)
    assert lost(made) == everywhere(*items)


X, W, B = (("affine", v) for v in "xwb")
FORWARD, RELU, DRELU = ("affine", ""), ("relu", ""), ("relu", "x")
#: an edit of the solution, what it loses, and a code that is told
MUTANTS = [
    ("dout.sum(axis=0)", "dout.mean(axis=0)", {B}, "scale"),
    ("dout.sum(axis=0)", "2 * dout.sum(axis=0)", {B}, "scale"),
    ("dout.sum(axis=0)", "-dout.sum(axis=0)", {B}, "sign"),
    ("dout.sum(axis=0)", "np.zeros_like(b)", {B}, "zero"),
    ("dout.sum(axis=0)", "dout", {B}, "shape"),
    ("dout.sum(axis=0)", "dout.sum(axis=0, keepdims=True)", {B}, "shape"),
    ("dout.sum(axis=0)", "None", {B}, "missing"),
    ("dout.sum(axis=0)", "dout[0]", {B}, "one_sample"),
    ("-1).T @ dout", "-1).T @ dout / len(x)", {W}, "scale"),
    ("-1).T @ dout", "-1).T @ dout + 0.1 * w", {W}, "weight_decay"),
    ("-1).T @ dout", "-1).T @ np.sign(dout)", {W}, None),
    ("x.reshape(len(x), -1).T @ dout", "(x.reshape(len(x), -1).T @ dout)[::-1]", {W}, "flip"),
    ("(dout @ w.T).reshape(x.shape)", "(dout @ w.T).reshape(x.shape) * 0.5", {X}, "scale"),
    ("(dout @ w.T).reshape(x.shape)", "x * 1.0", {X}, "upstream_ignored"),
    ("(dout @ w.T).reshape(x.shape)", "np.full(x.shape, np.nan)", {X}, "non_finite"),
    ("@ w + b", "@ w", {FORWARD}, "forward"),
    ("@ w + b", "@ w - b", {FORWARD}, "forward"),
    ("@ w + b", "@ w * 2 + b", {FORWARD}, "forward"),
    ("cache > 0", "cache > 0.5", {DRELU}, "region"),
    ("dout * (cache > 0)", "dout", {DRELU}, "local_derivative_missing"),
    ("dout * (cache > 0)", "(cache > 0) * 1.0", {DRELU}, "upstream_ignored"),
    ("dout * (cache > 0)", "1 / 0", {DRELU}, "crash"),
    ("np.maximum(x, 0)", "np.maximum(x, 0.5)", {RELU}, "forward"),
    ("np.maximum(x, 0)", "np.abs(x)", {RELU}, "forward"),
]  # fmt: skip


@pytest.mark.parametrize("old, new, items, code", MUTANTS, ids=lambda v: str(v)[:40])
def test_a_mistake_costs_what_it_breaks_and_nothing_else(old, new, items, code, affine, tmp_path):
    made = graded(affine, changed((old, new)), tmp_path)
    assert {(name, wrt) for name, wrt, _ in lost(made)} == items
    codes = {c for item in made.items if item.score < item.max_score for c in item.codes}
    assert code is None or code in codes


def test_backward_is_judged_by_its_own_forward(affine, tmp_path):
    """A forward of its own kind loses forward; the gradient that belongs to it is right."""
    source = changed(
        ("out = np.maximum(x, 0)", "out = np.where(x > 0, x, 0.1 * x)"),
        ("cache > 0", "np.where(cache > 0, 1, 0.1)"),
    )
    assert lost(graded(affine, source, tmp_path)) == everywhere(RELU)


def test_a_mistake_in_hard_cases_alone_costs_these(affine, tmp_path):
    """It takes x for a matrix: one of more axes is not."""
    source = changed(("x.reshape(len(x), -1) @ w + b", "x.reshape(4, -1) @ w + b"))
    made = graded(affine, source, tmp_path)
    assert ("affine", "", "hard") in lost(made)
    assert made.score < 100


def test_ties_and_kinks_cost_nothing(affine, tmp_path):
    assert graded(affine, changed(("cache > 0", "cache >= 0")), tmp_path).score == 100


def test_points_add_up(affine, tmp_path):
    made = graded(affine, AFFINE, tmp_path)
    weights = {(item.name, item.part, item.wrt, item.family): item.max_score for item in made.items}
    assert weights["affine", "forward", "", "ordinary"] == 12
    assert weights["affine", "backward", "w", "hard"] == Fraction(16, 3)
    assert sum(weights.values()) == 100


def test_the_cases_are_fresh_for_each_submission_and_the_same_again(affine):
    seeds = [seed_of(affine, text) for text in (b"one", b"two", b"one")]
    assert seeds[0] == seeds[2] != seeds[1]
    first, again = (tasks_of(affine, seeds[0])[0].asked[0].outputs[0] for _ in range(2))
    other = tasks_of(affine, seeds[1])[0].asked[0].outputs[0]
    assert (first == again).all() and not (first == other).any()


def test_the_same_submission_gets_the_same_grade(affine, tmp_path):
    source = changed(("cache > 0", "cache > 0.5"), ("@ w + b", "@ w"))
    first, again = (graded(affine, source, tmp_path) for _ in range(2))
    assert first.items == again.items and first.flags == again.flags


# --- what cannot be run -----------------------------------------------------------------------

CANNOT = {
    "empty": (b"", "is empty"),
    "blank": (b" \n\n", "is empty"),
    "no compiling": (b"def f(:\n", "does not compile"),
    "tabs": (b"def f():\n\tx = 1\n        y = 2\n", "does not compile"),
    "zero bytes": (b"x = 1\0", "does not compile"),
    "another encoding": ("x = 'ä'".encode("utf-16"), "cannot be imported|does not compile"),
    "a false declaration": (b"# coding: rot13\nk = 1\n", "cannot be imported|does not compile"),
    "parentheses": (b"(" * 100_000, "does not compile|cannot be imported"),
    "minus signs": (b"x = " + b"-" * 900_000 + b"1", "does not compile|cannot be imported"),
    "too large": (b"#" * (1 << 21), "larger than"),
    "an exception": (b"raise RuntimeError('no')", "RuntimeError: no.*line 1"),
    "a module that may not be used": (b"import scipy\n", "No module named 'scipy'"),
    "a module that is not": (b"from .utils import f\n", "cannot be imported"),
    "the end": (b"raise SystemExit", "SystemExit"),
}


@pytest.mark.parametrize("name", CANNOT)
def test_what_cannot_be_run_gets_a_complete_grade_with_the_cause(name, affine, tmp_path):
    import re

    source, why = CANNOT[name]
    made = graded(affine, source, tmp_path)
    assert re.search(why, made.message, re.DOTALL), made.message
    assert made.score == 0 and made.max_score == 100 and len(made.items) == 12
    assert {item.verdict for item in made.items} == {"error"}


def test_what_is_no_file_gets_a_complete_grade(affine, tmp_path):
    missing = grade(affine, tmp_path / "layers.py")
    assert "there is no layers.py" in missing.message and missing.max_score == 100
    folder = tmp_path / "student"
    folder.mkdir()
    assert "there is no layers.py" in grade(affine, folder).message
    (folder / "layers.py").mkdir()
    assert "is no file" in grade(affine, folder).message


@pytest.mark.skipif(os.name != "posix", reason="there are no such files elsewhere")
def test_a_link_and_a_pipe_are_not_followed(affine, tmp_path):
    (tmp_path / "link.py").symlink_to(affine.solution)
    assert "is a link" in grade(affine, tmp_path / "link.py").message
    os.mkfifo(tmp_path / "pipe.py")
    assert "is no file" in grade(affine, tmp_path / "pipe.py").message


def test_functions_that_are_missing_cost_their_own_items(affine, tmp_path):
    source = AFFINE[: AFFINE.index("def relu_forward")]
    assert lost(graded(affine, source, tmp_path)) == everywhere(RELU, DRELU)


# --- what is told ---------------------------------------------------------------------------------


@pytest.mark.parametrize("hints", ["none", "code", "full"])
def test_as_much_is_told_as_the_assignment_says(hints, tmp_path):
    from puppets import AFFINE_TOML

    toml = AFFINE_TOML.replace('hints = "full"', f'hints = "{hints}"')
    assignment = assignment_in(tmp_path / "assignment", toml=toml)
    made = graded(assignment, changed(("dout.sum(axis=0)", "dout.mean(axis=0)")), tmp_path)
    (item,) = (i for i in made.items if i.wrt == "b" and i.family == "ordinary")
    assert bool(item.message) is (hints != "none")
    assert ("0.25" in item.message) is (hints == "full")


def test_a_crash_is_told_with_the_student_s_own_line(affine, tmp_path):
    made = graded(affine, changed(("dout * (cache > 0)", "dout * undefined")), tmp_path)
    (item,) = (i for i in made.items if i.wrt == "x" and (i.name, i.family) == ("relu", "hard"))
    assert item.verdict == "error"
    assert "NameError" in item.message and "dout * undefined" in item.message
    assert "minnet" not in item.message


def test_what_forward_should_give_is_not_told(affine, tmp_path):
    source = changed(("out = np.maximum(x, 0)", "out = np.maximum(x, 0) + 1000.25"))
    made = graded(affine, source, tmp_path)
    (item,) = (i for i in made.items if (i.name, i.wrt, i.family) == ("relu", "", "ordinary"))
    assert "20 of 20" in item.message and "100" in item.message
    right = tasks_of(affine, seed_of(affine, source.encode()))[1].asked[0].outputs[0]
    assert not any(f"{value:.4g}" in item.message for value in right.ravel() if value)


def test_a_backward_that_measures_its_gradient_is_flagged_and_keeps_its_points(affine, tmp_path):
    measuring = """
    dx = np.zeros(cache.shape)
    for i in np.ndindex(cache.shape):
        moved = cache.astype(complex)
        moved[i] += 1e-30j
        dx[i] = dout[i] * (moved * (moved.real > 0))[i].imag / 1e-30
        relu_forward(cache)"""
    made = graded(affine, changed(("    dx = dout * (cache > 0)", measuring)), tmp_path)
    assert made.score == 100
    assert [flag.code for flag in made.flags] == ["finite_differences"]


def test_loops_are_no_measurement(affine, tmp_path):
    loops = """
    dx = np.zeros(cache.shape)
    for i in np.ndindex(cache.shape):
        dx[i] = dout[i] if cache[i] > 0 else 0"""
    made = graded(affine, changed(("    dx = dout * (cache > 0)", loops)), tmp_path)
    assert made.score == 100 and not made.flags


def test_a_solution_that_has_not_the_item_is_the_assignment_s_mistake(tmp_path):
    source = AFFINE.replace("relu_", "rule_")
    assignment = assignment_in(tmp_path / "assignment", source)
    with pytest.raises(AssignmentError, match="relu is not in it"):
        graded(assignment, AFFINE, tmp_path)
