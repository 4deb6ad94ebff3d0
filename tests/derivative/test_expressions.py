"""Expressions in x: differentiated exactly, and nothing but arithmetic let through."""

import math
import re

import numpy as np
import pytest

from minnet.derivative.advice import advise
from minnet.derivative.comparison import compare
from minnet.derivative.expressions import ExpressionError, number, parse


def test_expressions_are_parsed_and_differentiated_exactly():
    f = parse("x^2 + sin(3*x) / (1 + exp(-x))")
    x = 0.8
    sigmoid = 1 / (1 + math.exp(-x))
    true = 2 * x + 3 * math.cos(3 * x) * sigmoid + math.sin(3 * x) * sigmoid * (1 - sigmoid)
    assert f.derivative(x) == pytest.approx(true, rel=1e-15)
    assert advise(compare(f, x)).verdict == "pass"


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


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2x", "2*x"),
        ("sin x", "sin(x)"),
        ("3(x+1)", "3*(x+1)"),
        ("(x+1)(x-1)", "(x+1)*(x-1)"),
        ("x²", "x**2"),
        ("|x|", "abs(x)"),
        ("1,5*x", "1.5*x"),
    ],
)
def test_what_is_written_by_hand_is_told_as_it_should_be(written, meant):
    with pytest.raises(ExpressionError, match=re.escape(f"did you mean {meant}?")):
        parse(written)


@pytest.mark.parametrize("text", ["sin(", "x**", "x = 2", "1e-3x y"])
def test_no_guess_is_made_that_is_no_expression(text):
    with pytest.raises(ExpressionError) as refusal:
        parse(text)
    assert "did you mean" not in str(refusal.value)


@pytest.mark.parametrize("text", ["arcsin(x)", "acos(x)", "log2(x)", "log10(x)", "erf(x)"])
def test_functions_of_the_school_book_have_their_derivative(text):
    assert advise(compare(parse(text), 0.4)).verdict == "pass"


def test_a_maximum_has_a_kink_where_its_parts_meet():
    f = parse("max(x, 2 - x)")
    assert [float(f.derivative(x)) for x in (0.0, 1.0, 3.0)] == [-1.0, 0.0, 1.0]
    found = compare(f, 1.0)
    assert found.at_kink and [round(slope, 6) for slope in found.slopes] == [-1.0, 1.0]
    assert parse("min(x, 3)")(7.0) == 3.0
    with pytest.raises(ExpressionError, match="max takes two arguments"):
        parse("max(x)")


def test_at_a_minimum_next_to_zero_no_step_is_blamed():
    (warning,) = advise(compare(parse("x**2"), 1e-300)).warnings
    assert warning.code == "stationary"
