"""What forward kept for backward: the arrays in its cache, or in the object's attributes."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, Run
from minnet.gradcheck.under_test.inside import leaves_of
from minnet.gradcheck.under_test.nested import arrays_in
from minnet.gradcheck.under_test.source import tree_of


def kept_by(case: Case, run: Run) -> dict[str, Array]:
    """Return copies of the arrays that a forward pass kept, by the names that backward has.

    To be asked before another forward pass of the same object.
    """
    memory, thing = getattr(run, "memory", None), getattr(case, "thing", None)
    names = _unpacked(case.code.get("backward"))
    found: dict[str, Array] = {}
    if isinstance(memory, tuple | list) and len(memory) == len(names):
        for name, item in zip(names, memory, strict=True):
            found |= arrays_in(name, item)
    else:
        found = arrays_in("cache", memory)
    for leaf in leaves_of(thing):
        if isinstance(leaf.value, np.ndarray):
            first, *rest = leaf.path
            found[f"self.{first}" + "".join(f"[{part!r}]" for part in rest)] = leaf.value
    return {name: np.array(array) for name, array in found.items()}


def _unpacked(function: Callable[..., Any] | None) -> tuple[str, ...]:
    """Return the names that a function gives to the items of an argument, as in ``x, w = cache``.

    None where it unpacks no argument, or its source is not to be had.
    """
    tree = tree_of(function) if function else None
    nodes = list(ast.walk(tree)) if tree else []
    given = {node.arg for node in nodes if isinstance(node, ast.arg)}
    for node in nodes:
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Name)):
            continue
        target = node.targets[0]
        if node.value.id in given and isinstance(target, ast.Tuple):
            return tuple(n.id if isinstance(n, ast.Name) else "_" for n in target.elts)
    return ()
