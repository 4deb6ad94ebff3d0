"""Products with a wrong factor: one missing, one too many, or one array in the place of another."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.diagnosis.common import factor_of, gradient_of, rounded, times
from minnet.gradcheck.diagnosis.evidence import TELLING, Evidence
from minnet.gradcheck.diagnosis.quantities import Entries, Quantity, entries_of, quantities
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
    entries = entries_of(evidence)
    if len(entries.claimed) < FEWEST:
        return ()
    known = quantities(evidence, entries)
    found = formulas(entries, known)
    return tuple(
        Finding(
            "wrong_factor",
            f"{gradient_of(evidence)} {in_words(formula)}, and is right but for that.",
            {"over": formula.over.name, "under": formula.under.name},
            factor=rounded(formula.factor),
            about=formula.names,
        )
        for formula in itertools.islice(found, HOLD)
    )


def in_words(formula: Formula) -> str:
    """Return what a formula says of a gradient, as the rest of a sentence."""
    over, under = formula.names
    if not under:
        words = f"has a factor too many: {over}"
    elif not over:
        words = f"lacks a factor: {under}"
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
    if len(solid) < FEWEST:
        return
    sample = solid[np.unique(np.linspace(0, len(solid) - 1, SAMPLE).astype(int))]
    ratio = np.log(np.abs(a[sample] / g[sample]))
    error = 4 * float((tolerance[sample] * (1 / np.abs(g[sample]) + 1 / np.abs(a[sample]))).max())
    with np.errstate(all="ignore"):
        logs = np.array([np.log(np.abs(q.values[sample])) for q in known])
    usable = np.flatnonzero(np.isfinite(logs).all(axis=1))
    logs, ratio = _centred(logs[usable]), _centred(ratio)
    hits = []
    for k, row in enumerate(logs):
        off = np.abs(logs - row - ratio).max(axis=1)
        for n in np.flatnonzero(off <= error):
            over, under = known[usable[n]], known[usable[k]]
            if n != k:
                hits.append((over.cost + under.cost + 2 * bool(over.name and under.name), n, k))
    for _, n, k in sorted(hits)[:TRIED]:
        over, under = known[usable[n]], known[usable[k]]
        factor = factor_of(
            a * under.values, g * over.values, entries.bar * np.abs(over.values),
            entries.round_off * np.maximum(np.abs(over.values), np.abs(under.values)),
        )
        if factor is not None:
            yield Formula(over, under, factor)


def _centred(values: Array) -> Array:
    return np.asarray(values - values.mean(axis=-1, keepdims=True))
