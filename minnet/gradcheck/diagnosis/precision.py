"""Right only to the digits of a lower precision."""

from __future__ import annotations

import numpy as np

from minnet.gradcheck.diagnosis.common import gradient_of
from minnet.gradcheck.evidence import Evidence
from minnet.gradcheck.results import Finding

#: rounding errors that add up in one element, in units of the precision
UNITS = 8.0


def precision(evidence: Evidence) -> Finding | None:
    """Right only to the digits of float32 or float16."""
    a, g = evidence.a[evidence.known], evidence.numeric[evidence.known]
    size = float(np.sqrt(np.mean(g**2))) if g.size else 0.0
    if size == 0 or not np.isfinite(a).all():
        return None
    off = np.maximum(np.abs(a - g) - evidence.tolerance[evidence.known], 0.0)
    for dtype in (np.float32, np.float16):
        unit = float(np.finfo(dtype).eps) / 2
        rounded = np.array_equal(a, a.astype(dtype).astype(np.float64))
        if not rounded and dtype is np.float16 and np.asarray(evidence.raw).dtype != dtype:
            continue
        limit = (64 if rounded else UNITS) * unit
        if np.all(off <= limit * (np.abs(g) + size)):
            digits = int(-np.log10(unit))
            message = (
                f"{gradient_of(evidence)} is right only to about {digits} digits, those of "
                f"{np.dtype(dtype).name}, while forward computes in float64. Look for an array "
                f"made with another dtype, or an .astype({np.dtype(dtype).name})."
            )
            facts = {"dtype": np.dtype(dtype).name, "digits": digits}
            return Finding("precision", message, facts)
    return None
