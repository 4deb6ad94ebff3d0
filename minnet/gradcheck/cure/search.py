"""Try small edits of a backward pass, and keep those after which its gradients are right."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from minnet.gradcheck.cure import statements
from minnet.gradcheck.cure.functions import Editable
from minnet.gradcheck.cure.rules import RULES
from minnet.gradcheck.cure.slicing import MOVED, Suspect, Suspicion, changed_by
from minnet.gradcheck.cure.terms import terms_for
from minnet.gradcheck.cure.tree import Edit, Place, places_in
from minnet.gradcheck.cure.trial import Trial
from minnet.records import dataclass

#: how many edits are tried, and how many lines of Python they may run in all
TRIES, LINES = 3000, 3_000_000
#: a response is known to this share of it; what is smaller than another share is none
LINEAR, NEGLIGIBLE = 1e-9, 1e-6
#: so many terms that would do are tried
TERMS = 8
#: when one has cured, those are tried as well that are rarer by so many kinds
BESIDE = 14
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
IN_FORWARD = 10
OF_EXPRESSIONS = dict(RULES)
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
    left = min(TRIES, LINES // max(trial.lines, 1))
    gives = {id(suspect.editable) for suspect in found if suspect.gradients}
    suspected = [
        Suspected(suspect, suspect.in_forward and id(suspect.editable) not in gives)
        for suspect in found
        if suspect.suspicion is not Suspicion.NONE
    ]
    last = len(ORDER) + max(LATER.values()) + IN_FORWARD
    for rank in itertools.count():
        for suspect in suspected:
            for edit in suspect.edits(trial, rank, wrong):
                left -= 1
                if left < 0:
                    return
                cured = cured_by(trial, suspect.editable, edit, wrong, right)
                if cured and holds(suspect.editable, edit, cured):
                    yield Cure(suspect.editable, edit, cured, rank)
                    last = min(last, rank + BESIDE) if cured == wrong else last
        if rank >= last:
            return


def cured_by(
    trial: Trial, editable: Editable, edit: Edit, wrong: frozenset[str], right: frozenset[str]
) -> frozenset[str]:
    """Return the wrong gradients that an edit makes right; none where it loses a right one."""
    with editable.edited(edit) as compiles:
        return trial.cured(wrong, right) if compiles else frozenset()


def all_right(trial: Trial, editable: Editable, edit: Edit, names: frozenset[str]) -> bool:
    """Return whether these gradients are right with an edit."""
    with editable.edited(edit) as compiles:
        return compiles and not trial.lost(names, trial.gradients())


class Suspected:
    """A suspect and its edits, each kind made when it is due."""

    def __init__(self, suspect: Suspect, is_cached: bool) -> None:
        self._suspect, self.editable = suspect, suspect.editable
        self._later = LATER[suspect.suspicion] + IN_FORWARD * is_cached
        self._whole = [edit for rule in OF_STATEMENTS for edit in rule(suspect.place)]
        self._places = list(_places(suspect))

    def edits(self, trial: Trial, rank: int, wrong: frozenset[str]) -> Iterator[Edit]:
        """Yield the edits that are due at a rank."""
        if not 0 <= rank - self._later < len(ORDER):
            return
        kind = ORDER[rank - self._later]
        yield from (edit for edit in self._whole if edit.kind == kind)
        if kind == "missing":
            yield from _with_terms(trial, self._suspect, wrong)
        elif (rule := OF_EXPRESSIONS.get(kind)) is not None:
            for place in self._places:
                for node in rule(place, self.editable.scope):
                    yield Edit(kind, place.statement, ((place, node),))


def _with_terms(trial: Trial, suspect: Suspect, wrong: frozenset[str]) -> Iterator[Edit]:
    """Yield a value that acts on a wrong gradient element by element with the terms it may lack."""
    value = suspect.value
    if value is None or not suspect.reaches or _is_handed_back(value, suspect.editable.tree):
        return
    claimed = trial.gradients() or {}
    moved = ast.BinOp(value.node, ast.Add(), ast.Constant(MOVED))
    after = changed_by(trial, suspect.editable, Edit("slice", value.statement, ((value, moved),)))
    for name in sorted(suspect.reaches & wrong):
        measured = trial.numeric(name)
        there = (after or {}).get(name)
        if measured is None or there is None or name not in claimed:
            continue
        if there.shape != claimed[name].shape:
            continue
        numeric, bar = measured
        response = (there.astype(float) - claimed[name]) / MOVED
        acts = np.abs(response) > NEGLIGIBLE * np.abs(response).max(initial=0.0)
        bar = np.where(acts, bar + trial.probe.precision.round_off(numeric), np.inf)
        response = np.where(acts, response, 1.0)
        texts = terms_for(
            (numeric - claimed[name]) / response,
            bar / np.abs(response) + LINEAR * np.abs(numeric / response),
            suspect.editable.values,
            suspect.editable.scope,
        )
        for text in itertools.islice(dict.fromkeys(texts), TERMS):
            node = ast.parse(text, mode="eval").body
            total = ast.BinOp(value.node, ast.Add(), node)
            yield Edit("missing", value.statement, ((value, total),))


def _is_handed_back(value: Place, tree: ast.AST) -> bool:
    """Whether a local variable is returned: what it lacks, it lacks where it is computed."""
    if not isinstance(value.statement, ast.Return):
        return False
    stored = (n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and _is_stored(n))
    return isinstance(value.node, ast.Name) and value.node.id in set(stored)


def _is_stored(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


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
