"""Which methods of somebody's class are its two passes."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Sequence
from typing import Any

from minnet.gradcheck.case import Refused
from minnet.gradcheck.under_test.reach import look_up
from minnet.gradcheck.under_test.signatures import (
    attributes_in,
    has_default,
    method_signature,
    signature_of,
)
from minnet.gradcheck.under_test.spellings import LAYER_PASSES, Passes, is_training_flag

#: may be the forward of a loss, or add the penalties of a whole network to what forward gives
_CALCULATES = "calculate"
#: an object that is called
_CALLED = "__call__"

#: what has no passes: asked of every attribute, and mostly of these
_PLAIN = {bool, int, float, str, tuple, list, dict, type(None)}


def passes_of(thing: Any, known: Sequence[Passes] = LAYER_PASSES) -> Passes | None:
    """Return what an object or a class calls its forward and backward pass, if it has both.

    >>> class Dense:
    ...     def fprop(self, x): ...
    ...     def bprop(self, dout): ...
    >>> passes_of(Dense), passes_of(Dense()) == passes_of(Dense), passes_of("Dense")
    (Passes(forward='fprop', backward='bprop', course='fprop'), True, None)
    """
    cls: Any = thing if inspect.isclass(thing) else type(thing)
    for names in known:
        has_both = has_method(thing, names.forward) and has_method(thing, names.backward)
        if has_both and not (names.forward == _CALCULATES and _takes_more(thing, names.forward)):
            return names._replace(forward=_CALLED) if _is_kept_by_call(cls, names) else names
    return None


@functools.lru_cache(maxsize=256)
def _is_kept_by_call(cls: type, names: Passes) -> bool:
    """Return whether backward needs what only ``layer(x)`` keeps, and not ``layer.forward(x)``."""
    called = [getattr(cls, name) for name in (names.forward, names.backward)]
    call: Any = next((vars(base)[_CALLED] for base in cls.__mro__ if _CALLED in vars(base)), None)
    if names.forward == _CALLED or not all(map(inspect.isfunction, (call, *called))):
        return False
    is_plain = call.__code__.co_argcount == 2 and names.forward in call.__code__.co_names
    kept = attributes_in(call, "STORE_ATTR") - attributes_in(called[0], "STORE_ATTR")
    return is_plain and not kept.isdisjoint(attributes_in(called[1], "LOAD_ATTR"))


def _takes_more(thing: Any, method: str) -> bool:
    """Return whether a method is told more than a prediction and its target."""
    return len(names_to_give(thing, method)) > 2


def expect_passes(thing: Any, known: Sequence[Passes] = LAYER_PASSES) -> Passes:
    """Return what an object calls its passes.

    Raises
    ------
    TypeError
        Says which of the two it has not.
    """
    if (names := passes_of(thing, known)) is not None:
        return names
    missing = known[0].backward if has_forward(thing) else known[0].forward
    name = thing.__name__ if inspect.isclass(thing) else type(thing).__name__
    raise Refused(f"{name} has no method {missing}")


def expect_object(thing: Any, known: Sequence[Passes], taker: str = "") -> Passes | None:
    """Return what an object calls its passes, if it has them; refuse a class in its place.

    Raises
    ------
    TypeError
        Says what to give to the `taker` instead.
    """
    passes = passes_of(thing, known)
    if passes and inspect.isclass(thing) and _is_unbound(getattr(thing, passes.forward)):
        name, to = thing.__name__, f"{taker} " if taker else ""
        raise Refused(f"{name} is a class: give {to}an object of it, {name}(...)")
    return passes


def _is_unbound(method: Any) -> bool:
    return "self" in signature_of(method).names[:1]


def has_method(thing: Any, name: str) -> bool:
    """Return whether an object, or every object of a class, has a method of this name."""
    if inspect.isclass(thing) and name == _CALLED:  # every class can itself be called
        return any(name in vars(cls) for cls in thing.__mro__)
    return callable(look_up(thing, name))


def has_forward(thing: Any) -> bool:
    """Return whether an object or a class has a method that may be its forward pass."""
    return any(has_method(thing, names.forward) for names in LAYER_PASSES)


def has_backward(thing: Any) -> bool:
    """Return whether an object or a class has a method that may be its backward pass."""
    return type(thing) not in _PLAIN and any(
        has_method(thing, names.backward) for names in LAYER_PASSES
    )


def input_names(thing: Any, known: Sequence[Passes] = LAYER_PASSES) -> list[str]:
    """Return what forward has to be given, leaving out settings such as a training flag.

    >>> class Dropout:
    ...     def forward(self, x, training, scale=1.0): ...
    ...     def backward(self, dout): ...
    >>> input_names(Dropout)
    ['x']
    """
    return names_to_give(thing, expect_passes(thing, known).forward)


def names_to_give(thing: Any, method: str) -> list[str]:
    """Return what a method has to be given by position, leaving out a training flag."""
    return [
        p.name
        for p in method_signature(thing, method).parameters
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        and not has_default(p)
        and not is_training_flag(p.name)
    ]
