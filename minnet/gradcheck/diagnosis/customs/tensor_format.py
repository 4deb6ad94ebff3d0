"""A library whose tensors have single precision unless they are told otherwise."""

from __future__ import annotations

import numpy as np

from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.gradcheck.measure.bars import ROUNDING, rounding
from minnet.report.results import GradientResult

IN_FLOAT32 = (
    "The gradient of {wrt} is right to the 7 digits of float32, the format that the library's own "
    "tensors have unless they are told otherwise: a convention."
)


def in_the_format_of_tensors(evidence: Evidence, result: GradientResult) -> str:
    """Off by what float32 rounds, in tensors that a library makes: some sum of them is exacter."""
    if not evidence.case.in_tensors or evidence.contract or evidence.analytic is None:
        return ""
    a, known = evidence.a, evidence.known
    size, lost = float(np.abs(a).max(initial=0.0)), ROUNDING * rounding(np.float32)
    apart = np.abs(a - evidence.numeric)[known]
    near = bool(known.any()) and bool(np.all(apart <= lost * size + evidence.bar[known]))
    return IN_FLOAT32 if near else ""
