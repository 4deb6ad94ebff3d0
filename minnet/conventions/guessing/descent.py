"""Layers that hand their gradients to an optimizer within backward: it takes plain steps here.

A step of the size of a known rate tells the gradient; one of Adam, or one with weight decay, hides
it.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from minnet.gradcheck.under_test.copying import independent
from minnet.gradcheck.under_test.parameters import PROBE_RATE
from minnet.gradcheck.under_test.source import tree_of
from minnet.gradcheck.under_test.spellings import GRADIENT_DICTS, gradient_names
from minnet.patterns import pattern

#: what a method is called that does something before a step, or after it
_READIES = pattern(r"_*(pre|post|init|set_?up|zero|register|add)\w*")
#: what an optimizer is called where a layer keeps it
_OPTIMIZER = pattern(r"_*(\w*optim\w*|\w*solver|updater)", re.IGNORECASE)
#: what the method is called that takes a step
_STEPS = pattern(r"_*(optim\w*|\w*update\w*|step|apply\w*|minimi[sz]e|descend|calc\w*)")


class PlainDescent:
    """An optimizer whose step is the rate times the gradient, by a method of any such name.

    Such a layer has `learning_rate` too, by which its gradients are read off its update.

    Parameters
    ----------
    in_place : bool
        Whether the array that it is given takes the step; else the one that it returns has.
    """

    learning_rate = PROBE_RATE

    def __init__(self, in_place: bool = False) -> None:
        self._in_place = in_place

    def update(self, parameter: Any = None, gradient: Any = None, *_: Any, **__: Any) -> Any:
        """Return the parameter after a step; several in a list, or by their names, step in place.

        Of a layer, or a dict of parameters, those take a step whose gradients are in a dict.
        """
        if isinstance(gradient, dict):
            _step_by_name(parameter, gradient)
        elif isinstance(parameter, list | tuple):
            for one, its in zip(parameter, gradient, strict=True):
                one -= PROBE_RATE * its
        elif self._in_place and parameter is not None:
            parameter -= PROBE_RATE * gradient
        elif gradient is not None:
            return parameter - PROBE_RATE * gradient
        return parameter

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if _STEPS.fullmatch(name):
            return self.update
        if _READIES.fullmatch(name):
            return lambda *_, **__: None
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


def _step_by_name(thing: Any, gradients: dict[str, Any]) -> None:
    """Let the parameters of an object, or of a dict, take a step by gradients of their names."""
    own = thing if isinstance(thing, dict) else vars(thing)
    dicts = [v for n, v in own.items() if isinstance(v, dict) and n not in GRADIENT_DICTS]
    for held in (own, *(one for one in dicts if one is not gradients)):
        for name, value in held.items():
            names = (name, *gradient_names(name))
            its = next((gradients[n] for n in names if n in gradients), None)
            if isinstance(value, np.ndarray) and its is not None:
                held[name] = value - PROBE_RATE * np.asarray(its)


def descending(thing: Any) -> Any:
    """Return an object whose optimizer takes plain steps, if it hands it its gradients.

    That is where all that its class does with an attribute of such a name is to call a method of
    it with a parameter, or with itself, and gradients. It may be None until a model
    sets it. A layer within it may do so too.
    """
    if not any(_to_replace(one) for one in (thing, *_within(thing))):
        return thing
    ready = independent(thing)
    for one in (ready, *_within(ready)):
        for name, in_place in _to_replace(one).items():
            setattr(one, name, PlainDescent(in_place))
    ready.learning_rate = PROBE_RATE
    return ready


def _within(thing: Any) -> list[Any]:
    """Return the objects that an object holds."""
    values = list(getattr(thing, "__dict__", {}).values())
    values += [item for value in values if isinstance(value, list) for item in value]
    return [value for value in values if hasattr(value, "__dict__") and not inspect.isclass(value)]


def _to_replace(thing: Any) -> dict[str, bool]:
    """Return the names of the optimizers that get an object's parameters, and whether in place."""
    held = {n: v for n, v in getattr(thing, "__dict__", {}).items() if _OPTIMIZER.fullmatch(n)}
    handed = _handed_parameters(type(thing)) if held else {}
    plain = {n: False for n, v in held.items() if isinstance(v, PlainDescent)}
    return plain | {n: in_place for n, in_place in handed.items() if n in held}


def _handed_parameters(cls: type) -> dict[str, bool]:
    """Return the attributes that are only read to hand a method of theirs parameters and more.

    And whether nobody takes what the method returns.
    """
    tree = tree_of(cls)
    if tree is None:
        return {}
    alone = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    reads = [
        _own(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    ]
    calls = [
        (_own(node.func.value), node in alone)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and _STEPS.fullmatch(node.func.attr)
        and len(node.args) > 1
        and _is_of_parameters(node.args[0])
    ]
    names = [name for name, _ in calls]
    return {n: by for n, by in calls if n and reads.count(n) == names.count(n)}


def _is_of_parameters(node: ast.expr) -> bool:
    """Return whether something is an attribute, a list of some, or the layer that has them."""
    if isinstance(node, ast.List | ast.Tuple):
        return all(map(_own, node.elts))
    return bool(_own(node)) or (isinstance(node, ast.Name) and node.id == "self")


def _own(node: ast.expr) -> str:
    """Return the name of an attribute of ``self``, or ""."""
    of_self = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    return node.attr if of_self and node.value.id == "self" else ""  # type: ignore[attr-defined]
