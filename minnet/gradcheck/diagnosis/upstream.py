"""Mistakes in what is made of dout: ignored, not linear, passed on without a derivative."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.diagnosis.common import gradient_of
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.report.results import Factor, Finding


def upstream_ignored(evidence: Evidence) -> Finding | None:
    """The same whatever dout is: the contract has asked."""
    return next((f for f in evidence.contract if f.code == "upstream_ignored"), None)


def nonlinear_upstream(evidence: Evidence) -> Finding | None:
    """Not linear in dout: the contract has asked, unless backward breaks down at dout = 0."""
    told = next((f for f in evidence.contract if f.code == "nonlinear_upstream"), None)
    if told is not None or evidence.case.is_loss:
        return told
    twice = evidence.claimed_for(2 * evidence.dout)
    if twice is None or not np.isfinite(twice).all():
        return None
    slack = 4 * evidence.claims.slack(evidence.wrt, evidence.dout)
    if np.all(np.abs(twice - 2 * evidence.a) <= slack):
        return None
    message = f"{gradient_of(evidence)} is not linear in dout: doubling dout does not double it."
    return Finding("nonlinear_upstream", message, {})


def local_derivative_missing(evidence: Evidence) -> Finding | None:
    """dout passed on unchanged, changed only by its shape, or without the activation's slope."""
    J, A = evidence.J, evidence.A
    if J is None or A is None or evidence.case.is_loss:
        return None
    copied = A != 0
    if not copied.any() or not copied.any(axis=0).all():
        return _missing_inside(evidence, J, A)
    factor = float(A[copied][0])
    if not np.all(np.abs(A[copied] - factor) <= 1e-12 * abs(factor)):
        return _missing_inside(evidence, J, A)
    live = np.abs(J) > evidence.J_tolerance
    itself = A.shape[0] == A.shape[1] and factor == 1 and np.array_equal(A, np.eye(len(A)))
    if factor < 0 or (factor != 1 and not _one_size(evidence, factor)):
        return None
    if not itself and (live & ~copied).any():
        return None
    name = gradient_of(evidence)
    how = "dout itself" if itself else "dout, only copied or added up to another shape"
    if factor != 1:
        how += f" (times {factor:.4g})"
    message = (
        f"{name} is {how}: the local derivative is missing. By the chain rule dout has to be "
        "multiplied by the derivative of the output with respect to "
        f"{evidence.wrt}, which lies between {J.min():.3g} and {J.max():.3g} here."
    )
    return Finding("local_derivative_missing", message, factor=Factor(round(factor, 12)))


def local_derivative_of_input(evidence: Evidence) -> Finding | None:
    """The local derivative evaluated at the wrong point."""
    found = _local_slopes(evidence)
    if found is None:
        return None
    x, y, slope, claimed, limit = found
    wrong = np.abs(claimed - slope) > limit
    if wrong.sum() < 2:
        return None
    for point, words, predicted in _wrong_points(evidence, x, y, slope):
        with np.errstate(all="ignore"):
            off = np.abs(claimed - predicted)
        scale = 1e-7 * (np.abs(predicted) + np.abs(slope).max())
        if np.all(off[wrong] <= limit[wrong] + scale[wrong]):
            message = (
                f"{gradient_of(evidence)} uses the local derivative at the wrong point: {words}."
            )
            return Finding("local_derivative_of_input", message, {"point": point}, about=(point,))
    return None


# --- helpers ------------------------------------------------------------------------------


def _one_size(evidence: Evidence, factor: float) -> bool:
    """Whether J's live entries are all this factor: a mask that is not applied, scaled as due."""
    assert evidence.J is not None
    live = np.abs(evidence.J) > evidence.J_tolerance
    limit = 10 * evidence.J_tolerance[live]
    return bool(live.any() and np.all(np.abs(evidence.J[live] - factor) <= limit))


