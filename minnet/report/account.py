"""What is said of the results: each mistake once, where it shows, and what to try.

Here is decided *what* is told, never how it is laid out: a terminal, a page and a notebook
each do that in their own way. Everything is still as the user's code has it, untrusted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from minnet.report.digits import digits_of
from minnet.report.results import (
    NOTHING,
    SLOW,
    VERIFIED,
    CaseResult,
    CheckResult,
    Elements,
    Finding,
    GradientResult,
    Results,
    Verdict,
    Worst,
    worst_of,
)
from minnet.report.words import WORDS, index_text, listed, plural, ranges

#: how many of the worst elements an account shows
WORST_SHOWN = 3
#: how many other explanations of the same numbers it mentions
OTHERS_SHOWN = 2
#: how many names a summary lists
NAMES_SHOWN = 3
#: in what order a summary counts
COUNTED: tuple[Verdict, ...] = ("fail", "error", "inconclusive", "not_implemented", "pass")
UNEXPLAINED = Finding("unexplained", "the gradient is wrong")


@dataclass(frozen=True)
class Account:
    """One thing to tell of a check: a mistake, a doubt, or a warning.

    Attributes
    ----------
    check : str
        Of which check.
    wrt : str
        The variable whose gradient it is about; empty where it is about a case as a whole.
    verdict : str, optional
        How bad it is; None for a warning.
    finding : Finding
        The sentence, the code, the line and the hint.
    case : str
        The first case in which it shows.
    affected, cases : int
        In how many cases it shows, of how many.
    worst : tuple of Worst
        The elements that show it best.
    where : str
        Where the wrong elements lie; empty where that is not known.
    others : tuple of Finding
        What else would explain the same numbers.
    note : str
        A remark on the measurement.
    """

    check: str
    wrt: str
    verdict: Verdict | None
    finding: Finding
    case: str
    affected: int = 0
    cases: int = 0
    worst: tuple[Worst, ...] = ()
    where: str = ""
    others: tuple[Finding, ...] = ()
    note: str = ""

    @property
    def has_page(self) -> bool:
        """Whether `minnet explain` has more to say of it than is said here."""
        return self.finding.code not in ("inconclusive", "unexplained")


def headline(results: Results) -> str:
    """Return the most important sentence: what is wrong first, or that nothing is."""
    for target in results.targets:
        if target.error:
            return f"{target.target}: {target.error}"
        for check in target.checks:
            for case in check.cases:
                if case.verdict == results.verdict:
                    for _, finding in _findings(case, check.verdict):
                        return f"{check.name}: {' '.join(finding.message.split())}"
    return summary(results)


def summary(results: Results) -> str:
    """Return the last line: how many checks came out how."""
    verdicts = [check.verdict for check in results.checks]
    broken = sum(bool(target.error) for target in results.targets)
    parts = [f"{verdicts.count(v)} {WORDS[v].counted}" for v in COUNTED if v in verdicts]
    if broken:
        parts.append(plural(broken, "target") + " could not be checked")
    if not parts:
        return "nothing was checked"
    basis = f"seed {results.seed}{_not_compared(results.checks)}"
    if worst_of(verdicts) == "pass" and not broken:
        count, gradients = len(verdicts), results.gradients
        every = "all " if count > 1 else ""
        measured = plural(len(gradients), "gradient")
        return f"{every}{count} {WORDS['pass'].counted} ({measured}, {basis})"
    checked = f"{len(verdicts)} checked: " if len(verdicts) > 1 else ""
    return checked + ", ".join(parts) + f" ({basis})"


def _not_compared(checks: Sequence[CheckResult]) -> str:
    """Return in a few words whose forward was compared with nothing, as "" or "; ..."."""
    ran = [check for check in checks if check.verdict not in ("not_implemented", "error")]
    names = [check.name for check in ran if check.forward.verdict == "not_compared"]
    if not names:
        return ""
    if len(names) == len(ran):
        return "; forward not compared"
    which = listed(names) if len(names) <= NAMES_SHOWN else f"{len(names)} of {len(ran)}"
    return f"; forward not compared: {which}"


def outcome(check: CheckResult) -> str:
    """Return what one line has room to say of a check."""
    if check.verdict == "pass":
        return _passed(check)
    said = WORDS[check.verdict].outcome
    if check.verdict == "not_implemented":
        return said
    gradients = [gradient for case in check.cases for gradient in case.gradients]
    bad = list(dict.fromkeys(g.wrt for g in gradients if g.verdict == check.verdict))
    bad = ["forward", *bad] if check.forward.verdict == "fail" else bad
    affected = sum(case.verdict == check.verdict for case in check.cases)
    share = f", in {affected} of {plural(len(check.cases), 'case')}"
    return (f"{listed(bad)} {said}" if bad else said) + (share if len(check.cases) != 1 else "")


def _passed(check: CheckResult) -> str:
    gradients = [gradient for case in check.cases for gradient in case.gradients]
    parts = [listed(dict.fromkeys(g.wrt for g in gradients)), plural(len(check.cases), "case")]
    parts += _verified(gradients)
    if any(g.note == SLOW for g in gradients):
        parts.append("few passes, since each is slow")
    if kinks := sum(g.at_kink for g in gradients):
        parts.append(plural(kinks, "element") + " at a kink")
    if check.forward.reason:
        parts.append(f"forward not compared: {check.forward.reason}")
    if warnings := {finding.code for case in check.cases for finding in case.warnings}:
        parts.append("warning: " + listed(sorted(warnings)))
    return " · ".join(part for part in parts if part)


def _verified(gradients: Sequence[GradientResult]) -> Iterator[str]:
    """Yield how many digits of which gradients could be verified, and of which none."""
    # Of a gradient that is zero but for round-off, no digit can agree.
    if digits := [g.digits for g in gradients if not (g.error_bar > VERIFIED or g.convention)]:
        yield f"{min(digits)} digits agree"
    if empty := dict.fromkeys(g.wrt for g in gradients if g.note.startswith(NOTHING)):
        yield f"{NOTHING} in {listed(empty)}"
    if few := [g for g in gradients if VERIFIED < g.error_bar < 1]:
        least = min(digits_of(g.error_bar) for g in few)
        count = f"only {plural(least, 'digit')}" if least else "not one digit"
        yield f"{count} of {listed(dict.fromkeys(g.wrt for g in few))} could be verified"
    if zero := dict.fromkeys(g.wrt for g in gradients if 1 <= g.error_bar < math.inf):
        yield f"{listed(zero)} {'is' if len(zero) == 1 else 'are'} zero but for round-off"


def remarks(check: CheckResult) -> list[str]:
    """Return what is to be known of how a check called the code: what was not differentiated."""
    found = [
        note
        for case in check.cases
        for note in case.notes
        if all(gradient.note != note for gradient in case.gradients)
    ]
    return list(dict.fromkeys(found))


def accounts_of(check: CheckResult) -> Iterator[Account]:
    """Yield everything that is to be told of a check, each thing once, in the order of its cases.

    A variable has an account for each code that its gradient gets in some case; `briefly` picks
    the one to read.
    """
    seen: set[tuple[bool, str, str]] = set()
    for case in check.cases:
        found = [(False, *told) for told in _findings(case, check.verdict)]
        found += [(True, "", warning) for warning in case.warnings]
        for is_warning, wrt, finding in found:
            key = (is_warning, wrt, finding.code)
            if key not in seen:
                seen.add(key)
                if is_warning:
                    yield Account(check.name, "", None, finding, case.case, cases=len(check.cases))
                else:
                    yield _account(check, case, wrt, finding)


def briefly(accounts: Iterable[Account]) -> Iterator[Account]:
    """Yield one account for each variable and each thing that stopped a case, warnings last."""
    told, warnings = set(), []
    for account in accounts:
        key = (account.wrt, "" if account.wrt else account.finding.code)
        if account.verdict is None:
            warnings.append(account)
        elif key not in told:
            told.add(key)
            yield account
    yield from warnings


def _findings(case: CaseResult, verdict: Verdict) -> Iterator[tuple[str, Finding]]:
    """Yield (variable or "", finding) for all of a case that needs an account.

    `verdict` is that of the whole check: of one that is not written yet there is nothing to say.
    """
    if case.verdict in ("pass", "not_implemented") or verdict == "not_implemented":
        return
    for finding in case.findings:
        yield "", finding
    for gradient in case.gradients:
        if gradient.diagnosis and all(found in case.findings for found in gradient.diagnosis):
            continue  # what stopped the case is said once, not again for each gradient
        if gradient.verdict in ("fail", "error"):
            yield gradient.wrt, gradient.diagnosis[0] if gradient.diagnosis else UNEXPLAINED
        elif gradient.verdict == "inconclusive":
            note = gradient.note or "the numeric derivative is too uncertain to judge by"
            yield gradient.wrt, Finding("inconclusive", note)


def _account(check: CheckResult, case: CaseResult, wrt: str, finding: Finding) -> Account:
    affected, cases = sum(_shows(other, wrt, finding) for other in check.cases), len(check.cases)
    gradient = next((g for g in case.gradients if g.wrt == wrt), None)
    if gradient is None:
        return Account(check.name, wrt, case.verdict, finding, case.case, affected, cases)
    return Account(
        check=check.name,
        wrt=wrt,
        verdict=gradient.verdict,
        finding=finding,
        case=case.case,
        affected=affected,
        cases=cases,
        worst=_worst(gradient),
        where=_where(gradient) or finding.where,
        others=gradient.diagnosis[1 : 1 + OTHERS_SHOWN],
        note=gradient.note if gradient.note != finding.message else "",
    )


def _shows(case: CaseResult, wrt: str, finding: Finding) -> bool:
    """Return whether a case has the same thing wrong."""
    if not wrt:
        return any(other.code == finding.code for other in case.findings)
    bad = ("fail", "error", "inconclusive")
    return any(g.wrt == wrt and g.verdict in bad for g in case.gradients)


def _worst(gradient: GradientResult) -> tuple[Worst, ...]:
    elements = gradient.elements
    if elements is None or not elements.wrong.any():
        worst = gradient.worst
        if worst is None or gradient.verdict != "fail":
            return () if worst is None else (worst,)
        agrees = abs(worst.analytic - worst.numeric) <= worst.error_bar
        return () if agrees else (worst,)  # a right element says nothing of what is wrong
    rows = [elements[int(i)] for i in elements.furthest(WORST_SHOWN)]
    return tuple(Worst(row.index, row.analytic, row.numeric, row.error_bar) for row in rows)


def _where(gradient: GradientResult) -> str:
    return "" if gradient.elements is None else where_wrong(gradient.elements)


def where_wrong(elements: Elements) -> str:
    """Say in words where the wrong elements lie among those measured.

    Examples
    --------
    >>> index = np.array([(i, j) for i in range(3) for j in range(4)])
    >>> one, wrong = np.ones(12), index[:, 1] == 3
    >>> where_wrong(Elements(index, one, one, one, one == 0, wrong))
    '3 of 12 measured elements are wrong: all those with index 3 on axis 1, and no other'
    """
    total, wrong = len(elements), int(np.count_nonzero(elements.wrong))
    count = f"{wrong} of {total} measured elements {'is' if wrong == 1 else 'are'} wrong"
    if wrong == 0:
        return ""
    if wrong == total:
        return f"all {total} measured elements are wrong" if total > 1 else count
    for axis in range(elements.index.shape[1]):
        along = elements.index[:, axis]
        inside = np.unique(along[elements.wrong])
        if len(inside) == len(np.unique(along)):
            continue
        every = elements.wrong[np.isin(along, inside)].all()
        place = f"with index {ranges(inside)} on axis {axis}"
        return f"{count}: " + (f"all those {place}, and no other" if every else f"only {place}")
    if wrong == 1:
        return f"{count}: {index_text(elements.index[elements.wrong][0])}"
    return f"{count}, scattered"
