"""Single elements, measured one by one: where the screen fails, cannot tell, or meets a kink."""

from __future__ import annotations

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.measure.bars import Precision, Sums, gather, norm
from minnet.gradcheck.measure.probe import RUNS_PER_ELEMENT
from minnet.gradcheck.options import ElementCount
from minnet.gradcheck.verdict.question import Question
from minnet.gradcheck.verdict.screen import compare, decide
from minnet.report.results import Elements, Verdict

#: elements measured when all is well, to show what was compared; none where there are more than
#: so many variables: a network, whose layers are better checked one by one
SAMPLE, SAMPLE_VARIABLES = 1, 4


def choose(question: Question, settled: bool, elements: ElementCount) -> Array:
    """Return the flat indices of the elements to measure one by one: few where all is settled."""
    n = np.count_nonzero(question.sizes)
    count = (
        n
        if elements == "all"
        else _usual_count(question, settled)
        if elements is None
        else elements
    )
    if not count:
        return np.zeros(0, int)
    movable = np.flatnonzero(question.sizes)
    if count >= n:
        return movable
    return np.sort(question.probe.rng.choice(movable, count, replace=False))


def _usual_count(question: Question, settled: bool) -> int:
    """Return how many elements to measure where the user leaves that to the checker."""
    if settled:
        few = len(question.probe.size) <= SAMPLE_VARIABLES and not question.probe.slow
        return SAMPLE if few else 0
    if question.probe.runs_for(question.name) <= question.probe.runs:
        return question.sizes.size
    return question.probe.runs // RUNS_PER_ELEMENT


def measure(question: Question, chosen: Array, straight: bool = False) -> Elements:
    """Measure the chosen elements (flat indices) and compare each with its claim.

    Taken to be `straight`, what agrees so closely is right; where anything does not, all are
    measured as what they are.
    """
    claimed = question.claimed
    if not len(chosen):
        return Elements.empty(claimed.ndim)
    parts = list(question.probe.elements(question.name, chosen, question.dout, straight))
    flat = np.concatenate([elements for elements, _ in parts])
    order = np.argsort(flat)
    value, error_bar, at_kink, reach = (
        np.concatenate([getattr(sums, field) for _, sums in parts])[order]
        for field in ("value", "error_bar", "at_kink", "reach")
    )
    found = compared(question, flat[order], Sums(value, error_bar, at_kink, reach))
    return measure(question, chosen) if straight and found.wrong.any() else found


def compared(question: Question, flat: Array, measured: Sums) -> Elements:
    """Return the elements as measured and as claimed; here alone it is decided which are wrong."""
    claimed = question.claimed
    analytic = claimed.ravel()[flat]
    bar = measured.error_bar + question.precision.round_off(claimed).ravel()[flat]
    with np.errstate(invalid="ignore"):
        wrong = ~(np.abs(analytic - measured.value) <= bar)
    wrong |= ~np.isfinite(analytic) & np.isfinite(measured.value)  # whatever its bar
    # with an axis more, since of a single number NumPy gives no index
    index = np.stack(np.unravel_index(flat, (*claimed.shape, 1)), axis=-1)[:, :-1]
    return Elements(index, analytic, measured.value, bar, measured.at_kink, wrong, measured.reach)


def search(question: Question) -> Array:
    """Find a few wrong elements by halving: a part whose own direction agrees is cleared."""
    claimed = question.claimed
    suspects = [np.arange(claimed.size)]
    found: list[int] = []
    for _ in range(question.probe.runs // RUNS_PER_ELEMENT):
        if not suspects:
            break
        part = suspects.pop()
        mask = np.zeros(claimed.size)
        mask[part] = 1.0
        direction = question.probe.random_direction(question.name) * mask.reshape(claimed.shape)
        measured = gather(question.along(direction), question.dout)
        if compare(question.precision, claimed * direction, measured).verdict != "fail":
            continue
        if len(part) == 1:
            found.append(int(part[0]))
        else:
            suspects += np.array_split(part, 2)
    return np.array(sorted(found), int)


def verdict_of(precision: Precision, measured: Elements) -> Verdict:
    """Judge a gradient by its elements, none of them wrong, where the screen could not."""
    smooth = ~measured.at_kink
    if not smooth.any():
        return "pass" if len(measured) else "inconclusive"
    bar = norm(measured.error_bar[smooth])
    size = norm(np.maximum(np.abs(measured.analytic), np.abs(measured.numeric)))
    return decide(precision, 0.0, bar, size, norm(measured.reach[smooth]))


def joined(first: Elements, second: Elements) -> Elements:
    """Return the elements of both."""
    fields = ("index", "analytic", "numeric", "error_bar", "at_kink", "wrong", "reach")
    return Elements(*(np.concatenate([getattr(first, f), getattr(second, f)]) for f in fields))
