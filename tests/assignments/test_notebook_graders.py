"""The teacher's notebooks hold what nbgrader and Otter ask for, and their tests give the points."""

from __future__ import annotations

import json
import re
from types import ModuleType

import pytest

from minnet.assignments.in_notebook import expect, points
from minnet.assignments.platforms.notebooks import files
from minnet.assignments.platforms.source import read_source
from minnet.assignments.ready_made import ready_made


def cells(platform: str) -> list[dict]:
    made = files(read_source(ready_made()["convolution"]))
    return json.loads(made[f"{platform}/layers.ipynb"].content)["cells"]


def source(cell: dict) -> str:
    return "".join(cell["source"])


def in_order(made: list[dict], changed: tuple[str, str] = ("", "")) -> dict:
    """Run the code cells of a notebook, with a change in them; return its names."""
    names = vars(ModuleType("__main__"))
    for cell in made:
        if cell["cell_type"] == "code":
            exec(source(cell).replace(*changed) if changed[0] else source(cell), names)
    return names


def test_nbgrader_s_cells_say_what_they_are():
    own = [c["metadata"]["nbgrader"] for c in cells("nbgrader") if "nbgrader" in c["metadata"]]
    assert [(c["grade_id"], c["solution"], c["grade"], c["locked"]) for c in own] == [
        ("conv_forward", True, False, False), ("conv_backward", True, False, False),
        ("test_conv", False, True, True), ("max_pool_forward", True, False, False),
        ("max_pool_backward", True, False, False), ("test_max_pool", False, True, True),
    ]  # fmt: skip
    assert all(c["schema_version"] == 3 and c["task"] is False for c in own)
    assert [c["points"] for c in own if c["grade"]] == [60.0, 40.0]


def test_every_solution_is_between_nbgrader_s_markers():
    for cell in cells("nbgrader"):
        text = source(cell)
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            inside = re.findall(r"    ### BEGIN SOLUTION\n(.*?)\n    ### END SOLUTION", text, re.S)
            assert len(inside) == 1 and "MISTAKE" not in text and inside[0].strip()


def test_nbgrader_s_tests_give_part_of_the_points(capsys):
    made = cells("nbgrader")
    tests = [source(c) for c in made if c["metadata"].get("nbgrader", {}).get("grade")]
    code = [c for c in made if not c["metadata"].get("nbgrader", {}).get("grade")]

    def got(test: str, *change: str) -> float:
        names = in_order(code, change or ("", ""))
        exec(re.sub(r"\npoints\(", "\ngot = points(", test), names)
        return names["got"]

    assert [got(test) for test in tests] == [60.0, 40.0] and capsys.readouterr().out == ""
    assert got(tests[0], "db = dout.sum(axis=(0, 2, 3))", "db = dout.mean(axis=(0, 2, 3))") == (
        pytest.approx(60 - 40 / 3, abs=1e-3)
    )
    assert "scale" in capsys.readouterr().out
    assert (
        got(tests[1], "out[:, :, i, j] = window.max", "raise NotImplementedError; window.max") == 0
    )


def test_otter_s_notebook_has_its_sections_in_order():
    raw = [source(c).splitlines()[0] for c in cells("otter") if c["cell_type"] == "raw"]
    question = ["# BEGIN QUESTION", "# BEGIN SOLUTION", "# END SOLUTION", "# BEGIN TESTS",
                "# END TESTS", "# END QUESTION"]  # fmt: skip
    assert raw == ["# ASSIGNMENT CONFIG", *question, *question]


def test_otter_s_points_add_up_and_its_prompts_are_what_students_find():
    texts = [source(c) for c in cells("otter")]
    worth = [float(v) for t in texts for v in re.findall(r"TEST CONFIG\npoints: ([\d.]+)", t)]
    assert len(worth) == 6 and sum(worth) == pytest.approx(100, abs=1e-3)
    prompts = [t for t in texts if "# BEGIN PROMPT" in t]
    assert len(prompts) == 4
    assert all(
        '"""\n    raise NotImplementedError(' in t.replace(" # BEGIN PROMPT", "") for t in prompts
    )


def test_otter_s_tests_fail_where_a_gradient_is_wrong():
    made = [c for c in cells("otter") if c["cell_type"] == "code"]
    names = in_order(made, ("dw += np.einsum", "dw = np.einsum"))
    functions = names["conv_forward"], names["conv_backward"]
    names["test_conv_forward"](*functions)
    names["test_conv_gradient_of_x"](*functions)
    with pytest.raises(AssertionError, match="overwritten"):
        names["test_conv_gradient_of_w"](*functions)


def test_what_is_still_to_be_written_gets_nothing(capsys):
    def relu_forward(x):
        raise NotImplementedError

    def relu_backward(dout, cache):
        raise NotImplementedError

    assert points("relu", relu_forward, relu_backward, forward=3, backward=7) == 0
    assert "todo" in capsys.readouterr().out
    with pytest.raises(AssertionError):
        expect("relu", relu_forward, relu_backward)


def test_a_forward_without_its_backward_gets_its_own_points(capsys):
    def relu_forward(x):
        return x * (x > 0), x

    def relu_backward(dout, cache):
        raise NotImplementedError

    assert points("relu", relu_forward, relu_backward, forward=3, backward=7) == 3
    expect("relu", relu_forward, relu_backward)
    with pytest.raises(AssertionError):
        expect("relu", relu_forward, relu_backward, wrt="x")
