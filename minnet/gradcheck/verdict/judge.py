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

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.measure.bars import (
    COARSE,
    MOST,
    NEGLIGIBLE,
    gather,
    norm,
    zero_beside,
)
from minnet.gradcheck.options import ElementCount
from minnet.gradcheck.verdict.elements import choose, joined, measure, search, verdict_of
from minnet.gradcheck.verdict.kinks import judge_at_kinks
from minnet.gradcheck.verdict.question import Question
from minnet.gradcheck.verdict.screen import Screen, screen_alone, screen_closer
from minnet.records import NamedTuple, replace
from minnet.report.digits import digits_of
from minnet.report.results import (
    NOTHING,
    SLOW,
    VERIFIED,
    Elements,
    GradientResult,
    Verdict,
    Worst,
)


class Judgement(NamedTuple):
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
    if not len(question.dout) or not question.claimed.size:
        return _nothing_to_check(question)
    found = _measured(question, elements, screen or screen_alone(question))
    if found.verdict != "pass" or found.elements.wrong.any():
        found = found._replace(elements=_ridges_marked(question, found.elements))
    if found.at_kink and not found.wrong_where_smooth:
        verdict, measured = judge_at_kinks(question, found.elements)
        found = found._replace(verdict=verdict, elements=measured)
    else:
        found = _judged_where_smooth(question, found)
    return _result(question, _but_for_round_off(question, found))


def look_closer(question: Question, result: GradientResult) -> GradientResult:
    """Return the result, along many more directions where it verifies few digits only."""
    few = VERIFIED < result.error_bar < 1 and not result.at_kink
    if not few or result.verdict not in ("pass", "inconclusive") or result.elements is None:
        return result
    closer = screen_closer(question)
    if not closer.agreements or closer.verdict == "inconclusive":
        return result
    found = _result(question, Judgement(closer.verdict, closer, result.elements))
    if found.verdict == "fail":
        off = f"off by {found.relative_error:.2g} ± {found.error_bar:.2g} of itself"
        found = replace(found, note=f"along many directions taken together it is {off}")
    return found


def _nothing_to_check(question: Question) -> GradientResult:
    """Return the verdict where there is no element, or no output that would depend on one."""
    empty = Elements.empty(question.claimed.ndim)
    result = _result(
        question, Judgement("fail" if question.claimed.any() else "pass", Screen(), empty)
    )
    what = "the output" if question.claimed.size else question.name
    note = f"{NOTHING}: {what} is empty"
    return replace(result, digits=0, error_bar=math.inf, note=note)


def _ridges_marked(question: Question, measured: Elements) -> Elements:
    """Mark as at a kink what no step along a single element shows to be there.

    Of three equal values the middle one stays when any of them moves alone, and yet moves with
    all three: the derivatives of the elements do not add up to that along a direction. A jump
    leaves an element with no bar at all.
    """
    jumps = ~np.isfinite(measured.error_bar) | _untold(measured)
    if not (measured.wrong.any() or jumps.any()):
        return measured
    if jumps.any():
        return replace(measured, at_kink=measured.at_kink | jumps)
    smooth = ~measured.at_kink
    place = tuple(measured.index[smooth].T)
    direction = np.zeros(question.sizes.shape)
    direction[place] = question.probe.random_direction(question.name)[place]
    along = gather(question.along(direction), question.dout)
    steps = np.atleast_1d(direction[place])[: smooth.sum()]  # a single number has no axis
    apart = abs(float(along.value[0]) - float(measured.numeric[smooth] @ steps))
    allowed = float(along.error_bar[0]) + float(measured.error_bar[smooth] @ np.abs(steps))
    return replace(measured, at_kink=measured.at_kink | (measured.wrong & (apart > allowed)))


def _untold(measured: Elements) -> Array:
    """Return which elements have a bar as wide as what they could do, where most have not."""
    with np.errstate(invalid="ignore"):
        wide = measured.error_bar > MOST * measured.reach
    few = np.mean(wide) < 1 - MOST if len(measured) else False
    return wide & ~measured.wrong & few


