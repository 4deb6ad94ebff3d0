"""The right gradient times a constant: zero, minus one, or a number that can be named."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from minnet.gradcheck.diagnosis.common import factor_between, gradient_of, rounded, times
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.report.results import Factor, Finding

#: at most so many explanations of a factor are told
TOLD = 3


def zero(evidence: Evidence) -> Finding | None:
    """All zeros, and should not be."""
    if np.any(evidence.a):
        return None
    largest = float(np.abs(evidence.numeric[evidence.known]).max(initial=0.0))
    name = gradient_of(evidence)
    message = f"{name} is all zeros; the measured gradient reaches {largest:.3g}."
    return Finding("zero", message, {"largest": largest})


def sign(evidence: Evidence) -> Finding | None:
    """The right one times −1."""
    factor = factor_between(evidence)
    if factor is None or not factor.near(-1.0):
        return None
    message = (
        f"{gradient_of(evidence)} has the wrong sign: every element is minus the measured gradient."
    )
    return Finding("sign", message, factor=Factor(-1.0))


def scale(evidence: Evidence) -> Finding | None:
    """The right one times a constant other than 0, 1 and −1."""
    factor = factor_between(evidence)
    if factor is None or factor.near(1.0) or factor.near(-1.0) or factor.near(0.0):
        return None
    factor = rounded(factor)
    return Finding("scale", _scaled(evidence, factor), factor=factor)


def explain_factor(evidence: Evidence, finding: Finding) -> Finding:
    """Add to a `scale` finding what the factor equals here."""
    factor = finding.factor
    assert factor is not None
    names = what_it_equals(evidence, factor)
    text = _scaled(evidence, factor)
    if equal := " or ".join(name for name in names if not _is_number(name)):
        text += f" {factor.value:.4g} is {equal} here."
    hint = advice(names, factor.value)
    return Finding("scale", text, {"equals": names}, hint=hint, factor=factor)


def _scaled(evidence: Evidence, factor: Factor) -> str:
    return f"{gradient_of(evidence)} is {times(factor.value)} what it should be, on every element."


def advice(names: list[str], factor: float) -> str:
    first = names[0] if names else ""
    batch = "batch size" in first
    if batch and first.startswith("1/"):
        return "it is divided by the batch size once too often"
    if batch:
        return "a division by the batch size is missing"
    if first.startswith("1/"):
        return f"look for a division by {first[2:]} that is one too many, or a missing factor"
    if first and not _is_number(first):
        return f"look for {first} used once too often, or a missing division by it"
    if factor in (2.0, 0.5):
        return "look for a factor 2 (from a square) or a 1/2 that only one pass has"
    return "look for a constant that only one of the two passes has"


def what_it_equals(evidence: Evidence, factor: Factor) -> list[str]:
    """Return the names of the numbers that the factor equals, those that follow it first.

    Where the batch size can be changed, it is: a name that depends on it stays only when the
    factor follows, any other only when the factor does not.
    """
    other = _factor_at_another_batch(evidence)
    for candidates in (_simple, _composite):
        fits = [name for name, value in candidates(evidence) if factor.near(value)]
        if other is not None:
            there = dict(candidates(other[0]))
            fits = [name for name in fits if name in there and other[1].near(there[name])]
        if fits:
            return fits[:TOLD]
    return []


def _factor_at_another_batch(evidence: Evidence) -> tuple[Evidence, Factor] | None:
    size = batch_size(evidence)
    if size is None:
        return None
    other = evidence.with_batch(size + 1)
    if other is None or other.analytic is None:
        return None
    factor = factor_between(other)
    return None if factor is None else (other, factor)


def batch_size(evidence: Evidence) -> int | None:
    case = evidence.case
    if case.batched:
        return int(len(case.variables[case.batched[0]]))
    size = case.quantities.get("the batch size")
    return None if size is None else int(size)


SMALL = {"2": 2.0, "1/2": 0.5, "3": 3.0, "1/3": 1 / 3, "4": 4.0, "1/4": 0.25}


def _simple(evidence: Evidence) -> Iterator[tuple[str, float]]:
    """Yield the likeliest numbers by name: a quantity, its inverse, a small number."""
    for name, value in _quantities(evidence).items():
        yield name, value
        yield f"1/{_short(name)}", 1 / value
    yield from SMALL.items()


def _composite(evidence: Evidence) -> Iterator[tuple[str, float]]:
    """Yield less likely ones: roots, squares, products and quotients, negative numbers."""
    named = _quantities(evidence)
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
    for name, value in {**named, **SMALL}.items():
        yield f"-{_short(name)}", -value
        yield f"-1/{_short(name)}", -1 / value


def _quantities(evidence: Evidence) -> dict[str, float]:
    case, outputs = evidence.case, evidence.probe.outputs
    named: dict[str, float] = {}
    size = batch_size(evidence)
    if size is not None:
        named["the batch size"] = float(size)
    named |= {n: float(v) for n, v in case.quantities.items() if v not in (0, 1)}
    named.setdefault("the number of outputs", float(evidence.probe.base.size))
    if outputs and np.ndim(outputs[0]) > 1:
        named.setdefault("the number of outputs per sample", float(outputs[0][0].size))
    named.setdefault(f"the number of elements of {evidence.wrt}", float(evidence.x.size))
    return {name: value for name, value in named.items() if value not in (0.0, 1.0)}


def _short(name: str) -> str:
    return name.removeprefix("the ")


def _is_number(text: str) -> bool:
    return text.replace("/", "").replace("-", "").isdigit()
