"""The division by the batch size: whether a layer, or a loss, leaves it to the other.

Of a single layer nobody can say which of the two was meant; what else is in its file can.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

import numpy as np

from minnet.gradcheck.case import Case, CodeError, output_vector
from minnet.gradcheck.diagnosis.common import factor_between
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.gradcheck.diagnosis.naming import batch_size
from minnet.report.results import Division, Factor, GradientResult


def left_to_the_batch(
    case: Case, failing: Mapping[str, Evidence], gradients: Sequence[GradientResult]
) -> Division:
    """Return what a case does with the division by its batch size, or "" where that is unclear.

    Parameters
    ----------
    case : Case
    failing : dict of str to Evidence
        Of the gradients that fail, by variable.
    gradients : sequence of GradientResult
        All gradients of the case, judged.
    """
    right = {g.wrt for g in gradients if g.verdict == "pass"}
    if case.is_loss:
        if len(right) == len(gradients):
            return _of_value(case) if _size(case) > 1 else ""
        return "left" if set(failing) == set(case.variables) and _left(failing) else ""
    held = set(case.variables) - set(case.inputs)  # of a function, all that it takes are inputs
    inputs = set(case.batched) or set(case.inputs if held else _in_columns(case))
    parameters = held or set(case.variables) - inputs
    if not parameters or _size(case) < 2:
        return ""
    if len(right) == len(gradients):
        return "whole"
    misshaped = {g.wrt for g in gradients if is_misshaped(g)}  # which may be divided as well
    whole = {name: evidence for name, evidence in failing.items() if name not in misshaped}
    is_all = whole and {*whole} | misshaped == parameters
    return "divided" if is_all and inputs <= right and all(map(_shrinks, whole.values())) else ""


def _in_columns(case: Case) -> list[str]:
    """Return which arguments of a function have the batch size along an axis; the first, if none.

    What the convention calls the batch size is no other size there.
    """
    size = _size(case)
    return [n for n in case.inputs if size in case.variables[n].shape] or list(case.inputs[:1])


def is_misshaped(gradient: GradientResult) -> bool:
    """Return whether a gradient is wrong by its shape."""
    return gradient.verdict == "fail" and [f.code for f in gradient.diagnosis[:1]] == ["shape"]


def _left(failing: Mapping[str, Evidence]) -> bool:
    """Return whether all gradients of a loss are the right ones times the batch size.

    They may be so but for an epsilon in the loss.
    """
    if all(map(_grows, failing.values())):
        return True
    # late: right code needs none of it
    from minnet.gradcheck.diagnosis.customs.epsilon import without_small_numbers

    with contextlib.suppress(CodeError, ValueError):
        for evidence in failing.values():
            with without_small_numbers(evidence.case):
                if not _grows(evidence.at(evidence.case, evidence.dout)):
                    return False
        return True
    return False


def _of_value(case: Case) -> Division:
    """Return whether a loss is a mean over the batch or a sum: it is tried with each twice."""
    twice = case.with_batch(2 * _size(case))
    if twice is None:
        return ""
    try:
        one, two = (float(output_vector(c.run())[0]) for c in (case, twice))
    except CodeError:
        return ""
    return "averaged" if abs(two - one) < abs(two - 2 * one) else "summed"


def _shrinks(evidence: Evidence) -> bool:
    """Return whether a gradient is the right one divided by the batch size."""
    size, other = _factors(evidence)
    return all(factor.near(1 / n) for n, factor in (size, other) if factor) and bool(size[1])


def _grows(evidence: Evidence) -> bool:
    """Return whether a gradient is the right one times the batch size, or that of all elements.

    Of a mean of squares, p - y leaves out the 2 as well.
    """
    (n, factor), (m, again) = _factors(evidence)
    each = evidence.x.size // max(n, 1)
    if factor is None or not any(factor.near(float(n * k)) for k in {1, each, each / 2}):
        return False
    if again is None:
        return n > 1 and factor.near(float(n))
    return Factor(again.value / m, again.error / m + factor.error / n).near(factor.value / n)


def _factors(evidence: Evidence) -> tuple[tuple[int, Factor | None], tuple[int, Factor | None]]:
    """Return the batch size and the factor to the right gradient, here and with one more."""
    n = batch_size(evidence.case) or 0
    nothing = (n + 1, None)
    if evidence.contract or evidence.analytic is None or not n:
        return (n, None), nothing
    try:
        other = evidence.with_batch(n + 1)
        if other is None or other.analytic is None:
            return (n, factor_between(evidence)), nothing  # another case has another size
        return (n, factor_between(evidence)), (n + 1, factor_between(other) or Factor(np.nan))
    except (CodeError, np.linalg.LinAlgError):
        return (n, None), nothing


def _size(case: Case) -> int:
    return batch_size(case) or 0
