"""Right only to the digits of a lower precision."""

from __future__ import annotations

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.diagnosis.common import gradient_of
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.gradcheck.measure.bars import Precision
from minnet.report.results import Finding

#: inputs are moved by so many units of a precision to see other rounding errors
MOVED = 8.0
#: beside gradients so many times as large, what integers drop is nothing
LARGE = 1e6
#: rounding errors are others when they change by more than this share of their norm
ERRATIC = 0.5


def precision(evidence: Evidence) -> Finding | None:
    """Right only to the digits of float32 or float16.

    Rounding is told from a formula that is slightly off by moving the inputs a little: the
    error of a formula hardly changes, that of rounding is another one.
    """
    off = _error(evidence)
    if not off.any():
        return None
    if _is_whole(evidence):
        message = (
            f"{gradient_of(evidence)} holds whole numbers only: it was computed in an array of "
            "integers, which drops all that follows the point."
        )
        return Finding("precision", message, {"dtype": "integer"}, about=("integer",))
    for dtype in (np.float32, np.float16):
        unit = float(np.finfo(dtype).eps) / 2
        allowed = Precision(unit).round_off(evidence.numeric[evidence.known])
        if np.any(np.abs(off) > allowed):
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


def _is_whole(evidence: Evidence) -> bool:
    """Whether the gradient is whole, whatever dout is, where the measured one is not."""
    numbers = evidence.numeric[evidence.wrong]
    near = np.abs(numbers - np.round(numbers)) <= evidence.tolerance[evidence.wrong]
    a = evidence.a
    if near.all() or np.any(a != np.round(a)):
        return False
    if evidence.case.is_loss:
        return bool(np.all((a == np.trunc(evidence.numeric))[evidence.known]))
    again = evidence.claimed_for(evidence.fresh_dout("not whole") * np.sqrt(2))
    if again is not None and (np.any(again != np.round(again)) or np.array_equal(a, again)):
        return False
    return _is_cut_off(evidence)


def _is_cut_off(evidence: Evidence) -> bool:
    """Whether what follows the point matters less and less, the larger dout is."""
    much, twice = (evidence.claimed_for(k * LARGE * evidence.dout) for k in (1, 2))
    if much is None or twice is None:
        return False
    return bool(np.all(np.abs(twice / 2 - much) <= np.abs(much).max() / np.sqrt(LARGE)))


def _error(evidence: Evidence) -> Array:
    """Return by how much each measured element is off, 0 where it is not wrong."""
    off = np.where(evidence.wrong, evidence.a - evidence.numeric, 0.0)
    return np.asarray(off[evidence.known])


def _is_rounded(evidence: Evidence, dtype: type) -> bool:
    """Whether every element is a number of the lower precision already."""
    a = evidence.a[evidence.known]
    return np.array_equal(a, a.astype(dtype).astype(np.float64))


def _is_erratic(evidence: Evidence, off: Array, unit: float) -> bool:
    """Whether the error is another one when the inputs move by a few units of the precision."""
    rng = evidence.stream("moved by a few units")
    moved = {
        name: (x * (1 + MOVED * unit * rng.uniform(-1, 1, x.shape))).astype(x.dtype)
        for name, x in evidence.case.variables.items()
    }
    try:
        there = evidence.at(evidence.case.with_variables(moved), evidence.dout)
    except CodeError:
        return False
    if there.analytic is None or there.numeric.shape != evidence.numeric.shape:
        return False
    again = _error(there)
    if again.shape != off.shape:
        return False
    return float(np.linalg.norm(again - off)) > ERRATIC * float(np.linalg.norm(off))
