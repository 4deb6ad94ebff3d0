"""Measure a derivative by every method, side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minnet.derivative.compared import Comparison, Row, Sweep, relative_error
from minnet.derivative.formulas import (
    COMPLEX_STEP,
    DIFFERENCES,
    Estimate,
    adaptive,
    backward,
    best_step,
    complex_step,
    forward,
)
from minnet.derivative.functions import Function

#: two steps between which the slopes of a smooth function come a thousand times nearer
TURN = np.array([1e-4, 1e-7])


class CalculatorError(Exception):
    """The derivative cannot be calculated; the message says why and what to try."""


def compare(function: Function, x: float, step: float | None = None) -> Comparison:
    """Differentiate a function at a point with every method.

    Parameters
    ----------
    function : Function
    x : float
    step : float, optional
        One step h for the finite differences; by default each takes the best one of its order.

    Returns
    -------
    Comparison

    Raises
    ------
    CalculatorError
        When x or the step is not usable, or the function itself fails at x.

    Examples
    --------
    >>> from minnet.derivative.functions import FUNCTIONS
    >>> round(compare(FUNCTIONS["sigmoid"], 0.0, step=1e-4).row("central").value, 8)
    0.25
    """
    _check(x, step)
    with np.errstate(all="ignore"):
        f = safe(function)
        value, estimate = f(x), _plain(adaptive(f, x))
        bent = estimate.at_kink or 0.0 in _switches(function, x) and _turns(f, x)
        true = _true_derivative(function, x)
        exact = math.isfinite(true) and not bent
        reference = true if exact else estimate.value
        jumps = math.isfinite(value) and _jumps(f, x)
        unknown = not exact and not math.isfinite(estimate.error_bar)
        if not math.isfinite(value) or jumps or unknown:
            reference, exact = math.nan, False
        tiny = best_step(x, 1)
        slopes = float(backward(f, x, tiny)), float(forward(f, x, tiny))
        if bent and math.isfinite(reference):
            reference = (slopes[0] + slopes[1]) / 2
        return Comparison(
            function=function,
            x=x,
            step=step,
            value=value,
            reference=reference,
            exact=exact,
            estimate=estimate,
            slopes=slopes,
            rows=(*_differences(f, x, step, reference), *_others(f, x, reference, estimate)),
            bent=bent,
            kink_inside=(bent or 0.0 not in _switches(function, x))
            and _bends_within(function, x, best_step(x, 2) if step is None else step),
            flat=math.isfinite(reference) and not estimate.at_kink and _is_flat(f, x, value),
            jumps=jumps,
        )


def sweep(comparison: Comparison) -> Sweep:
    """Measure the error of the finite differences over steps from 1e-16 to 1, relative to x."""
    f, x, reference = safe(comparison.function), comparison.x, comparison.reference
    steps = np.logspace(-16, 0, 129) * max(abs(x), 1.0)
    absolute = abs(reference) < 1e-200
    scale = 1.0 if absolute else abs(reference)
    with np.errstate(all="ignore"):
        errors = tuple(
            (formula, np.array([abs(formula.rule(f, x, h) - reference) / scale for h in steps]))
            for formula in DIFFERENCES
        )
    return Sweep(steps, errors, absolute)


def safe(function: Function) -> Callable[[Any], Any]:
    """Return the function with floating-point failures as inf and nan, others as one line."""

    def call(x: Any) -> Any:
        try:
            value = function(x)
        except (Exception, SystemExit) as error:
            return _failed(function, x, error)
        if np.ndim(value) and np.size(value) == 1:
            value = np.asarray(value).reshape(())[()]
        if isinstance(x, complex):
            return value
        try:
            return float(value)
        except (TypeError, ValueError):
            raise CalculatorError(
                f"{function.name}({x:g}) returns {type(value).__name__} of shape "
                f"{np.shape(value)}: the calculator needs a function from a number to a number"
            ) from None

    return call


def _failed(function: Function, x: Any, error: BaseException) -> float:
    """Return what a function that raised stands for, where that is a number."""
    if isinstance(x, complex):  # whatever it says, it does not take complex numbers
        raise TypeError("the function does not take complex numbers") from None
    if isinstance(error, OverflowError):
        return math.inf
    if isinstance(error, (ValueError, ZeroDivisionError)):
        return math.nan
    message = f"{function.name}({x:g}) raised {type(error).__name__}: {error}"
    raise CalculatorError(message) from None


def _check(x: float, step: float | None) -> None:
    if not math.isfinite(x):
        raise CalculatorError(f"x is {x}: a derivative is taken at a finite number")
    if step is not None and not (math.isfinite(step) and step > 0):
        raise CalculatorError(
            f"the step is {step:g}: a difference needs a positive step h (over a distance of 0 "
            "it would be 0/0); leave --step out and a good one is chosen"
        )


def _true_derivative(function: Function, x: float) -> float:
    """Return the derivative that is known for the function; nan where none is."""
    if function.derivative is None:
        return math.nan
    try:
        return float(function.derivative(x))
    except ArithmeticError:  # a pole: 1/x at 0
        return math.nan


def _switches(function: Function, x: float) -> list[float]:
    """Return what passes through zero where the function has a kink; nan where it has no value."""
    values = []
    for switch in function.switches:
        try:
            values.append(float(switch(x)))
        except ArithmeticError:
            values.append(math.nan)
    return values


def _bends_within(function: Function, x: float, h: float) -> bool:
    """Return whether a switch changes sign, or is zero, from x - h to x + h."""
    ends = zip(_switches(function, x - h), _switches(function, x + h), strict=True)
    return any(low * high <= 0 for low, high in ends)


def _plain(found: Estimate) -> Estimate:
    return Estimate(
        float(found.value), float(found.error_bar), float(found.step), bool(found.at_kink)
    )


def _jumps(f: Callable[[Any], Any], x: float) -> bool:
    """Return whether the values just left and right of x differ as much as those farther off."""
    unit = max(abs(x), 1.0)
    near = abs(f(x + 1e-12 * unit) - f(x - 1e-12 * unit))
    right, left = f(x + 1e-3 * unit), f(x - 1e-3 * unit)
    size = max(abs(f(x)), abs(right), abs(left))
    return bool(near > 0.5 * abs(right - left) and near > 1e-6 * size)


def _turns(f: Callable[[Any], Any], x: float) -> bool:
    """Return whether the slopes from the left and the right stay apart: x·|x| has a slope at 0."""
    far, near = (abs(forward(f, x, h) - backward(f, x, h)) for h in TURN * max(abs(x), 1.0))
    return bool(near > 0.5 * far)


def _is_flat(f: Callable[[Any], Any], x: float, value: float) -> bool:
    reach = max(abs(x), 1.0) / 10
    around = [f(x - reach), f(x - reach / 2), f(x + reach / 2), f(x + reach)]
    return all(abs(there - value) <= 1e-10 * abs(value) for there in around)


def _differences(
    f: Callable[[Any], Any], x: float, step: float | None, reference: float
) -> Iterator[Row]:
    for formula in DIFFERENCES:
        h = best_step(x, formula.order) if step is None else step
        yield _row(formula.name, formula.text, formula.rule(f, x, h), reference, h)


def _others(
    f: Callable[[Any], Any], x: float, reference: float, estimate: Estimate
) -> Iterator[Row]:
    name, formula = "complex-step", "Im f(x + ih) / h"
    try:
        yield _row(name, formula, complex_step(f, x), reference, COMPLEX_STEP)
    except TypeError:
        note = "f does not take complex numbers"
        yield Row(name, formula, math.nan, math.nan, math.nan, COMPLEX_STEP, note)
    value = estimate.value if math.isfinite(estimate.error_bar) else math.nan
    yield _row("adaptive", "fit over many h", value, reference, estimate.step)


def _row(name: str, formula: str, value: float, reference: float, step: float) -> Row:
    value = float(value)
    note = "" if math.isfinite(value) else "f is not finite at x ± h"
    error, relative = abs(value - reference), relative_error(value, reference)
    return Row(name, formula, value, error, relative, float(step), note)
