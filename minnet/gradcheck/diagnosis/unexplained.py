"""What is left to tell where no hypothesis fits: the worst elements, and what may help."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.diagnosis.common import LISTED, factor_between, gradient_of
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.report.results import Finding, digits_of, furthest_first

#: a gradient this close, in norm, is off by a detail
NEARLY_RIGHT = 1e-3


def unexplained(evidence: Evidence) -> Finding:
    """Wrong, and no hypothesis fits: the worst elements are all there is to tell."""
    name = gradient_of(evidence)
    if evidence.analytic is None or not evidence.wrong.any():
        message = f"{name} is wrong, in a way that none of the known mistakes explains."
        return Finding("unexplained", message, {})
    elements = _worst(evidence)
    top = elements[0]
    message = (
        f"{name} is wrong in {int(evidence.wrong.sum())} of {int(evidence.known.sum())} elements, "
        "in a way that none of the known mistakes explains. The worst is element "
        f"{tuple(top['index'])}: {top['analytic']:.6g}, measured {top['numeric']:.6g}."
    )
    facts: dict[str, Any] = {"worst": elements}
    apart = _relative_error(evidence)
    if apart < NEARLY_RIGHT:
        message += (
            f" It is nearly right, to {digits_of(apart)} digits: look for a small "
            "constant (an epsilon in a root, a log or a division) that only one of the two "
            "passes has, or that stands in another place."
        )
        facts["relative_error"] = apart
    elif ratio := _ratio_in_words(evidence):
        message += f" {ratio}"
        facts["ratio"] = ratio
    return Finding("unexplained", message, facts)


def _worst(evidence: Evidence) -> list[dict[str, Any]]:
    """Return the elements that are furthest off, as JSON has them."""
    wrong = np.flatnonzero(evidence.wrong)
    off = np.abs(evidence.a - evidence.numeric).ravel()[wrong]
    return [
        {
            "index": [int(i) for i in np.unravel_index(k, evidence.x.shape)],
            "analytic": float(evidence.a.ravel()[k]),
            "numeric": float(evidence.numeric.ravel()[k]),
        }
        for k in wrong[furthest_first(off)[:LISTED]]
    ]


def _relative_error(evidence: Evidence) -> float:
    """Return by how much the gradient is off, in norm, relative to the measured one."""
    a, g = evidence.a[evidence.known], evidence.numeric[evidence.known]
    size = float(np.linalg.norm(g))
    return float(np.linalg.norm(a - g)) / size if size > 0 else np.inf


def _ratio_in_words(evidence: Evidence) -> str:
    """Say what analytic/numeric depends on, where that is one axis or another variable alone."""
    if not evidence.complete or evidence.x.ndim < 1:
        return ""
    g, bar = evidence.numeric, evidence.bar
    for text, value in _powers(evidence):
        if evidence.agrees(g * value, bar * np.abs(value)):
            return f"Each element is the measured one times {text}."
    for axis, size in enumerate(g.shape):
        along = np.indices(g.shape)[axis]
        if 1 < size < g.size and all(factor_between(evidence, along == k) for k in range(size)):
            return (
                f"The factor to the measured gradient depends on the index along axis {axis} alone."
            )
    return ""


def _powers(evidence: Evidence) -> Iterator[tuple[str, Array]]:
    """Yield the variables, their inverses and squares, as far as they fit the shape of x."""
    for name, v in evidence.case.variables.items():
        if v.size < 2 or not np.all(v):
            continue
        for text, value in ((name, v), (f"1/{name}", 1 / v), (f"{name}**2", v**2)):
            with contextlib.suppress(ValueError):
                yield text, np.broadcast_to(value, evidence.x.shape)
