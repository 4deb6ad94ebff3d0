"""A loss as a `Case`: an object with two passes, or a function that gives loss and gradient."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case
from minnet.gradcheck.under_test.calling import (
    AdaptedCase,
    AdaptedRun,
    as_number,
    assign_gradients,
    is_float_array,
    left_behind,
    method_of,
)
from minnet.gradcheck.under_test.parameters import find_parameters
from minnet.gradcheck.under_test.signatures import argument_names, required_names, unwrapped
from minnet.gradcheck.under_test.spellings import PREDICTIONS, TARGETS
from minnet.gradcheck.under_test.state import Snapshot, independent


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
    name, description, convention, batched, quantities
        As in `FunctionsCase`.
    """

    is_loss = True

    def __init__(
        self,
        loss: Any,
        prediction: Array,
        target: Any,
        *,
        name: str = "",
        description: str = "",
        convention: str = "any",
        batched: Sequence[str] | None = None,
        quantities: Mapping[str, float] | None = None,
    ) -> None:
        self._loss = independent(loss)
        self._call = method_of(self._loss, "calculate", "forward", "__call__")
        self.code = {
            "forward": unwrapped(self._call),
            "backward": unwrapped(method_of(self._loss, "backward")),
        }
        values = (prediction, target)
        names = argument_names(self._call, 2)
        if names[0] in TARGETS and (names[1] in PREDICTIONS or names[1] not in TARGETS):
            values = (target, prediction)
        prediction_name = names[0] if values[0] is prediction else names[1]
        super().__init__(
            dict(zip(names, values, strict=True)),
            name=name or type(loss).__name__,
            description=description,
            convention=convention,
            differentiate=[prediction_name],
            batched=batched,
            quantities=quantities,
            roots=(self._loss,),
        )

    def another(self) -> Case:
        other = copy.copy(self)
        other._loss = independent(self._loss)
        if other._loss is self._loss:
            return self  # it cannot be copied
        other._call = getattr(other._loss, self._call.__name__)
        other._roots, other._state = (other._loss,), Snapshot([other._loss])
        other._latest = [None]
        return other

    def _forward(self, arguments: dict[str, Any]) -> tuple[tuple[Any, ...], Any]:
        return (as_number(self._call(*arguments.values())),), None

    def _backward(self, run: AdaptedRun, upstream: tuple[Array, ...]) -> dict[str, Any]:
        backward = self._loss.backward
        wanted = required_names(backward) or []
        (variable,) = self.variables
        if not wanted:
            raw = backward()
        elif len(wanted) == 1:
            raw = backward(run.arguments.get(wanted[0], 1.0))
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
    name, description, convention, batched, quantities
        As in `FunctionsCase`.
    """

    is_loss = True

    def __init__(
        self,
        function: Callable[..., Any],
        args: Sequence[Any],
        *,
        name: str = "",
        description: str = "",
        convention: str = "any",
        differentiate: Sequence[str] | None = None,
        owner: Any = None,
        batched: Sequence[str] | None = None,
        quantities: Mapping[str, float] | None = None,
    ) -> None:
        names = argument_names(function, len(args))
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
            name=name or function.__name__,
            description=description,
            convention=convention,
            differentiate=differentiate,
            batched=batched,
            quantities=quantities,
            roots=(function,) if owner is None else (self._owner,),
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


def loss_case(loss: Any, prediction: Array, target: Any, **settings: Any) -> AdaptedCase:
    """Return the case of a loss object, or of a function that returns a loss and its gradient."""
    if hasattr(loss, "backward"):
        return LossCase(loss, prediction, target, **settings)
    if not callable(loss):
        raise TypeError(
            f"{loss!r} is no loss: it needs forward(prediction, target) and backward(), or to be "
            "a function that returns the loss and its gradient"
        )
    return LossFunctionCase(loss, (prediction, target), **settings)
