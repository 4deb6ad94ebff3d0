"""The right gradient times a constant: zero, minus one, or a number that can be named."""

from __future__ import annotations

import numpy as np

from minnet.gradcheck.diagnosis.common import (
    factor_between,
    gradient_of,
    number,
    rounded,
    rounds_to_one,
    times,
)
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.gradcheck.diagnosis.naming import in_digits, what_it_equals
from minnet.records import replace
from minnet.report.results import Factor, Finding


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
    how = times(factor.value)
    message = f"{gradient_of(evidence)} is {how} what it should be, on every element."
    return Finding("scale", message, factor=factor)


def explain_factor(evidence: Evidence, finding: Finding) -> Finding:
    """Add to a `scale` finding what the factor equals, in other cases too."""
    factor = finding.factor
    assert factor is not None
    if rounds_to_one(factor.value):
        return replace(finding, hint="look for a small constant that only one of the passes has")
    name = what_it_equals(evidence, factor)
    text, same = finding.message, in_digits(factor)
    if name:
        text += f" {number(factor.value)} is {name} here."
    elif same:
        text += f" {number(factor.value)} is {same}."
    hint = advice(name, factor.value)
    return replace(finding, message=text, facts={"equals": [name] if name else []}, hint=hint)


def advice(name: str, factor: float) -> str:
    """Return what to look for, by the name of the factor."""
    if name == "1/batch size":
        return "it is divided by the batch size once too often"
    if name == "the batch size":
        return "a division by the batch size is missing"
    if name.startswith("1/"):
        return f"look for a division by {name[2:]} that is one too many, or a missing factor"
    if name:
        return f"look for {name} used once too often, or a missing division by it"
    if factor in (2.0, 0.5):
        return "look for a factor 2 (from a square) or a 1/2 that only one pass has"
    return "look for a constant that only one of the two passes has"
