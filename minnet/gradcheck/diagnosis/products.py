"""Products with a wrong factor: one missing, one too many, or one array in the place of another."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.diagnosis.common import factor_of, gradient_of, rounded, times
from minnet.gradcheck.diagnosis.evidence import TELLING, Evidence
from minnet.gradcheck.diagnosis.fits import SPARE
from minnet.gradcheck.diagnosis.quantities import (
    ONE,
    SIMPLE,
    STEPS,
    Entries,
    Index,
    Making,
    Quantity,
    chosen,
    entries_of,
    quantities,
)
from minnet.records import dataclass, replace
from minnet.report.results import Factor, Finding


@dataclass(frozen=True)
class Formula:
    """claimed = factor · over / under · measured."""

    over: Quantity
    under: Quantity
    factor: Factor

    @property
    def cost(self) -> int:
        """How far-fetched it is."""
        both = bool(self.over.name and self.under.name)
        return self.over.cost + self.under.cost + 2 * both

    @property
    def names(self) -> tuple[str, str]:
        return self.over.name, self.under.name


def wrong_factor(evidence: Evidence) -> tuple[Finding, ...]:
    """The right one, but for one factor that is another, missing, or one too many."""
    return _with_factor(evidence, SIMPLE)


def wrong_sign_or_mask(evidence: Evidence) -> tuple[Finding, ...]:
    """The right one, but for a factor that is a sign, or 0 where something is negative."""
    return _with_factor(evidence, STEPS)


def _with_factor(evidence: Evidence, made_by: Sequence[Making]) -> tuple[Finding, ...]:
    entries = entries_of(evidence)
    found = formulas(entries, quantities(evidence, entries, made_by))
    return tuple(
        Finding(
            "wrong_factor",
            f"{gradient_of(evidence)} {in_words(formula)}. It is right but for that.",
            {"over": formula.over.name, "under": formula.under.name},
            factor=None if formula.factor.near(1.0) else rounded(formula.factor),
            about=formula.names,
        )
        for formula in _simplest(found)
    )


def extra_term(evidence: Evidence) -> tuple[Finding, ...]:
    """Off by a term that can be named, or, for a loss, by one that does not depend on x."""
    entries = entries_of(evidence)
    coarse = np.any(entries.bar > TELLING * np.abs(evidence.a).max())
    if coarse or len(entries.claimed) <= SPARE:
        return ()
    off = entries.claimed - entries.measured
    # what was measured is in the difference now, and so is its error, whatever the factor
    exact, error = np.ones(len(off)), entries.tolerance
    rest = replace(entries, claimed=off, measured=exact, bar=0 * entries.bar, round_off=error)
    constant = factor_of(off, rest.measured, rest.bar, rest.round_off)
    found = [Formula(ONE, ONE, constant)] if constant is not None else []
    for made_by in (SIMPLE, STEPS) if not found else ():
        found += _simplest(formulas(rest, quantities(evidence, entries, made_by)))
    if not found and _does_not_depend_on(evidence):
        message = (
            f"{gradient_of(evidence)} is off by an amount that does not depend on {evidence.wrt}: "
            "where it is moved, analytic minus numeric stays the same."
        )
        return (Finding("extra_term", message, {"term": ""}),)
    return tuple(
        Finding(
            "extra_term",
            f"{gradient_of(evidence)} is off by a term: it is the right one plus {_term(formula)}.",
            {"term": _term(formula)},
            about=formula.names,
        )
        for formula in found
    )


def _term(formula: Formula) -> str:
    over, under = formula.names
    c = rounded(formula.factor).value
    words = {1.0: over, -1.0: f"-{over}"}.get(c, f"{c:.6g} * {over}") if over else f"{c:.6g}"
    return f"{words} / ({under})" if "*" in under else f"{words} / {under}" if under else words


def _does_not_depend_on(evidence: Evidence) -> bool:
    """Whether the error of a loss's gradient stays when the prediction moves."""
    if not evidence.case.is_loss or not evidence.complete:
        return False
    rng = evidence.stream("a moved prediction")
    moved = evidence.x * rng.uniform(0.8, 1.25, evidence.x.shape)
    try:
        there = evidence.at(evidence.case.with_variables({evidence.wrt: moved}), evidence.dout)
    except CodeError:
        return False
    if there.analytic is None or not there.complete:
        return False
    off, again = evidence.a - evidence.numeric, there.a - there.numeric
    limit = evidence.tolerance + there.tolerance
    other = np.abs(there.numeric - evidence.numeric) > 10 * limit
    return bool(np.all(np.abs(off - again) <= limit) and other.any())


