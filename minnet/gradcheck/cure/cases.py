"""The cures of what is wrong in the cases of one function, verified in all of them."""

from __future__ import annotations

import ast
import contextlib
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from minnet.gradcheck.case import Case, CodeError
from minnet.gradcheck.cure.echoes import echo_of
from minnet.gradcheck.cure.functions import Editable, editable, is_own
from minnet.gradcheck.cure.meanings import Meaning, Values, numbers_of
from minnet.gradcheck.cure.only_one import only_one
from minnet.gradcheck.cure.search import Cure, all_right, cured_by, search
from minnet.gradcheck.cure.shown import fix_of, growth_of, leaves_unused, line_at, line_of
from minnet.gradcheck.cure.slicing import Suspect, suspects
from minnet.gradcheck.cure.told import ALONE, edit_there, value_there
from minnet.gradcheck.cure.tree import Edit
from minnet.gradcheck.cure.trial import SAME, Trial, lines_of
from minnet.gradcheck.diagnosis.customs.batch import is_misshaped
from minnet.gradcheck.diagnosis.elsewhere import jittered
from minnet.gradcheck.randomness import stream
from minnet.gradcheck.under_test.spellings import gradient_names
from minnet.records import dataclass
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
    reason : str
        What the line computes and should, and what sort of edit cures it.
    cured : frozenset of str
        The variables whose gradients are right after it, in every case.
    """

    line: SourceLine
    fix: Fix | None
    reason: str
    cured: frozenset[str]


@np.errstate(all="ignore")
def remedies(
    checked: Sequence[tuple[Case, CaseResult]],
    seed: int,
    beside: Callable[[], Iterable[Case]] = tuple,
) -> list[Remedy]:
    """Return edits after which wrong gradients are right in every case, one for each mistake.

    An edit of code that is not the thing's own leaves right what was right in the cases `beside`.
    """
    failing = [case for case, result in checked if result.verdict == "fail"]
    bad = {g.wrt for _, result in checked for g in result.gradients if g.verdict != "pass"}
    divided = _divided([result for _, result in checked])
    with warnings.catch_warnings():  # what edited code warns of is not the user's
        warnings.simplefilter("ignore")
        trial = _telling(sorted(failing, key=lines_of), seed, divided)
        if trial is not None:
            others = [other for other, _ in checked if other is not trial.of]
            return _found(trial, Elsewhere(trial, others, beside, seed), frozenset(bad))
    return []


def _divided(results: Sequence[CaseResult]) -> frozenset[str]:
    """Return what is divided by the batch size where another mistake is told beside: the shape."""
    dividing = [g for r in results if r.division == "divided" for g in r.gradients]
    failing = frozenset(g.wrt for g in dividing if g.verdict == "fail")
    return failing if any(map(is_misshaped, dividing)) else frozenset()


def _telling(cases: Sequence[Case], seed: int, divided: frozenset[str]) -> Trial | None:
    """Return the first case in which each wrong gradient could be seen to be right."""
    found: Trial | None = None
    for case in cases:
        with contextlib.suppress(CodeError):
            trial = Trial(case, seed, divided=divided)
            if trial.wrong and all(map(trial.can_tell, trial.wrong)):
                return trial
            found = found or trial
    return found


def _found(trial: Trial, elsewhere: Elsewhere, bad: frozenset[str]) -> list[Remedy]:
    functions = editable(trial)
    trial.guarded = any(isinstance(node, ast.While) for f in functions for node in ast.walk(f.tree))
    right = trial.known_right
    wrong = trial.wrong
    every = list(suspects(trial, functions, wrong, right))
    judged = Judged(trial, every, wrong)
    suspected = judged.still_suspected()
    cures = list(search(trial, suspected, wrong, right, elsewhere.holds))
    found = []
    for cure in _best(cures, judged):
        if _may_be_agreed(cure, trial):
            continue
        fix = fix_of(cure)
        told = edit_there(cure.edit.kind, cure.cured, cure.cured >= bad, fix is not None)
        reason = "; ".join(filter(None, (judged.value_at(cure), told)))
        found.append(Remedy(line_of(cure), fix, reason, cure.cured))
    if not cures and (only := only_one(suspected, every)) is not None:
        found.append(Remedy(line_at(only.editable, only.place.node), None, ALONE, wrong))
    return found


def _may_be_agreed(cure: Cure, trial: Trial) -> bool:
    """Whether what it cures is a division by the batch size, in a layer that is wrong elsewhere.

    That may be agreed upon with the loss, which only a layer with no other mistake shows.
    """
    if cure.cured == trial.wrong:
        return False
    sizes = {size for out in trial.probe.outputs for size in out.shape if size > 1}
    factors = [trial.factor(name) for name in cure.cured]
    return all(any(abs(f * size - 1) < SAME for size in sizes) for f in factors)


def _is_named_after(suspect: Suspect, meaning: Meaning) -> bool:
    """Whether a statement calls what it computes the gradient of this value."""
    spelled = gradient_names(meaning.name) if meaning.name else ()
    return any(name in spelled for name in suspect.targets)


class Judged:
    """What the values of a backward pass say of the statements that computed them."""

    def __init__(self, trial: Trial, suspected: Sequence[Suspect], wrong: frozenset[str]) -> None:
        self._trial, self._suspected, self._wrong = trial, suspected, wrong
        self._values = Values(trial, suspected)
        now = self._values.now()
        self._meanings = list(self._values.meanings(now))
        self._now = now
        self._right = {k: v for k, v in now.items() if self._fits(k, v)}

    def _fits(self, k: int, value: Any) -> bool:
        """Whether a value of backward is the gradient of what it is said to be, or of anything."""
        suspect = self._values.suspects[k]
        if not suspect.reaches or "" in suspect.reaches:
            return False
        meaning = self._meaning(suspect, value)
        if meaning is None:
            return False
        if suspect.gradients & self._wrong:  # right as what it is named after, and passed on
            return _is_named_after(suspect, meaning) and meaning.name not in self._wrong
        return True

    def _meaning(self, suspect: Suspect, value: Any) -> Meaning | None:
        """Return of what a value is the gradient: of what it is named after, if that is there."""
        fitting = [m for m in self._meanings if m.fits(value, self._trial)]
        if any(_is_named_after(suspect, m) for m in self._meanings):
            fitting = [m for m in fitting if _is_named_after(suspect, m)]
        return next(iter(fitting), None)

    def value_at(self, cure: Cure) -> str:
        """Say what the value of a line should be, as far as that has a meaning; "" else."""
        after = self._values.now(cure.edit)
        for k, suspect in enumerate(self._values.suspects):
            if suspect.place.statement is not cure.edit.statement or k not in self._now:
                continue
            yours, right = numbers_of(self._now[k]), numbers_of(after.get(k))
            if yours is None or right is None or yours.shape != right.shape or not yours.size:
                continue
            meaning = self._meaning(suspect, right)
            if meaning is None or meaning.number < 0 or not meaning.name:
                continue
            yours, right = yours.ravel(), right.ravel()
            place = int(np.argmax(np.abs(yours - right)))
            measured = self._values.element(meaning, place)
            name, file = next(iter(suspect.targets), ""), suspect.editable.source.file
            return value_there(meaning, file, name, float(yours[place]), *measured)
        return ""

    def still_suspected(self) -> list[Suspect]:
        """Return the suspects whose value is not right, and does not act through right ones alone.

        What a statement computes may be wrong by as much as another one makes good: an edit of
        one whose value is right already only does that. One that only renames is not told.
        """
        places = {id(s): k for k, s in enumerate(self._values.suspects)}
        held = {k: v for k, v in self._right.items() if not self._renames(k)}
        kept = []
        for suspect in self._suspected:
            k = places.get(id(suspect))
            told = k is not None and suspect.reaches and "" not in suspect.reaches
            others = {other: value for other, value in held.items() if other != k}
            is_right = k in held and _keeps_its_value(suspect.place.statement)
            if not told or not (is_right or not self._values.acts_beside(k or 0, others)):
                kept.append(suspect)
        return kept

    def _renames(self, k: int) -> bool:
        value = self._values.suspects[k].value
        return value is not None and isinstance(value.node, ast.Name)

    def explained(self, edit: Edit) -> int:
        """Return how many values of backward have a meaning with an edit."""
        now = dict(self._values.now(edit))
        for k, value in self._right.items():  # of a statement that is replaced nothing is seen
            if self._values.suspects[k].place.statement is edit.statement:
                now.setdefault(k, value)
        return sum(self._fits(k, value) for k, value in now.items())


def _keeps_its_value(statement: ast.stmt) -> bool:
    """Whether a statement does nothing with a value but give it a name: no +=, no x[i] = ..."""
    targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
    plain = all(isinstance(target, ast.Name | ast.Attribute) for target in targets)
    return plain and not isinstance(statement, ast.AugAssign)


def _best(cures: list[Cure], judged: Judged) -> list[Cure]:
    """Return those that cure most, each gradient once, the one that explains most values first."""
    order = {
        id(cure): (
            -len(cure.cured),
            -judged.explained(cure.edit),
            # what is computed beside it would be of no use any more
            leaves_unused(cure),
            -echo_of(cure.edit, cure.editable.scope.forward),
            _adds_where_nothing_is_computed(cure),
            # what is one too many is sooner taken out than made up for
            int(np.sign(growth_of(cure))),
            cure.rank,
            abs(growth_of(cure)),
            cure.edit.statement.lineno,
        )
        for cure in cures
    }
    chosen: list[Cure] = []
    done: frozenset[str] = frozenset()
    for cure in sorted(cures, key=lambda it: order[id(it)]):
        if not cure.cured & done:
            chosen.append(cure)
            done |= cure.cured
    return chosen[:MISTAKES]


def _adds_where_nothing_is_computed(cure: Cure) -> bool:
    """Whether an edit adds something where several names are given to what there is."""
    value = getattr(cure.edit.statement, "value", None)
    if not isinstance(value, ast.Tuple | ast.List):
        return False
    named = all(isinstance(it, ast.Name | ast.Attribute | ast.Subscript) for it in value.elts)
    return named and growth_of(cure) > 0


class Elsewhere:
    """The same case at fresh inputs, where there are any, all other cases, and those beside.

    Each is measured when it is first asked for, and kept.
    """

    def __init__(
        self,
        trial: Trial,
        others: Sequence[Case],
        beside: Callable[[], Iterable[Case]],
        seed: int,
    ) -> None:
        self._for, self._seed, self._beside = trial, seed, beside
        self._known: dict[int, Trial | None] = {}
        self._own = list(others)
        if not trial.case.at_one_point:
            moved = jittered(trial.case.variables, stream(seed, "a cure elsewhere"))
            self._own.insert(0, trial.case.with_variables(moved))

    def holds(self, editable: Editable, edit: Edit, cured: frozenset[str]) -> bool:
        """Whether an edit makes the same gradients right there, and no other one wrong."""
        for case in self._own:
            trial = self._trial(case, self._for.divided)
            kept = trial and trial.known_right | (cured & frozenset(trial.case.variables))
            if trial and kept and not all_right(trial, editable, edit, kept):
                return False
        if is_own(editable, self._for.case):
            return True
        measured = filter(None, map(self._trial, self._of_others))
        return all(_suits(trial, editable, edit) for trial in measured)

    @cached_property
    def _of_others(self) -> list[Case]:
        return list(self._beside())

    def _trial(self, case: Case, divided: frozenset[str] = frozenset()) -> Trial | None:
        if id(case) not in self._known:
            try:
                trial = Trial(case, self._seed, "elsewhere", divided)
                trial.guarded, trial.accepted = self._for.guarded, ("pass", "inconclusive")
                self._known[id(case)] = trial
            except CodeError:
                self._known[id(case)] = None
        return self._known[id(case)]


def _suits(trial: Trial, editable: Editable, edit: Edit) -> bool:
    """Whether an edit keeps right what is right elsewhere, and cures what is wrong by its fault."""
    if trial.wrong and is_own(editable, trial.case):
        return bool(cured_by(trial, editable, edit, trial.wrong, trial.known_right))
    return all_right(trial, editable, edit, trial.known_right)
