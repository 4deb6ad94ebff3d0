"""Gradients that are clipped where they are large, each element or the whole by its norm."""

from __future__ import annotations

import inspect
import re

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.patterns import pattern
from minnet.report.results import GradientResult

CLIPPED = (
    "The gradient of {wrt} is clipped where it is large, against gradients that explode: a "
    "convention. For a smaller upstream gradient it is exactly the right one."
)
#: as one calls it on purpose; a bare np.clip may be a slip
_CLIPS = pattern(r"clip\w*_?grad|grad\w*_?clip|clip\w*_?norm|max_?norm", re.I)


def clipped(evidence: Evidence, result: GradientResult) -> str:
    """Right for a smaller upstream gradient, and no larger than a bound for this one."""
    if {finding.code for finding in evidence.contract} - {"nonlinear_upstream"}:
        return ""
    if evidence.analytic is None or evidence.case.is_loss or not evidence.complete:
        return ""
    if not _says_so(evidence) or not (_each(evidence) or _by_norm(evidence)):
        return ""
    share = np.max(np.abs(evidence.a)) / np.max(np.abs(evidence.numeric)) / 4
    small = evidence.claimed_for(share * evidence.dout)
    if small is None or not share or not np.isfinite(share):
        return ""
    return CLIPPED if evidence.same(small / share, evidence.numeric, evidence.bar).all() else ""


def _says_so(evidence: Evidence) -> bool:
    """Return whether backward, as it is written, says that it bounds something."""
    try:
        return bool(_CLIPS.search(inspect.getsource(evidence.case.code["backward"])))
    except (KeyError, OSError, TypeError):
        return False


def _each(evidence: Evidence) -> bool:
    """Return whether every element is the right one, brought into the bounds that they reach."""
    a: Array = evidence.a
    return evidence.agrees(np.clip(evidence.numeric, a.min(), a.max()))


def _by_norm(evidence: Evidence) -> bool:
    """Return whether the gradient is the right one, made shorter as a whole."""
    ratio = float(np.linalg.norm(evidence.a) / np.linalg.norm(evidence.numeric))
    return ratio < 1 and evidence.agrees(ratio * evidence.numeric, ratio * evidence.bar)