def _measured(question: Question, elements: ElementCount, screen: Screen) -> Judgement:
    """Measure the elements that the screen calls for; where it fails, a wrong one is looked for."""
    settled = screen.verdict == "pass" and not screen.at_kink
    measured = measure(question, choose(question, settled, elements), straight=settled)
    if settled and measured.wrong.any():  # an element and a direction contradict each other
        measured = measure(question, choose(question, False, elements))
    some_left = len(measured) < question.sizes.size
    if screen.verdict == "fail" and some_left and not measured.wrong.any():
        measured = joined(measured, measure(question, search(question)))
    return Judgement(screen.verdict, screen, measured)


def _judged_where_smooth(question: Question, found: Judgement) -> Judgement:
    """Reach the verdict where directions add up: by the elements first, then by the screen."""
    if found.elements.wrong.any():
        return found._replace(verdict="fail")
    if found.verdict == "fail":  # nothing wrong one by one: believed only if it repeats itself
        again = screen_alone(question)
        return found._replace(verdict=again.verdict, screen=again)
    if found.verdict == "inconclusive":
        return found._replace(verdict=verdict_of(question.precision, found.elements))
    return found


def _but_for_round_off(question: Question, found: Judgement) -> Judgement:
    """Pass what cannot be told, or differs, only because it is round-off."""
    if found.verdict == "inconclusive" and _is_nothing(question, found.elements):
        return found._replace(verdict="pass")
    if found.verdict == "fail" and not found.at_kink and _is_round_off(question, found.elements):
        none = np.zeros(len(found.elements), bool)
        return found._replace(verdict="pass", elements=replace(found.elements, wrong=none))
    return found


def _is_nothing(question: Question, measured: Elements) -> bool:
    """Return whether the gradient is zero beside what the outputs do further away.

    All outputs of a dead ReLU are 0, and nothing at the point itself says what is small.
    """
    reach = norm(question.dout * question.probe.far())
    smooth = ~measured.at_kink
    sizes = question.sizes[tuple(measured.index.T)]
    claimed = (question.claimed * question.sizes).ravel()
    if len(measured) and not smooth.all():
        claimed = (measured.analytic * sizes)[smooth]
    bar = float((measured.error_bar * sizes)[smooth].max(initial=0.0))
    zero = norm(claimed) <= zero_beside(reach)
    if not reach:  # it does not move at all, near or far
        return bool(smooth.any()) and not claimed.any() and not measured.numeric.any()
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
    return bool(np.all(apart <= slack) and off <= slack * norm(direction))


# --- the result ---------------------------------------------------------------------------


def _result(question: Question, found: Judgement) -> GradientResult:
    measured = found.elements
    difference, bar, size = _compared(found)
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
        worst=_worst(found),
        elements=measured,
        note=_precision_note(question) or (SLOW if question.probe.slow else ""),
    )


def _compared(found: Judgement) -> tuple[float, float, float]:
    """Return how far analytic and numeric are apart, the error bar, and the size of the two."""
    agreements, measured = found.screen.agreements, found.elements
    told = bool(agreements) and max(a.error_bar for a in agreements) < math.inf
    if len(measured) and (not told or measured.wrong.any()):
        smooth = ~measured.at_kink | measured.wrong
        off = (measured.analytic - measured.numeric)[smooth]
        size = norm(np.maximum(abs(measured.analytic), abs(measured.numeric)))
        return norm(off), norm(measured.error_bar[smooth]), size
    return (
        max((a.difference for a in agreements), default=0.0),
        max((a.error_bar for a in agreements), default=0.0),
        max((a.size for a in agreements), default=0.0),
    )


def _precision_note(question: Question) -> str:
    noise = question.precision.noise
    if noise < COARSE:
        return ""
    digits = digits_of(noise)
    return f"the forward pass is only good to about {digits} digits, so the error bar is wide"


def _worst(found: Judgement) -> Worst | None:
    """Return the element that shows best why the verdict is what it is."""
    measured = found.elements
    if not len(measured) or (found.verdict == "fail" and not measured.wrong.any()):
        return None
    if measured.wrong.any():
        k = int(measured.furthest(1)[0])
    elif found.verdict == "inconclusive":
        k = int(np.argmax(measured.error_bar))
    else:
        k = int(np.argmax(np.abs(measured.analytic - measured.numeric)))
    return Worst(
        tuple(int(i) for i in measured.index[k]),
        float(measured.analytic[k]),
        float(measured.numeric[k]),
        float(measured.error_bar[k]),
    )
