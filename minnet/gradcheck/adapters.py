"""Turn a layer, a pair of functions, a loss or a function with its gradient into a `Case`."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from minnet.gradcheck.adapted import (
    NO_CACHE,
    AdaptedCase,
    AdaptedRun,
    as_number,
    assign_gradients,
    is_float_array,
    left_behind,
    method_of,
    split_cache,
)
from minnet.gradcheck.case import Array, Case
from minnet.gradcheck.layer_case import LayerCase
from minnet.gradcheck.parameters import find_parameters
from minnet.gradcheck.signatures import argument_names, required_names, unwrapped
from minnet.gradcheck.state import Snapshot, independent

__all__ = [
    "FunctionsCase",
    "GradientCase",
    "LayerCase",
    "LossCase",
    "LossFunctionCase",
    "loss_case",
]

#: names that say an argument is the target, not the prediction
TARGETS = frozenset(
    ["y", "y_true", "target", "targets", "label", "labels", "t", "truth", "Y", "expected"]
)
_PREDICTIONS = frozenset(
    ["y_pred", "y_hat", "pred", "preds", "prediction", "predictions", "output", "outputs", "yhat"]
)


class FunctionsCase(AdaptedCase):
    """``out, cache = forward(*args)`` and ``gradients = backward(dout, cache)``.

    Parameters
    ----------
    forward, backward : callable
        The pair. Several outputs before the cache mean as many upstream gradients before it. A
        forward that returns a bare array has no cache; its backward gets ``(dout, *args)``, or
        ``dout`` alone, as its signature says.
    args : sequence
        Arguments of forward. Floating-point arrays are differentiated; everything else
        (integers, labels, dicts) is handed over as it is, privately copied at each run.
    name, description, convention : str, optional
        As in `Case`; a description is made of the arguments where none is given.
    differentiate : sequence of str, optional
        The names of the arguments that backward gives gradients for, in its order.
    batched : sequence of str, optional
        The arguments, labels too, whose axis 0 counts the samples.
    quantities : dict of str to float, optional
        More numbers that a wrong factor may equal.

    Examples
    --------
    >>> def forward(x, w):
    ...     return x * w, (x, w)
    >>> def backward(dout, cache):
    ...     x, w = cache
    ...     return dout * w, dout * x
    >>> case = FunctionsCase(forward, backward, (np.ones((2, 3)), np.full((2, 3), 2.0)))
    >>> case.run().backward((np.ones((2, 3)),))["x"]
    array([[2., 2., 2.],
           [2., 2., 2.]])
    """

    def __init__(
        self,
        forward: Callable[..., Any],
        backward: Callable[..., Any],
        args: Sequence[Any],
        *,
        name: str = "",
        description: str = "",
        convention: str = "any",
        differentiate: Sequence[str] | None = None,
        batched: Sequence[str] | None = None,
        quantities: Mapping[str, float] | None = None,
    ) -> None:
        self._functions = forward, backward
        self.code = {"forward": unwrapped(forward), "backward": unwrapped(backward)}
        names = argument_names(forward, len(args))
        super().__init__(
            dict(zip(names, args, strict=True)),
            name=name or getattr(forward, "__name__", "functions"),
            description=description,
            convention=convention,
            differentiate=differentiate,
            batched=batched,
            quantities=quantities,
            roots=(forward, backward),
        )

    def _forward(self, arguments: dict[str, Any]) -> tuple[tuple[Any, ...], Any]:
        return split_cache(self._functions[0](*arguments.values()))

    def _backward(self, run: AdaptedRun, upstream: tuple[Array, ...]) -> dict[str, Any]:
        backward = self._functions[1]
        wanted = required_names(backward)
        inputs = tuple(run.arguments.values())
        if run.memory is not NO_CACHE:
            together = wanted is not None and len(wanted) == 2 and len(upstream) > 1
            handed = (*((upstream,) if together else upstream), run.memory)
            if wanted and wanted[0] == "cache":
                handed = (handed[-1], *handed[:-1])
            raw = backward(*handed)
        elif wanted is not None and len(wanted) == len(upstream):
            raw = backward(*upstream)
        else:
            raw = backward(*upstream, *inputs)
        return assign_gradients(raw, list(self.variables), list(run.arguments))


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
        if names[0] in TARGETS and (names[1] in _PREDICTIONS or names[1] not in TARGETS):
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


class GradientCase(AdaptedCase):
    """Any function of one array and the gradient claimed for it.

    Parameters
    ----------
    f : callable
        ``f(x)`` is a number, or an array.
    gradient : callable or array
        The gradient at x: of the shape of x where f is a number or acts element by element;
        otherwise the Jacobian, of shape ``f(x).shape + x.shape``.
    x : array
        Where.
    name, description, convention, quantities
        As in `FunctionsCase`.

    Examples
    --------
    >>> case = GradientCase(lambda x: (x**2).sum(), lambda x: 2 * x, np.array([1.0, 3.0]))
    >>> case.run().backward((np.ones(()),))
    {'x': array([2., 6.])}
    """

    def __init__(
        self,
        f: Callable[[Array], Any],
        gradient: Callable[[Array], Any] | Array,
        x: Any,
        *,
        name: str = "",
        description: str = "",
        convention: str = "any",
        quantities: Mapping[str, float] | None = None,
    ) -> None:
        self._f, self._gradient = f, gradient
        self.code = {"forward": unwrapped(f)}
        if callable(gradient):
            self.code["backward"] = unwrapped(gradient)
        point = np.asarray(x)
        if point.dtype.kind in "iub":
            point = point.astype(np.float64)
        super().__init__(
            {argument_names(f, 1)[0]: point},
            name=name or getattr(f, "__name__", "function"),
            description=description,
            convention=convention,
            differentiate=None,
            batched=(),
            quantities=quantities,
            roots=(f, gradient),
        )

    def _probe(self) -> None:
        super()._probe()
        latest = self._latest[0]
        self.is_loss = latest is not None and latest.outputs[0].ndim == 0

    def _forward(self, arguments: dict[str, Any]) -> tuple[tuple[Any, ...], Any]:
        return (self._f(*arguments.values()),), None

    def _backward(self, run: AdaptedRun, upstream: tuple[Array, ...]) -> dict[str, Any]:
        (name,) = self.variables
        x = run.arguments[name]
        claimed = self._gradient(x) if callable(self._gradient) else np.array(self._gradient)
        out = run.outputs[0]
        if claimed is None or out.ndim == 0:
            return {name: claimed}
        claimed = np.asarray(claimed)
        if claimed.shape == x.shape == out.shape:
            return {name: upstream[0] * claimed}
        if claimed.shape == out.shape + x.shape:
            return {name: np.tensordot(upstream[0], claimed, axes=out.ndim)}
        return {name: claimed}
