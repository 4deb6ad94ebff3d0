"""The border between NumPy and what foreign code computes with: floats, tensors, nodes of a graph.

A `Border` takes arrays across and brings them back. Which one some code wants is seen from its
annotations and from the names that it has at hand, and settled by trying.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import inspect
import itertools
import sys
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.tensors import beside, is_torchs
from minnet.gradcheck.under_test.signatures import method_signature
from minnet.gradcheck.under_test.source import tree_of
from minnet.records import NamedTuple

#: what makes a tensor of an array, as libraries call it
_MAKERS = ("tensor", "Tensor", "Variable", "as_variable", "as_tensor", "Value", "Node", "Parameter")
#: where such an object has its array
_HELD = (
    "data", "value", "_data", "_value", "array", "val", "cached_data", "realized_data", "v",
)  # fmt: skip
#: more of them are not tried
_MOST_MAKERS = 2


class Border(NamedTuple):
    """``over(array)`` is what the code is given in place of an array."""

    over: Callable[[Array], Any]


AS_IT_IS = Border(lambda x: x)
AS_FLOATS = Border(lambda x: x.item() if x.ndim == 0 else x)


def across(border: Border, values: tuple[Any, ...]) -> list[Any]:
    """Return arguments with every array taken across; of integers only where all are boxed."""
    kinds = "f" if border in (AS_IT_IS, AS_FLOATS) else "fiu"

    def over(value: Any) -> Any:
        if isinstance(value, list):
            return [over(item) for item in value]
        array = np.asarray(value) if isinstance(value, np.generic) else value
        is_taken = isinstance(array, np.ndarray) and array.dtype.kind in kinds
        return border.over(array) if is_taken else array

    return [over(value) for value in values]


#: what a node of a graph that is built before it is run is asked by for its value
_ASKED = ("eval", "evaluate")


def plain(value: Any, depth: int = 4) -> Any:
    """Return the array in a tensor, a node, or whatever holds one; nested as it was.

    >>> class Node:
    ...     def __init__(self, data): self.data = data
    >>> plain((Node(np.ones(2)), 3.0))
    (array([1., 1.]), 3.0)
    """
    if value is None or isinstance(value, np.ndarray | np.generic | int | float | str):
        return value
    if isinstance(value, tuple | list):
        items = (plain(item, depth) for item in value)
        return tuple(items) if isinstance(value, tuple) else list(items)
    if isinstance(value, dict):
        return {key: plain(item, depth) for key, item in value.items()}
    detached = value.detach() if callable(getattr(value, "detach", None)) else value
    for way in ("numpy", "to_numpy"):
        if callable(getattr(detached, way, None)):
            found = getattr(detached, way)()
            return plain(found) if isinstance(found, tuple | list) else np.asarray(found)
    kind: Any = type(value)
    for name in (*_HELD, _stored_by(kind)) if depth else ():
        if name and hasattr(value, name):
            held = getattr(value, name)
            if held is None and (ask := next((n for n in _ASKED if hasattr(kind, n)), "")):
                held = getattr(value, ask)()  # a graph that is built first and run later
            return plain(held() if inspect.ismethod(held) else held, depth - 1)
    return value


@functools.lru_cache(maxsize=1024)
def _stored_by(cls: Any) -> str:
    """Return the attribute in which the constructor keeps its first argument as it is, or ""."""
    constructor = vars(cls).get("__init__")
    first = next(iter(method_signature(cls, "__init__").names), None)
    tree = tree_of(constructor)
    if tree is None:
        return ""
    stored = (node for node in ast.walk(tree) if isinstance(node, ast.Assign))
    return next(
        (
            node.targets[0].attr
            for node in stored
            if isinstance(node.value, ast.Name) and node.value.id == first
            and isinstance(node.targets[0], ast.Attribute)
        ),
        "",
    )  # fmt: skip


def borders_of(function: Callable[..., Any], boxed: bool = False) -> Iterator[Border]:
    """Yield the borders that a function may want, the likeliest first: `boxed` ones, if so."""
    notes = " ".join(map(str, getattr(function, "__annotations__", {}).values()))
    at_hand: Mapping[str, Any] = getattr(function, "__globals__", {})
    boxes = [Border(make) for make in itertools.islice(makers_at_hand(at_hand), _MOST_MAKERS)]
    torch = sys.modules.get("torch")
    if torch is not None and any(map(is_torchs, at_hand.values())):
        boxes.insert(0, Border(lambda x: torch.from_numpy(np.array(x))))
    if "float" in notes and "Tensor" not in notes:
        yield AS_FLOATS
        return
    usual = [AS_IT_IS, AS_FLOATS]
    first = boxed or "Tensor" in notes or "Variable" in notes
    yield from [*boxes, *usual] if first else [*usual, *boxes]


def _is_library(module: Any) -> bool:
    top = module.__name__.partition(".")[0]
    return top in ("numpy", "torch", "scipy", "matplotlib") or top in sys.stdlib_module_names


def makers_at_hand(at_hand: Mapping[str, Any]) -> Iterator[Callable[[Array], Any]]:
    """Yield what makes a tensor of an array, in double precision if it can.

    Parameters
    ----------
    at_hand : mapping
        The contents of a module; those it has imported count, and those beside it, where a file
        names the class of its tensors for the sake of its annotations only.
    """
    modules = [v for v in at_hand.values() if inspect.ismodule(v) and not _is_library(v)]
    home = sys.modules.get(at_hand.get("__name__", ""))
    near = dict.fromkeys((*modules, *(around(home) if home is not None else ())))
    for name, held in itertools.product(_MAKERS, (at_hand, *map(vars, near))):
        make = held.get(name)
        if not callable(make) or is_torchs(make):
            continue
        ways = (
            lambda x, make=make: make(x, dtype="float64"),
            lambda x, make=make: make(np.array(x)),
            lambda x, make=make: make(x.tolist()),
        )
        yield from map(_asking, itertools.islice(filter(_gives_back, ways), 1))


def around(home: ModuleType) -> Iterator[ModuleType]:
    """Yield the modules that were imported from a module's folder, and the rest of its package."""
    yield from beside(home)
    top, dot, _ = home.__name__.partition(".")
    yield from (m for n, m in list(sys.modules.items()) if dot and n.startswith(f"{top}."))


def _asking(make: Callable[[Array], Any]) -> Callable[[Array], Any]:
    """Return what makes the same tensors, which ask for their gradients: some get none else."""

    def asking(x: Array) -> Any:
        made = make(x)
        if callable(ask := getattr(made, "requires_grad_", None)):
            ask(True)
        elif getattr(made, "requires_grad", None) is False:
            with contextlib.suppress(Exception):  # somebody's property
                made.requires_grad = True
        return made

    return asking


def _gives_back(make: Callable[[Array], Any]) -> bool:
    x = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.5]])
    try:
        found = np.asarray(plain(make(x)))
        return found.shape == x.shape and np.array_equal(found, x)
    except Exception:  # it is something else of this name
        return False
