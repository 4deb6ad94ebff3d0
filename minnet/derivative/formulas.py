"""Finite-difference formulas for the derivative of a function of one variable.

Each has two errors. *Truncation* is what the formula leaves out of the Taylor series; it
shrinks with a power of the step h, the formula's *order*. *Round-off* is the noise in f, about
ε|f| with ε = 2.2e-16, divided by h; it grows as h shrinks. The best step balances the two:
h ~ ε^(1/(order+1)), and leaves an error of about ε^(order/(order+1)).

All formulas work elementwise: `x` may be an array when `f` takes arrays.

Sources: Press et al., Numerical Recipes, 3rd ed., section 5.7; Squire and Trapp, SIAM Review
40, 110 (1998), for the complex step; Fornberg, Math. Comp. 51, 699 (1988), for the five-point
formula.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.measure.differences import slope
from minnet.gradcheck.measure.noise import noise_floor
from minnet.gradcheck.measure.staircase import without_jumps

EPSILON = float(np.finfo(np.float64).eps)
#: no difference is taken, so there is no cancellation and h may be as small as one likes
COMPLEX_STEP = 1e-20
#: what part of |x| the steps are scaled by where they leave the domain
NEARER = (1e-2, 1e-4)

Function = Callable[[Any], Any]


@dataclass(frozen=True)
class Estimate:
    """A derivative with its error bar: the true one lies within ``value ± error_bar``.

    At a kink (`at_kink`) there is no derivative; the interval then reaches from one one-sided
    slope to the other. `step` is the h that was settled on. Each is a float, or an array of
    the shape of x.
    """

    value: Any
    error_bar: Any
    step: Any
    at_kink: Any


def forward(f: Function, x: Any, h: float | None = None) -> Any:
    """Forward difference: ``(f(x + h) - f(x)) / h``.

    Order 1: the error is about ``h/2 |f''| + 2 ε|f|/h``; at the best step, 1e-8.

    Parameters
    ----------
    f : callable
        A function of one variable.
    x : float or array
        Where to differentiate.
    h : float, optional
        The step; by default ``ε^(1/2) max(|x|, 1)``.

    Returns
    -------
    float or array
        The derivative, of the shape of x.

    Raises
    ------
    ValueError
        When h is 0, negative or not finite.

    Examples
    --------
    >>> forward(lambda x: x**2, 3.0, h=0.5)
    6.5
    """
    h = _step(h, x, order=1)
    return (f(x + h) - f(x)) / h


def backward(f: Function, x: Any, h: float | None = None) -> Any:
    """Backward difference: ``(f(x) - f(x - h)) / h``.

    Order 1: the error is about ``h/2 |f''| + 2 ε|f|/h``; at the best step, 1e-8. Parameters
    and errors as for `forward`.

    Examples
    --------
    >>> backward(lambda x: x**2, 3.0, h=0.5)
    5.5
    """
    h = _step(h, x, order=1)
    return (f(x) - f(x - h)) / h


def central(f: Function, x: Any, h: float | None = None) -> Any:
    """Central difference: ``(f(x + h) - f(x - h)) / 2h``.

    Order 2: the error is about ``h²/6 |f'''| + ε|f|/h``; at the best step, 1e-11. Parameters
    and errors as for `forward`; by default ``h = ε^(1/3) max(|x|, 1)``.

    Examples
    --------
    >>> central(lambda x: x**2, 3.0, h=0.5)
    6.0
    """
    h = _step(h, x, order=2)
    return (f(x + h) - f(x - h)) / (2 * h)


def five_point(f: Function, x: Any, h: float | None = None) -> Any:
    """Five-point formula: ``(8 (f(x+h) - f(x-h)) - (f(x+2h) - f(x-2h))) / 12h``.

    Order 4: the error is about ``h⁴/30 |f⁽⁵⁾| + 1.5 ε|f|/h``; at the best step, 1e-13.
    Parameters and errors as for `forward`; by default ``h = ε^(1/5) max(|x|, 1)``.

    Examples
    --------
    >>> five_point(lambda x: x**4, 1.0, h=0.5)
    4.0
    """
    h = _step(h, x, order=4)
    near, far = f(x + h) - f(x - h), f(x + 2 * h) - f(x - 2 * h)
    return (8 * near - far) / (12 * h)


def complex_step(f: Function, x: Any, h: float = COMPLEX_STEP) -> Any:
    """Complex-step derivative: ``Im f(x + ih) / h``.

    Order 2: the error is about ``h²/6 |f'''|``, and no round-off is magnified because nothing
    is subtracted: with the default h the derivative is as exact as f itself. It asks that `f`
    is analytic and computes with complex numbers.

    Parameters
    ----------
    f : callable
        A function of one variable that takes complex numbers.
    x : float or array
        Where to differentiate.
    h : float
        The step.

    Returns
    -------
    float or array
        The derivative, of the shape of x.

    Raises
    ------
    ValueError
        When h is 0, negative or not finite.
    TypeError
        When `f` does not compute with complex numbers (it raises, or returns a real one, as
        ``abs`` does).

    Examples
    --------
    >>> float(complex_step(lambda x: x**3, 2.0))
    12.0
    """
    h = _step(h, x, order=2)
    with warnings.catch_warnings():
        # float(complex number) only warns, and would drop the very part that is wanted
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        try:
            value = f(x + 1j * h)
        except np.exceptions.ComplexWarning:
            raise TypeError("the function drops the imaginary part of its argument") from None
    if not np.iscomplexobj(value):
        raise TypeError("the function gives a real number for a complex one: it is not analytic")
    return np.imag(np.asarray(value))[()] / h


def adaptive(f: Function, x: Any) -> Estimate:
    """Measure the derivative on several ladders of steps, and how far it can be trusted.

    Each ladder fits the odd and the even part of f about x; what the fit leaves over gives the
    error bar, and so does the noise measured in f itself, so that nothing is assumed of its
    precision. The ladder with the smallest bar wins; a kink is noticed. This is how the
    gradient checker measures: see `minnet.gradcheck.measure.differences`.

    Parameters
    ----------
    f : callable
        A function of one variable; of arrays, elementwise, where x is an array.
    x : float or array
        Where to differentiate.

    Returns
    -------
    Estimate
        An infinite error bar where f is not finite at x.

    Examples
    --------
    >>> found = adaptive(np.exp, 1.0)
    >>> bool(abs(found.value - np.e) <= found.error_bar < 1e-9)
    True
    >>> bool(adaptive(abs, 0.0).at_kink)
    True
    """
    x = np.asarray(x, np.float64)
    found = _measured(f, x, 1.0)
    for nearer in NEARER:  # exp(700): a step of a part of x overflows, and a shorter one does not
        if np.isfinite(found.error_bar).all():
            break
        closer, known = _measured(f, x, nearer), np.isfinite(found.error_bar)
        pairs = [
            (getattr(found, field.name), getattr(closer, field.name)) for field in fields(found)
        ]
        found = Estimate(*(np.where(known, old, new)[()] for old, new in pairs))
    return found


def _measured(f: Function, x: Array, unit_of_x: float) -> Estimate:
    """Measure with steps that are parts of `unit_of_x` times |x|."""
    point = x.ravel()
    size = np.where(point == 0, 1.0, np.abs(point)) * unit_of_x

    def values(t: float) -> Array:
        with np.errstate(all="ignore"):
            moved = (point + t * size).reshape(x.shape)
            try:
                value = f(moved if x.ndim else float(moved))
            except (ArithmeticError, ValueError):  # math.log(-1): outside the domain
                return np.full(point.shape, np.nan)
            return np.asarray(value, np.float64).reshape(point.shape)

    at_x = values(0.0)
    known = np.isfinite(at_x)
    # a power of two scales without rounding, and keeps squares from overflowing
    unit = np.where(known & (at_x != 0), np.ldexp(1.0, np.frexp(at_x)[1] - 1), 1.0)
    base = np.where(known, at_x / unit, 0.0)

    def line(t: float) -> Array:
        return values(t) / unit

    noise = without_jumps(noise_floor(line, base, 1.0), line, base, 1.0)
    found = slope(line, base, 1.0, noise)
    with np.errstate(all="ignore"):
        per_x = unit / size
    return Estimate(
        np.where(known, found.value * per_x, np.nan).reshape(x.shape)[()],
        np.where(known, found.error_bar * per_x, np.inf).reshape(x.shape)[()],
        (found.step * size).reshape(x.shape)[()],
        (known & found.at_kink).reshape(x.shape)[()],
    )


@dataclass(frozen=True)
class Difference:
    """A finite difference by name, with its formula and the order of its truncation error."""

    name: str
    text: str
    order: int
    rule: Callable[..., Any]


DIFFERENCES = (
    Difference("forward", "(f(x+h)-f(x)) / h", 1, forward),
    Difference("backward", "(f(x)-f(x-h)) / h", 1, backward),
    Difference("central", "(f(x+h)-f(x-h))/2h", 2, central),
    Difference("five-point", "(8 d1 - d2) / 12h", 4, five_point),
)


def best_step(x: Any, order: int) -> Any:
    """Return the step that balances truncation and round-off for a formula of this order.

    >>> f"{best_step(0.5, order=2):.1e}"
    '6.1e-06'
    """
    return EPSILON ** (1 / (order + 1)) * np.maximum(np.abs(x), 1.0)


def _step(h: float | None, x: Any, order: int) -> Any:
    if h is None:
        return best_step(x, order)
    if not (np.isfinite(h) and h > 0):
        raise ValueError(f"the step h must be a positive number, not {h}: leave it out to choose")
    return h
