"""Which gradient of a report is meant: the one that its text speaks of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from minnet.report.account import accounts_of
from minnet.report.results import LocatedGradient, Results, worst_of

Located = TypeVar("Located", bound=LocatedGradient)


def chosen(
    results: Results, gradients: Sequence[Located], name: str | None, case: str | None
) -> Located:
    """Return the gradient that is asked for, in the case that the report's text speaks of.

    Parameters
    ----------
    results : Results
    gradients : sequence of LocatedGradient
        Those of the results.
    name : str, optional
        ``"w"``, or ``"conv.w"``; by default the worst of all, as the text has it.
    case : str, optional
        The case, or a part of what it is called: ``"pad 0"``.

    Raises
    ------
    KeyError
        When there is no such gradient; the message lists the names, or the cases, there are.
    """
    named = [g for g in gradients if name is None or name in (g.wrt, g.name)]
    if not named:
        names = ", ".join(dict.fromkeys(g.name for g in gradients)) or "none"
        raise KeyError(f"no gradient named {name!r} in this report; it has: {names}")
    found = [g for g in named if case is None or case == g.case]
    found = found or [g for g in named if case is not None and case in g.case]
    if not found:
        cases = "; ".join(dict.fromkeys(g.case for g in named))
        raise KeyError(f"no case {case!r} of it in this report; it has: {cases}")
    worst = worst_of(g.verdict for g in found)
    found = [g for g in found if g.verdict == worst]
    told = [
        g
        for account in accounts_of(results)
        if account.verdict == worst
        for variable in account.variables
        for g in found
        if (g.check, g.case, g.wrt) == (account.check, account.case, variable)
    ]
    drawable = [g for g in told if g.elements is not None and len(g.elements)]
    return (drawable or told or sorted(found, key=_measured, reverse=True))[0]


def _measured(gradient: LocatedGradient) -> int:
    return 0 if gradient.elements is None else len(gradient.elements)
