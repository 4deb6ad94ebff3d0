"""`minnet derivative`: the table, its exit status, and clear refusals."""

import argparse
import json
import sys

import pytest

from minnet.cli import derivative
from minnet.derivative.advice import advise
from minnet.derivative.comparison import compare
from minnet.derivative.functions import FUNCTIONS
from minnet.report.terminal import Style


def run(capsys, *arguments):
    """Run the command; return (exit status, standard output, standard error)."""
    parser = argparse.ArgumentParser()
    derivative.add_parser(parser.add_subparsers())
    args = parser.parse_args(["derivative", *arguments])
    status = args.func(args)
    out, err = capsys.readouterr()
    return status, out, err


def test_the_table_shows_every_method_beside_the_true_derivative(capsys):
    status, out, _ = run(capsys, "sigmoid", "--at", "0", "--step", "1e-4")
    assert status == 0
    assert "true derivative = 0.25\n" in out
    for method in ("forward", "backward", "central", "five-point", "complex-step", "adaptive"):
        row = next(line for line in out.splitlines() if line.startswith(method))
        value = float(row.split()[-3])
        assert value == pytest.approx(0.25, abs=1e-8)
    assert "verdict: pass" in out


def test_square_at_3_gives_6(capsys):
    _, out, _ = run(capsys, "square", "--at", "3", "--step", "1e-3")
    central = next(line for line in out.splitlines() if line.startswith("central"))
    assert float(central.split()[-3]) == pytest.approx(6, abs=1e-11)


def test_no_line_is_wider_than_80_columns_and_none_ends_in_blanks(capsys):
    for arguments in (["exp", "--at", "700"], ["sin", "--at", "pi/2"], ["relu", "--at", "0"]):
        _, out, _ = run(capsys, *arguments)
        for line in out.splitlines():
            assert len(line) <= 80 and line == line.rstrip()


def test_without_unicode_the_output_is_ascii():
    found = compare(FUNCTIONS["sigmoid"], 1.0)
    style = Style(unicode=False)
    text = style.finish("\n".join(derivative.lines(found, advise(found), style)))
    assert text.isascii() and "e^-x" in text


def test_exit_status_says_whether_there_is_a_derivative(capsys):
    assert run(capsys, "tanh", "--at", "0.3")[0] == 0
    assert run(capsys, "log", "--at", "-1")[0] == 1


def test_at_a_pole_there_is_no_derivative(capsys):
    for name, x in (
        ("reciprocal", "0"),
        ("log", "0"),
        ("log1p", "-1"),
        ("relu(reciprocal(x))", "0"),
    ):
        status, out, err = run(capsys, name, "--at", x)
        assert (status, err) == (1, "") and "there is no derivative here" in out


def test_a_claim_decides_the_exit_status(capsys):
    assert run(capsys, "square", "--at", "3", "--claim", "6")[0] == 0
    status, out, _ = run(capsys, "square", "--at", "3", "--claim", "12")
    assert status == 1 and "verdict: fail: 12 is 2 × the measured 6 ± " in out


def test_the_central_difference_is_worked_out_in_numbers_that_add_up(capsys):
    _, out, _ = run(capsys, "exp", "--at", "1", "--step", "1e-3")
    said = {
        line.split("=")[0].strip(): line.split("=")[1] for line in out.splitlines() if "= " in line
    }
    right, left = float(said["f(x+h)"]), float(said["f(x-h)"])
    assert (right, left) == (float(FUNCTIONS["exp"](1.001)), float(FUNCTIONS["exp"](0.999)))
    assert float(said["difference"]) == right - left
    assert float(said["/ 2h"]) == (right - left) / 2e-3


def test_json_holds_what_is_printed(capsys, tmp_path):
    status, out, _ = run(capsys, "square", "--at", "3", "--claim", "12", "--json", "-")
    data = json.loads(out)
    assert status == 1 and data["verdict"] == "fail" and data["claim"] == 12
    assert data["derivative"] == 6 and data["exact"] and len(data["methods"]) == 6
    status, _, _ = run(capsys, "log", "--at", "-1", "--json", str(tmp_path / "d.json"))
    data = json.loads((tmp_path / "d.json").read_text(encoding="utf-8"))
    assert status == 1 and data["value"] is None and data["warnings"][0]["code"] == "domain"


@pytest.mark.parametrize("function", ["floor", "sqrt", "sigmoid", "log"])
def test_a_picture_is_written_also_where_there_is_no_derivative(capsys, tmp_path, function):
    run(capsys, function, "--at", "0", "--plot", str(tmp_path / "d.png"))
    assert (tmp_path / "d.png").stat().st_size > 5000


def test_without_a_screen_the_explorer_says_what_to_do(capsys, monkeypatch):
    monkeypatch.setattr("matplotlib.get_backend", lambda: "agg")
    status, _, err = run(capsys, "--explore")
    assert status == 2 and "--plot FILE" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sigmoid"], "name a function and a point"),
        (["sigmoid", "--at", "0", "--claim", "y"], "--claim: 'y' is not known"),
        (["sigmiod", "--at", "0"], "did you mean sigmoid?"),
        (["x**2", "--at", "0", "--step", "0"], "the step is 0"),
        (["x**2", "--at", "0", "--step", "-1e-3"], "needs a positive step"),
        (["x**2", "--at", "nan"], "x is nan"),
        (["x**2", "--at", "y"], "--at: 'y' is not known"),
        (["x**", "--at", "0"], "is not an expression in x"),
        (["nowhere_at_all:f", "--at", "0"], "cannot import 'nowhere_at_all'"),
        (["math:sqr", "--at", "1"], "did you mean sqrt?"),
        (["math:pi", "--at", "1"], "not a function"),
        (["os:getenv", "--at", "1"], "raised TypeError"),
    ],
)
def test_a_bad_command_line_gets_one_clear_message_and_status_2(capsys, arguments, said):
    status, out, err = run(capsys, *arguments)
    assert status == 2 and out == ""
    assert said in " ".join(err.split()) and err.startswith("minnet derivative: ")


def test_negative_points_in_every_spelling(capsys):
    for text in ("-2", "-.5", "-1e-3", "-pi/2"):
        assert run(capsys, "cube", "--at", text)[0] == 0


def test_a_function_of_the_users_own(capsys, tmp_path, monkeypatch):
    (tmp_path / "my_activations.py").write_text(
        "import math\n\ndef squash(x):\n    return x / math.sqrt(1 + x * x)\n", encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    status, out, _ = run(capsys, "my_activations:squash", "--at", "1")
    assert status == 0 and "derivative = 0.353553390593" in out
    assert "complex-step: f does not take complex numbers" in out
