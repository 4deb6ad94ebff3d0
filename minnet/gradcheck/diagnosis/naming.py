"""What a constant factor equals: a size, a setting, or a small number.

Many numbers of a case are equal by chance (two samples, two channels, a window of two). A name is
told only when the factor still equals it in a case where it has another value.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from minnet.gradcheck.case import Case, CodeError
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.gradcheck.measure.bars import MEANINGFUL, gather
from minnet.gradcheck.under_test.resizing import resized
from minnet.report.results import Factor

#: a fraction is told whose two numbers are no larger
LARGEST_PART = 50


def what_it_equals(evidence: Evidence, factor: Factor) -> str:
    """Return the name of the quantity that the factor equals wherever it was tried, or ""."""
    case, wrt = evidence.case, evidence.wrt
    fits = {name: value for name, value in _names(case, wrt) if factor.near(value)}
    confirmed: set[str] = set()
    for other in resized(case) if fits else ():
        there = dict(_names(other, wrt))
        moved = {n for n, value in fits.items() if there.get(n, value) != value}
        again = _factor_of(evidence, other) if moved else None
        if again is not None:
            fits = {n: value for n, value in fits.items() if again.near(there.get(n, value))}
            confirmed |= moved
        if not fits or (len(fits) == 1 and confirmed.issuperset(fits)):
            break
    # several that move alike are one number: the simplest name will do
    return next((name for name in fits if name in confirmed), "")


def _factor_of(evidence: Evidence, case: Case) -> Factor | None:
    """Return how many times the measured gradient backward gives in another case."""
    try:
        there = evidence.at(case)
        if there.analytic is None or not np.isfinite(there.analytic).all():
            return None
        direction = there.probe.random_direction(there.wrt)
        found = gather(there.probe.along(there.wrt, direction, there.dout), there.dout)
    except (CodeError, ValueError):
        return None
    numeric, terms = float(found.value[0]), there.a * direction
    bar = float(found.error_bar[0]) + there.precision.round_off_of_sum(terms)
    if not bar < MEANINGFUL * abs(numeric):
        return None
    value = float(terms.sum()) / numeric
    return Factor(value, (1 + abs(value)) * bar / abs(numeric))


def batch_size(case: Case) -> int | None:
    """Return how many samples there are, where that is known."""
    if case.batched:
        return int(len(case.variables[case.batched[0]]))
    size = case.quantities.get("the batch size", math.nan)
    return None if math.isnan(size) else int(size)


def _names(case: Case, wrt: str) -> Iterator[tuple[str, float]]:
    """Yield numbers by name, the likeliest first: a quantity, or its inverse."""
    named = _quantities(case, wrt)
    for name, value in named.items():
        yield name, value
        yield f"1/{_short(name)}", 1 / value
    yield from _composite(named)


def _composite(named: dict[str, float]) -> Iterator[tuple[str, float]]:
    """Yield less likely ones: roots, squares, products and quotients, negative numbers."""
    for name, value in named.items():
        short = _short(name)
        if value > 1:
            yield f"{short}/({short} - 1)", value / (value - 1)
            yield f"({short} - 1)/{short}", (value - 1) / value
        if value > 0:
            yield f"2/{short}", 2 / value
            yield f"{short}/2", value / 2
            yield f"the square root of {name}", value**0.5
            yield f"1/the square root of {name}", value**-0.5
            yield f"the square of {name}", value**2
            yield f"1/the square of {name}", value**-2
    for (one, a), (two, b) in itertools.combinations(named.items(), 2):
        yield f"{_short(one)} times {_short(two)}", a * b
        yield f"1/({_short(one)} times {_short(two)})", 1 / (a * b)
        yield f"{_short(one)}/{_short(two)}", a / b
        yield f"{_short(two)}/{_short(one)}", b / a
    for name, value in named.items():
        yield f"-{_short(name)}", -value
        yield f"-1/{_short(name)}", -1 / value


def _quantities(case: Case, wrt: str) -> dict[str, float]:
    named: dict[str, float] = {}
    size = batch_size(case)
    if size is not None:
        named["the batch size"] = float(size)
    named |= case.quantities
    outputs = case.run().outputs
    named["the number of outputs"] = float(sum(np.size(out) for out in outputs))
    if outputs and np.ndim(outputs[0]) > 1:
        named.setdefault("the number of outputs per sample", float(outputs[0][0].size))
        named.setdefault("the size of the last axis of the output", float(outputs[0].shape[-1]))
    named.setdefault(f"the number of elements of {wrt}", float(case.variables[wrt].size))
    # NumPy's numbers overflow to infinity, which is near no factor, where Python's would raise
    return {name: np.float64(value) for name, value in named.items() if value != 0}


def in_digits(factor: Factor) -> str:
    """Return a number that is no short decimal as a fraction, or as a root; "" where it is none.

    >>> in_digits(Factor(1 / 6, 1e-9)), in_digits(Factor(3**-0.5, 1e-9)), in_digits(Factor(0.75))
    ('1/6', '1/the square root of 3', '')
    """
    if factor.near(round(factor.value, 4)):
        return ""
    for text, value in (("", factor.value), ("the square root of ", factor.value**2)):
        found = Fraction(value).limit_denominator(LARGEST_PART)
        near = Factor(value, 2 * max(abs(factor.value), 1.0) * factor.error).near(float(found))
        if near and found and max(abs(found.numerator), found.denominator) <= LARGEST_PART:
            if text and found.numerator == 1:
                return f"1/{text}{found.denominator}"
            return f"{text}{found}"
    return ""


def _short(name: str) -> str:
    return name.removeprefix("the ")
