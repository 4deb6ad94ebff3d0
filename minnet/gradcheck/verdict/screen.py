"""Whole tensors at once, along random directions, which see one wrong element among many."""

from __future__ import annotations

import math

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.measure.bars import Precision, Sums, gather, means_something, norm
from minnet.gradcheck.measure.probe import Probe
from minnet.gradcheck.verdict.claims import Claims
from minnet.gradcheck.verdict.question import Question
from minnet.records import NamedTuple
from minnet.report.results import Verdict, worst_of

#: random directions per tensor, screened alone
DIRECTIONS = 2
#: and where each verifies few digits only
MANY = 16
#: screened together, a variable has been seen if the error bar is below this share of its gradient
SEEN_TOGETHER = 3e-8


class Agreement(NamedTuple):
    """Analytic against numeric along one direction, or over the elements measured."""

    verdict: Verdict
    difference: float
    error_bar: float
    size: float


class Screen(NamedTuple):
    """What the directions say of one gradient; outputs at a kink are set aside, and noted."""

    agreements: tuple[Agreement, ...] = ()
    at_kink: bool = False

    @property
    def verdict(self) -> Verdict:
        return worst_of(a.verdict for a in self.agreements)


def screen_together(probe: Probe, claims: Claims, dout: Array) -> dict[str, Screen]:
    """Screen all variables at once, along a random direction in which all of them move.

    Most layers are right, and this says so at the price of a single variable. A variable is
    left out of the result, to be screened alone, where the direction disagrees, meets a kink, or
    sees too little of it beside the others. A second direction would say nothing new: that of a
    wrong gradient the first misses by less than a bar of 3e-8 happens as often as that.
    """
    gradients = claims.at(dout)
    if not gradients:
        return {}
    directions = {name: probe.random_direction(name) for name in gradients}
    found = gather(probe.along_all(directions, dout), dout)
    terms = {name: gradients[name] * v for name, v in directions.items()}
    sizes = {name: norm(term) for name, term in terms.items()}
    bar = float(found.error_bar[0])
    bar += sum(probe.precision.round_off_of_sum(terms[name], sizes[name]) for name in terms)
    difference = abs(sum(float(term.sum()) for term in terms.values()) - float(found.value[0]))
    if found.at_kink[0] or not difference <= bar < math.inf:
        return {}
    return {
        name: Screen((Agreement("pass", difference, bar, size),))
        for name, size in sizes.items()
        if bar <= SEEN_TOGETHER * size
    }


def agree_at_a_glance(probe: Probe, gradients: dict[str, Array], dout: Array) -> bool:
    """Return whether one direction, measured by a probe with a single short step, agrees with all.

    Mostly it does. Where it does not, nothing is said: there may be a kink, or much round-off.
    """
    claims = Claims(probe)
    claims.keep(dout, gradients)
    return screen_together(probe, claims, dout).keys() == probe.case.variables.keys()


def screen_alone(question: Question) -> Screen:
    """Screen one gradient along random directions of its own variable."""
    agreements, at_kink, claims = [], False, question.claims
    for _ in range(DIRECTIONS):
        direction = question.probe.random_direction(question.name)
        slopes = question.along(direction)
        smooth = np.where(slopes.at_kink, 0.0, question.dout)
        if slopes.at_kink.any():
            at_kink = True
            if not (claims.adjustable and smooth.any()):
                continue  # the elements decide
        try:
            analytic = claims.at(smooth)[question.name]
        except (KeyError, CodeError):
            analytic = question.claimed
        agreements.append(compare(question.precision, analytic * direction, gather(slopes, smooth)))
    return Screen(tuple(agreements), at_kink)


def screen_closer(question: Question) -> Screen:
    """Screen a gradient along many directions, for a common factor that each alone cannot see.

    Errors are independent along different directions, and a factor is the same along all of them.
    """
    analytic, off, bars = [], [], []
    for _ in range(MANY):
        direction = question.probe.random_direction(question.name)
        terms, found = (
            question.claimed * direction,
            gather(question.along(direction), question.dout),
        )
        if found.at_kink[0]:
            continue
        analytic.append(float(terms.sum()))
        off.append(analytic[-1] - float(found.value[0]))
        bars.append(float(found.error_bar[0]) + question.precision.round_off_of_sum(terms))
    if not np.any(analytic):
        return Screen()
    weights = np.array(analytic) / norm(np.array(analytic))
    difference, bar = abs(float(weights @ off)), norm(weights * np.array(bars))
    size = norm(np.array(analytic))
    verdict = decide(question.precision, difference, bar, size, 0.0)
    return Screen((Agreement(verdict, difference, bar, size),))


def compare(precision: Precision, terms: Array, measured: Sums) -> Agreement:
    """Judge the sum of `terms` (of an analytic directional derivative) against the measured one."""
    numeric, bar = float(measured.value[0]), float(measured.error_bar[0])
    if not np.isfinite(terms).all():
        return Agreement("fail", math.inf, bar, abs(numeric))
    claimed = norm(terms)
    size = max(claimed, abs(numeric))
    bar += precision.round_off_of_sum(terms, claimed)
    difference = abs(float(terms.sum()) - numeric)
    verdict = decide(precision, difference, bar, size, float(measured.reach[0]))
    return Agreement(verdict, difference, bar, size)


def decide(
    precision: Precision, difference: float, bar: float, size: float, reach: float
) -> Verdict:
    """Say what a difference means: `reach` is how large the derivative might have been."""
    if difference > bar:
        return "fail"
    return "pass" if means_something(bar, size, reach, precision) else "inconclusive"
