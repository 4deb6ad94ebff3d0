"""The line that alone can hold the mistake, where no edit has cured anything."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from minnet.gradcheck.cure.slicing import Suspect, Suspicion
from minnet.gradcheck.cure.tree import bodies_of

#: what only gives a name to something that was made elsewhere
NAMES = (ast.Name, ast.Attribute, ast.Subscript, ast.Constant)


def only_one(suspected: Iterable[Suspect], every: Iterable[Suspect]) -> Suspect | None:
    """Return the one statement that accounts for all wrong gradients; None where others may.

    Parameters
    ----------
    suspected : iterable of Suspect
        Those whose value is not known to be right.
    every : iterable of Suspect
        Those that are known to be right as well: what a later one of them is made of is right, too.
    """
    found = list(suspected)
    unclear = any(_is_unclear(s) and not _only_names(s) for s in found)
    left = [s for s in found if s.suspicion is Suspicion.ALL_WRONG]
    left = [s for s in left if not _only_names(s)] or left
    known = {id(s) for s in found}
    cleared = [s for s in every if s.suspicion is Suspicion.ALL_WRONG and id(s) not in known]
    last = max((s.place.node.lineno for s in cleared), default=0)
    one = len({id(s.place.statement) for s in left}) == 1 and left[0].place.node.lineno > last
    return left[0] if one and not unclear else None


def _is_unclear(suspect: Suspect) -> bool:
    """Whether it is not known what it does, or it does nothing and perhaps should."""
    if suspect.in_forward:
        return False
    return suspect.suspicion is Suspicion.UNKNOWN or not suspect.reaches


def _only_names(suspect: Suspect) -> bool:
    """Whether it computes nothing: ``x, w = cache``, or ``dx`` in ``return dx, 2 * dw``."""
    statement = suspect.place.statement
    if bodies_of(statement):
        return False
    value = suspect.value.node if suspect.value else getattr(statement, "value", None)
    parts = value.elts if isinstance(value, ast.Tuple | ast.List) else [value]
    return all(part is None or isinstance(part, NAMES) for part in parts)
