"""What is said of the results: each mistake once, where it shows, and what to try.

Here is decided *what* is told, never how it is laid out: a terminal, a page and a notebook
each do that in their own way. Everything is still as the user's code has it, untrusted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import compress

from minnet.patterns import pattern
from minnet.records import dataclass, replace
from minnet.report.causes import UNEXPLAINED, WHEN, Fault, causes_of, uses, variables_of
from minnet.report.results import (
    CaseResult,
    CheckResult,
    Elements,
    Finding,
    GradientResult,
    Results,
    Verdict,
    Worst,
)
from minnet.report.summary import summary
from minnet.report.words import in_runs, index_text, listed, ranges

#: how many of the worst elements an account shows
WORST_SHOWN = 3
#: how many other explanations of the same numbers it mentions
OTHERS_SHOWN = 2
#: where a variable's name says its place in the order of computation: 0.W, W1
_NUMBERED = pattern(r"^(?P<first>\d+)\.|(?P<last>\d+)$")


@dataclass(frozen=True, eq=False)
class Account:
    """One thing to tell: a mistake, a doubt, or a warning, once for all that it shows in.

    Attributes
    ----------
    checks : tuple of CheckResult
        In which it shows, first the one that it is told of.
    variables : tuple of str
        Whose gradients of that check it is about; empty where it is about a case as a whole.
    verdict : str, optional
        How bad it is; None for a warning.
    finding : Finding
        The code, the line and the hint.
    message : str
        The sentence, for all of the variables.
    case : str
        The first case in which it shows.
    spread : str
        In how many other cases, in words; empty where there is one case.
    worst : tuple of Worst
        The elements that show it best.
    where : str
        Where the wrong elements lie; empty where that is not known.
    also : tuple of str
        What else of these and of other checks has the same cause, in words.
    asides : tuple of (str, Finding)
        What else is known of the same numbers, and as what: "or" another explanation, "when",
        "there" what is wrong.
    note : str
        A remark on the measurement.
    """

    checks: tuple[CheckResult, ...]
    variables: tuple[str, ...]
    verdict: Verdict | None
    finding: Finding
    message: str
    case: str
    spread: str = ""
    worst: tuple[Worst, ...] = ()
    where: str = ""
    also: tuple[str, ...] = ()
    asides: tuple[tuple[str, Finding], ...] = ()
    note: str = ""

    @property
    def check(self) -> str:
        """The name of the check that it is told of."""
        return self.checks[0].name

    @property
    def has_page(self) -> bool:
        """Whether `minnet explain` has more to say of it than is said here."""
        return self.finding.code not in ("inconclusive", "unexplained")


def accounts_of(results: Results) -> list[Account]:
    """Return everything that is to be told, each cause once, the most telling first."""
    if results.verdicts_only:
        return []
    return [_account(faults) for faults in causes_of(results)]


def headline(results: Results) -> str:
    """Return the most important sentence: what is wrong first, or that nothing is."""
    for target in results.targets:
        if target.error:
            return f"{target.target}: {target.error}"
    for account in accounts_of(results):
        if account.verdict == results.verdict:
            return f"{account.check}: {' '.join(account.message.split())}"
    return summary(results)


def _account(faults: Sequence[Fault]) -> Account:
    """Return what is to be told of the faults of one cause, by the first of them."""
    first = faults[0]
    alike = [f for f in faults if f.check is first.check and f.says_as(first)]
    checks = dict.fromkeys([id(f.check) for f in faults])
    gradient = first.gradient
    account = Account(
        checks=tuple(next(f.check for f in faults if id(f.check) == key) for key in checks),
        variables=tuple(variables_of(alike)),
        verdict=first.verdict,
        finding=first.finding,
        message=_message(first, alike),
        case=first.case.case,
        spread=_spread(first, alike),
        also=tuple(_elsewhere(first, [f for f in faults if f not in alike])),
        where=first.finding.where,
    )
    if gradient is None:
        found = first.case.findings if first.verdict else ()
        found = found if any(finding.code == WHEN for finding in found) else ()
        return replace(account, asides=tuple(_asides(first, found)))
    return replace(
        account,
        worst=_worst(gradient),
        where=_of(account, _where(gradient) or account.where),
        asides=tuple(_asides(first, gradient.diagnosis)),
        note=gradient.note if gradient.note != first.finding.message else "",
    )


def _of(account: Account, where: str) -> str:
    """Say of which variable that is, where there are several."""
    return f"{account.variables[0]}: {where}" if where and account.variables[1:] else where


def _message(first: Fault, alike: Sequence[Fault]) -> str:
    """Return the sentence of a finding, for all the gradients that it is true of."""
    if len(variables_of(alike)) < 2:
        return first.finding.message
    if first.finding.code == UNEXPLAINED.code:
        said = "each is wrong, in a way that none of the known mistakes explains."
        return f"{said} {between(first.check)}".rstrip()
    each = first.said[0].removeprefix("d* ")
    same = all(fault.said[0] == first.said[0] for fault in alike)
    if each == first.said[0] or "*" in each or not same:
        return f"of {first.variable}: {first.finding.message}"
    return f"each {each}"


def between(check: CheckResult) -> str:
    """Say between which gradients of a chain it goes wrong, where their names tell its order.

    Only where from some layer on all is right, and all before it wrong, and more than one
    gradient in each: that of one alone may be wrong by itself.
    """
    verdicts: dict[str, set[str]] = {}
    for gradient in (g for case in check.cases for g in case.gradients):
        verdicts.setdefault(gradient.wrt, set()).add(gradient.verdict)
    wrong: dict[int, list[str]] = {}
    right: dict[int, list[str]] = {}
    for name, found in verdicts.items():
        number = _NUMBERED.search(name)
        if number is None and "fail" not in found:
            return ""
        if number is not None:
            place = int(number["first"] or number["last"])
            (wrong if "fail" in found else right).setdefault(place, []).append(name)
    if not wrong or not right or max(wrong) >= min(right) or min(map(len, wrong.values())) < 2:
        return ""
    last, first = right[min(right)], wrong[max(wrong)]
    be = "are" if len(last) > 1 else "is"
    before = " and all before" if len(wrong) > 1 else ""
    return f"{listed(last)} {be} right, {listed(first)}{before} wrong: look between the two."


def _spread(first: Fault, alike: Sequence[Fault]) -> str:
    """Say in how many cases it shows, of those in which these gradients were judged."""
    if first.verdict is None:
        return ""
    names = {fault.variable for fault in alike}
    count = sum(_was_asked(case, first, names) for case in first.check.cases)
    affected = len({place for fault in alike for place in fault.places})
    if count < 2 or (affected == 1 and first.finding.code == WHEN):
        return ""
    said = f"and {affected - 1} more of {count} cases"
    if affected == 1:
        others = "case does" if count == 2 else f"{count - 1} cases do"
        said = f"the other {others} not show it"
    if first.otherwise:
        codes = listed(dict.fromkeys(first.otherwise))
        said += f"; wrong otherwise in {len(first.otherwise)}: {codes}"
    return said


def _was_asked(case: CaseResult, first: Fault, names: Collection[str]) -> bool:
    """Return whether a case could have shown a fault: forward compared, these gradients judged."""
    if first.finding.code == "forward":
        return bool(case.forward.against)
    judged = {g.wrt for g in case.gradients if g.verdict in ("pass", "fail", "inconclusive")}
    return not first.variable or not judged.isdisjoint(names)


def _elsewhere(first: Fault, faults: Sequence[Fault]) -> Iterator[str]:
    """Yield where else the same cause shows: in what other words here, and in what other checks."""
    own = [fault for fault in faults if fault.check is first.check]
    for fault in own:
        named = fault.finding.code != UNEXPLAINED.code
        said = f": {fault.finding.message} [{fault.finding.code}]" if named else ""
        yield f"{fault.variable}{said}"
    others = [fault for fault in faults if fault.check is not first.check]
    for check in {id(fault.check): fault.check for fault in others}.values():
        there = [fault for fault in others if fault.check is check]
        traced = all(fault.finding.line for fault in there)
        used = not traced and uses(check, first.check)
        name = f"{check.name}, which uses {first.check.name}" if used else check.name
        names = listed(in_runs(variables_of(there)))
        yield f"{name}: {names}" if names else name


def _asides(first: Fault, found: Iterable[Finding]) -> Iterator[tuple[str, Finding]]:
    """Yield what else is known of the same numbers, and as what."""
    others = [other for other in found if other.code not in (first.finding.code, UNEXPLAINED.code)]
    for other in others[:OTHERS_SHOWN]:
        when = "there" if first.finding.code == WHEN else "when" if other.code == WHEN else "or"
        yield when, other


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
    >>> import numpy as np
    >>> index = np.array([(i, j) for i in range(3) for j in range(4)])
    >>> one, wrong = np.ones(12), index[:, 1] == 3
    >>> where_wrong(Elements(index, one, one, one, one == 0, wrong))
    '3 of 12 measured elements are wrong: all those with index 3 on axis 1, and no other'
    """
    total, wrong = len(elements), int(elements.wrong.sum())
    count = f"{wrong} of {total} measured elements {'is' if wrong == 1 else 'are'} wrong"
    if wrong == 0:
        return ""
    if wrong == total:
        return f"all {total} measured elements are wrong" if total > 1 else count
    for axis in range(elements.index.shape[1]):
        along = elements.index[:, axis].tolist()
        inside = set(compress(along, elements.wrong))
        if inside == set(along):
            continue
        every = elements.wrong[[place in inside for place in along]].all()
        place = f"with index {ranges(sorted(inside))} on axis {axis}"
        return f"{count}: " + (f"all those {place}, and no other" if every else f"only {place}")
    if wrong == 1:
        return f"{count}: {index_text(elements.index[elements.wrong][0])}"
    return f"{count}, scattered"
