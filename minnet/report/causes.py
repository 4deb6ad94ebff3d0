"""Which findings have one cause: it is told once, and where else it shows is listed.

What points at the same line is one cause, in whatever gradient, check or target it shows. Where no
line is known, gradients of one check that have the same said of them are told together; and what
a check that uses another, wrong one has wrong is listed with that one, unless it is a mistake of
a kind that the other does not have.
"""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Iterator, Sequence

from minnet.records import dataclass
from minnet.report.results import (
    CaseResult,
    CheckResult,
    Finding,
    GradientResult,
    Results,
    Verdict,
    worst_of,
)

UNEXPLAINED = Finding("unexplained", "the gradient is wrong")
#: the code that says in which cases, beside the one that says what they have wrong
WHEN = "wrong_case"
#: told of one case only, a named mistake may be a coincidence of its sizes
CONFIRMED = 2


@dataclass(frozen=True, eq=False)
class Fault:
    """What is wrong with one gradient of a check, or with its cases as a whole.

    Attributes
    ----------
    check : CheckResult
    variable : str
        Empty where it is about a case as a whole.
    verdict : str, optional
        None for a warning.
    finding : Finding
        As it is in the first of its cases.
    places : tuple of int
        In which of the check's cases it shows.
    said : tuple of str
        What each of these cases says of it, but for the variable's name.
    otherwise : tuple of str
        The codes of the other cases that have the same gradient wrong, one for each case.
    """

    check: CheckResult
    variable: str
    verdict: Verdict | None
    finding: Finding
    places: tuple[int, ...]
    said: tuple[str, ...]
    otherwise: tuple[str, ...] = ()

    @property
    def case(self) -> CaseResult:
        """The first of its cases."""
        return self.check.cases[self.places[0]]

    @property
    def gradient(self) -> GradientResult | None:
        """The gradient in the first of its cases."""
        found = (g for g in self.case.gradients if g.wrt == self.variable)
        return next(found, None)

    def is_as(self, other: Fault) -> bool:
        """Whether the two have one cause, as far as that shows."""
        if self.finding.line or other.finding.line:
            return self.verdict == other.verdict and _place(self.finding) == _place(other.finding)
        if self.check is not other.check or (self.verdict is None) != (other.verdict is None):
            return False
        return self.says_as(other)

    def says_as(self, other: Fault) -> bool:
        """Whether one sentence does for both: it is the same in some case but for its shapes."""
        if self.finding.code != other.finding.code:
            return False
        if self.finding.code == UNEXPLAINED.code:
            return True
        mine = dict(zip(self.places, self.said, strict=True))
        theirs = zip(other.places, other.said, strict=True)
        return any(_unshaped(mine.get(place, "")) == _unshaped(said) for place, said in theirs)


def causes_of(results: Results) -> list[list[Fault]]:
    """Return everything that is to be told, the faults of one cause together.

    The first fault of each is the one to tell it by. What is named comes before what is not,
    failures before doubts, and warnings last; and else all is in the order of the results.
    """
    groups: list[list[Fault]] = []
    for fault in (fault for check in results.checks for fault in faults_of(check)):
        group = next((group for group in groups if group[0].is_as(fault)), None)
        if group is None:
            groups.append([fault])
        else:
            group.append(fault)
    groups = [_foremost_first(group) for group in _with_their_users(groups)]
    return sorted(groups, key=lambda group: _rank(group[0]))


def faults_of(check: CheckResult) -> Iterator[Fault]:
    """Yield what is wrong with a check, each thing once, in the order of its cases.

    Of several codes that a gradient gets in several cases, one is told, and the others are
    counted; of several lines each is told.
    """
    told: dict[tuple[str, bool], dict[Hashable, list[_Told]]] = {}
    for place, case in enumerate(check.cases):
        for one in _told_of(place, case, check.verdict):
            by_cause = told.setdefault((one.variable, one.verdict is None), {})
            by_cause.setdefault(_place(one.finding) or one.finding.code, []).append(one)
    for (variable, _), by_cause in told.items():
        found = list(by_cause.values())
        for chosen in _foremost(found) if variable else found:
            others = [one for group in found if group is not chosen for one in group]
            yield Fault(
                check,
                variable,
                chosen[0].verdict,
                chosen[0].finding,
                tuple(one.place for one in chosen),
                tuple(_unnamed(one.finding.message, variable) for one in chosen),
                tuple(one.finding.code for one in others) if variable else (),
            )


@dataclass(frozen=True, eq=False)
class _Told:
    """A finding of one case."""

    place: int
    variable: str
    verdict: Verdict | None
    finding: Finding


