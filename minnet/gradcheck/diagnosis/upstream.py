"""Mistakes in what is made of dout: ignored, not linear, passed on without a derivative."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.diagnosis.common import gradient_of, number
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.gradcheck.diagnosis.fits import fitted, row_factors
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
    a = 2 * evidence.a
    if evidence.shared.is_claimed(evidence.wrt, 2 * evidence.dout, a, np.abs(a)):
        return None
    message = f"{gradient_of(evidence)} is not linear in dout: doubling dout does not double it."
    return Finding("nonlinear_upstream", message, {})


def of_what_forward_leaves_out(evidence: Evidence) -> Finding | None:
    """A gradient of what no output depends on: it is the one term that is too many."""
    J = evidence.J
    if J is None or J.any() or not evidence.a.any():
        return None
    message = (
        f"forward gives the same whatever {evidence.wrt} is, and backward a gradient of it: "
        f"either {evidence.wrt} is left out in forward, or its gradient is 0."
    )
    return Finding("extra_term", message, {"left_out": evidence.wrt})


def local_derivative_missing(evidence: Evidence) -> Finding | None:
    """dout passed on unchanged, changed only by its shape, or without the activation's slope."""
    J, A = evidence.J, evidence.A
    if J is None or A is None or evidence.case.is_loss:
        return None
    copied = A != 0
    if not copied.any(axis=0).all() or not evidence.same(A[copied], A[copied][:1]).all():
        return _missing_inside(evidence, J, A)
    factor = float(A[copied][0])
    itself = A.shape[0] == A.shape[1] and np.array_equal(A, np.eye(len(A)))
    if not itself and (evidence.live & ~copied).any():
        return None
    if factor != 1 and not _one_size(evidence, factor):
        return None
    how = "dout itself" if itself else "dout, only copied or added up to another shape"
    if factor != 1:
        how += f" (times {number(factor)})"
    slopes = J[copied]
    low, high = f"{slopes.min():.3g}", f"{slopes.max():.3g}"
    value = f"lies between {low} and {high}" if low != high else f"is {low}"
    message = (
        f"{gradient_of(evidence)} is {how}: the local derivative is missing. By the chain rule "
        "dout has to be multiplied by the derivative of the output with respect to "
        f"{evidence.wrt}, which {value} here."
    )
    return Finding("local_derivative_missing", message, factor=Factor(factor))


def local_derivative_of_input(evidence: Evidence) -> Finding | None:
    """The local derivative evaluated at the wrong point."""
    found = _local_slopes(evidence)
    if found is None:
        return None
    slope, claimed, tolerance = found
    wrong = np.abs(claimed - slope) > tolerance
    if not wrong.any():
        return None
    for point, words, predicted, bar in _wrong_points(evidence, slope, tolerance):
        another = ~evidence.same(slope, predicted, bar + tolerance)  # not told, were bars wide
        if (evidence.same(claimed, predicted, bar) & another)[wrong].all():
            message = (
                f"{gradient_of(evidence)} uses the local derivative at the wrong point: {words}."
            )
            return Finding("local_derivative_of_input", message, {"point": point}, about=(point,))
    return None


# --- helpers ------------------------------------------------------------------------------


def _one_size(evidence: Evidence, factor: float) -> bool:
    """Whether J's live entries are all this factor: a mask that is not applied, scaled as due."""
    assert evidence.J is not None
    live = evidence.live
    off = np.abs(evidence.J - factor)[live]
    return bool(live.any() and np.all(off <= evidence.J_tolerance[live]))


def _missing_inside(evidence: Evidence, J: Array, A: Array) -> Finding | None:
    """A layer with an activation behind it: J = s·A row by row, s the activation's slope.

    s is the derivative for a variable that is added before the activation (a bias), or it is
    known from the output.
    """
    if ((A != 0).sum(axis=1) < 2).all():
        return None  # element by element: nothing comes before the activation
    found = row_factors(J, evidence.J_tolerance, A)
    if found is None:
        return None
    (s, error), used = (part[:, 0] for part in found), A.any(axis=1)
    if np.ptp(s[used]) <= 2 * error.max():
        return None  # one and the same factor is no slope
    slopes = _known_slopes(evidence)
    if not any(evidence.same(s, known, error + bar)[used].all() for known, bar in slopes):
        return None
    message = (
        f"{gradient_of(evidence)} leaves out the derivative of what forward does last (an "
        "activation, a mask): it is right for a dout that has been multiplied by it already. That "
        f"derivative lies between {s.min():.3g} and {s.max():.3g} here, and backward acts as if it "
        "were 1."
    )
    return Finding("local_derivative_missing", message, {"inside": True})


