"""Styles that are told by the shape of the code: each finds in a file what is written so.

`find` is what other modules call; a style is a module with a function ``find(namespace)``, and
one line in `STYLES`. It says how a thing is called, in a `Styled`; inputs, cases and verdicts
are the checker's usual ones.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from minnet.conventions.styles import (
    after_softmax,
    autograd,
    costs,
    deep_networks,
    derivatives,
    epochs,
    loss_and_gradient,
    networks,
    nodes,
    operations,
    static_pairs,
    worked_out,
)
from minnet.conventions.styles.style import Styled, subject_of
from minnet.conventions.subject import Subject
from minnet.gradcheck.under_test.unwritten import is_left_to_others
from minnet.report.results import Skipped

#: what each finds in a file, the more particular styles first
STYLES: tuple[Callable[[Mapping[str, Any]], Iterator[Styled | Skipped]], ...] = (
    operations.find,
    autograd.find,
    nodes.find,
    worked_out.find,
    derivatives.find_methods,
    networks.find,
    deep_networks.find,
    networks.find_functions,
    deep_networks.find_named,
    epochs.find,
    static_pairs.find,
    after_softmax.find,
    loss_and_gradient.find,
    costs.find,
    derivatives.find,
)


def find(namespace: Mapping[str, Any]) -> tuple[list[Subject | Skipped], set[str]]:
    """Return what is written in a style that is known, and the names that are spoken for by it."""
    found: list[Subject | Skipped] = []
    claimed: set[str] = set()
    classes = [value for value in namespace.values() if inspect.isclass(value)]
    bases = {base for cls in classes for base in cls.__mro__[1:]}
    for style in STYLES:
        for item in style({n: v for n, v in namespace.items() if n not in claimed}):
            if isinstance(item, Skipped):
                found.append(item)
                continue
            claimed.update(item.claims)
            is_base = any(namespace[name] in bases for name in item.claims)
            abstract = any(map(_is_abstract, map(namespace.__getitem__, item.claims)))
            if is_base and (abstract or any(map(is_left_to_others, item.code.values()))):
                found.append(Skipped(item.name, "it is the base of other classes in the file"))
            else:
                found.append(subject_of(item))
    # what one style finds unclear another may speak for
    sure = (item for item in found if isinstance(item, Subject) or item.name not in claimed)
    return list(sure), claimed


def _is_abstract(cls: Any) -> bool:
    """Return whether a class leaves a method to others, whatever its metaclass makes of that."""
    return any(getattr(held, "__isabstractmethod__", False) for held in vars(cls).values())
