"""A loss as a `Case`: an object with two passes, or a function that gives loss and gradient.

What is a loss, and which of its two arguments is the prediction, is decided here alone.
"""

from __future__ import annotations

import contextlib
import copy
import re
from collections.abc import Callable, Sequence
from typing import Any, Unpack

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError, user_code
from minnet.gradcheck.under_test.calling import TRIAL_SEED, About, AdaptedCase, AdaptedRun
from minnet.gradcheck.under_test.copying import independent, private_copy
from minnet.gradcheck.under_test.nested import is_nested
from minnet.gradcheck.under_test.parameters import find_parameters
from minnet.gradcheck.under_test.passes import (
    expect_passes,
    has_backward,
    input_names,
    names_to_give,
    passes_of,
)
from minnet.gradcheck.under_test.returned import (
    is_float_array,
    left_behind,
    listed,
    loss_and_rest,
)
from minnet.gradcheck.under_test.sandbox import Sandbox
from minnet.gradcheck.under_test.settings import remade, settings_of
from minnet.gradcheck.under_test.sharing import share_out
from minnet.gradcheck.under_test.signatures import signature_of, unwrapped
from minnet.gradcheck.under_test.spellings import (
    CACHES,
    CERTAIN_TARGETS,
    LOSS_CLASS,
    LOSS_PASSES,
    PREDICTIONS,
    TARGETS,
    is_target_first,
    is_upstream_name,
)
from minnet.gradcheck.under_test.state import Snapshot

#: a step in which the losses of samples are compared with their gradients
BESIDE = 1e-6


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


def _takes_target_first(loss: Any) -> bool:
    passes = passes_of(loss, LOSS_PASSES)
    call = loss if passes is None else getattr(loss, passes.forward)
    return is_target_first(signature_of(call).argument_names(2))


