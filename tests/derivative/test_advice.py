"""What is measured of a derivative, and what an expert would say of it."""

import math

import pytest

from minnet.derivative.advice import advise, usual_rule
from minnet.derivative.comparison import compare
from minnet.derivative.expressions import parse
from minnet.derivative.functions import FUNCTIONS, named

FLAT = ("sign", "floor", "ceil", "round")


def codes(function, x, step=None):
    return [warning.code for warning in advise(compare(function, x, step)).warnings]


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
        ("floor", 2.0, None, "jump"),
        ("floor", 0.3, None, "saturated"),
    ],
)
def test_the_expert_warns(text, x, step, code):
    assert codes(named(text) or parse(text), x, step) == [code]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_expert_is_silent_where_all_is_well(name):
    assert codes(FUNCTIONS[name], 0.8) == (["saturated"] if name in FLAT else [])


def test_at_the_kink_of_relu_the_slopes_are_0_and_1_and_central_gives_their_mean():
    found = compare(FUNCTIONS["relu"], 0.0)
    assert found.slopes == (0.0, 1.0)
    assert found.row("central").value == 0.5
    advice = advise(found)
    assert advice.verdict == "pass" and "any slope from 0 to 1" in advice.reason


def test_a_wrong_derivative_gets_the_verdict_fail():
    wrong = FUNCTIONS["tanh"].__class__("tanh", "tanh", math.tanh, lambda x: 1 - x**2)
    assert advise(compare(wrong, 0.5)).verdict == "fail"


def test_relative_error_is_the_difference_over_the_larger_of_the_two():
    row = compare(FUNCTIONS["cube"], 2.0, step=0.5).row("central")
    assert row.value == 12.25
    assert row.relative_error == pytest.approx(0.25 / 12.25)


def test_the_rule_of_thumb_takes_the_central_difference_at_its_word():
    found = compare(FUNCTIONS["cube"], 2.0, step=0.5)
    assert usual_rule(found) == (found.row("central").relative_error, "fail")
    assert usual_rule(compare(FUNCTIONS["cube"], 2.0))[1] == "pass"


@pytest.mark.parametrize(
    ("text", "x", "claim", "verdict", "said"),
    [
        ("square", 3.0, 12.0, "fail", "12 is 2 × the measured 6 ± "),
        ("square", 3.0, -6.0, "fail", "-6 is -1 × the measured 6 ± "),
        ("square", 3.0, 6.0, "pass", "6 agrees with the measured 6 ± "),
        ("square", 0.0, 1e-3, "fail", "0.001 is 1.0e-03 away from the measured 0 ± "),
        ("relu", 0.0, 0.3, "pass", "0.3 is between the slopes 0 and 1 of the kink"),
        ("relu", 0.0, 2.0, "fail", "2 is not between the slopes 0 and 1 of the kink"),
        ("floor", 2.0, 0.0, "fail", "0 is claimed, but there is no derivative here"),
        ("sqrt", 0.0, 1.0, "inconclusive", "there is no measured derivative to compare 1 with"),
    ],
)
def test_a_claim_is_judged_by_what_was_measured(text, x, claim, verdict, said):
    advice = advise(compare(FUNCTIONS[text], x), claim)
    assert advice.verdict == verdict and advice.reason.startswith(said)


def test_where_the_slopes_of_both_sides_meet_there_is_no_kink():
    found = compare(parse("x*abs(x)"), 0.0)
    assert (found.reference, found.at_kink, found.kink_inside) == (0.0, False, False)
    assert advise(found).verdict == "pass"
    assert compare(parse("x + abs(x)"), 0.0).at_kink


def test_near_overflow_shorter_steps_are_taken():
    found = compare(FUNCTIONS["exp"], 700.0)
    assert advise(found).verdict == "pass" and found.estimate.error_bar < 1e-8 * found.value


def test_a_slope_that_cannot_be_measured_is_not_given():
    found = compare(FUNCTIONS["sqrt"], 0.0)
    assert math.isnan(found.reference) and found.row("adaptive").note
