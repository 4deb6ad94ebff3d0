"""Gradients that are on purpose another function's: straight through, or reversed."""

from __future__ import annotations

import inspect
import re

import numpy as np

from minnet.gradcheck.diagnosis.common import factor_between
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.patterns import pattern
from minnet.report.results import GradientResult

REVERSED = (
    "The gradient of {wrt} is the right one times a negative number, as the name says: a gradient "
    "reversal, a convention."
)
THROUGH = (
    "The gradient of {wrt} is passed through where forward is flat, as the name says: a "
    "straight-through estimator, a convention. It is not the derivative of forward, which is 0."
)
_REVERSES = pattern(r"gradient_?revers|revers\w*_?grad|grad_?revers|\bgrl\b", re.I)
_PASSES_THROUGH = pattern(
    r"straight[\s_-]*through|(?<![a-z])ste(?![a-z])|(?<![a-zA-Z])STE|surrogate[\s_-]*grad", re.I
)


def straight_through(evidence: Evidence, result: GradientResult) -> str:
    """A gradient reversal or a straight-through estimator that says so."""
    if evidence.contract or evidence.analytic is None:
        return ""
    says = _words(evidence)
    if _REVERSES.search(says):
        factor = factor_between(evidence)
        return REVERSED if factor is not None and factor.value < 0 else ""
    if _PASSES_THROUGH.search(says) and _is_flat(evidence) and _is_elementwise(evidence):
        return THROUGH
    return ""


def _words(evidence: Evidence) -> str:
    """Return what the code calls itself, and what its docstrings say."""
    words = [evidence.case.name]
    for function in evidence.case.code.values():
        words += [getattr(function, "__qualname__", ""), inspect.getdoc(function) or ""]
        owner = getattr(function, "__qualname__", "").partition(".")[0]
        holder = getattr(function, "__globals__", {}).get(owner)
        words.append((getattr(holder, "__doc__", None) or "") if inspect.isclass(holder) else "")
    return " ".join(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(word)) for word in words)


def _is_flat(evidence: Evidence) -> bool:
    """Return whether forward does not move where backward claims that it does."""
    wrong = evidence.wrong
    return bool(
        wrong.any() and np.all(np.abs(evidence.numeric[wrong]) <= evidence.tolerance[wrong])
    )


def _is_elementwise(evidence: Evidence) -> bool:
    """Return whether backward gives dout back, each element times a number from 0 to 1."""
    rows = evidence.A
    if rows is None or rows.shape[0] != rows.shape[1]:
        return False
    factors = np.diag(rows)
    alone = np.array_equal(rows, np.diag(factors))
    return bool(alone and np.all((factors >= 0) & (factors <= 1)))
