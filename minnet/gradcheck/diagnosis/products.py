"""Products with a wrong factor: one missing, one too many, or one array in the place of another."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.diagnosis.common import factor_of, gradient_of, rounded, times
from minnet.gradcheck.diagnosis.evidence import TELLING, Evidence
from minnet.gradcheck.diagnosis.quantities import (
    SIMPLE,
    STEPS,
    Entries,
    Making,
    Quantity,
    entries_of,
    quantities,
)
from minnet.report.results import Factor, Finding

#: so many entries sort out most formulas
SAMPLE = 32
#: so many that pass there are looked at in full, and so many that hold are told
TRIED, HOLD = 40, 3
#: a formula is believed of so many entries at least
FEWEST = 3


@dataclass(frozen=True)
class Formula:
    """claimed = factor · over / under · measured."""

    over: Quantity
    under: Quantity
    factor: Factor

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
    if len(entries.claimed) < FEWEST:
        return ()
    found = formulas(entries, quantities(evidence, entries, made_by))
    return tuple(
        Finding(
            "wrong_factor",
            f"{gradient_of(evidence)} {in_words(formula)}. It is right but for that.",
            {"over": formula.over.name, "under": formula.under.name},
            factor=rounded(formula.factor),
            about=formula.names,
        )
        for formula in itertools.islice(found, HOLD)
    )


def extra_term(evidence: Evidence) -> tuple[Finding, ...]:
    """Off by a term that can be named, or, for a loss, by one that does not depend on x."""
    entries = entries_of(evidence)
    if len(entries.claimed) < FEWEST or np.any(entries.bar > TELLING * np.abs(evidence.a).max()):
        return ()
    off = entries.claimed - entries.measured
    rest = replace(entries, claimed=off, measured=np.ones(len(off)))
    one = Quantity("", rest.measured, 0)
    constant = factor_of(off, rest.measured, 0 * entries.bar, entries.tolerance)
    found = [Formula(one, one, constant)] if constant is not None else []
    for made_by in (SIMPLE, STEPS) if not found else ():
        found += itertools.islice(formulas(rest, quantities(evidence, entries, made_by)), HOLD)
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
    factor = f"{rounded(formula.factor).value:.6g}"
    words = " * ".join(part for part in (factor, over) if part)
    return f"{words} / {under}" if under else words


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
    else:
        words = f"has the factor {over} where {under} belongs"
    c = rounded(formula.factor).value
    if c == -1:
        return f"{words}; its sign is wrong too"
    return words if c == 1 else f"{words}; it is {times(c)} that, too"


def formulas(entries: Entries, known: list[Quantity]) -> Iterator[Formula]:
    """Yield the ways to make what is claimed of what was measured, simple ones first."""
    a, g, tolerance = entries.claimed, entries.measured, entries.tolerance
    solid = np.flatnonzero((tolerance < TELLING * np.abs(g)) & (np.abs(a) > tolerance))
    if len(solid) <= FEWEST:
        return
    sample = solid[np.unique(np.linspace(0, len(solid) - 1, SAMPLE).astype(int))]
    ratio = np.log(np.abs(a[sample] / g[sample]))
    error = 4 * float((tolerance[sample] * (1 / np.abs(g[sample]) + 1 / np.abs(a[sample]))).max())
    for over, under in sorted(_candidates(known, sample, ratio, error), key=_cost)[:TRIED]:
        factor = factor_of(
            a * under.values,
            g * over.values,
            entries.bar * np.abs(over.values),
            entries.round_off * np.maximum(np.abs(over.values), np.abs(under.values)),
        )
        if factor is not None and _tells(entries, under):
            yield Formula(over, under, factor)


def _candidates(
    known: list[Quantity], sample: Array, ratio: Array, error: float
) -> Iterator[tuple[Quantity, Quantity]]:
    """Yield numerators and denominators, of two quantities in all, that fit on a sample."""
    with np.errstate(all="ignore"):
        logs = np.array([np.log(np.abs(q.values[sample])) for q in known])
    usable = np.flatnonzero(np.isfinite(logs).all(axis=1))
    logs, ratio = logs[usable] - logs[usable, :1], ratio - ratio[0]  # a constant factor goes
    one = known[0]
    for k, n in _that_add_up(logs, -logs, ratio, error):
        if k != n:
            yield known[usable[k]], known[usable[n]]
    for k, n in _that_add_up(logs, logs, ratio, error):
        if 0 < k <= n:
            yield known[usable[k]].times(known[usable[n]]), one
    for k, n in _that_add_up(-logs, -logs, ratio, error):
        if 0 < k <= n:
            yield one, known[usable[k]].times(known[usable[n]])


def _that_add_up(ones: Array, others: Array, total: Array, error: float) -> list[tuple[int, int]]:
    """Return the pairs of rows that add up to `total` but for an error; a few columns sort out."""
    fits = np.ones((len(ones), len(others)), bool)
    for column in range(1, 1 + FEWEST):
        fits &= np.abs(ones[:, column, None] + others[:, column] - total[column]) <= error
    pairs = np.argwhere(fits)
    off = np.abs(ones[pairs[:, 0]] + others[pairs[:, 1]] - total).max(axis=1, initial=0.0)
    return [(int(k), int(n)) for k, n in pairs[off <= error]]


def _cost(pair: tuple[Quantity, Quantity]) -> int:
    over, under = pair
    return over.cost + under.cost + 2 * bool(over.name and under.name)


def _tells(entries: Entries, under: Quantity) -> bool:
    """Whether something is wrong where the factor that belongs there is not 0, or it is a mask."""
    wrong = np.abs(entries.claimed - entries.measured) > entries.tolerance
    zero = under.values == 0
    return bool((wrong & ~zero).any()) or len(np.unique(under.values[~zero])) == 1