def _missing_inside(evidence: Evidence, J: Array, A: Array) -> Finding | None:
    """A layer with an activation behind it: J = s·A row by row, s the activation's slope.

    s is the derivative for a variable that is added before the activation (a bias), or it is
    known from the output.
    """
    size = (A**2).sum(axis=1)
    if ((A != 0).sum(axis=1) < 2).all():
        return None  # element by element: nothing comes before the activation
    s = np.where(size > 0, (J * A).sum(axis=1) / np.where(size > 0, size, 1.0), 0.0)
    limit = evidence.J_tolerance.max(axis=1, keepdims=True) + 1e-12 * np.abs(J).max()
    if np.any(np.abs(J - s[:, None] * A) > limit) or np.ptp(s) <= 1e-6 * np.abs(s).max():
        return None
    y = evidence.probe.base
    known: list[Array] = [1 - y**2, y * (1 - y), (y > 0).astype(float), y]
    known += [bias for bias in _bias_slopes(evidence, len(s)) if bias is not None]
    close = 1e-6 * np.abs(s).max() + limit.ravel() / np.sqrt(np.maximum(size, 1e-300))
    if not any(np.all(np.abs(s - k)[size > 0] <= close[size > 0]) for k in known):
        return None
    message = (
        f"{gradient_of(evidence)} leaves out the derivative of the activation: it is right for a "
        f"dout that has been multiplied by it already. That derivative lies between {s.min():.3g} "
        f"and {s.max():.3g} here, and backward acts as if it were 1."
    )
    return Finding("local_derivative_missing", message, {"inside": True})


def _bias_slopes(evidence: Evidence, m: int) -> Iterator[Array | None]:
    """Yield for each other variable its one entry in each row of J, if there is just one."""
    for name in evidence.others:
        J = evidence.about(name).J
        if J is not None and ((J != 0).sum(axis=1) <= 1).all():
            yield J.sum(axis=1)


def _local_slopes(evidence: Evidence) -> tuple[Array, Array, Array, Array, Array] | None:
    """Return x, y, dy/dx, the claimed slope and its limit for a function element by element.

    Behind an affine part, where x is not seen, x is NaN.
    """
    J, A = evidence.J, evidence.A
    if J is None or A is None:
        return None
    y = evidence.probe.base
    if len(y) != evidence.x.size or len(evidence.probe.outputs) != 1:
        return None
    off_diagonal = ~np.eye(len(y), dtype=bool)
    if np.any(A[off_diagonal]) or np.any(
        np.abs(J[off_diagonal]) > evidence.J_tolerance[off_diagonal]
    ):
        return None
    x = evidence.x.astype(float).ravel()
    return x, y, np.diag(J), np.diag(A), np.diag(evidence.J_tolerance) * 10


def _wrong_points(
    evidence: Evidence, x: Array, y: Array, slope: Array
) -> Iterator[tuple[str, str, Array]]:
    """Yield ways to take the derivative at a wrong point, in words, and what they give."""
    name = evidence.wrt
    at_output = _slopes_at(evidence, y)
    if at_output is not None:
        words = f"at the output, f'(f({name})), where f'({name}) belongs"
        yield "output for input", words, at_output
    for text, formula in _FORMULAS:
        with np.errstate(all="ignore"):
            if np.all(np.abs(formula(y) - slope) <= 1e-5 * (1 + np.abs(slope))):
                words = f"a formula that holds for the output ({text}) is given the input {name}"
                yield "input for output", words, formula(x)
    fitted = _as_polynomial(y, slope)
    if fitted is not None:
        words = f"a formula that holds for the output is given the input {name}"
        yield "input for output", words, fitted(x)


_FORMULAS: tuple[tuple[str, Callable[[Array], Array]], ...] = (
    ("y(1 - y)", lambda y: y * (1 - y)),
    ("1 - y**2", lambda y: 1 - y**2),
    ("y", lambda y: y),
    ("1 - exp(-y)", lambda y: 1 - np.exp(-y)),
    ("1/(2y)", lambda y: 0.5 / y),
    ("exp(-y)", lambda y: np.exp(-y)),
)


def _slopes_at(evidence: Evidence, point: Array) -> Array | None:
    """Measure the slopes of a function element by element at another point."""
    moved = {evidence.wrt: point.reshape(evidence.x.shape).astype(evidence.x.dtype)}
    try:
        there = evidence.at(evidence.case.with_variables(moved))
    except CodeError:
        return None
    if there.probe.base.shape != point.shape or not np.isfinite(there.probe.base).all():
        return None
    direction = there.probe.size[evidence.wrt]
    found = there.probe.along(evidence.wrt, direction, np.ones(point.size))
    return np.asarray(found.value / direction.ravel())


def _as_polynomial(y: Array, slope: Array) -> Callable[[Array], Array] | None:
    """Return the polynomial of degree 2 in y that the slope is, if it is one."""
    if len(np.unique(y)) < 5:
        return None
    coefficients = np.polyfit(y, slope, 2)
    if np.abs(np.polyval(coefficients, y) - slope).max() > 1e-7 * (1 + np.abs(slope).max()):
        return None
    return lambda v: np.asarray(np.polyval(coefficients, v))