class LossCase(AdaptedCase):
    """A loss object: ``forward(prediction, target) -> float``, ``backward() -> dprediction``.

    Forward may be called ``calculate`` or ``__call__``; it may give a loss for each sample, or
    other things beside the loss. Backward may take nothing, the factor 1, or prediction and
    target again; where it returns None, its result is looked for in ``.dinputs``, and where it
    returns a tuple, it is of several inputs.

    Parameters
    ----------
    loss : object
        It is copied, and never changed.
    *values
        What forward is given: prediction and target, or what else it takes. The first is
        differentiated, and the others that backward gives gradients for.
    target_first : bool, optional
        Whether forward takes the target first; by default as `in_forwards_order` tells.
    **about
        As in `About`.
    """

    is_loss = True

    def __init__(
        self,
        loss: Any,
        *values: Any,
        target_first: bool | None = None,
        **about: Unpack[About],
    ) -> None:
        self._loss = independent(loss)
        self._passes = expect_passes(self._loss, LOSS_PASSES)
        forward = getattr(self._loss, self._passes.forward)
        backward = getattr(self._loss, self._passes.backward)
        self.code = {"forward": unwrapped(forward), "backward": unwrapped(backward)}
        self._wanted = signature_of(backward).required or ()
        self._samples: Callable[[Array], Any] = np.mean  # what makes one number of their losses
        names = signature_of(forward).argument_names(len(values))
        given, first = _ordered(self._loss, values, target_first)
        super().__init__(
            dict(zip(names, _with_floats(given, first), strict=True)),
            roots=(self._loss,),
            called=type(loss).__name__,
            differentiate=[names[first]],
            **about,
        )
        if first and target_first is None:
            self._note(f"{names[first]} was taken for the prediction, {names[0]} for the target")

    def settings(self) -> dict[str, float | int]:
        return super().settings() | settings_of(self._loss)

    def with_setting(self, name: str, value: float | int) -> Case | None:
        if name in self._arguments:
            return super().with_setting(name, value)
        loss = remade(self._loss, name, value)
        return None if loss is None else self._of(loss).with_inputs({})

    def another(self) -> Case:
        loss = independent(self._loss)
        return self if loss is self._loss else self._of(loss)  # or it cannot be copied

    def _of(self, loss: Any) -> LossCase:
        other = copy.copy(self)
        other._loss = loss
        other._roots, other._state = (other._loss,), Snapshot([other._loss])
        other._latest = [None]
        return other

    def _probe(self) -> None:
        super()._probe()
        if (run := self._latest[0]) is None:
            return
        answer = self._answer(run)
        self._settle(answer)
        for name, value in list(self._arguments.items())[2:]:
            if is_float_array(value) and name not in self.variables:
                self._note(f"{name} is not differentiated: backward gives it no gradient")
        if run.memory[1] > 1:
            self._sum_or_mean(run, answer)

    def _sum_or_mean(self, run: AdaptedRun, answer: Any) -> None:
        """See whether backward differentiates the sum of the samples' losses, or their mean."""
        rng = np.random.default_rng(TRIAL_SEED)
        moves = {n: BESIDE * rng.standard_normal(x.shape) for n, x in self.variables.items()}
        claimed = share_out(answer, self._arguments, self.inputs).inputs
        with contextlib.suppress(CodeError, TypeError, ValueError):
            up = self.run({n: x + moves[n] for n, x in self.variables.items()})
            down = self.run({n: x - moves[n] for n, x in self.variables.items()})
            of_mean = float(up.outputs[0] - down.outputs[0]) / 2
            own = sum(float(np.sum(claimed[n] * move)) for n, move in moves.items())
            if abs(own - of_mean * run.memory[1]) < abs(own - of_mean):
                self._samples = np.sum
        kind = "sum" if self._samples is np.sum else "mean"
        self._note(f"forward gives {run.memory[1]} losses: backward is judged by their {kind}")

    def _forward(self, arguments: dict[str, Any]) -> tuple[tuple[Any, ...], Any]:
        forward = getattr(self._loss, self._passes.forward)
        losses, rest = loss_and_rest(forward(*arguments.values()))
        if losses is None:
            return (None,), (rest, 1)
        return (self._samples(losses).reshape(()),), (rest, losses.size)

    def _backward(self, run: AdaptedRun, upstream: tuple[Array, ...]) -> dict[str, Any]:
        backward = getattr(self._loss, self._passes.backward)
        raw = listed(backward(*self._handed(run)))
        if raw is None:
            raw = left_behind(self._loss)
        run.answer = raw
        given = share_out(raw, self._arguments, self.inputs).inputs
        return {name: given.get(name) for name in self.variables}

    def _handed(self, run: AdaptedRun) -> list[Any]:
        """Return what backward is called with: prediction, target, what forward kept, or 1."""
        arguments, own = run.arguments, self.inputs[0]
        others = [value for name, value in arguments.items() if name != own]
        found = []
        for position, name in enumerate(self._wanted):
            if name in arguments:
                found.append(arguments[name])
            elif name in CACHES:
                found.append(run.memory[0])
            elif name in TARGETS and others:
                found.append(others[0])
            elif name in PREDICTIONS or name == "dvalues":
                found.append(arguments[own])
            elif len(self._wanted) == 1 or is_upstream_name(name):
                found.append(1.0)
            else:
                found.append([*arguments.values(), 1.0][min(position, len(arguments))])
        return found


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
        The arguments it gives gradients for; by default the first floating-point array, and
        the others for which it returns gradients.
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
        if differentiate is None and owner is None:
            first = next((i for i, value in enumerate(args) if is_float_array(value)), 0)
            differentiate = names[first : first + 1]
        for name in differentiate or ():
            args = _with_floats(args, names.index(name))
        arguments = dict(zip(names, args, strict=True))
        super().__init__(
            arguments,
            roots=(function,) if owner is None else (self._owner,),
            called=function.__name__,
            differentiate=differentiate or [],
            **about,
        )

    def _probe(self) -> None:
        super()._probe()
        if self._owner is None:
            if (run := self._latest[0]) is not None:
                self._settle(self._answer(run))
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
        if np.size(loss) != 1 and np.size(gradients[0]) == 1:  # (gradient, loss)
            loss, gradients[0] = gradients[0], loss
        if np.size(loss) != 1:
            raise ValueError(f"a loss is one number, this one is of shape {np.shape(loss)}")
        answer = gradients[0] if len(gradients) == 1 else tuple(gradients)
        return (np.asarray(loss).reshape(()),), answer

    def _backward(self, run: AdaptedRun, upstream: tuple[Array, ...]) -> dict[str, Any]:
        run.answer = run.memory
        arguments = self._arguments if self._owner is None else self.variables
        given = share_out(run.answer, arguments, list(self.variables)).inputs
        return {name: given.get(name) for name in self.variables}


def loss_case(loss: Any, *values: Any, **about: Unpack[About]) -> AdaptedCase:
    """Return the case of a loss object, or of a function that returns a loss and its gradient."""
    if has_backward(loss):
        return LossCase(loss, *values, **about)
    if not callable(loss):
        raise TypeError(
            f"{loss!r} is no loss: it needs forward(prediction, target) and backward(), or to be "
            "a function that returns the loss and its gradient"
        )
    given, first = _ordered(loss, values)
    names = signature_of(loss).argument_names(len(given))
    return LossFunctionCase(loss, given, differentiate=[names[first]], **about)


def _ordered(
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


def _is_accepted(loss: Any, values: tuple[Any, ...]) -> bool:
    """Return whether the forward of a loss runs and gives finite numbers."""
    number, _ = loss_and_rest(_tried(loss, values))
    return number is not None and bool(np.isfinite(number).all())


def _with_floats(values: Sequence[Any], index: int) -> list[Any]:
    """Return `values` with the one that is differentiated as floating-point numbers."""
    found = list(values)
    array = None if is_nested(values[index]) else np.asarray(values[index])
    if array is not None and array.dtype.kind in "iub":
        found[index] = array.astype(np.float64)
    return found


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
