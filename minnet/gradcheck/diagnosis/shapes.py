"""A gradient of another shape than its variable: whose numbers are they?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.diagnosis.common import name_of_gradient, permutations, subsets
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.records import replace
from minnet.report.results import Finding


def shape(evidence: Evidence, finding: Finding) -> Finding:
    """Add to the contract's `shape` finding what makes the numbers right."""
    raw = np.asarray(evidence.raw)
    if raw.dtype.kind not in "fiub" or not evidence.complete:
        return finding
    raw = raw.astype(float)
    g, bar = evidence.numeric, evidence.bar
    for words, made in _repairs(raw, g.shape):
        if evidence.same(made, g, bar).all():
            message = f"{finding.message} Its numbers are right once {words}."
            facts = finding.facts | {"right_after": words}
            return replace(finding, message=message, facts=facts)
    for name in evidence.others:
        other = evidence.about(name)
        if other.x.shape != raw.shape or not other.complete:
            continue
        if evidence.same(raw, other.numeric, other.bar).all():
            message = (
                f"{finding.message} Its numbers are those of {name_of_gradient(name)}: are the "
                "gradients returned in the order of the arguments?"
            )
            return replace(finding, message=message, facts=finding.facts | {"of": name})
    return finding


def _repairs(raw: Array, wanted: tuple[int, ...]) -> Iterator[tuple[str, Array]]:
    """Yield what can be done to an array to give it the wanted shape, in words."""
    if raw.size == int(np.prod(wanted)):
        for axes in permutations(raw.ndim):
            if raw.transpose(axes).shape == wanted:
                words = "it is transposed" if raw.ndim == 2 else f"its axes are put in order {axes}"
                yield words, raw.transpose(axes)
        yield "it is reshaped", raw.reshape(wanted)
    for axes in subsets(range(raw.ndim)):
        for keep in (False, True):
            total = raw.sum(axis=axes, keepdims=keep)
            if total.size == int(np.prod(wanted)) and total.size < raw.size:
                listed = " and ".join(map(str, axes))
                yield f"it is summed over axis {listed}", total.reshape(wanted)
    if raw.size < int(np.prod(wanted)):
        try:
            yield "it is repeated along the missing axes", np.broadcast_to(raw, wanted)
        except ValueError:
            return
