"""The decision: from analytic and numeric gradients with error bars to a verdict.

A gradient is wrong when analytic and numeric differ by more than the error bar, right when
they agree within it and the bar is small enough to mean something, inconclusive otherwise.
A tensor is screened along random directions, which see one wrong element among many; single
elements are measured where the screen fails or cannot tell, and a few of them always. Where
something stands at a kink, the elements are judged each by its own interval, and the rest beside
the kink.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from minnet.gradcheck.measure.bars import COARSE, NEGLIGIBLE, gather, zero_beside
from minnet.gradcheck.options import ElementCount
from minnet.gradcheck.verdict.elements import choose, joined, measure, search, verdict_of
from minnet.gradcheck.verdict.kinks import judge_at_kinks
from minnet.gradcheck.verdict.question import Question
from minnet.gradcheck.verdict.screen import Screen, screen_alone
from minnet.report.results import Elements, GradientResult, Verdict, Worst, digits_of


@dataclass(frozen=True)
class Judgement:
    """A verdict, and what it rests on."""

    verdict: Verdict
    screen: Screen
    elements: Elements

    @property
    def at_kink(self) -> bool:
        """Whether something stands at a kink."""
        return self.screen.at_kink or bool(self.elements.at_kink.any())

    @property
    def wrong_where_smooth(self) -> bool:
        """Whether an element is wrong that does not stand at a kink."""
        return bool((self.elements.wrong & ~self.elements.at_kink).any())


def judge(
    question: Question, elements: ElementCount = None, screen: Screen | None = None
) -> GradientResult:
    """Reach the verdict on one gradient.

    Parameters
    ----------
    question : Question
    elements : int or "all", optional
        How many elements to measure one by one, whatever the screen says.
    screen : Screen, optional
        What `screen_together` found for this variable.

    Returns
    -------
    GradientResult
        Without a diagnosis.
    """
    if not len(question.dout):  # an empty batch: no output, so nothing depends on anything
        zero: Verdict = "fail" if question.claimed.any() else "pass"
        return _result(question, Judgement(zero, Screen(), Elements.empty(question.claimed.ndim)))
    found = _measured(question, elements, screen or screen_alone(question))
    if found.at_kink and not found.wrong_where_smooth:
        verdict, measured = judge_at_kinks(question, found.elements)
        found = replace(found, verdict=verdict, elements=measured)
    else:
        found = _judged_where_smooth(question, found)
    return _result(question, _but_for_round_off(question, found))


def _measured(question: Question, elements: ElementCount, screen: Screen) -> Judgement:
    """Measure the elements that the screen calls for; where it fails, a wrong one is looked for."""
    measured = measure(question, choose(question, screen, elements))
    some_left = len(measured) < question.sizes.size
    if screen.verdict == "fail" and some_left and not measured.wrong.any():
        measured = joined(measured, measure(question, search(question)))
    return Judgement(screen.verdict, screen, measured)


def _judged_where_smooth(question: Question, found: Judgement) -> Judgement:
    """Reach the verdict where directions add up: by the elements first, then by the screen."""
    if found.elements.wrong.any():
        return replace(found, verdict="fail")
    if found.verdict == "fail":  # nothing wrong one by one: believed only if it repeats itself
        again = screen_alone(question)
        return replace(found, verdict=again.verdict, screen=again)
    if found.verdict == "inconclusive":
        return replace(found, verdict=verdict_of(found.elements))
    return found


def _but_for_round_off(question: Question, found: Judgement) -> Judgement:
    """Pass what cannot be told, or differs, only because it is round-off."""
    if found.verdict == "inconclusive" and _is_nothing(question, found.elements):
        return replace(found, verdict="pass")
    if found.verdict == "fail" and not found.at_kink and _is_round_off(question, found.elements):
        none = np.zeros(len(found.elements), bool)
        return replace(found, verdict="pass", elements=replace(found.elements, wrong=none))
    return found


def _is_nothing(question: Question, measured: Elements) -> bool:
    """Return whether the gradient is zero beside what the outputs do further away.

    All outputs of a dead ReLU are 0, and nothing at the point itself says what is small.
    """
    reach = float(np.linalg.norm(question.dout * question.probe.far()))
    smooth = ~measured.at_kink
    sizes = question.sizes[tuple(measured.index.T)]
    claimed = (question.claimed * question.sizes).ravel()
    if len(measured) and not smooth.all():
        claimed = (measured.analytic * sizes)[smooth]
    bar = float((measured.error_bar * sizes)[smooth].max(initial=0.0))
    zero = float(np.linalg.norm(claimed)) <= zero_beside(reach)
    return bool(smooth.any()) and zero and bar <= NEGLIGIBLE * reach


def _is_round_off(question: Question, measured: Elements) -> bool:
    """Return whether what differs is round-off in backward.

    Where every sample is saturated, it takes two numbers near 1 from each other, and of a
    derivative of 1e-20 nothing is left.
    """
    name, dout, claims = question.name, question.dout, question.claims
    wrong = measured.index[measured.wrong]
    place = tuple(wrong.T) if len(wrong) else ...
    apart = np.abs(measured.analytic - measured.numeric) - measured.error_bar
    most = question.precision.negligible * claims.largest_nearby(name, dout, place)
    if np.any(apart > most):
        return False  # it is more than round-off can be here, and need not be measured
    slack = min(10 * float(claims.noise(name, dout, place).max(initial=0.0)), most)
    direction = question.probe.random_direction(name)
    along = gather(question.along(direction), dout)
    off = abs(float((question.claimed * direction).sum()) - float(along.value[0]))
    off -= float(along.error_bar[0])
    return bool(np.all(apart <= slack) and off <= slack * float(np.linalg.norm(direction)))


# --- the result ---------------------------------------------------------------------------


def _result(question: Question, found: Judgement) -> GradientResult:
    agreements, measured = found.screen.agreements, found.elements
    size = max((a.size for a in agreements), default=0.0)
    difference = max((a.difference for a in agreements), default=0.0)
    bar = max((a.error_bar for a in agreements), default=0.0)
    if len(measured) and (not agreements or measured.wrong.any()):
        smooth = ~measured.at_kink | measured.wrong
        off = (measured.analytic - measured.numeric)[smooth]
        size = float(np.linalg.norm(np.maximum(abs(measured.analytic), abs(measured.numeric))))
        difference = float(np.linalg.norm(off))
        bar = float(np.linalg.norm(measured.error_bar[smooth]))
    relative = difference / size if size > 0 else (0.0 if difference == 0 else math.inf)
    return GradientResult(
        wrt=question.name,
        shape=tuple(question.claimed.shape),
        verdict=found.verdict,
        relative_error=relative,
        error_bar=bar / size if size > 0 else bar,
        digits=digits_of(relative),
        elements_checked=len(measured),
        elements_wrong=int(measured.wrong.sum()),
        at_kink=int(measured.at_kink.sum()),
        worst=_worst(measured),
        elements=measured,
        note=_precision_note(question),
    )


def _precision_note(question: Question) -> str:
    noise = question.precision.noise
    if noise < COARSE:
        return ""
    digits = digits_of(noise)
    return f"the forward pass is only good to about {digits} digits, so the error bar is wide"


def _worst(measured: Elements) -> Worst | None:
    if not len(measured):
        return None
    if measured.wrong.any():
        k = int(measured.furthest(1)[0])
    else:
        k = int(np.argmax(np.abs(measured.analytic - measured.numeric)))
    return Worst(
        tuple(int(i) for i in measured.index[k]),
        float(measured.analytic[k]),
        float(measured.numeric[k]),
        float(measured.error_bar[k]),
    )
