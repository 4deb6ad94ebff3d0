"""Gradients that miss what flows through a statistic, or a term that only one pass has."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.diagnosis.common import gradient_of
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.report.results import Factor, Finding

#: a basis needs groups with this many elements more than it has vectors
SPARE = 2


def statistic_constant(evidence: Evidence) -> Finding | None:
    """The right one but for what flows through a statistic."""
    if evidence.case.is_loss or evidence.J is None or evidence.A is None:
        return _lost_invariance(evidence)
    J, A = evidence.J, evidence.A
    groups = _groups(evidence, J)
    if groups is None:
        return _lost_invariance(evidence)
    for terms in _statistics(evidence):
        parts = _decomposed(J, groups, terms, evidence)
        if parts is None:
            continue
        local, shares = parts
        for kept in _proper_subsets(len(terms)):
            predicted = np.diag(local) + sum((shares[k] for k in kept), np.zeros_like(J))
            if np.all(np.abs(A - predicted) <= 20 * evidence.J_tolerance):
                lost = [terms[k].name for k in range(len(terms)) if k not in kept]
                return _finding(evidence, lost, len(groups[0]))
        if np.all(np.abs(A - np.diag(np.diag(J))) <= evidence.J_tolerance):
            return _finding(evidence, [t.name for t in terms], len(groups[0]))
    return None


def weight_decay(evidence: Evidence) -> Finding | None:
    """Off by a multiple of the variable itself."""
    x = evidence.x.astype(float)
    if evidence.case.is_loss:
        if evidence.wrt in evidence.case.batched or not evidence.complete:
            return None
        rest, tolerance = evidence.a - evidence.numeric, evidence.tolerance
    else:
        at_zero = evidence.claimed_for(0 * evidence.dout)
        if at_zero is None or not np.any(at_zero):
            return None
        rest, tolerance = at_zero, evidence.round_off(at_zero)
    size = float((x**2).sum())
    if size == 0 or x.size < 3:
        return None
    factor = float((rest * x).sum()) / size
    if factor == 0 or np.any(np.abs(rest - factor * x) > tolerance + 1e-9 * np.abs(rest)):
        return None
    if not evidence.case.is_loss and not evidence.agrees(evidence.numeric + factor * x):
        return None
    factor = float(f"{factor:.6g}")
    who = "backward adds it and forward has no such term"
    if evidence.case.is_loss:
        who = "a regularisation term is in only one of the two passes, or with another factor"
    message = (
        f"{gradient_of(evidence)} differs from the right one by {factor:.4g} times "
        f"{evidence.wrt} itself, the gradient of {factor / 2:.4g} * sum({evidence.wrt}**2): {who}."
    )
    return Finding("weight_decay", message, factor=Factor(factor))


# --- helpers ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Term:
    """A statistic by name, and its derivative with respect to x up to a factor, flat."""

    name: str
    along: Array
    centred: bool = False


def _statistics(evidence: Evidence) -> Iterator[tuple[Term, ...]]:
    """Yield what the outputs of a group may share: a mean, a norm, a sum, a maximum."""
    x, y = evidence.x.astype(float).ravel(), evidence.probe.base
    one = np.ones(x.size)
    yield (Term("the mean", one), Term("the variance", x, centred=True))
    yield (Term("the mean", one),)
    yield (Term("the norm", x),)
    yield (Term("the sum that normalises", y),)
    with np.errstate(over="ignore"):
        yield (Term("the sum of exponentials", np.exp(np.minimum(y, 700.0))),)
        yield (Term("the sum of exponentials", np.exp(np.minimum(x, 700.0))),)
    yield (Term("the maximum", np.full(x.size, np.nan)),)


def _groups(evidence: Evidence, J: Array) -> list[Array] | None:
    """Return the sets of elements that share a statistic: blocks of J that are full."""
    if J.shape[0] != J.shape[1] or len(evidence.probe.outputs) != 1:
        return None
    if evidence.probe.outputs[0].shape != evidence.x.shape:
        return None
    live = (np.abs(J) > evidence.J_tolerance) | np.eye(len(J), dtype=bool)
    together = (live | live.T).astype(float)
    linked = (together @ together) > 0
    _, which = np.unique(linked, axis=0, return_inverse=True)
    which = which.ravel()
    groups = [np.flatnonzero(which == k) for k in range(int(which.max()) + 1)]
    for group in groups:
        if not linked[np.ix_(group, group)].all() or linked[group].sum() != len(group) ** 2:
            return None
    sizes = {len(group) for group in groups}
    return groups if len(sizes) == 1 and sizes.pop() >= 3 else None


def _decomposed(
    J: Array, groups: list[Array], terms: tuple[Term, ...], evidence: Evidence
) -> tuple[Array, list[Array]] | None:
    """Split J into a local part (diagonal) and each statistic's share, (m, m); None: it is not so.

    Off the diagonal every row is a combination of the terms; what the diagonal has beyond that
    is the local derivative.
    """
    local, shares = np.zeros(len(J)), [np.zeros_like(J) for _ in terms]
    for group in groups:
        basis = _basis(evidence, terms, group)
        if basis is None:
            return None
        for k, o in enumerate(group):
            rest = np.arange(len(group)) != k
            if not basis[rest].any():  # the maximum itself: its own row says nothing of it
                local[o] = evidence.A[o, o] if evidence.A is not None else J[o, o]
                continue
            coefficients, *_ = np.linalg.lstsq(basis[rest], J[o, group[rest]], rcond=None)
            fit = basis @ coefficients
            limit = 10 * evidence.J_tolerance[o, group]
            if np.any(np.abs(fit - J[o, group])[rest] > limit[rest]):
                return None
            local[o] = J[o, o] - fit[k]
            for share, c, vector in zip(shares, coefficients, basis.T, strict=True):
                share[o, group] = c * vector
    return local, shares


def _basis(evidence: Evidence, terms: tuple[Term, ...], group: Array) -> Array | None:
    vectors = []
    for term in terms:
        v = term.along[group]
        if term.name == "the maximum":
            x = evidence.x.astype(float).ravel()[group]
            v = (x == x.max()).astype(float)
        vectors.append(v - v.mean() if term.centred else v)
    basis = np.stack(vectors, axis=1)
    enough = len(group) >= len(terms) + SPARE and np.isfinite(basis).all()
    return basis if enough and np.all(np.abs(basis).max(axis=0) > 0) else None


def _proper_subsets(count: int) -> Iterator[tuple[int, ...]]:
    for size in range(count):
        yield from itertools.combinations(range(count), size)


def _lost_invariance(evidence: Evidence) -> Finding | None:
    """Judge by the numbers alone, where there is no square Jacobian to take apart.

    A function that does not feel x shifted, or scaled, along some axes has a gradient that is
    orthogonal to ones, or to x, along them. Backward's is not, and is right but for that.
    """
    x, a = evidence.x.astype(float), evidence.a
    if not evidence.complete or x.ndim == 0:
        return None
    for axes in _axes_subsets(x.ndim):
        size = int(np.prod([x.shape[axis] for axis in axes]))
        if size < 1 + SPARE:
            continue
        for name, v in (("the mean", np.ones_like(x)), ("the norm", x)):
            length = (v**2).sum(axis=axes, keepdims=True)
            invariant = np.abs((evidence.numeric * v).sum(axis=axes))
            allowed = (evidence.tolerance * np.abs(v)).sum(axis=axes)
            if np.any(length == 0) or np.any(invariant > 2 * allowed):
                continue
            if allowed.max() > 1e-3 * np.abs(evidence.numeric * v).sum(axis=axes).max():
                continue  # the bars are too wide to tell
            extra = (a * v).sum(axis=axes, keepdims=True) / length * v
            spread = (evidence.tolerance * np.abs(v)).sum(axis=axes, keepdims=True) / length
            if evidence.agrees(evidence.numeric + extra, evidence.bar + spread * np.abs(v)):
                return _finding(evidence, [name], size)
    return None


def _axes_subsets(ndim: int) -> Iterator[tuple[int, ...]]:
    for count in range(1, ndim + 1):
        yield from itertools.combinations(range(ndim), count)


def _finding(evidence: Evidence, lost: list[str], size: int) -> Finding:
    which = " and ".join(lost)
    they = "they depend" if len(lost) > 1 else "it depends"
    message = (
        f"{gradient_of(evidence)} treats {which} as constant: what is missing is exactly what "
        f"flows back through {which} of {size} elements. In forward {they} on {evidence.wrt}, so "
        "every element of a group moves all its outputs."
    )
    facts = {"statistic": lost, "group": size}
    return Finding("statistic_constant", message, facts, about=tuple(lost))
