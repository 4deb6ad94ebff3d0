"""A loss as a `Case`: an object with two passes, or a function that gives loss and gradient.

What is a loss, and which of its two arguments is the prediction, is decided here alone.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Sequence
from typing import Any, Unpack

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError, user_code
from minnet.gradcheck.under_test.calling import About, AdaptedCase, AdaptedRun
from minnet.gradcheck.under_test.copying import independent, private_copy
from minnet.gradcheck.under_test.parameters import find_parameters
from minnet.gradcheck.under_test.passes import (
    expect_passes,
    has_backward,
    input_names,
    names_to_give,
    passes_of,
)
from minnet.gradcheck.under_test.returned import (
    as_number,
    assign_gradients,
    is_float_array,
    left_behind,
)
from minnet.gradcheck.under_test.sandbox import Sandbox
from minnet.gradcheck.under_test.signatures import signature_of, unwrapped
from minnet.gradcheck.under_test.spellings import (
    CERTAIN_TARGETS,
    LOSS_CLASS,
    LOSS_PASSES,
    PREDICTIONS,
    TARGETS,
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
        or not CERTAIN_TARGETS.isdisjoint(names | wanted)
        or names <= TARGETS | PREDICTIONS
    )
    no_upstream = wanted <= names  # nothing, or prediction and target once more
    if named and no_upstream:
        return True
    if not (named or no_upstream or names & TARGETS):
        return False
    one_number = _gives_one_number(thing, passes.forward, inputs) if inputs else None
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


def _takes_target_first(loss: Any) -> bool:
    passes = passes_of(loss, LOSS_PASSES)
    call = loss if passes is None else getattr(loss, passes.forward)
    return is_target_first(signature_of(call).argument_names(2))


class LossCase(AdaptedCase):
    """A loss object: ``forward(prediction, target) -> float``, ``backward() -> dprediction``.

    Forward may be called ``calculate`` or ``__call__``; backward may take nothing, the factor
    1, or prediction and target again; where it returns None, its result is looked for in
    ``.dinputs``.

    Parameters
    ----------
    loss : object
        It is copied, and never changed.
    prediction, target : array
        The prediction is differentiated.
    target_first : bool, optional
        Whether forward takes the target first; by default as `in_forwards_order` tells.
    **about
        As in `About`.
    """

    is_loss = True

    def __init__(
        self,
        loss: Any,
        prediction: Array,
        target: Any,
        *,
        target_first: bool | None = None,
        **about: Unpack[About],
    ) -> None:
        self._loss = independent(loss)
        self._passes = expect_passes(self._loss, LOSS_PASSES)
        forward = getattr(self._loss, self._passes.forward)
        backward = getattr(self._loss, self._passes.backward)
        self.code = {"forward": unwrapped(forward), "backward": unwrapped(backward)}
        self._wanted = signature_of(backward).required or ()
        names = signature_of(forward).argument_names(2)
        if target_first is None:
            target_first = _takes_target_first(self._loss)
        values = (target, prediction) if target_first else (prediction, target)
        super().__init__(
            dict(zip(names, values, strict=True)),
            roots=(self._loss,),
            called=type(loss).__name__,
            differentiate=[names[1] if target_first else names[0]],
            **about,
        )

    def another(self) -> Case:
        other = copy.copy(self)
        other._loss = independent(self._loss)
        if other._loss is self._loss:
            return self  # it cannot be copied
        other._roots, other._state = (other._loss,), Snapshot([other._loss])
        other._latest = [None]
        return other

    def _forward(self, arguments: dict[str, Any]) -> tuple[tuple[Any, ...], Any]:
        forward = getattr(self._loss, self._passes.forward)
        return (as_number(forward(*arguments.values())),), None

    def _backward(self, run: AdaptedRun, upstream: tuple[Array, ...]) -> dict[str, Any]:
        backward = getattr(self._loss, self._passes.backward)
        (variable,) = self.variables
        if not self._wanted:
            raw = backward()
        elif len(self._wanted) == 1:
            raw = backward(run.arguments.get(self._wanted[0], 1.0))
        else:
            raw = backward(*run.arguments.values())
        if raw is None:
            raw = left_behind(self._loss)
        return assign_gradients(raw, [variable], [variable])


class LossFunctionCase(AdaptedCase):
    """A function that returns a loss and its gradients: ``loss, dx = function(x, y)``.

    Parameters
    ----------
    function : callable
        ``function(*args) -> (loss, gradients)``; gradients are one array, a tuple in the order
        of the differentiated arguments, or a dict by name.
    args : sequence
        Its arguments.
    differentiate : sequence of str, optional
        The arguments it gives gradients for; by default the first floating-point array.
    owner : object, optional
        An object whose parameters are differentiated instead (a network with a ``loss``
        method that returns ``loss, grads``).
    **about
        As in `About`.
    """

    is_loss = True

    def __init__(
        self,
        function: Callable[..., Any],
        args: Sequence[Any],
        *,
        differentiate: Sequence[str] | None = None,
        owner: Any = None,
        **about: Unpack[About],
    ) -> None:
        names = signature_of(function).argument_names(len(args))
        self._owner = independent(owner)
        if owner is not None:
            function = getattr(self._owner, function.__name__)
        self._function = function
        self.code = {"forward": unwrapped(function), "backward": unwrapped(function)}
        arguments = dict(zip(names, args, strict=True))
        if differentiate is None:
            floats = [n for n, v in arguments.items() if is_float_array(v)]
            differentiate = [] if owner is not None else floats[:1]
        super().__init__(
            arguments,
            roots=(function,) if owner is None else (self._owner,),
            called=function.__name__,
            differentiate=differentiate,
            **about,
        )

    def _probe(self) -> None:
        super()._probe()
        if self._owner is None:
            return
        self._state.restore()
        self._parameters = find_parameters(self._owner)
        self.variables |= {p.name: np.array(p.read()) for p in self._parameters}
        self._state.forget(p.read() for p in self._parameters)

    def _forward(self, arguments: dict[str, Any]) -> tuple[tuple[Any, ...], Any]:
        returned = self._function(*arguments.values())
        if returned is None:
            return (None,), None
        if not (isinstance(returned, tuple | list) and len(returned) >= 2):
            raise TypeError("a loss function returns two things: the loss and its gradient")
        loss, *gradients = returned
        return (as_number(loss),), gradients[0] if len(gradients) == 1 else tuple(gradients)

    def _backward(self, run: AdaptedRun, upstream: tuple[Array, ...]) -> dict[str, Any]:
        return assign_gradients(run.memory, list(self.variables), list(self.variables))


def loss_case(loss: Any, prediction: Array, target: Any, **about: Unpack[About]) -> AdaptedCase:
    """Return the case of a loss object, or of a function that returns a loss and its gradient."""
    if has_backward(loss):
        return LossCase(loss, prediction, target, **about)
    if not callable(loss):
        raise TypeError(
            f"{loss!r} is no loss: it needs forward(prediction, target) and backward(), or to be "
            "a function that returns the loss and its gradient"
        )
    if not _takes_target_first(loss):
        return LossFunctionCase(loss, (prediction, target), **about)
    names = signature_of(loss).argument_names(2)
    return LossFunctionCase(loss, (target, prediction), differentiate=names[1:], **about)


def _gives_one_number(thing: Any, forward: str, inputs: tuple[Any, ...]) -> bool | None:
    """Return whether forward gives a single number; None where it does not run."""
    own = independent(thing)
    state = Snapshot([own])
    try:
        with user_code("forward"), Sandbox().running():
            returned = getattr(own, forward)(*private_copy(inputs))
    except CodeError:
        return None
    finally:
        state.restore()
    if returned is None:
        return None
    return not isinstance(returned, tuple | list) and np.size(returned) == 1