def in_words(formula: Formula) -> str:
    """Return what a formula says of a gradient, as the rest of a sentence."""
    over, under = formula.names
    if not under:
        words = f"has {over} as a factor too many, or lacks a division by it"
    elif not over:
        words = f"lacks the factor {under}, or is divided by it once too often"
    elif over == under:
        words = f"has {over} at the wrong index (transposed, or at the output's place)"
    else:
        words = f"has {over} in the place of {under}"
    c = rounded(formula.factor).value
    if c == -1:
        return f"{words}; its sign is wrong too"
    return words if c == 1 else f"{words}; it is {times(c)} that, too"


def formulas(entries: Entries, known: list[Quantity]) -> Iterator[Formula]:
    """Yield the ways to make what is claimed of what was measured, simple ones first."""
    a, g, tolerance = entries.claimed, entries.measured, entries.tolerance
    solid = np.flatnonzero((tolerance < TELLING * np.abs(g)) & (np.abs(a) > tolerance))
    if len(solid) <= SPARE:
        return
    sample = chosen(solid)
    ratio = np.log(np.abs(a[sample] / g[sample]))
    error = 4 * float((tolerance[sample] * (1 / np.abs(g[sample]) + 1 / np.abs(a[sample]))).max())
    index = tuple(along[sample] for along in entries.index)
    pairs = [Formula(*pair, Factor(1.0)) for pair in _candidates(known, index, ratio, error)]
    for formula in sorted(pairs, key=lambda formula: (formula.cost, bool(formula.under.name))):
        over, under = formula.over, formula.under
        N, D = over.at(entries.index), under.at(entries.index)
        if not np.isfinite([N, D]).all():
            continue
        round_off = entries.round_off * np.maximum(np.abs(N), np.abs(D))
        factor = factor_of(a * D, g * N, entries.bar * np.abs(N), round_off)
        if factor is not None and _tells(entries, D):
            yield replace(formula, factor=factor)


def _candidates(
    known: list[Quantity], index: Index, ratio: Array, error: float
) -> Iterator[tuple[Quantity, Quantity]]:
    """Yield numerators and denominators, of two quantities in all, that fit on a sample."""
    with np.errstate(all="ignore"):
        logs = np.array([np.log(np.abs(q.at(index))) for q in known])
    usable = np.flatnonzero(np.isfinite(logs).all(axis=1))
    logs, ratio = logs[usable] - logs[usable, :1], ratio - ratio[0]  # a constant factor goes
    for k, n in _that_add_up(logs, -logs, ratio, error):
        if k != n:
            yield known[usable[k]], known[usable[n]]
    for k, n in _that_add_up(logs, logs, ratio, error):
        if 0 < k <= n:
            yield known[usable[k]].times(known[usable[n]]), ONE
    for k, n in _that_add_up(-logs, -logs, ratio, error):
        if 0 < k <= n:
            yield ONE, known[usable[k]].times(known[usable[n]])


def _that_add_up(ones: Array, others: Array, total: Array, error: float) -> list[tuple[int, int]]:
    """Return the pairs of rows that add up to `total` but for an error.

    One mixture of the columns, by which the rows are sorted, finds those that may.
    """
    mixture = np.cos(np.arange(len(total)))
    one, other, whole = ones @ mixture, others @ mixture, float(total @ mixture)
    order = np.argsort(other)
    slack = error * np.abs(mixture).sum()
    first = np.searchsorted(other[order], whole - one - slack)
    count = np.searchsorted(other[order], whole - one + slack, side="right") - first
    found: list[tuple[int, int]] = []
    for k in np.flatnonzero(count).tolist():  # one by one: for all pairs there may be no room
        n = np.sort(order[first[k] : first[k] + count[k]])
        fits = np.abs(ones[k] + others[n] - total).max(axis=1, initial=0.0) <= error
        found += [(k, other) for other in n[fits].tolist()]
    return found


def _simplest(found: Iterator[Formula]) -> list[Formula]:
    """Return the first formula, and those that are as simple: one of them may be a coincidence."""
    first = next(found, None)
    if first is None:
        return []
    return [first, *itertools.takewhile(lambda formula: formula.cost == first.cost, found)]


def _tells(entries: Entries, under: Array) -> bool:
    """Whether something is wrong where the factor that belongs there is not 0, or it is a mask."""
    wrong = np.abs(entries.claimed - entries.measured) > entries.tolerance
    zero = under == 0
    return bool((wrong & ~zero).any()) or len(np.unique(under[~zero])) == 1
