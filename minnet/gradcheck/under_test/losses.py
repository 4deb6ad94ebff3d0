"""A loss as a `Case`: an object with two passes, or a function that gives loss and gradient.

What is a loss, and which of its arguments is the prediction, is decided in `loss_roles`.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Sequence
from typing import Any, Unpack

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError, Refused
from minnet.gradcheck.under_test.calling import TRIAL_SEED, AdaptedCase, AdaptedRun
from minnet.gradcheck.under_test.copying import independent
from minnet.gradcheck.under_test.describe import About
from minnet.gradcheck.under_test.loss_roles import ordered
from minnet.gradcheck.under_test.nested import is_nested
from minnet.gradcheck.under_test.objects import ObjectCase
from minnet.gradcheck.under_test.parameters import find_parameters, held_arrays
from minnet.gradcheck.under_test.passes import expect_passes, has_backward
from minnet.gradcheck.under_test.reach import look_up
from minnet.gradcheck.under_test.returned import (
    is_float_array,
    left_behind,
    left_by_backward,
    listed,
    loss_and_rest,
)
from minnet.gradcheck.under_test.sharing import is_data, share_out
from minnet.gradcheck.under_test.signatures import signature_of, unwrapped
from minnet.gradcheck.under_test.spellings import (
    CACHES,
    LOSS_PASSES,
    LOSSES_LEFT,
    OUTPUTS,
    OWN_OUTPUTS,
    is_prediction,
    is_target,
    is_upstream_name,
)
from minnet.gradcheck.under_test.state import Snapshot

#: what an argument of a backward may be in spite of its name
_PREDICTION, _OUTPUT = "prediction", "output"
#: a step in which a loss is compared with what may be its gradient, in typical sizes
BESIDE = 1e-6


class LossCase(ObjectCase):
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
        Whether forward takes the target first; by default as its names tell.
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
        self._meant = ""  # what backward is given in spite of a name: see `_as_meant`
        self._samples: Callable[[Array], Any] = np.mean  # what makes one number of their losses
        names = signature_of(forward).argument_names(len(values))
        given, first = ordered(self._loss, values, target_first)
        super().__init__(
            dict(zip(names, _with_floats(given, first), strict=True)),
            roots=(self._loss,),
            called=type(loss).__name__,
            differentiate=[names[first]],
            **about,
        )
        if first and target_first is None:
            self._note(f"{names[first]} was taken for the prediction, {names[0]} for the target")

    def another(self) -> Case:
        loss = independent(self._loss)
        return self if loss is self._loss else self.of(loss)  # or it cannot be copied

    def of(self, loss: Any) -> LossCase:
        if self._parameters:  # which belong to this object
            return self
        other = copy.copy(self)
        other._loss = loss
        other._roots, other._state = (other._loss,), Snapshot([other._loss])
        other._latest = [None]
        return other

    def _probe(self) -> None:
        held = held_arrays(self._loss)
        super()._probe()
        if (run := self._latest[0]) is None:
            return
        answer = self._answer(run)
        if len(self._wanted) == 2 and (others := self._other_meanings(run)):
            answer = self._as_meant(run, answer, others)
        candidates = find_parameters(self._loss)
        claimed = [p for p in candidates if p.gradient() is not None]
        self._state.restore()
        self._settle(answer)
        at_start = {p.name for p in held}
        parameters = [p for p in claimed if p.name in at_start and self._is_parameter(p, True, run)]
        self.unclaimed = self._unclaimed(held, parameters, run)
        self._parameters = parameters
        self.variables |= {p.name: p.value() for p in parameters}
        self._state.forget(p.read() for p in parameters)
        for name, value in list(self._arguments.items())[2:]:
            if is_float_array(value) and name not in self.variables:
                self._note(f"{name} is not differentiated: backward gives it no gradient")
        if run.memory[1] > 1:
            self._sum_or_mean(run, answer)

    def _other_meanings(self, run: AdaptedRun) -> list[str]:
        """Return what else an argument of backward may be than what its name says.

        An upstream gradient, which a loss has none of, may be the prediction; and a prediction
        that forward has another name for what forward makes of it: its own output.
        """
        if is_upstream_name(self._wanted[0]):
            return [_PREDICTION]
        made = np.shape(left_behind(self._loss, OUTPUTS)) == np.shape(run.arguments[self.inputs[0]])
        return [_OUTPUT] if made and any(map(self._is_made, self._wanted)) else []

    def _is_made(self, name: str) -> bool:
        """Return whether an argument of backward is a prediction that forward was not given."""
        return is_prediction(name) and name not in self._arguments

    def _as_meant(self, run: AdaptedRun, answer: Any, others: Sequence[str]) -> Any:
        """Return what backward answers by the meaning with which it is nearest to the loss."""
        missed = {"": self._missed(answer)}
        for self._meant in others:
            self._state.restore()
            missed[self._meant] = self._missed(self._answer(self.run()))
        self._meant = min(missed, key=missed.__getitem__)
        self._state.restore()
        run = self._latest[0] = self.run()
        return self._answer(run)

    def _missed(self, answer: Any) -> float:
        """Return by how much gradients miss the change of the loss, as a share of it."""
        moves = {name: _short_move(self.variables[name]) for name in self.inputs}
        claimed = share_out(answer, self._arguments, self.inputs).inputs
        with contextlib.suppress(CodeError, KeyError, TypeError, ValueError):
            followed = _change(self, moves)
            own = sum(float(np.sum(claimed[n] * move)) for n, move in moves.items())
            return abs(own - followed) / (abs(followed) or 1.0)
        return float("inf")

    def _sum_or_mean(self, run: AdaptedRun, answer: Any) -> None:
        """See whether backward differentiates the sum of the samples' losses, or their mean."""
        moves = {name: _short_move(self.variables[name]) for name in self.inputs}
        claimed = share_out(answer, self._arguments, self.inputs).inputs
        with contextlib.suppress(CodeError, TypeError, ValueError):
            of_mean = _change(self, moves)
            own = sum(float(np.sum(claimed[n] * move)) for n, move in moves.items())
            if abs(own - of_mean * run.memory[1]) < abs(own - of_mean):
                self._samples = np.sum
        kind = "sum" if self._samples is np.sum else "mean"
        self._note(f"forward gives {run.memory[1]} losses: backward is judged by their {kind}")

    def _forward(self, arguments: dict[str, Any]) -> tuple[tuple[Any, ...], Any]:
        forward = getattr(self._loss, self._passes.forward)
        returned = forward(*arguments.values())
        if returned is None:
            left = (look_up(self._loss, name) for name in LOSSES_LEFT)
            numbers = (n for n in left if isinstance(n, float | np.ndarray | np.floating))
            returned = next(numbers, None)
        losses, rest = loss_and_rest(returned)
        if losses is None:
            return (None,), (rest, 1)
        return (self._samples(losses).reshape(()),), (rest, losses.size)

    def _backward(self, run: AdaptedRun, upstream: tuple[Array, ...]) -> dict[str, Any]:
        backward = getattr(self._loss, self._passes.backward)
        held = dict(getattr(self._loss, "__dict__", {}))
        raw = listed(backward(*self.handed(run)))
        if raw is None:
            own = self.variables[self.inputs[0]]
            raw = left_by_backward(self._loss, held, [own.shape], ("grads", "grad"))
        run.answer = raw
        given = share_out(raw, self._arguments, self.inputs).inputs
        claims = {p.name: p.gradient() for p in self._parameters}
        return {name: given.get(name) for name in self.inputs} | claims

    def handed(self, run: Any) -> list[Any]:
        """Return what backward is called with: prediction, target, what forward kept, or 1."""
        arguments, own = run.arguments, self.inputs[0]
        others = [value for name, value in arguments.items() if name != own]
        found = []
        for position, name in enumerate(self._wanted):
            if self._meant == _OUTPUT and self._is_made(name):
                found.append(left_behind(self._loss, OUTPUTS))
            elif name in arguments:
                found.append(arguments[name])
            elif name in CACHES:
                found.append(run.memory[0])
            elif is_target(name) and others:
                found.append(others[0])
            elif is_prediction(name) or name in OWN_OUTPUTS or (self._meant and not position):
                found.append(arguments[own])
            elif len(self._wanted) == 1 or (is_upstream_name(name) and not self._meant):
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
        self._place: int | None = None  # of the gradient among what is returned beside the loss
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
                self._place = self._which(run)
                run = self.run()
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
            raise Refused("a loss function returns two things: the loss and its gradient")
        loss, *gradients = returned
        if np.size(loss) != 1 and np.size(gradients[0]) == 1:  # (gradient, loss)
            loss, gradients[0] = gradients[0], loss
        if np.size(loss) != 1:
            raise Refused(f"a loss is one number, this one is of shape {np.shape(loss)}")
        answer = gradients[0] if len(gradients) == 1 else tuple(gradients)
        if self._place is not None:
            answer = gradients[self._place]
        return (None if loss is None else np.asarray(loss).reshape(()),), answer

    def _which(self, run: AdaptedRun) -> int | None:
        """Return which of several arrays is the gradient, where others (probabilities) look so.

        It is the one nearest to what the loss does when the prediction is moved.
        """
        (name,) = self.inputs
        others = [n for n, v in self._arguments.items() if n != name and is_float_array(v)]
        items = run.memory if isinstance(run.memory, tuple) else ()
        alike = [i for i, g in enumerate(items) if np.shape(g) == self.variables[name].shape]
        if len(alike) < 2 or not all(is_data(n, self._arguments[n], False) for n in others):
            return None
        move = {name: _short_move(self.variables[name])}
        followed = _change(self, move)
        place = min(alike, key=lambda i: abs(float(np.sum(items[i] * move[name])) - followed))
        self._note(f"of {len(items)} arrays beside the loss, number {place + 1} is judged")
        return place

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
        raise Refused(
            f"{loss!r} is no loss: it needs forward(prediction, target) and backward(), or to be "
            "a function that returns the loss and its gradient"
        )
    given, first = ordered(loss, values)
    names = signature_of(loss).argument_names(len(given))
    return LossFunctionCase(loss, given, differentiate=[names[first]], **about)


def _short_move(x: Array) -> Array:
    """Return a random move by a small share of the typical size of `x`."""
    size = float(np.mean(np.abs(x), where=np.isfinite(x))) if x.size else 0.0
    rng = np.random.default_rng(TRIAL_SEED)
    return np.asarray(BESIDE * (size or 1.0) * rng.standard_normal(x.shape))


def _change(case: AdaptedCase, moves: dict[str, Array]) -> float:
    """Return by how much the loss changes when variables are moved, to either side."""
    ahead = case.run({name: case.variables[name] + move for name, move in moves.items()})
    behind = case.run({name: case.variables[name] - move for name, move in moves.items()})
    return float(ahead.outputs[0] - behind.outputs[0]) / 2


def _with_floats(values: Sequence[Any], index: int) -> list[Any]:
    """Return `values` with the one that is differentiated as floating-point numbers."""
    found = list(values)
    array = None if is_nested(values[index]) else np.asarray(values[index])
    if array is not None and array.dtype.kind in "iub":
        found[index] = array.astype(np.float64)
    return found
