"""The cures of what is wrong in the cases of one function, verified in all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minnet.gradcheck.case import Case, CodeError
from minnet.gradcheck.cure.functions import editable
from minnet.gradcheck.cure.search import Cure, right_with, search
from minnet.gradcheck.cure.shown import fix_of, line_of
from minnet.gradcheck.cure.trial import Trial
from minnet.gradcheck.diagnosis.elsewhere import jittered
from minnet.gradcheck.randomness import stream
from minnet.report.results import CaseResult, Fix, SourceLine

#: a function with more separate mistakes is not looked at further
MISTAKES = 3


@dataclass(frozen=True)
class Remedy:
    """An edit that was tried in all cases.

    Attributes
    ----------
    line : SourceLine
        The guilty one.
    fix : Fix or None
        The edit; None where it cannot be written down.
    kind : str
        What sort of edit it is.
    cured : frozenset of str
        The variables whose gradients are right after it, in every case.
    """

    line: SourceLine
    fix: Fix | None
    kind: str
    cured: frozenset[str]


@np.errstate(all="ignore")
def remedies(checked: Sequence[tuple[Case, CaseResult]], seed: int) -> list[Remedy]:
    """Return edits after which wrong gradients are right in every case, one for each mistake."""
    failing = [case for case, result in checked if result.verdict == "fail"]
    trials = _trials(failing, seed)
    if not trials:
        return []
    cheapest = min(trials, key=lambda trial: trial.lines)
    others = [case for case, _ in checked if case is not cheapest.origin]
    return list(_found(cheapest, others, seed))


def _trials(cases: Sequence[Case], seed: int) -> list[Trial]:
    found = []
    for case in cases:
        try:
            found.append(Trial(case, seed))
        except CodeError:
            continue
    return found


def _found(trial: Trial, others: Sequence[Case], seed: int) -> list[Remedy]:
    functions = editable(trial)
    found: list[Remedy] = []
    for cure in _best(list(search(trial, functions))):
        if _holds(cure, trial, others, seed):
            found.append(Remedy(line_of(cure), fix_of(cure), cure.edit.kind, cure.cured))
    return found


def _best(cures: list[Cure]) -> list[Cure]:
    """Return those that cure most, each gradient once, the commonest first."""
    chosen: list[Cure] = []
    done: frozenset[str] = frozenset()
    for cure in sorted(cures, key=lambda c: (-len(c.cured), c.rank, c.edit.statement.lineno)):
        if not cure.cured & done:
            chosen.append(cure)
            done |= cure.cured
    return chosen[:MISTAKES]


def _holds(cure: Cure, trial: Trial, others: Sequence[Case], seed: int) -> bool:
    """Whether an edit cures the same gradients at fresh inputs, and in all other cases."""
    moved = jittered(trial.case.variables, stream(seed, "a cure elsewhere"))
    there = [] if trial.case.at_one_point else [trial.case.with_variables(moved)]
    for case in (*there, *others):
        try:
            other = Trial(case, seed, "elsewhere")
        except CodeError:
            continue
        before = other.right()
        after = right_with(other, cure.editable, cure.edit)
        if not after >= before | (cure.cured & frozenset(case.variables)):
            return False
    return True
