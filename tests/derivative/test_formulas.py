"""Finite-difference formulas: values known by hand, and errors of the order the theory gives."""

import math

import numpy as np
import pytest

from minnet.derivative.formulas import (
    EPSILON,
    adaptive,
    backward,
    best_step,
    central,
    complex_step,
    five_point,
    forward,
)
from minnet.derivative.functions import FUNCTIONS

# the function, a point, and the true derivative, from the school book and not from our code
TABLE = [
    ("sigmoid", lambda x: 1 / (1 + np.exp(-x)), 0.7, math.exp(-0.7) / (1 + math.exp(-0.7)) ** 2),
    ("tanh", np.tanh, 0.4, 1 - math.tanh(0.4) ** 2),
    ("x**5", lambda x: x**5, 1.2, 5 * 1.2**4),
    ("exp", np.exp, 1.0, math.e),
    ("log", np.log, 2.0, 0.5),
    ("sin", np.sin, 1.0, math.cos(1.0)),
    ("cos", np.cos, 2.0, -math.sin(2.0)),
    ("sqrt", np.sqrt, 3.0, 0.5 / math.sqrt(3.0)),
    ("reciprocal", lambda x: 1 / x, 1.5, -1 / 1.5**2),
    ("softplus", lambda x: np.log(1 + np.exp(x)), 0.3, 1 / (1 + math.exp(-0.3))),
    ("x**x", lambda x: x**x, 1.2, 1.2**1.2 * (math.log(1.2) + 1)),
    ("arctan", np.arctan, 0.9, 1 / (1 + 0.9**2)),
]
ORDERS = [(forward, 1), (backward, 1), (central, 2), (five_point, 4)]
on_table = pytest.mark.parametrize(
    ("f", "x", "true"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
with_order = pytest.mark.parametrize(
    ("rule", "order"), ORDERS, ids=lambda v: getattr(v, "__name__", v)
)


def test_sigmoid_at_0_with_step_1e_4_gives_a_quarter():
    assert round(central(lambda x: 1 / (1 + math.exp(-x)), 0.0, h=1e-4), 8) == 0.25


def test_square_at_3_with_step_1e_3_gives_6():
    assert central(lambda x: x**2, 3.0, h=1e-3) == pytest.approx(6.0, abs=1e-11)


@on_table
@with_order
def test_truncation_shrinks_with_the_power_of_h_that_theory_gives(rule, order, f, x, true):
    # well above round-off, halving h divides the error by 2^order
    h = 0.02 if order < 4 else 0.1
    observed = math.log2(abs(rule(f, x, h) - true) / abs(rule(f, x, h / 2) - true))
    assert observed == pytest.approx(order, abs=0.25)


@on_table
@with_order
def test_the_default_step_leaves_the_error_that_theory_gives(rule, order, f, x, true):
    error = abs(rule(f, x) - true)
    # h^order and eps/h are both eps^(order/(order+1)) there; derivatives here are of order 1-30
    assert error < 30 * EPSILON ** (order / (order + 1)) * max(x, 1.0) ** order


@on_table
def test_the_complex_step_is_as_exact_as_the_function_itself(f, x, true):
    assert abs(complex_step(f, x) - true) <= 8 * EPSILON * abs(true)


@on_table
def test_the_adaptive_error_bar_holds_the_true_derivative_and_is_small(f, x, true):
    found = adaptive(f, x)
    assert abs(found.value - true) <= found.error_bar < 1e-9 * abs(true)


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1e3, 1e9])
def test_adaptive_needs_no_setting_for_the_scale_of_x(scale):
    found = adaptive(lambda x: np.sin(x / scale), scale)
    assert abs(found.value * scale - math.cos(1)) <= found.error_bar * scale < 1e-9


def test_adaptive_finds_the_short_step_that_a_fast_oscillation_needs():
    found = adaptive(lambda x: np.sin(200 * x), 1.0)
    assert abs(found.value - 200 * math.cos(200)) <= found.error_bar < 1e-6


def test_adaptive_measures_the_precision_of_the_function():
    exact = adaptive(np.sin, 1.0)
    coarse = adaptive(lambda x: np.float32(np.sin(np.float32(x))), 1.0)
    assert coarse.error_bar > 1e4 * exact.error_bar
    assert abs(coarse.value - math.cos(1)) <= coarse.error_bar


def test_adaptive_marks_a_kink_and_spans_the_two_slopes():
    found = adaptive(lambda x: max(x, 0.0), 0.0)
    assert found.at_kink
    assert found.value == pytest.approx(0.5) and found.error_bar == pytest.approx(0.5)


def test_a_kink_beside_the_point_does_no_harm():
    found = adaptive(lambda x: max(x, 0.0), 1e-6)
    assert not found.at_kink and abs(found.value - 1.0) <= found.error_bar < 1e-9


def test_adaptive_outside_the_domain_gives_an_infinite_bar():
    found = adaptive(lambda x: math.log(x), -1.0)
    assert math.isnan(found.value) and math.isinf(found.error_bar)


def test_every_rule_works_elementwise():
    x = np.array([0.5, 1.0, 2.0])
    for rule, _ in ORDERS:
        np.testing.assert_allclose(rule(np.exp, x), np.exp(x), rtol=1e-6)
    np.testing.assert_allclose(complex_step(np.exp, x), np.exp(x), rtol=1e-15)
    found = adaptive(np.exp, x)
    assert np.all(np.abs(found.value - np.exp(x)) <= found.error_bar)


def test_default_steps_grow_with_x():
    assert best_step(1e6, order=2) == pytest.approx(1e6 * best_step(1.0, order=2))


@pytest.mark.parametrize("h", [0.0, -1e-3, math.nan, math.inf])
@pytest.mark.parametrize("rule", [forward, backward, central, five_point, complex_step])
def test_a_step_that_is_not_positive_is_refused(rule, h):
    with pytest.raises(ValueError, match="step h must be a positive number"):
        rule(math.sin, 1.0, h)


def test_the_complex_step_refuses_a_function_that_drops_the_imaginary_part():
    with pytest.raises(TypeError, match="not analytic"):
        complex_step(abs, -2.0)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("x", [-2.3, -0.6, 0.7, 7.5])
def test_the_true_derivative_of_every_known_function_is_true(name, x):
    function = FUNCTIONS[name]
    with np.errstate(all="ignore"):
        if not np.isfinite(function(x)):
            pytest.skip("outside the domain")
        found = adaptive(function, x)
    assert abs(found.value - function.derivative(x)) <= found.error_bar + 4 * EPSILON
