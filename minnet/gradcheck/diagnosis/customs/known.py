"""Which of the customs it is by which a gradient is not what was measured."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minnet.gradcheck.case import CodeError
from minnet.gradcheck.diagnosis.customs.accumulating import accumulated
from minnet.gradcheck.diagnosis.customs.clipping import clipped
from minnet.gradcheck.diagnosis.customs.epsilon import epsilon_in_one_pass
from minnet.gradcheck.diagnosis.customs.fused import fused
from minnet.gradcheck.diagnosis.customs.straight_through import straight_through
from minnet.gradcheck.diagnosis.customs.tensor_format import in_the_format_of_tensors
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.report.results import GradientResult

Custom = Callable[[Evidence, GradientResult], str]
_CUSTOMS: tuple[Custom, ...] = (
    accumulated,
    straight_through,
    fused,
    epsilon_in_one_pass,
    in_the_format_of_tensors,
    clipped,
)


def custom_of(evidence: Evidence, result: GradientResult) -> str:
    """Return the custom by which a gradient is not what was measured, in words, or "".

    Parameters
    ----------
    evidence : Evidence
        Of a gradient that fails.
    result : GradientResult
        What its numbers alone come to, without what the contract found.
    """
    for custom in _CUSTOMS:
        try:
            with np.errstate(all="ignore"):
                if words := custom(evidence, result):
                    return words
        except (CodeError, np.linalg.LinAlgError):
            continue
    return ""