def _known_slopes(evidence: Evidence) -> Iterator[tuple[Array, Array | float]]:
    """Yield what an activation's slope may be, with its bar: by the output, or by a bias.

    A bias has one entry in each row of its Jacobian.
    """
    y = evidence.probe.base
    for slope in (1 - y**2, y * (1 - y), (y > 0).astype(float), y):
        yield slope, 0.0
    for other in (evidence.about(name) for name in evidence.others):
        if other.J is not None and ((other.J != 0).sum(axis=1) <= 1).all():
            yield other.J.sum(axis=1), other.J_tolerance.max(axis=1)


def _local_slopes(evidence: Evidence) -> tuple[Array, Array, Array] | None:
    """Return dy/dx, the slope claimed, and by how much they may differ, for y = f(x) elementwise.

    None where it is not: where the derivatives off the diagonal are not zero.
    """
    J, A = evidence.J, evidence.A
    if J is None or A is None or len(J) != evidence.x.size or len(evidence.probe.outputs) != 1:
        return None
    if np.any((evidence.live | (A != 0)) & ~np.eye(len(J), dtype=bool)):
        return None
    return np.diag(J), np.diag(A), np.diag(evidence.J_tolerance)


def _wrong_points(
    evidence: Evidence, slope: Array, tolerance: Array
) -> Iterator[tuple[str, str, Array, Array | float]]:
    """Yield ways to take the derivative at a wrong point, in words, what they give, and its bar."""
    name, x, y = evidence.wrt, evidence.x.astype(float).ravel(), evidence.probe.base
    at_output = _slopes_at(evidence, y)
    if at_output is not None:
        words = f"at the output, f'(f({name})), where f'({name}) belongs"
        yield "output for input", words, *at_output
    for text, formula in _FORMULAS:
        with np.errstate(all="ignore"):
            if evidence.same(formula(y), slope, tolerance).all():
                words = f"a formula that holds for the output ({text}) is given the input {name}"
                yield "input for output", words, formula(x), 0.0
    parabola = fitted(_powers(y), slope, tolerance)
    if parabola is not None:
        words = f"a formula that holds for the output is given the input {name}"
        yield "input for output", words, *parabola.at(_powers(x))


_FORMULAS: tuple[tuple[str, Callable[[Array], Array]], ...] = (
    ("y(1 - y)", lambda y: y * (1 - y)),
    ("1 - y**2", lambda y: 1 - y**2),
    ("y", lambda y: y),
    ("1 - exp(-y)", lambda y: 1 - np.exp(-y)),
    ("1/(2y)", lambda y: 0.5 / y),
    ("exp(-y)", lambda y: np.exp(-y)),
)


def _powers(v: Array) -> Array:
    """Return what other formulas are made of, like y * (a - y) or (a + y) * (b - y)."""
    return np.stack([np.ones_like(v), v, v**2], axis=1)


def _slopes_at(evidence: Evidence, point: Array) -> tuple[Array, Array] | None:
    """Measure the slopes of a function element by element at another point, with their bars."""
    moved = {evidence.wrt: point.reshape(evidence.x.shape).astype(evidence.x.dtype)}
    try:
        there = evidence.at(evidence.case.with_variables(moved))
    except CodeError:
        return None
    if there.probe.base.shape != point.shape or not np.isfinite(there.probe.base).all():
        return None
    direction = there.probe.size[evidence.wrt]
    found = there.probe.along(evidence.wrt, direction, np.ones(point.size))
    size = direction.ravel()
    return np.asarray(found.value / size), np.asarray(found.error_bar / size)
