"""A mistake in the structure, and a constant factor besides: transposed and halved."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from minnet.gradcheck.diagnosis import layout, statistics, structure
from minnet.gradcheck.diagnosis.common import rounded, times
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.gradcheck.diagnosis.naming import batch_size
from minnet.records import replace
from minnet.report.results import Factor, Finding

#: where the numbers only change places, their norm tells the factor
REARRANGED: tuple[Callable[[Evidence], Finding | None], ...] = (
    layout.transpose,
    layout.flip,
    layout.permuted,
    layout.permuted_upstream,
    structure.jacobian_transposed,
)
#: where it does not, the usual factors are tried
OTHERS: tuple[Callable[[Evidence], Finding | None], ...] = (
    layout.swapped,
    statistics.statistic_constant,
    structure.jacobian_diagonal,
    structure.truncated_time,
)


def times_a_constant(evidence: Evidence) -> Finding | None:
    """What another hypothesis says, times a constant."""
    for hypothesis, factors in ((REARRANGED, _by_norm), (OTHERS, _usual)):
        for factor in factors(evidence):
            divided = evidence.divided_by(factor.value)
            for ask in hypothesis:
                found = ask(divided)
                if found is not None:
                    words = f"{found.message} It is {times(factor.value)} that, too."
                    return replace(found, message=words, factor=factor)
    return None


def _by_norm(evidence: Evidence) -> Iterator[Factor]:
    """Yield the factor by which the norm is too large, and minus that."""
    if evidence.J is not None and evidence.A is not None:
        claimed, measured, bar = evidence.A, evidence.J, evidence.J_tolerance
    elif evidence.complete:
        claimed, measured, bar = evidence.a, evidence.numeric, evidence.tolerance
    else:
        return
    size, error = float(np.linalg.norm(measured)), float(np.linalg.norm(bar))
    if size > error:  # else it may be zero, which is any number of times anything
        ratio = float(np.linalg.norm(claimed)) / size
        factor = rounded(Factor(ratio, ratio * error / size))
        if factor.value != 1:
            yield factor
        yield replace(factor, value=-factor.value)


def _usual(evidence: Evidence) -> Iterator[Factor]:
    size = batch_size(evidence.case)
    for value in (-1.0, 2.0, 0.5, *((size, 1 / size) if size and size > 2 else ())):
        yield Factor(float(value))
