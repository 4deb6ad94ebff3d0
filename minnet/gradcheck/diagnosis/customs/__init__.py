"""What a course agrees on: a gradient that is not the measured one, and is meant so.

A custom is recognised by a sign in the code (a ``zero_grad``, a name, a small number in one pass
alone) and by the numbers: what it predicts has to be what backward gives, within the error bars.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from minnet.gradcheck.case import CodeError
from minnet.gradcheck.diagnosis.customs.accumulating import accumulated, as_blamed
from minnet.gradcheck.diagnosis.customs.batch import left_to_the_batch
from minnet.gradcheck.diagnosis.customs.clipping import clipped
from minnet.gradcheck.diagnosis.customs.epsilon import epsilon_in_one_pass
from minnet.gradcheck.diagnosis.customs.fused import fused
from minnet.gradcheck.diagnosis.customs.straight_through import straight_through
from minnet.gradcheck.diagnosis.customs.tensor_format import in_the_format_of_tensors
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.report.results import Finding, GradientResult

__all__ = ["CONVENTION", "as_blamed", "custom_of", "excused", "left_to_the_batch", "said"]

#: the code that every convention is reported under
CONVENTION = "convention"

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


def excused(gradient: GradientResult, convention: str) -> GradientResult:
    """Return the result for a gradient that is what a convention makes of it."""
    elements = gradient.elements
    if elements is not None:
        elements = replace(elements, wrong=np.zeros(len(elements), bool))
    return replace(
        gradient,
        verdict="pass",
        elements_wrong=0,
        diagnosis=(),
        elements=elements,
        convention=convention,
    )


def said(gradients: Iterable[GradientResult]) -> list[Finding]:
    """Return one sentence for each custom that gradients of a case are excused by."""
    names: dict[str, list[str]] = {}
    for gradient in gradients:
        if gradient.convention and gradient.verdict == "pass":
            names.setdefault(gradient.convention, []).append(gradient.wrt)
    return [
        Finding(CONVENTION, words.replace("{wrt}", _listed(wrt)), {"wrt": wrt}, about=(words,))
        for words, wrt in names.items()
    ]


def _listed(names: list[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
