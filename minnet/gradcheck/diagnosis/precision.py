"""Right only to the digits of a lower precision."""

from __future__ import annotations

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.diagnosis.common import gradient_of
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.report.results import Finding

#: rounding errors that add up in one element, in units of the precision
UNITS = 64.0


def precision(evidence: Evidence) -> Finding | None:
    """Right only to the digits of float32 or float16.

    Rounding is told from a formula that is slightly off by moving the inputs a little: the
    error of a formula hardly changes, that of rounding is another one.
    """
    off, size = _error(evidence)
    for dtype in (np.float32, np.float16):
        unit = float(np.finfo(dtype).eps) / 2
        if not 0 < float(np.abs(off).max(initial=0.0)) <= UNITS * unit * size:
            continue
        if not _is_rounded(evidence, dtype) and not _is_erratic(evidence, off, unit):
            continue
        name, digits = np.dtype(dtype).name, int(-np.log10(unit))
        message = (
            f"{gradient_of(evidence)} is right only to about {digits} digits, those of {name}, "
            "while forward computes more exactly."
        )
        return Finding("precision", message, {"dtype": name, "digits": digits})
    return None


def _error(evidence: Evidence) -> tuple[Array, float]:
    """Return by how much each measured element is off, and the typical size of the gradient."""
    a, g = evidence.a[evidence.known], evidence.numeric[evidence.known]
    size = float(np.abs(g).max(initial=0.0))
    return np.where(evidence.wrong[evidence.known], a - g, 0.0), size


def _is_rounded(evidence: Evidence, dtype: type) -> bool:
    """Whether every element is a number of the lower precision already."""
    a = evidence.a[evidence.known]
    return np.array_equal(a, a.astype(dtype).astype(np.float64))


def _is_erratic(evidence: Evidence, off: Array, unit: float) -> bool:
    """Whether the error is another one when the inputs move by a few units of the precision."""
    rng = evidence.stream("moved by a few units")
    moved = {
        name: (x * (1 + 8 * unit * rng.uniform(-1, 1, x.shape))).astype(x.dtype)
        for name, x in evidence.case.variables.items()
    }
    try:
        there = evidence.at(evidence.case.with_variables(moved), evidence.dout)
    except CodeError:
        return False
    if there.analytic is None or there.numeric.shape != evidence.numeric.shape:
        return False
    again, _ = _error(there)
    if again.shape != off.shape:
        return False
    return float(np.linalg.norm(again - off)) > 0.5 * float(np.linalg.norm(off))
