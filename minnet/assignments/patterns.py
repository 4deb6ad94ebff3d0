"""With which setting a submission is wrong: its cases are compared, as the checker does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from minnet.assignments.asking import Answer
from minnet.assignments.judging import Outcome, said_of
from minnet.gradcheck.options import Options
from minnet.gradcheck.wrong_case import CODE, with_wrong_case
from minnet.report.results import CaseResult, Finding, GradientResult, worst_of


def with_settings(answers: Sequence[Answer], options: Options) -> None:
    """Add to gradients that are wrong in some cases alone with which setting they are.

    Raises
    ------
    CodeError, Raised, Ended
        When the code cannot be run any more.
    """
    known = [answer for answer in answers if answer.case is not None and not answer.open]
    if not any(_is_mixed(known, name) for name in _names(known)):
        return
    checked = [(answer.case, _as_result(answer)) for answer in known if answer.case is not None]
    for answer, result in zip(known, with_wrong_case(checked, options), strict=True):
        for gradient in result.gradients:
            finding = next((f for f in gradient.diagnosis if f.code == CODE), None)
            outcome = answer.gradients[gradient.wrt]
            if finding is not None and outcome.verdict == "fail":
                codes = tuple(f.code for f in gradient.diagnosis)
                message = said_of(finding)
                changed = replace(outcome, codes=codes, message=message)
                answer.gradients[gradient.wrt] = changed


def _names(answers: Sequence[Answer]) -> list[str]:
    return list(dict.fromkeys(name for answer in answers for name in answer.gradients))


def _is_mixed(answers: Sequence[Answer], name: str) -> bool:
    """Return whether a gradient is right in some cases and wrong in others."""
    verdicts = {a.gradients[name].verdict for a in answers if name in a.gradients}
    return {"pass", "fail"} <= verdicts


def _as_result(answer: Answer) -> CaseResult:
    """Return what is known of a case in the checker's words."""
    gradients = tuple(
        GradientResult(
            name,
            answer.asked.gradients[name].shape,
            outcome.verdict,
            diagnosis=_findings(outcome),
        )
        for name, outcome in answer.gradients.items()
    )
    verdict = worst_of(gradient.verdict for gradient in gradients)
    assert answer.case is not None
    return CaseResult(answer.case.description, verdict, gradients)


def _findings(outcome: Outcome) -> tuple[Finding, ...]:
    if outcome.verdict != "fail":
        return ()
    return tuple(Finding(code, outcome.message) for code in outcome.codes or ("unexplained",))
