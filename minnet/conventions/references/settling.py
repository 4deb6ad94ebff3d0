"""What all cases of a check say together of its forward: a slip is named that fits them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from minnet.records import replace
from minnet.report.results import CaseResult, Finding, Forward

#: a slip is named when it fits in so many cases
CASES = 2
#: where a slip waits to be confirmed by the other cases
SLIPS = "slips"
#: whether an output is zeros and nothing else
NOTHING = "nothing"
STILL_TO_WRITE = "forward gives 0, whatever it is given: it looks as if it is still to be written."
#: slips that together are a convention of their own: dropout that scales when it is evaluated
PARDONED = (
    frozenset(
        {
            "what is kept is not divided by its share",
            "it scales in test mode, which is done in training already",
        }
    ),
)


def settled(cases: Sequence[CaseResult]) -> tuple[CaseResult, ...]:
    """Return the cases of a check with what is wrong in their forward said first.

    A slip is named where it explains several of the cases that show the mistake, and most.
    """
    wrong = [finding for case in cases for finding in case.forward.findings]
    if wrong and all(finding.facts.get(NOTHING) for finding in wrong):
        return tuple(_to_do(case) for case in cases)
    for pardoned in PARDONED:
        found = [pardoned.intersection(finding.facts[SLIPS]) for finding in wrong]
        if wrong and all(found) and frozenset().union(*found) == pardoned:
            return tuple(_pardoned(case) for case in cases)
    return tuple(_told(case, wrong) for case in cases)


def _to_do(case: CaseResult) -> CaseResult:
    if not case.forward.findings:
        return case
    finding = Finding("not_implemented", STILL_TO_WRITE, {"pass": "forward"})
    return replace(case, verdict="not_implemented", forward=Forward(), findings=(finding,))


def _pardoned(case: CaseResult) -> CaseResult:
    if not case.forward.findings:
        return case
    reason = "; ".join(slip for finding in case.forward.findings for slip in finding.facts[SLIPS])
    return replace(case, forward=Forward("not_compared", case.forward.against, reason))


def _told(case: CaseResult, wrong: Sequence[Finding]) -> CaseResult:
    if not case.forward.findings:
        return case
    findings = tuple(_with_slip(finding, wrong) for finding in case.forward.findings)
    return replace(
        case,
        verdict="fail",
        forward=replace(case.forward, findings=findings),
        findings=(*findings, *case.findings),
    )


def _with_slip(finding: Finding, wrong: Sequence[Finding]) -> Finding:
    alike = [other for other in wrong if other.about == finding.about]
    fits = Counter(slip for other in alike for slip in other.facts[SLIPS])
    enough = max(CASES, len(alike) / 2)
    common = [slip for slip in finding.facts[SLIPS] if fits[slip] >= enough]
    facts = {n: fact for n, fact in finding.facts.items() if n not in (SLIPS, NOTHING)}
    if not common or "against" not in facts:
        return replace(finding, facts=facts)
    named = max(common, key=fits.__getitem__)
    message = f"{finding.message} It fits a known slip: {named}."
    return replace(finding, message=message, facts=facts | {"slip": named})
