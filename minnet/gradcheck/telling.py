"""How much is told of what was found: the one place where ``hints`` bounds it."""

from __future__ import annotations

from collections.abc import Iterable

from minnet.gradcheck.diagnosis.codes import CODES
from minnet.gradcheck.options import Hints
from minnet.records import replace
from minnet.report.report import Report
from minnet.report.results import CaseResult, CheckResult, Finding, GradientResult, TargetResult

#: the levels that leave something out
_LESS = ("none", "code")
#: what these say is no hint at a mistake: Python's own words, or what was not looked at
_PLAIN = ("crash", "not_implemented", "not_checked")
#: said at every level: a verdict must not speak for what was not looked at
_ALWAYS = "not_checked"


def report_on(targets: Iterable[TargetResult], seed: int, hints: Hints) -> Report:
    """Return the report on some targets, with as much of each mistake as `hints` allows.

    Parameters
    ----------
    targets : iterable of TargetResult
        With everything that is known of them.
    seed : int
    hints : "none", "code", "full" or "fix"
        ``none`` leaves the verdicts, ``code`` the codes of what is wrong as well.

    Returns
    -------
    Report
    """
    found = tuple(targets)
    if hints in _LESS:
        bound = [tuple(as_told(check, hints) for check in target.checks) for target in found]
        found = tuple(replace(t, checks=c) for t, c in zip(found, bound, strict=True))
    return Report(found, seed, verdicts_only=hints == "none")


def as_told(check: CheckResult, hints: Hints) -> CheckResult:
    """Return a result with as much of each mistake as `hints` allows."""
    if hints not in _LESS:
        return check
    return replace(check, cases=tuple(_case(case, hints) for case in check.cases))


def _case(case: CaseResult, hints: Hints) -> CaseResult:
    hidden = {gradient.note for gradient in case.gradients if gradient.verdict != "pass"}
    notes = [note for note in case.notes if note not in hidden]
    if hints == "none":
        notes += [found.message for found in case.warnings if found.code == _ALWAYS]
    return replace(
        case,
        gradients=tuple(_gradient(gradient, hints) for gradient in case.gradients),
        warnings=_findings(case.warnings, hints),
        findings=_findings(case.findings, hints),
        forward=replace(case.forward, findings=_findings(case.forward.findings, hints)),
        notes=tuple(notes),
    )


def _gradient(gradient: GradientResult, hints: Hints) -> GradientResult:
    """Leave of one that is not right its verdict: its numbers show the mistake."""
    if gradient.verdict == "pass":
        return replace(gradient, worst=None, elements=None) if hints == "none" else gradient
    diagnosis = _findings(gradient.diagnosis, hints)
    return GradientResult(gradient.wrt, gradient.shape, gradient.verdict, diagnosis=diagnosis)


def _findings(findings: Iterable[Finding], hints: Hints) -> tuple[Finding, ...]:
    if hints == "none":
        return ()
    return tuple(Finding(f.code, _sentence(f)) for f in findings)


def _sentence(finding: Finding) -> str:
    return finding.message if finding.code in _PLAIN else CODES[finding.code]
