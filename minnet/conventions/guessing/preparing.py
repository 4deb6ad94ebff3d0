"""Objects that need something done before their first forward pass, or other shapes of a bias."""

from __future__ import annotations

import contextlib
import functools
import re
from typing import Any

import numpy as np

from minnet.conventions.blame import makers_of, missing_attribute, raised_by
from minnet.conventions.guessing.kinds import kind_of
from minnet.gradcheck.case import CodeError, user_code
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.copying import independent
from minnet.gradcheck.under_test.layer import LayerCase
from minnet.gradcheck.under_test.parameters import PROBE_RATE, find_parameters
from minnet.gradcheck.under_test.passes import passes_of
from minnet.gradcheck.under_test.signatures import method_signature

#: how many methods, one for the sake of the next, may have to be called before forward
_STEPS = 3
#: methods that empty what the passes of an object append to
_EMPTIES = re.compile(r"_?(flush|clear|reset)_(gradients?|grads?|cache)")
#: by which a forward that calls one of them is known
_EMPTYING = "minnet_empties"


class PlainDescent:
    """An optimizer for a layer that updates itself by one: the step is the rate times the gradient.

    Such a layer has `learning_rate` too, by which its gradients are read off its update.
    """

    learning_rate = PROBE_RATE

    def update(self, parameter: Any, gradient: Any) -> Any:
        """Return the parameter after a step."""
        return parameter - PROBE_RATE * gradient


def prepared(thing: Any, case: AdaptedCase) -> Any:
    """Return an object that was told what its forward pass waits for.

    That is the shape of a sample, where it keeps one; and where forward needs an attribute that
    one of the object's methods makes, that method is called, if what it takes is plain: nothing,
    a shape, an optimizer.
    """
    given = tuple(case.arguments.values())
    ready = told_the_shape(thing, *given[:1])
    trial = case if ready is thing else LayerCase(ready, given)
    for _ in range(_STEPS):
        error = raised_by(trial)
        if error is None or error.stage != "forward":
            break
        name = missing_attribute(error.original, trial.thing)
        makers = makers_of(type(thing), name) if name else ()
        made = next(filter(None, (_called(ready, method, given) for method in makers)), None)
        if made is None:
            break
        ready = made
        if not isinstance(case, LayerCase):
            break
        trial = LayerCase(ready, given)
    return ready


def _called(thing: Any, method: str, given: tuple[Any, ...]) -> Any:
    """Return an object on which a method was called with what its arguments are to be, or None."""
    ready, x = independent(thing), given[0] if given else None
    known: dict[str, Any] = {"optimizer": PlainDescent()}
    if isinstance(x, np.ndarray) and x.ndim:
        known |= {"shape": x.shape[1:], "dim": x.shape[-1], "size": x.shape[-1]}
    wanted = method_signature(thing, method).required or ()
    arguments = [
        next((value for word, value in known.items() if word in name.lower()), None)
        for name in wanted
    ]
    if any(value is None for value in arguments):
        return None
    try:
        with user_code("forward"):
            getattr(ready, method)(*arguments)
    except CodeError:
        return None
    if any(isinstance(value, PlainDescent) for value in arguments):
        ready.learning_rate = PROBE_RATE
    return ready


def emptied_before(thing: Any) -> Any:
    """Return an object that empties, before each forward, what its passes append to.

    Some libraries keep the inputs and gradients of all passes since the last call of a method
    such as ``flush_gradients``, which the one who trains makes.
    """
    cls = type(thing)
    method = next((name for name in dir(cls) if _EMPTIES.fullmatch(name)), "")
    passes = passes_of(cls)
    if not method or passes is None or method_signature(thing, method).required != ():
        return thing
    own = getattr(cls, passes.forward)
    if hasattr(own, _EMPTYING):
        return thing

    @functools.wraps(own)
    def forward(self: Any, *args: Any, **settings: Any) -> Any:
        getattr(self, method)()
        return own(self, *args, **settings)

    setattr(forward, _EMPTYING, True)
    ready = independent(thing)
    body = {passes.forward: forward, "__module__": cls.__module__, "__doc__": cls.__doc__}
    ready.__class__ = type(cls.__name__, (cls,), body)
    return ready


def is_emptied(thing: Any) -> bool:
    """Return whether an object is one of `emptied_before`."""
    passes = passes_of(thing)
    return passes is not None and hasattr(getattr(type(thing), passes.forward), _EMPTYING)


def told_the_shape(thing: Any, x: Any = None) -> Any:
    """Return an object whose ``input_shape``, where it is still None, is that of a sample.

    Dropout draws numbers for all samples.
    """
    if getattr(thing, "input_shape", 0) is not None or not isinstance(x, np.ndarray):
        return thing
    told = independent(thing)
    with contextlib.suppress(AttributeError):
        told.input_shape = x.shape if kind_of(type(thing).__name__) == "dropout" else x.shape[1:]
        return told
    return thing


def with_columns(layer: Any) -> Any:
    """Return a layer whose vectors of parameters are columns: a bias (n, 1) in place of (n,)."""
    other = independent(layer)
    for parameter in find_parameters(other):
        value = parameter.read()
        if np.ndim(value) == 1 and hasattr(parameter.owner, parameter.name):
            setattr(parameter.owner, parameter.name, np.reshape(value, (-1, 1)))
    return other
