"""Gradients that are added up over calls of backward, until something sets them to zero."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from minnet.gradcheck.diagnosis.customs.neighbours import file_of, files_beside, names_in, tree_of
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.report.results import GradientResult

ACCUMULATED = (
    "The gradient of {wrt} is added up over the calls of backward, as in a library whose training "
    "loop sets the gradients to zero (zero_grad): a convention. From zero, each call adds exactly "
    "the right gradient."
)
_OPTIMIZER = re.compile(r"optim[^/\\]*([/\\]\w+)?\.py$", re.IGNORECASE)
_ZEROES = re.compile(r"_*(zero|clear|reset)_?(all_)?grad(s|ient|ients)?_?", re.IGNORECASE)


def accumulated(evidence: Evidence, result: GradientResult) -> str:
    """Added up over calls, each call the right gradient, with a ``zero_grad`` in sight."""
    found = [finding.code for finding in evidence.contract]
    if found != ["accumulates"] or result.verdict != "pass":
        return ""
    return ACCUMULATED if _is_custom(evidence) else ""


def as_blamed(evidence: Evidence, result: GradientResult) -> Evidence:
    """Return the evidence without the growth, where that is a convention and the numbers fail."""
    rest = tuple(f for f in evidence.contract if f.code != "accumulates")
    if rest == evidence.contract or result.verdict != "fail":
        return evidence
    return replace(evidence, contract=rest) if _is_custom(evidence) else evidence


def _is_custom(evidence: Evidence) -> bool:
    return zeroes_gradients(evidence.case.code.get("backward"))


def zeroes_gradients(backward: Callable[..., Any] | None) -> bool:
    """Return whether the code around a backward pass sets gradients to zero somewhere.

    That is in its own file, in a file of the same package that uses it, or in its optimizers.
    """
    file = file_of(backward)
    if file is None:
        return False
    users = {getattr(backward, "__qualname__", "").partition(".")[0], file.stem}
    near = {path: names_in(tree_of(path)) for path in (file, *files_beside(file))}
    zeroing = {path: names for path, names in near.items() if _zeroes(names)}
    return file in zeroing or any(
        _OPTIMIZER.search(str(path)) or not users.isdisjoint(names)
        for path, names in zeroing.items()
    )


def _zeroes(names: set[str]) -> bool:
    return any(_ZEROES.fullmatch(name) for name in names)
