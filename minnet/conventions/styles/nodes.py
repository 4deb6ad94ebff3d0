"""Nodes of a graph that is made by their constructors: ``Linear(X, W, b)``, then ``forward()``.

The constructor is given the nodes that come before, and no pass takes an argument: ``forward()``
reads their values and leaves its own, ``backward()`` reads the gradients that the nodes behind it
hold and leaves those of the nodes before it, in a dictionary by node, or as an attribute of each.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.samples import Rng
from minnet.conventions.styles.operands import names_of, sweeps
from minnet.conventions.styles.style import Styled, Way, plain_or_last
from minnet.gradcheck.under_test.passes import has_method
from minnet.gradcheck.under_test.returned import times_each
from minnet.gradcheck.under_test.signatures import has_default, method_signature, signature_of
from minnet.gradcheck.under_test.unwritten import is_left_to_others
from minnet.records import NamedTuple

STYLE = "node"
_VALUES = ("value", "output", "data", "out", "val")
_IN_A_DICTIONARY = ("gradients", "grads")
_ON_ITSELF = ("grad", "gradient")
#: what a node holds that is given none
_OF_ITS_OWN = [inspect.Parameter("value", inspect.Parameter.POSITIONAL_OR_KEYWORD)]


def find(namespace: Mapping[str, Any]) -> Iterator[Styled]:
    """Yield the nodes among what a file holds."""
    for name, cls in namespace.items():
        if inspect.isclass(cls) and (graph := _graph_of(cls)) is not None:
            yield _styled(name, cls, graph)


class _Asked(dict[Any, Any]):
    """A dictionary that knows whether anything was taken from it."""

    asked = False

    def __getitem__(self, key: Any) -> Any:
        self.asked = True
        return super().__getitem__(key)

    def get(self, key: Any, default: Any = None) -> Any:
        """Return what is held for `key`, or `default`."""
        self.asked = True
        return super().get(key, default)


class _Graph(NamedTuple):
    """What all nodes of a library have in common.

    Attributes
    ----------
    base : type
        The class of nodes that can be made of nothing, or of no nodes.
    value, gradients : str
        The attributes where a node keeps its value, and the gradients.
    """

    base: Any
    value: str
    gradients: str

    def leaf(self, x: Any) -> Any:
        """Return a node that holds an array."""
        node = _made_of_nothing(self.base)
        self.begin(node, x)
        return node

    def begin(self, node: Any, x: Any) -> None:
        """Give a node a value of its own, and no gradient yet."""
        setattr(node, self.value, x)
        if self.gradients in _ON_ITSELF:
            setattr(node, self.gradients, np.zeros_like(x))

    def hand_back(self, node: Any, upstream: Array) -> bool:
        """Run backward, with the upstream gradient where a node behind would have put it.

        Returns
        -------
        bool
            Whether it was asked for; a graph ends in what does not ask.
        """
        if self.gradients in _ON_ITSELF:
            setattr(node, self.gradients, upstream)
            node.backward()
            return True
        try:
            behind = self.base([node])
        except (TypeError, AttributeError):
            behind = self.base(node)
        held = _Asked({node: upstream})
        setattr(behind, self.gradients, held)
        node.backward()
        return held.asked

    def handed_on(self, node: Any, leaves: list[Any]) -> tuple[Any, ...]:
        """Return the gradients that a node has left for those before it."""
        if self.gradients in _ON_ITSELF:
            return tuple(getattr(leaf, self.gradients) for leaf in leaves)
        held = getattr(node, self.gradients)
        return tuple(held[leaf] for leaf in leaves)


def _graph_of(cls: Any) -> _Graph | None:
    """Return what graph a class makes nodes of; None where it makes none."""
    passes = "forward", "backward"
    if not all(has_method(cls, p) and method_signature(cls, p).required == () for p in passes):
        return None
    for base in cls.__mro__[-2::-1]:
        try:
            held = vars(_made_of_nothing(base))
        except Exception:  # it cannot be made of nothing
            continue
        value = next((n for n in _VALUES if n in held), None)
        gradients = next((n for n in (*_IN_A_DICTIONARY, *_ON_ITSELF) if n in held), None)
        if value is not None and gradients is not None:
            inherited = cls.backward is getattr(base, "backward", None)
            none_of_its_own = inherited and is_left_to_others(cls.backward)
            return None if none_of_its_own else _Graph(base, value, gradients)
    return None


def _made_of_nothing(base: Any) -> Any:
    """Return a node that comes after no others."""
    return base(*([[]] if signature_of(base).required else []))


def _styled(name: str, cls: Any, graph: _Graph) -> Styled:
    wanted = signature_of(cls).parameters
    given = [p for p in wanted if not has_default(p) and p.kind is not p.VAR_KEYWORD]

    def ways(rng: Rng) -> Iterator[Way]:
        for operands in sweeps(name, given or _OF_ITS_OWN, rng):
            yield from plain_or_last(*_passes(cls, graph, bool(given)), operands)

    return Styled(
        name,
        STYLE,
        {"forward": getattr(cls, "forward" if given else "backward"), "backward": cls.backward},
        lambda count: names_of(given or _OF_ITS_OWN, count),
        ways,
        (name,),
    )


def _passes(cls: Any, graph: _Graph, takes_nodes: bool) -> tuple[Any, Any]:
    """Return forward and backward of a node; of one that is made of nothing, by its own value."""

    def forward(*values: Any) -> tuple[tuple[Any, ...], Any]:
        leaves = [graph.leaf(v) if isinstance(v, np.ndarray) else v for v in values]
        node = cls(*leaves) if takes_nodes else cls()
        if not takes_nodes:
            graph.begin(node, values[0])
            leaves = [node]
        node.forward()
        return (getattr(node, graph.value),), (node, leaves)

    def backward(upstream: tuple[Array, ...], memory: Any) -> Any:
        node, leaves = memory
        asked = graph.hand_back(node, upstream[0])
        handed_on = graph.handed_on(node, [n for n in leaves if isinstance(n, graph.base)])
        found = handed_on if len(handed_on) > 1 else handed_on[0]
        return found if asked or np.size(upstream[0]) > 1 else times_each(upstream[0], found)

    return forward, backward
