"""Code in float16 or float32, looked at again in float64, which most code follows.

A difference of two numbers of a short format has few digits, and a network of a few layers leaves
none of them. The formulas are the same in float64: they can be judged there, where the code takes
float64 numbers for its inputs and parameters and gives what it gave before.
"""

from __future__ import annotations

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError, split_like
from minnet.gradcheck.measure.bars import EPS, MEANINGFUL, ROUNDING, norm, rounding
from minnet.gradcheck.measure.probe import Probe
from minnet.gradcheck.options import ElementCount
from minnet.gradcheck.verdict.claims import Claims, as_gradients
from minnet.gradcheck.verdict.elements import measure
from minnet.gradcheck.verdict.judge import judge
from minnet.gradcheck.verdict.question import Question
from minnet.records import replace
from minnet.report.results import VERIFIED, GradientResult


class InDouble:
    """A case in float64 beside the same case in the user's own format.

    Parameters
    ----------
    claims : Claims
        In the user's own format.
    """

    def __init__(self, claims: Claims) -> None:
        self._own = claims
        self._made = False
        self._claims: Claims | None = None

    def claims(self, dout: Array) -> Claims | None:
        """Return what backward claims in float64; None where the code has no more to show there."""
        if not self._made:
            self._made = True
            case = self._own.probe.case.in_double()
            self._claims = None if case is None else self._followed(case, dout)
        return self._claims

    def judged(
        self, question: Question, result: GradientResult, elements: ElementCount
    ) -> tuple[Question, GradientResult] | None:
        """Return question and verdict in float64, where the user's own format leaves doubts."""
        claims = self.claims(question.dout) if self._leaves_doubts(result) else None
        if claims is None:
            return None
        there = Question(claims.probe, claims, question.name, question.dout)
        try:
            if not self._same_gradient(question, there):
                return None
            found = judge(there, elements)
        except (CodeError, KeyError):
            return None
        if found.verdict == "inconclusive" or found.verdict == result.verdict == "fail":
            return None
        if found.verdict == "fail" and not _measured_alike(question, found):
            return None
        name = question.probe.case.variables[question.name].dtype.name
        note = f"measured in float64, which the code follows: in {name} too few digits are left"
        return there, replace(found, note=note)

    def _leaves_doubts(self, result: GradientResult) -> bool:
        """Whether it did not pass, or with few digits, or forward is coarser than its format."""
        coarse = self._own.probe.precision.noise > ROUNDING * self._unit > ROUNDING * rounding()
        return result.verdict != "pass" or not result.error_bar <= VERIFIED or coarse

    @property
    def _unit(self) -> float:
        """The round-off of the shortest format among the variables."""
        variables = self._own.probe.case.variables.values()
        return max((rounding(x.dtype.type) for x in variables), default=rounding())

    def _followed(self, case: Case, dout: Array) -> Claims | None:
        """Return the claims of a case in float64 whose outputs are the same, and more exact."""
        own = self._own.probe
        try:
            probe = Probe(case, own.rng, own.step, self._rounds_backward(case, dout))
            apart = norm(probe.base - own.base)
            if not apart <= MEANINGFUL * norm(own.base):
                return None
            # A single number in a short format may stick, and show no noise at all.
            if ROUNDING * norm(probe.noise) > max(norm(own.noise), self._unit * norm(own.base)):
                return None
            if not all(map(probe.follows, case.variables)):  # it rounds on the way
                return None
        except (CodeError, ValueError):
            return None
        return Claims(probe)

    def _rounds_backward(self, case: Case, dout: Array) -> float:
        """Return the round-off of gradients that are given in the user's own format even so."""
        run = case.run()
        given = as_gradients(run.backward(split_like(dout, run.outputs)), case.variables)
        own = self._own.probe.case.variables
        rounded = [
            own[n].dtype.type
            for n, g in given.items()
            if np.array_equal(g, g.astype(own[n].dtype)) and g.any()
        ]
        return max((rounding(dtype) for dtype in rounded), default=EPS)

    def _same_gradient(self, here: Question, there: Question) -> bool:
        """Whether backward claims the same, but for the round-off of the user's own format."""
        apart = norm(here.claimed - there.claimed)
        slack = norm(here.claims.slack(here.name, here.dout))
        return bool(apart <= max(MEANINGFUL * norm(there.claimed), slack))


def _measured_alike(question: Question, there: GradientResult) -> bool:
    """Whether what was measured of the worst element in float64 holds in the user's own format.

    Code may round to its own format on the way, so that a short step in float64 is lost.
    """
    if there.worst is None:
        return True
    index = there.worst.index  # of a single number it is ()
    flat = np.ravel_multi_index(index, question.claimed.shape) if index else 0
    here = measure(question, np.array([int(flat)]))
    apart = np.abs(here.numeric - there.worst.numeric)
    return bool(np.all(apart <= here.error_bar + there.worst.error_bar))
