"""With which setting it is wrong: the cases of one thing are compared.

A gradient that is wrong in exactly the cases with one setting, and right in all others, is wrong
by what the code does with that setting. Few cases may agree with a setting by accident, so it is
tried: what is right has to become wrong when this setting alone is changed, and what is wrong has
to become right. Where that cannot be done, as with shapes, the cases as they are have to do: at
least two on either side, or one that is wrong and three that are right if nothing else separates
them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from minnet.gradcheck.case import Case, CodeError
from minnet.gradcheck.diagnosis.common import name_of_gradient
from minnet.gradcheck.diagnosis.empty_slice import empty_slice
from minnet.gradcheck.options import Options
from minnet.gradcheck.second_point import claims_of, that_look_right
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.ran import only_line
from minnet.gradcheck.under_test.traits import Trait, name_in, traits_of, turn_batch
from minnet.records import dataclass, replace
from minnet.report.results import CaseResult, Finding, GradientResult, Verdict

CODE = "wrong_case"
#: what names no cause: with which setting it is so says more
SYMPTOMS = ("unexplained", "region", "shape", "zero", "permuted", "non_finite", "crash")
Checked = tuple[Case, CaseResult]
#: what is said first where others raise
_RUN = "of the cases that run, "


@dataclass(frozen=True)
class Pattern:
    """Which of some cases are wrong in one respect, and which are right.

    Attributes
    ----------
    said : str
        "dx is wrong".
    elsewhere : str
        What is then said of the other cases: "right in all others".
    cases : list of AdaptedCase
    wrong : tuple of bool
        Of each case.
    is_wrong : callable
        Whether a case like these is wrong in this respect; None where that cannot be seen of it.
    """

    said: str
    elsewhere: str
    cases: list[AdaptedCase]
    wrong: tuple[bool, ...]
    is_wrong: Callable[[Case], bool | None]

    def of(self, wrong: bool) -> list[AdaptedCase]:
        """Return the cases that are wrong, or those that are right."""
        return [case for case, is_so in zip(self.cases, self.wrong, strict=True) if is_so is wrong]


@np.errstate(all="ignore")
def with_wrong_case(checked: Sequence[Checked], options: Options) -> list[CaseResult]:
    """Return the results of all cases of one thing, with the setting that separates them.

    Parameters
    ----------
    checked : sequence of (Case, CaseResult)
    options : Options

    Returns
    -------
    list of CaseResult
        `wrong_case` stands first in the diagnoses of the cases that have the setting, or after a
        named mistake that a special setting hides.
    """
    results = [result for _, result in checked]
    if options.hints == "none":
        return results
    known = {n: case for n, (case, _) in enumerate(checked) if isinstance(case, AdaptedCase)}
    for variable in dict.fromkeys(g.wrt for result in results for g in result.gradients):
        verdicts = {n: _verdict_on(variable, results[n]) for n in known}
        if "fail" not in verdicts.values():
            continue
        wrong = {n: v == "fail" for n, v in verdicts.items() if v in ("pass", "fail")}
        wrong = {n: so for n, so in wrong.items() if so or not _is_zero(known[n], variable)}

        def is_wrong(case: Case, variable: str = variable) -> bool | None:
            if variable not in that_look_right(case, options):
                return True
            return None if _is_zero(case, variable) else False

        of = "" if None not in verdicts.values() and "error" not in verdicts.values() else _RUN
        said = f"{of}{name_of_gradient(variable)} is wrong", "right in all others"
        pattern = Pattern(*said, [known[n] for n in wrong], tuple(wrong.values()), is_wrong)
        for trait, finding in explained(pattern):
            told = (_of(results[n], variable).diagnosis[:1] for n in wrong if wrong[n])
            first = {finding.code for diagnosis in told for finding in diagnosis}
            named = len(first) == 1 and not first & set(SYMPTOMS)
            place = 1 if named and not trait.special else 0
            if place and trait.turn is turn_batch:
                continue  # a sum over one sample is no sum, which the name says already
            for n in (n for n in wrong if wrong[n]):
                results[n] = _with_gradient(results[n], variable, finding, place)
    _add_to_crashes(known, results, options)
    return results


def _add_to_crashes(
    known: Mapping[int, AdaptedCase], results: list[CaseResult], options: Options
) -> None:
    """Say with which setting the code raises, of the cases that it stopped."""
    ran = ("pass", "fail", "inconclusive", "error")
    stopped = {n: results[n].verdict == "error" for n in known if results[n].verdict in ran}
    stages = {_stage(known[n]) for n, so in stopped.items() if so}
    if len(stages) != 1 or "" in stages:
        return
    said = f"{stages.pop()} raises", "in no other"
    pattern = Pattern(*said, [known[n] for n in stopped], tuple(stopped.values()), _raises)
    for _, finding in explained(pattern):
        for n in (n for n in stopped if stopped[n]):
            crash, *others = results[n].findings
            told = finding
            both = (told, crash) if _is_cause(finding) else (crash, replace(told, line=crash.line))
            findings = (*both, *others)
            gradients = tuple(replace(g, diagnosis=findings) for g in results[n].gradients)
            results[n] = replace(results[n], findings=findings, gradients=gradients)


def _is_cause(finding: Finding) -> bool:
    """Return whether a finding says why its setting makes it wrong, and not only that it does."""
    return len(finding.about) > 1


def explained(pattern: Pattern) -> Iterator[tuple[Trait, Finding]]:
    """Yield the setting that separates the wrong cases from the right ones, and what to say."""
    there, elsewhere = pattern.of(True), pattern.of(False)
    if not there or not elsewhere:
        return
    fitting: dict[str, Trait] = {}
    for trait in traits_of(pattern.cases):
        if trait.holds == pattern.wrong:  # of one setting the first that fits
            fitting.setdefault(name_in(trait.label) if trait.label else trait.words, trait)
    tried = [(trait, _tried(trait, pattern)) for trait in fitting.values()]
    found = [trait for trait, changes in tried if changes]
    if not found:
        found = [trait for trait, changes in tried if changes is None]
        alone = len(there) == 1 and len(elsewhere) > 2 and len(found) == 1
        found = found if min(len(there), len(elsewhere)) > 1 or alone else []
    if 0 < len(found) < 3:
        yield found[0], _finding(pattern, found[0], [trait.words for trait in found[1:]])


def _tried(trait: Trait, pattern: Pattern) -> bool | None:
    """Return whether a case changes sides with this setting alone; None where it is not to be had.

    One that was right is turned into one that should be wrong, and the other way round.
    """
    changes: list[bool] = []
    for wrong in (False, True):
        pairs = ((case, other) for case in pattern.of(wrong) for other in pattern.of(not wrong))
        for case, other in pairs:
            twin = trait.turn(case, other) if trait.turn is not None else None
            with contextlib.suppress(CodeError):  # it is not made for that
                is_so = (pattern.is_wrong(case), twin and pattern.is_wrong(twin))
                if None not in is_so:
                    changes.append(is_so == (wrong, not wrong))
                    break
    return all(changes) if changes else None


def _finding(pattern: Pattern, trait: Trait, others: Sequence[str]) -> Finding:
    """Say with which setting it is wrong, and with which other ones that goes together here."""
    there, elsewhere = pattern.of(True), pattern.of(False)
    every = "every case" if len(there) > 1 else "the one case"
    words = trait.words + "".join(f" (here the same cases as those {other})" for other in others)
    message = f"{pattern.said} in {every} {words} and {pattern.elsewhere}"
    facts = {"wrong": len(there), "right": len(elsewhere)}
    about: tuple[str, ...] = (trait.words,)
    hint = "follow the shapes through backward, once in these cases and once in the others"
    if trait.label:
        name = name_in(trait.label)
        hint = f"what is different in these cases? look at every place that {name} reaches"

    def is_cured() -> bool:
        with contextlib.suppress(CodeError):
            return not any(pattern.is_wrong(case) is not False for case in there)
        return False

    if trait.words.endswith(" 0") and (found := empty_slice(there[0], is_cured)):
        message += f": `{found.text}` is `0:-0` there, which is empty."
        hint = f"count the end from the front, as in {found.end}:{found.end} + H for H elements"
        about = (trait.words, found.text)
        return Finding(CODE, message, facts, found.line, hint=hint, about=about)
    return Finding(CODE, f"{message}.", facts, only_line(there, elsewhere), hint=hint, about=about)


def _of(result: CaseResult, variable: str) -> GradientResult:
    return next(g for g in result.gradients if g.wrt == variable)


def _verdict_on(variable: str, result: CaseResult) -> Verdict | None:
    return next((g.verdict for g in result.gradients if g.wrt == variable), None)


def _with_gradient(result: CaseResult, variable: str, finding: Finding, place: int) -> CaseResult:
    """Return the result with a finding at a place among those of one gradient."""
    old = [f for f in _of(result, variable).diagnosis if f.code != "unexplained"]
    diagnosis = (*old[:place], finding, *old[place:])
    gradients = (
        replace(g, diagnosis=diagnosis) if g.wrt == variable else g for g in result.gradients
    )
    return replace(result, gradients=tuple(gradients))


def _is_zero(case: Case, variable: str) -> bool:
    """Return whether a gradient that is right is zero: then it would be so by many a mistake."""
    return not np.any(claims_of(case).get(variable, 1.0))


def _raises(case: Case) -> bool:
    return bool(_stage(case))


def _stage(case: Case) -> str:
    """Return which pass of a case raises, or ""."""
    try:
        case.run().backward_of_ones()
    except CodeError as error:
        return error.stage
    return ""
