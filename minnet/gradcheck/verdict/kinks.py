"""Where slopes are one-sided, directions do not add up.

Each element is judged by its own interval, from one slope to the other, and the directions at a
point beside the kinks.
"""

from __future__ import annotations

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.verdict.claims import BESIDE
from minnet.gradcheck.verdict.elements import verdict_of
from minnet.gradcheck.verdict.question import Question
from minnet.gradcheck.verdict.screen import screen_alone
from minnet.records import replace
from minnet.report.results import Elements, Verdict

#: points close by whose gradients a claim at a kink may equal
NEIGHBOURS = 12


def judge_at_kinks(question: Question, measured: Elements) -> tuple[Verdict, Elements]:
    """Reach the verdict where something stands at a kink and no smooth element is wrong."""
    nearby = screen_beside(question)
    if nearby == "fail":
        return "fail", measured
    if measured.wrong.any():
        measured = excused(question, measured)
    if measured.wrong.any():
        return "fail", measured
    return ("pass" if nearby == "pass" else verdict_of(question.precision, measured)), measured


def screen_beside(question: Question) -> Verdict:
    """Screen at a point close by, where no element is at a kink any more."""
    try:
        other = question.beside(BESIDE, question.probe.step)
        screen = screen_alone(other)
    except (CodeError, KeyError):
        return "inconclusive"
    if screen.at_kink or not np.isfinite(other.probe.base).all():
        return "inconclusive"
    return screen.verdict


def excused(question: Question, measured: Elements) -> Elements:
    """Take back "wrong" where, at a kink, the claim is a gradient that holds close by.

    Where three entries of a sort are equal, the claim for one may be what holds for an order
    of the three that no step along a single element leads to.
    """
    values = _claims_close_by(question, measured)
    if not len(values):
        return measured
    close = BESIDE * np.abs(measured.analytic)  # so close by, a smooth gradient changes less
    # Where many kinks meet, a few points close by have not shown all that may be claimed.
    many = np.sum(np.diff(values, axis=0) > close, axis=0) > 1
    slack = close + np.where(many, measured.error_bar, 0.0)
    held = (measured.analytic >= values[0] - slack) & (measured.analytic <= values[-1] + slack)
    # A kink is seen as an interval of slopes, or in claims that are others close by.
    bent = (measured.error_bar > close) | (values[-1] - values[0] > close)
    return replace(measured, wrong=measured.wrong & ~(held & bent & measured.at_kink))


def _claims_close_by(question: Question, measured: Elements) -> Array:
    """Return what is claimed for the elements at points close by, sorted, (points, k)."""
    flat = np.ravel_multi_index(tuple(measured.index.T), question.sizes.shape)
    nearby = []
    for _ in range(NEIGHBOURS):
        try:
            nearby.append(question.beside(BESIDE**2).claimed.ravel()[flat])
        except (CodeError, KeyError):
            continue
    return np.sort(np.array(nearby), axis=0)
