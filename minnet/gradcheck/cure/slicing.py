"""Which statements a wrong gradient can be blamed on: those that it depends on, and no right one.

A statement's value is changed a little, and everything that changes with it depends on it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.cure.functions import Editable
from minnet.gradcheck.cure.statements import statement_places
from minnet.gradcheck.cure.tree import Edit, Place
from minnet.gradcheck.cure.trial import Trial
from minnet.records import dataclass

#: the value of a statement is multiplied by this, and this is added to it
CHANGED, MOVED = 1.0009765625, 0.0009765625


class Suspicion(IntEnum):
    """How well a statement accounts for which gradients are wrong, the best first."""

    ALL_WRONG = 0
    SOME_WRONG = 1
    UNKNOWN = 2
    RIGHT_TOO = 3
    NONE = 4


@dataclass(frozen=True, eq=False)
class Suspect:
    """A statement that ran, or one of the values that it returns.

    Attributes
    ----------
    editable : Editable
    place : Place
        Of the statement.
    value : Place or None
        Of what it computes; None where that is not to be told.
    reaches : frozenset of str or None
        The gradients that depend on the value, and "" for the output; None: not known.
    suspicion : Suspicion
    gradients : frozenset of str
        The variables whose gradient the value is, as it stands.
    """

    editable: Editable
    place: Place
    value: Place | None
    reaches: frozenset[str] | None
    suspicion: Suspicion
    gradients: frozenset[str] = frozenset()

    @property
    def in_forward(self) -> bool:
        """Whether forward runs the statement."""
        return self.editable.has_run_in_forward(self.place.statement)

    @property
    def targets(self) -> tuple[str, ...]:
        """The names that the statement gives to what it computes, without ``self.``"""
        node: Any = self.place.statement
        targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
        names = [t.attr if isinstance(t, ast.Attribute) else getattr(t, "id", "") for t in targets]
        return tuple(filter(None, names))


def suspects(
    trial: Trial, functions: list[Editable], wrong: frozenset[str], right: frozenset[str]
) -> Iterator[Suspect]:
    """Yield every statement that ran, in the order of the source."""
    before = trial.everything()
    for editable in functions:
        for place in statement_places(editable.tree):
            if not editable.has_run(place.statement):
                continue
            for value in values_of(place) or (None,):
                after = _changed(trial, editable, value) if value and before else None
                reaches, gradients = _compared(before, after)
                if isinstance(place.statement, ast.Expr) and not reaches:
                    reaches = None  # what it writes into may not be what it should
                suspicion = _suspicion(reaches, wrong, trial.lost(right, after))
                yield Suspect(editable, place, value, reaches, suspicion, gradients)


def _suspicion(
    reaches: frozenset[str] | None, wrong: frozenset[str], lost: frozenset[str]
) -> Suspicion:
    if reaches is None:
        return Suspicion.UNKNOWN
    if not reaches & wrong or "" in reaches:
        return Suspicion.NONE
    if lost:
        return Suspicion.RIGHT_TOO
    return Suspicion.ALL_WRONG if reaches >= wrong else Suspicion.SOME_WRONG


def _changed(trial: Trial, editable: Editable, value: Place) -> dict[str, Array] | None:
    """Return what the passes give when a value is changed a little; None where that raises."""
    larger = ast.BinOp(value.node, ast.Mult(), ast.Constant(CHANGED))
    moved = ast.BinOp(larger, ast.Add(), ast.Constant(MOVED))
    return changed_by(trial, editable, Edit("slice", value.statement, ((value, moved),)))


def changed_by(trial: Trial, editable: Editable, edit: Edit) -> dict[str, Array] | None:
    """Return what the passes give with an edit; None where they raise."""
    with editable.edited(edit) as compiles:
        return trial.everything() if compiles else None


def _compared(
    before: Mapping[str, Array] | None, after: Mapping[str, Array] | None
) -> tuple[frozenset[str] | None, frozenset[str]]:
    """Return which gradients changed with a value, and which are that value itself."""
    if before is None or after is None:
        return None, frozenset()
    reached = {n for n, g in before.items() if not equal(g, after.get(n))}
    same = {n for n in reached if n and _is_moved(before[n], after.get(n))}
    return frozenset(reached), frozenset(same)


def _is_moved(before: Array, after: Array | None) -> bool:
    if after is None or after.shape != before.shape or before.dtype.kind != "f":
        return False
    return bool(np.allclose(after, before * CHANGED + MOVED, rtol=1e-12, atol=0))


def equal(one: Array, other: Array | None) -> bool:
    """Whether two gradients are the same to the last bit; NaN is as NaN."""
    if other is None or one.dtype == object:
        return other is None
    return bool(np.array_equal(one, other, equal_nan=one.dtype.kind in "fc"))


def values_of(place: Place) -> list[Place]:
    """Return the places of what a statement computes: one, or each part of a tuple."""
    return [value for value in _values(place) if not isinstance(value.node, NO_VALUES)]


#: what stands where a value does, and is none
NO_VALUES = (ast.Starred, ast.Yield, ast.YieldFrom, ast.Await)


def _values(place: Place) -> list[Place]:
    node: Any = place.node
    whole = Place(node, "value", None, node)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and len(node.value.args) > 1:
        # np.add.at(dx, indices, values)
        return [Place(node.value, "args", len(node.value.args) - 1, node, whole)]
    kinds = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return
    if not isinstance(node, kinds) or node.value is None:
        return []
    if isinstance(node.value, ast.Tuple | ast.List):
        parts = range(len(node.value.elts))
        return [Place(node.value, "elts", k, node, whole) for k in parts]
    # a constant that is written into an array is one of its values, and elsewhere a setting
    written = isinstance(getattr(node, "targets", [None])[0], ast.Subscript)
    unmoved = (ast.Dict,) if written else (ast.Dict, ast.Constant)
    return [] if isinstance(node.value, unmoved) else [whole]
