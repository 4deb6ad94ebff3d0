"""What a course agrees on: a gradient that is not the measured one, and is meant so.

A custom is recognised by a sign in the code (a ``zero_grad``, a name, a small number in one pass
alone) and by the numbers: what it predicts has to be what backward gives, within the error bars.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from minnet.records import replace
from minnet.report.results import Finding, GradientResult

#: the code that every convention is reported under
CONVENTION = "convention"


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
