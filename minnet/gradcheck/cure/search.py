"""Try small edits of a backward pass, and keep those after which its gradients are right."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from minnet.gradcheck.cure import statements
from minnet.gradcheck.cure.functions import Editable
from minnet.gradcheck.cure.rules import RULES
from minnet.gradcheck.cure.slicing import Suspect, Suspicion
from minnet.gradcheck.cure.terms import terms_for
from minnet.gradcheck.cure.tree import Edit, Place, places_in
from minnet.gradcheck.cure.trial import Trial
from minnet.tracing.source import exchanged

#: how many edits are tried, and how many lines of Python they may run in all
TRIES, LINES = 3000, 1_000_000
#: so many terms that would do are tried
TERMS = 8
#: when one has cured, those are tried as well that are rarer by so many kinds
BESIDE = 2
#: the kinds of edits, the commonest first
ORDER = (
    "augment",
    "results",
    *(kind for kind, _ in RULES),
    "missing",
    "leave out",
    "condition",
    "order",
)
#: by how many kinds an edit of a statement comes later that is less suspicious
LATER = {
    Suspicion.ALL_WRONG: 0,
    Suspicion.SOME_WRONG: 2,
    Suspicion.UNKNOWN: 3,
    Suspicion.RIGHT_TOO: 24,
}
#: and what forward runs as well: a mistake of the backward pass may be made good there, too
IN_FORWARD = 6
OF_STATEMENTS = (statements.augment, statements.results, statements.leave_out, statements.reorder)


@dataclass(frozen=True, eq=False)
class Cure:
    """An edit after which some gradients are right that were wrong, and all that were right.

    Attributes
    ----------
    editable : Editable
        The function that is edited.
    edit : Edit
    cured : frozenset of str
    rank : int
        How late in the order it came.
    """

    editable: Editable
    edit: Edit
    cured: frozenset[str]
    rank: int


@dataclass(frozen=True, eq=False)
class _Try:
    rank: int
    editable: Editable
    edit: Edit


def search(
    trial: Trial,
    found: Sequence[Suspect],
    wrong: frozenset[str],
    right: frozenset[str],
    holds: Callable[[Editable, Edit, frozenset[str]], bool],
) -> Iterator[Cure]:
    """Yield the edits of suspects that make wrong gradients right, the commonest first.

    It ends soon after one that cures all; `holds` says whether an edit cures elsewhere as well.
    """
    waiting = sorted(_tries(trial, found, wrong), key=lambda it: it.rank)
    last = len(ORDER) + max(LATER.values())
    for one in waiting[: min(TRIES, LINES // max(trial.lines, 1))]:
        if one.rank > last:
            return
        cured = cured_by(trial, one.editable, one.edit, wrong, right)
        if cured and holds(one.editable, one.edit, cured):
            yield Cure(one.editable, one.edit, cured, one.rank)
            if cured == wrong:
                last = min(last, one.rank + BESIDE)


def cured_by(
    trial: Trial, editable: Editable, edit: Edit, wrong: frozenset[str], right: frozenset[str]
) -> frozenset[str]:
    """Return the wrong gradients that an edit makes right; none where it loses a right one."""
    with edit.made():
        code = editable.source.compiled(editable.tree)
    if code is None:
        return frozenset()
    with exchanged({editable.source.function: code}):
        return trial.cured(wrong, right)


def _tries(trial: Trial, found: Sequence[Suspect], wrong: frozenset[str]) -> Iterator[_Try]:
    """Yield every edit of the suspects, with how late it comes."""
    told: set[ast.stmt] = set()
    for suspect in found:
        if suspect.suspicion is Suspicion.NONE:
            continue
        later = LATER[suspect.suspicion] + IN_FORWARD * suspect.editable.in_forward
        if suspect.place.statement not in told:
            told.add(suspect.place.statement)
            for whole in OF_STATEMENTS:
                for edit in whole(suspect.place):
                    yield _Try(ORDER.index(edit.kind) + later, suspect.editable, edit)
        for edit in _with_terms(trial, suspect, wrong):
            yield _Try(ORDER.index(edit.kind) + later, suspect.editable, edit)
        for place in _places(suspect):
            for kind, rule in RULES:
                for node in rule(place, suspect.editable.scope):
                    edit = Edit(kind, place.statement, ((place, node),))
                    yield _Try(ORDER.index(kind) + later, suspect.editable, edit)


def _with_terms(trial: Trial, suspect: Suspect, wrong: frozenset[str]) -> Iterator[Edit]:
    """Yield a value that is a wrong gradient with the terms that it may lack."""
    value = suspect.value
    for name in sorted(suspect.gradients & wrong):
        measured = trial.numeric(name)
        claimed = (trial.gradients() or {}).get(name)
        if value is None or measured is None or claimed is None:
            continue
        if isinstance(value.node, ast.Name):
            continue  # it only names what was computed elsewhere
        numeric, bar = measured
        bar = bar + trial.probe.precision.round_off(numeric)
        texts = terms_for(numeric - claimed, bar, suspect.editable.values, suspect.editable.scope)
        for text in itertools.islice(dict.fromkeys(texts), TERMS):
            node = ast.parse(text, mode="eval").body
            total = ast.BinOp(value.node, ast.Add(), node)
            yield Edit("missing", value.statement, ((value, total),))


def _places(suspect: Suspect) -> Iterator[Place]:
    """Yield the places of a suspect: all of a statement, or what belongs to one of its values."""
    statement = suspect.place.statement
    value = suspect.value
    if value is None or not isinstance(value.parent, ast.Tuple | ast.List):
        yield from places_in(statement)
        return
    for place in places_in(statement):
        above: Place | None = place
        while above is not None and not (
            above.parent is value.parent and above.index == value.index
        ):
            above = above.above
        if above is not None:
            yield place
