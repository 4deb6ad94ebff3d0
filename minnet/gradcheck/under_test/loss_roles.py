"""What is a loss, and which of its two arguments is the prediction: decided here alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from minnet.gradcheck.case import CodeError, user_code
from minnet.gradcheck.under_test.copying import independent, private_copy
from minnet.gradcheck.under_test.passes import input_names, names_to_give, passes_of
from minnet.gradcheck.under_test.returned import is_float_array, loss_and_rest
from minnet.gradcheck.under_test.sandbox import Sandbox
from minnet.gradcheck.under_test.signatures import signature_of
from minnet.gradcheck.under_test.spellings import (
    LOSS_CLASS,
    LOSS_PASSES,
    is_certain_target,
    is_prediction,
    is_target,
    is_target_first,
)
from minnet.gradcheck.under_test.state import Snapshot


def is_loss(thing: Any, *inputs: Any) -> bool:
    """Return whether an object or a class is a loss, and not a layer with two inputs.

    A loss takes two things, which its name and theirs say are prediction and target; it gives
    one number, and its backward takes no upstream gradient. Where the names leave it open, the
    number of outputs decides.

    Parameters
    ----------
    thing : object or class
    *inputs
        The arguments to try forward with, where that may be called.

    Examples
    --------
    >>> class MSE:
    ...     def forward(self, y_pred, y_true): ...
    ...     def backward(self): ...
    >>> class Multiply:
    ...     def forward(self, x, y): ...
    ...     def backward(self, dout): ...
    >>> is_loss(MSE), is_loss(Multiply)
    (True, False)
    """
    passes = passes_of(thing, LOSS_PASSES)
    if passes is None or len(inputs) not in (0, 2):
        return False
    names = set(input_names(thing, LOSS_PASSES))
    if len(names) != 2:
        return False
    wanted = set(names_to_give(thing, passes.backward))
    own_name = (thing if isinstance(thing, type) else type(thing)).__name__
    named = (
        re.search(LOSS_CLASS, own_name.lower()) is not None
        or any(map(is_certain_target, names | wanted))
        or all(is_target(name) or is_prediction(name) for name in names)
    )
    no_upstream = wanted <= names  # nothing, or prediction and target once more
    if named and no_upstream:
        return True
    if not (named or no_upstream or any(map(is_target, names))):
        return False
    one_number = _gives_one_number(thing, inputs) if inputs else None
    return named or no_upstream if one_number is None else one_number


def in_forwards_order(loss: Any, prediction: Any, target: Any) -> tuple[Any, Any]:
    """Return prediction and target in the order in which a loss takes them.

    That is this one, unless the names of its arguments leave no doubt that it is the other:
    (y_true, y_pred), but not (y, d) or (t, x).
    """
    return (target, prediction) if _takes_target_first(loss) else (prediction, target)


def prediction_and_target(loss: Any, inputs: Sequence[Any]) -> tuple[Any, Any]:
    """Return prediction and target out of the two things that a loss is given, in its order."""
    first, second = inputs
    return (second, first) if _takes_target_first(loss) else (first, second)


def ordered(
    loss: Any, values: tuple[Any, ...], target_first: bool | None = None
) -> tuple[tuple[Any, ...], int]:
    """Return what forward is given, in its order, and which of it is the prediction.

    The caller gives the prediction first. Where the names say that forward takes the target
    first, the two change places, unless only the other order is accepted: then the caller gave
    them in forward's own order.
    """
    if len(values) != 2:
        return values, 0
    if target_first is not None:
        return (values[::-1], 1) if target_first else (values, 0)
    if not _takes_target_first(loss):
        return values, 0
    as_given = is_float_array(values[1]) and not is_float_array(values[0])
    if as_given or (not _is_accepted(loss, values[::-1]) and _is_accepted(loss, values)):
        return values, 1
    return values[::-1], 1


def _takes_target_first(loss: Any) -> bool:
    passes = passes_of(loss, LOSS_PASSES)
    call = loss if passes is None else getattr(loss, passes.forward)
    return is_target_first(signature_of(call).argument_names(2))


def _is_accepted(loss: Any, values: tuple[Any, ...]) -> bool:
    """Return whether the forward of a loss runs and gives finite numbers."""
    number, _ = loss_and_rest(_tried(loss, values))
    return number is not None and bool(np.isfinite(number).all())


def _tried(thing: Any, inputs: Sequence[Any]) -> Any:
    """Return what the forward of an object, or a function, returns; None where it raises."""
    own = independent(thing)
    passes = passes_of(own, LOSS_PASSES)
    state = Snapshot([own])
    try:
        with user_code("forward"), Sandbox().running():
            call = own if passes is None else getattr(own, passes.forward)
            return call(*private_copy(tuple(inputs)))
    except CodeError:
        return None
    finally:
        state.restore()


def _gives_one_number(thing: Any, inputs: tuple[Any, ...]) -> bool | None:
    """Return whether forward gives a single number; None where it does not run."""
    returned = _tried(thing, inputs)
    if returned is None:
        return None
    return not isinstance(returned, tuple | list) and np.size(returned) == 1