def _told_of(place: int, case: CaseResult, verdict: Verdict) -> Iterator[_Told]:
    """Yield all of a case that needs to be told.

    `verdict` is that of the whole check: of one that is not written yet there is nothing to say.
    """
    if case.verdict not in ("pass", "not_implemented") and verdict != "not_implemented":
        # where one of them says when, another says what: they are told together
        together = any(finding.code == WHEN for finding in case.findings)
        for finding in case.findings[:1] if together else case.findings:
            yield _Told(place, "", case.verdict, finding)
        for gradient in case.gradients:
            if gradient.diagnosis and all(found in case.findings for found in gradient.diagnosis):
                continue  # what stopped the case is said once, not again for each gradient
            if gradient.verdict in ("fail", "error"):
                first = gradient.diagnosis[0] if gradient.diagnosis else UNEXPLAINED
                yield _Told(place, gradient.wrt, gradient.verdict, first)
            elif gradient.verdict == "inconclusive":
                note = gradient.note or "the numeric derivative is too uncertain to judge by"
                doubt = Finding("inconclusive", note)
                yield _Told(place, gradient.wrt, gradient.verdict, doubt)
    for warning in case.warnings:
        yield _Told(place, "", None, warning)


def _foremost(found: list[list[_Told]]) -> list[list[_Told]]:
    """Return what to tell of one gradient: every line, or else the most telling code."""
    worst = worst_of(one.verdict for group in found for one in group if one.verdict)
    found = [group for group in found if group[0].verdict == worst]
    lines = [group for group in found if group[0].finding.line]
    first, *later = found
    if lines or first[0].finding.code != UNEXPLAINED.code:
        return lines or [first]
    named = [group for group in later if len(group) >= CONFIRMED]
    return named[:1] or [first]


def _place(finding: Finding) -> Hashable:
    """Return where the cause is, if its line is known; what two edits cure are two causes."""
    line = finding.line
    return (line.file, line.number, finding.fix) if line else None


def _unnamed(message: str, variable: str) -> str:
    """Return a message without the variable's name.

    >>> _unnamed("dW is twice the gradient of W", "W")
    'd* is twice the gradient of *'
    """
    return re.sub(rf"(?<!\w)(d?){re.escape(variable)}(?!\w)", r"\1*", message) if variable else ""


def _unshaped(message: str) -> str:
    """Return a message without the shapes and indices in it.

    >>> _unshaped("* has shape (3, 2)")
    '* has shape ()'
    """
    return re.sub(r"\([\d, ]*\)", "()", message)


def _with_their_users(groups: list[list[Fault]]) -> list[list[Fault]]:
    """Return the groups, with what is wrong in a check that uses a wrong one added to that."""
    found = {id(group): list(group) for group in groups}
    kept = []
    for group in groups:
        host = group
        while (used := _used_by(host, groups)) is not None:
            host = used
        if host is group:
            kept.append(found[id(group)])
        else:
            found[id(host)] += group
    return kept


def _used_by(group: list[Fault], groups: list[list[Fault]]) -> list[Fault] | None:
    """Return what is wrong in a check that this one uses, if that may be all that is wrong here."""
    fault = group[0]
    if fault.finding.line or not fault.variable or fault.verdict != "fail":
        return None
    used = [
        other
        for other in groups
        if other[0].verdict == "fail"
        and uses(fault.check, other[0].check)
        and not uses(other[0].check, fault.check)
    ]
    alike = [other for other in used if other[0].finding.code == fault.finding.code]
    if fault.finding.code in (UNEXPLAINED.code, WHEN):
        alike = alike or used
    return alike[0] if alike else None


def uses(check: CheckResult, other: CheckResult) -> bool:
    """Return whether the backward of a check runs through that of another."""
    own = next((case.code[0] for case in other.cases if case.code), None)
    return check is not other and any(own in case.code[1:] for case in check.cases)


def _foremost_first(group: list[Fault]) -> list[Fault]:
    """Return the faults of one cause: first what says most of it, in what uses no other of them.

    Where the line is known, that is the function in which it stands.
    """
    checks = [fault.check for fault in group]
    nearest = min(map(_lines_above, group))
    return sorted(
        group,
        key=lambda fault: (
            _lines_above(fault) > nearest,
            any(uses(fault.check, other) for other in checks),
            next(i for i, check in enumerate(checks) if check is fault.check),
            fault.finding.code == UNEXPLAINED.code,
        ),
    )


def _lines_above(fault: Fault) -> float:
    """Return how far above the line of a fault the function of its check begins."""
    line = fault.finding.line
    own = next((case.code[0] for case in fault.check.cases if case.code), "")
    file, _, rest = own.rpartition(":")[0].rpartition(":")
    above = line.number - int(rest) if line and file == line.file else -1
    return above if above >= 0 else math.inf


def _rank(fault: Fault) -> int:
    """Return how early a cause is told."""
    if fault.verdict is None:
        return 3
    if fault.verdict == "inconclusive":
        return 2
    return int(fault.finding.code == UNEXPLAINED.code)


def variables_of(faults: Sequence[Fault]) -> list[str]:
    """Return the variables whose gradients are meant, each once."""
    return list(dict.fromkeys(fault.variable for fault in faults if fault.variable))
