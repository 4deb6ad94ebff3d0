"""The derivative calculator: every method side by side, and what an expert would say of them.

`compare` computes, `minnet.cli.derivative` prints, `minnet.derivative.plots` draws.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.derivative.advice import jumps, verdict_on, warnings_on
from minnet.derivative.formulas import (
    Estimate,
    adaptive,
    backward,
    best_step,
    central,
    complex_step,
    five_point,
    forward,
)
from minnet.derivative.functions import Function
from minnet.report.results import Finding, Verdict

#: name, short formula, order of the truncation error, function
DIFFERENCES: tuple[tuple[str, str, int, Callable[..., Any]], ...] = (
    ("forward", "(f(x+h)-f(x)) / h", 1, forward),
    ("backward", "(f(x)-f(x-h)) / h", 1, backward),
    ("central", "(f(x+h)-f(x-h))/2h", 2, central),
    ("five-point", "(8 d1 - d2) / 12h", 4, five_point),
)
#: the usual rule of thumb for a correct gradient: relative error below this
USUAL_TOLERANCE = 1e-7


class CalculatorError(Exception):
    """The derivative cannot be calculated; the message says why and what to try."""


@dataclass(frozen=True)
class Row:
    """One method: what it gives and how far that is from the reference.

    `relative_error` is ``|n - a| / max(|n|, |a|)``. `note` says why there is no value.
    """

    method: str
    formula: str
    value: float
    absolute_error: float
    relative_error: float
    step: float
    note: str = ""


@dataclass(frozen=True)
class Comparison:
    """All methods at one point.

    `reference` is the true derivative where `exact`; at a kink the middle of the two one-sided
    `slopes` (from the left, from the right); else the adaptive value; nan where there is none.
    """

    function: Function
    x: float
    step: float | None
    value: float
    reference: float
    exact: bool
    estimate: Estimate
    slopes: tuple[float, float]
    rows: tuple[Row, ...]
    verdict: Verdict
    reason: str
    warnings: tuple[Finding, ...]

    def row(self, method: str) -> Row:
        """Return the row of one method."""
        return next(row for row in self.rows if row.method == method)


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
    if not math.isfinite(x):
        raise CalculatorError(f"x is {x}: a derivative is taken at a finite number")
    if step is not None and not (math.isfinite(step) and step > 0):
        raise CalculatorError(
            f"the step is {step:g}: a difference needs a positive step h (over a distance of 0 "
            "it would be 0/0); leave --step out and a good one is chosen"
        )
    with np.errstate(all="ignore"):
        f = safe(function)
        value = f(x)
        estimate = _plain(adaptive(f, x))
        true = float(function.derivative(x)) if function.derivative else math.nan
        bent = estimate.at_kink or any(float(s(x)) == 0 for s in function.switches)
        exact = math.isfinite(true) and not bent
        reference = true if exact else estimate.value
        if not math.isfinite(value) or jumps(f, x):
            reference, exact = math.nan, False
        tiny = best_step(x, 1)
        slopes = float(backward(f, x, tiny)), float(forward(f, x, tiny))
        if bent and math.isfinite(reference):
            reference = (slopes[0] + slopes[1]) / 2
        rows = (*_difference_rows(f, x, step, reference), *_other_rows(f, x, reference, estimate))
        found = Comparison(
            function, x, step, value, reference, exact, estimate, slopes, rows, "pass", "", ()
        )
        verdict, reason = verdict_on(found, f)
        warnings = tuple(warnings_on(found, f))
    return Comparison(**{**vars(found), "verdict": verdict, "reason": reason, "warnings": warnings})


@dataclass(frozen=True)
class Sweep:
    """The error of every finite difference against the step: arrays over `step`.

    `absolute` says that errors are absolute, because the derivative itself is 0.
    """

    step: Array
    errors: dict[str, Array]
    absolute: bool


def sweep(comparison: Comparison) -> Sweep:
    """Measure the error of the finite differences over steps from 1e-16 to 1, relative to x."""
    f, x = safe(comparison.function), comparison.x
    steps = np.logspace(-16, 0, 129) * max(abs(x), 1.0)
    absolute = abs(comparison.reference) < 1e-200
    scale = 1.0 if absolute else abs(comparison.reference)
    with np.errstate(all="ignore"):
        errors = {
            name: np.array([abs(rule(f, x, h) - comparison.reference) / scale for h in steps])
            for name, _, _, rule in DIFFERENCES
        }
    return Sweep(steps, errors, absolute)


def safe(function: Function) -> Callable[[Any], Any]:
    """Return the function with floating-point failures as inf and nan, others as one line."""

    def call(x: Any) -> Any:
        try:
            value = function(x)
        except Exception as error:
            if isinstance(x, complex):  # whatever it says, it does not take complex numbers
                raise TypeError("the function does not take complex numbers") from None
            if isinstance(error, OverflowError):
                return math.inf
            if isinstance(error, (ValueError, ZeroDivisionError)):
                return math.nan
            raise CalculatorError(
                f"{function.name}({x:g}) raised {type(error).__name__}: {error}"
            ) from None
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


def _plain(found: Estimate) -> Estimate:
    return Estimate(
        float(found.value), float(found.error_bar), float(found.step), bool(found.at_kink)
    )


def relative_error(numeric: float, analytic: float) -> float:
    """Return ``|n - a| / max(|n|, |a|)``, 0 where both are 0.

    >>> relative_error(1.0, 1.1)
    0.0909090909090909...
    """
    largest = max(abs(numeric), abs(analytic))
    return abs(numeric - analytic) / largest if largest else 0.0


def _row(name: str, formula: str, value: float, reference: float, step: float) -> Row:
    value = float(value)
    note = "" if math.isfinite(value) else "f is not finite at x ± h"
    error, relative = abs(value - reference), relative_error(value, reference)
    return Row(name, formula, value, error, relative, float(step), note)


def _difference_rows(
    f: Callable[[Any], Any], x: float, step: float | None, reference: float
) -> Iterator[Row]:
    for name, formula, order, rule in DIFFERENCES:
        h = best_step(x, order) if step is None else step
        yield _row(name, formula, rule(f, x, h), reference, h)


def _other_rows(
    f: Callable[[Any], Any], x: float, reference: float, estimate: Estimate
) -> Iterator[Row]:
    name, formula = "complex-step", "Im f(x + ih) / h"
    try:
        yield _row(name, formula, complex_step(f, x), reference, 1e-20)
    except TypeError:
        note = "f does not take complex numbers"
        yield Row(name, formula, math.nan, math.nan, math.nan, 1e-20, note)
    yield _row("adaptive", "fit over many h", estimate.value, reference, estimate.step)
