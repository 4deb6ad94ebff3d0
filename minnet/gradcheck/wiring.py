"""In which order a model's backward calls those of its layers, where that is not the reverse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from minnet.gradcheck.case import Case, CodeError
from minnet.gradcheck.options import Hints
from minnet.records import replace
from minnet.report.results import CaseResult, Finding

#: the case of a model whose backward calls its layers in some order
Wired = Callable[[Sequence[int]], Case]


def with_wiring(
    result: CaseResult, model: Case, wired: Wired, names: list[str], hints: Hints
) -> CaseResult:
    """Return the result of a whole model, its failures explained by the order of the calls.

    Parameters
    ----------
    result : CaseResult
        Of a model all of whose layers are right.
    model : Case
        The model, which claims the gradients that fail.
    wired : callable
        Returns the same case of a model that calls the layers backwards in a given order.
    names : list of str
        The layers, as they are called in forward.
    hints : "none", "code", "full" or "fix"
        How much is told.
    """
    if result.verdict != "fail" or hints == "none" or len(names) < 2:
        return result
    found = _mistake(model, wired, names)
    if found is None:
        return result
    named = (replace(g, diagnosis=(found,)) if g.verdict == "fail" else g for g in result.gradients)
    return replace(result, gradients=tuple(named))


def _mistake(model: Case, wired: Wired, names: list[str]) -> Finding | None:
    claims = _claims(model)
    for words, order in _orders(names):
        try:
            others = _claims(wired(order))
        except (CodeError, ValueError):
            continue  # the shapes do not fit
        if claims.keys() == others.keys() and all(_same(claims[n], others[n]) for n in claims):
            message = (
                f"The backward of the model {words}. Forward calls the layers one after the other; "
                "backward has to call each once, in the reverse order, with what the one before "
                "it returned."
            )
            return Finding(
                "wiring",
                message,
                {"order": list(order)},
                hint="write down the order in which backward runs, from the loss to the input",
            )
    return None


def _orders(names: list[str]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the ways to be wrong in words, and the order of the calls."""
    right = tuple(reversed(range(len(names))))
    yield "calls the layers in forward order, the first one first", right[::-1]
    for place, layer in enumerate(right):
        before, after = right[:place], right[place + 1 :]
        yield f"leaves out layer {layer} ({names[layer]})", before + after
        yield f"calls layer {layer} ({names[layer]}) twice", (*before, layer, layer, *after)
        if after:
            both = f"{layer} ({names[layer]}) and {after[0]} ({names[after[0]]})"
            yield f"exchanges layers {both}", (*before, after[0], layer, *after[1:])


def _claims(case: Case) -> dict[str, Any]:
    return case.run().backward_of_ones()


def _same(one: Any, other: Any) -> bool:
    """Whether two claims are equal to the last bit, as those of the same calls are."""
    if one is None or other is None:
        return one is other
    return np.array_equal(np.asarray(one), np.asarray(other))
