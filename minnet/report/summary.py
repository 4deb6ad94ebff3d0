"""What one line says of a check, and the last line of the whole report."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from minnet.report.digits import digits_of
from minnet.report.results import (
    NOTHING,
    SLOW,
    VERIFIED,
    CheckResult,
    GradientResult,
    Results,
    Skipped,
    Verdict,
    worst_of,
)
from minnet.report.words import WORDS, in_runs, listed, plural

#: how many names a summary lists
NAMES_SHOWN = 3
#: in what order an outcome names what is not right
OUTCOMES: tuple[Verdict, ...] = ("fail", "error", "inconclusive", "not_implemented")
#: in what order a summary counts
COUNTED: tuple[Verdict, ...] = ("fail", "error", "inconclusive", "not_implemented", "pass")


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


def grouped(skipped: Sequence[Skipped]) -> list[Skipped]:
    """Return what was skipped, with a single entry for all that have the reason in common.

    Reasons that differ only in the name of what is skipped are the same.

    >>> found = [Skipped(name, f"write {name}(...) in the file") for name in ("A", "B", "C")]
    >>> grouped([*found, Skipped("D", "it is a base class")])
    [Skipped(name='A, B and C', reason='write A(...) in the file'),
     Skipped(name='D', reason='it is a base class')]
    """
    groups: dict[str, list[Skipped]] = {}
    for one in skipped:
        key = re.sub(rf"\b{re.escape(one.name)}\b", "…", one.reason)
        groups.setdefault(key, []).append(one)
    return [Skipped(_names(group), group[0].reason) for group in groups.values()]


def _names(group: Sequence[Skipped]) -> str:
    names = list(dict.fromkeys(one.name for one in group))
    if len(names) <= NAMES_SHOWN + 1:
        return listed(names)
    return f"{', '.join(names[:NAMES_SHOWN])} and {len(names) - NAMES_SHOWN} more"


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
    """Return what one line has room to say of a check: what is wrong, and what is right."""
    if check.verdict == "pass":
        return _passed(check)
    if check.verdict == "not_implemented":
        return WORDS[check.verdict].outcome
    gradients = [gradient for case in check.cases for gradient in case.gradients]
    judged = [g for g in gradients if g.verdict in ("pass", "fail", "inconclusive")]
    right = dict.fromkeys(g.wrt for g in judged)
    for gradient in judged:
        if gradient.verdict != "pass":
            right.pop(gradient.wrt, None)
    parts = [_of_forward(check), *(_outcome_as(verdict, check) for verdict in OUTCOMES)]
    if right:
        elsewhere = " elsewhere" if len(judged) < len(gradients) else ""
        parts.append(f"{listed(in_runs(right))} right{elsewhere}")
    return "; ".join(filter(None, parts)) or WORDS[check.verdict].outcome


def _of_forward(check: CheckResult) -> str:
    """Say in how many cases forward is wrong; "" where it is not."""
    compared = [case for case in check.cases if case.forward.against]
    affected = sum(case.forward.verdict == "fail" for case in compared)
    return f"forward {WORDS['fail'].outcome}{_share(affected, len(compared))}" if affected else ""


def _outcome_as(verdict: Verdict, check: CheckResult) -> str:
    """Say of how many cases, and of which gradients, this is the verdict; "" for none."""
    if verdict == "error":  # what stops a case is no matter of one gradient
        affected = sum(case.verdict == verdict for case in check.cases)
        return WORDS[verdict].outcome + _share(affected, len(check.cases)) if affected else ""
    judged = [case.gradients for case in check.cases if case.gradients]
    bad = [[g.wrt for g in gradients if g.verdict == verdict] for gradients in judged]
    names = listed(in_runs(name for found in bad for name in found))
    share = _share(sum(map(bool, bad)), len(judged))
    return f"{names} {WORDS[verdict].outcome}{share}" if names else ""


def _share(affected: int, cases: int) -> str:
    return f", in {affected} of {plural(cases, 'case')}" if cases != 1 else ""


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
