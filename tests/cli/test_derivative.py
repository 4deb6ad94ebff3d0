"""`minnet derivative`: the table, the warnings of an expert, and clear refusals."""

import argparse
import io
import math
import sys

import numpy as np
import pytest

from minnet.cli import derivative
from minnet.derivative.comparison import compare
from minnet.derivative.expressions import ExpressionError, number, parse
from minnet.derivative.functions import FUNCTIONS, named
from minnet.report.terminal import Style


def run(capsys, *arguments):
    """Run the command; return (exit status, standard output, standard error)."""
    parser = argparse.ArgumentParser()
    derivative.add_parser(parser.add_subparsers())
    args = parser.parse_args(["derivative", *arguments])
    status = args.func(args)
    out, err = capsys.readouterr()
    return status, out, err


def codes(function, x, step=None):
    return [warning.code for warning in compare(function, x, step).warnings]


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
    text = style.finish("\n".join(derivative.lines(found, style)))
    assert text.isascii() and "e^-x" in text


@pytest.mark.parametrize(
    ("text", "x", "step", "code"),
    [
        ("relu", 0.0, None, "kink"),
        ("abs(x - 1)", 1.0, None, "kink"),
        ("relu", -1e-9, 1e-5, "kink_inside"),
        ("exp", 1.0, 1e-15, "step_too_small"),
        ("square", 1e10, 1e-10, "step_too_small"),
        ("sin(200*x)", 1.0, 0.1, "step_too_large"),
        ("log", 1e-3, 1e-2, "step_too_large"),
        ("sigmoid", 1000.0, None, "saturated"),
        ("relu", -3.0, None, "saturated"),
        ("sin", math.pi / 2, None, "stationary"),
        ("log", -1.0, None, "domain"),
        ("sqrt", 0.0, None, "edge"),
        ("exp", 1000.0, None, "overflow"),
        ("sign", 0.0, None, "jump"),
    ],
)
def test_the_expert_warns(text, x, step, code):
    assert codes(named(text) or parse(text), x, step) == [code]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_expert_is_silent_where_all_is_well(name):
    assert codes(FUNCTIONS[name], 0.8) == (["saturated"] if name == "sign" else [])


def test_at_the_kink_of_relu_the_slopes_are_0_and_1_and_central_gives_their_mean():
    found = compare(FUNCTIONS["relu"], 0.0)
    assert found.slopes == (0.0, 1.0)
    assert found.row("central").value == 0.5
    assert found.verdict == "pass" and "any slope from 0 to 1" in found.reason


def test_a_wrong_derivative_gets_the_verdict_fail():
    wrong = FUNCTIONS["tanh"].__class__("tanh", "tanh", math.tanh, lambda x: 1 - x**2)
    assert compare(wrong, 0.5).verdict == "fail"


def test_relative_error_is_the_difference_over_the_larger_of_the_two():
    row = compare(FUNCTIONS["cube"], 2.0, step=0.5).row("central")
    assert row.value == 12.25
    assert row.relative_error == pytest.approx(0.25 / 12.25)


def test_exit_status_says_whether_there_is_a_derivative(capsys):
    assert run(capsys, "tanh", "--at", "0.3")[0] == 0
    assert run(capsys, "log", "--at", "-1")[0] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
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


def test_expressions_are_parsed_and_differentiated_exactly():
    f = parse("x^2 + sin(3*x) / (1 + exp(-x))")
    x = 0.8
    sigmoid = 1 / (1 + math.exp(-x))
    true = 2 * x + 3 * math.cos(3 * x) * sigmoid + math.sin(3 * x) * sigmoid * (1 - sigmoid)
    assert f.derivative(x) == pytest.approx(true, rel=1e-15)
    assert compare(f, x).verdict == "pass"


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "x.__class__",
        "().__class__.__bases__",
        "[x for x in (1, 2)]",
        "(lambda: 1)()",
        "open('/etc/passwd')",
        "x if x else 1",
        "sin(x, 1)",
        "sin(*x)",
        "f'{x}'",
        "x := 2",
        "'a' * 3",
        "True",
        "1j",
        "-" * 200 + "x",
        "x" * 600,
        "9" * 400,
        "",
    ],
)
def test_anything_but_arithmetic_is_refused(text):
    with pytest.raises(ExpressionError):
        parse(text)


def test_a_tower_of_powers_overflows_instead_of_hanging():
    with np.errstate(over="ignore"):
        assert parse("9**9**9**9")(1.0) == math.inf


def test_numbers_may_be_constant_expressions():
    assert number("pi/2") == math.pi / 2 and number("-1e-3") == -1e-3
    with pytest.raises(ExpressionError, match="depends on x"):
        number("2*x")


def test_colour_only_on_a_terminal_and_not_with_no_color(monkeypatch):
    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self):
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert Style.of(Terminal()).colour and not Style.of(io.StringIO()).colour
    monkeypatch.setenv("NO_COLOR", "1")
    assert not Style.of(Terminal()).colour
