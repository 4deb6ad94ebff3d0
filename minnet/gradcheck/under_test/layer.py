"""A layer object as a `Case`, in whatever style it is written."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError
from minnet.gradcheck.under_test.calling import (
    AdaptedCase,
    AdaptedRun,
    assign_gradients,
    left_behind,
    method_of,
    random_like,
)
from minnet.gradcheck.under_test.parameters import (
    PROBE_RATE,
    Parameter,
    all_arrays,
    declares_parameters,
    find_parameters,
)
from minnet.gradcheck.under_test.signatures import argument_names, positional_names, unwrapped
from minnet.gradcheck.under_test.spellings import (
    CACHES,
    LEARNING_RATES,
    OUTPUTS,
    is_learning_rate,
)
from minnet.gradcheck.under_test.state import Snapshot, independent, look_up


class LayerCase(AdaptedCase):
    """Any object with ``forward`` (or ``__call__``) and ``backward``.

    Parameters
    ----------
    layer : object
        It is copied, and never changed. Its parameters are what ``named_parameters()`` lists;
        otherwise attributes, or items of ``params``, for which a gradient is found: beside
        ``W`` one of ``dW``, ``grad_W``, ``W_grad``, ``dLdW``, ``grads["W"]``.
    inputs : array or sequence
        The arguments of forward.
    name, description, convention, batched, quantities
        As in `FunctionsCase`.

    Notes
    -----
    A forward that returns None has left its output in an attribute (``.output``), a backward
    its gradient (``.dinputs``). A backward without arguments returns the local derivative. One
    that takes a learning rate, or that updates parameters by the object's own learning rate,
    has its gradients read off the update, (before - after) / rate.

    Examples
    --------
    >>> class Scale:
    ...     def __init__(self):
    ...         self.W = np.array([2.0, 3.0])
    ...     def forward(self, x):
    ...         self.x = x
    ...         return x * self.W
    ...     def backward(self, dout):
    ...         self.dW = (dout * self.x).sum(axis=0)
    ...         return dout * self.W
    >>> case = LayerCase(Scale(), np.ones((4, 2)))
    >>> case.run().backward((np.ones((4, 2)),))["W"]
    array([4., 4.])
    """

    def __init__(
        self,
        layer: Any,
        inputs: Any,
        *,
        name: str = "",
        description: str = "",
        convention: str = "any",
        batched: Sequence[str] | None = None,
        quantities: Mapping[str, float] | None = None,
    ) -> None:
        self._layer = independent(layer)
        self._call = method_of(self._layer, "forward", "__call__")
        self.code = {
            "forward": unwrapped(self._call),
            "backward": unwrapped(method_of(self._layer, "backward")),
        }
        values = tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)
        own_names = argument_names(self._call, len(values))
        self._plan = _plan_backward(self._layer.backward, own_names)
        self._rate_attribute: str | None = None
        taken = {parameter.name for parameter in find_parameters(self._layer)}
        names = [f"input {n}" if n in taken else n for n in own_names]
        self._own_names = dict(zip(own_names, names, strict=True))
        super().__init__(
            dict(zip(names, values, strict=True)),
            name=name or type(layer).__name__,
            description=description,
            convention=convention,
            differentiate=None,
            batched=batched,
            quantities=quantities,
            roots=(self._layer,),
        )

    def another(self) -> Case:
        if independent(self._layer) is self._layer:
            return self  # it cannot be copied
        now = Snapshot([self._layer])
        self.restore()
        other = LayerCase(
            self._layer,
            tuple(self._arguments.values()),
            name=self.name,
            description=self.description,
            convention=self.convention,
            batched=self._batched_arguments,
            quantities=self.quantities,
        )
        now.restore()
        if other._layer is self._layer:  # it cannot be copied: let each know of the other's runs
            other._latest = self._latest
        return other.with_variables(self.variables)

    def unexplained(self) -> str:
        """Return what backward wants beyond one upstream gradient for each output, or ""."""
        wanted = [name for name, _ in positional_names(self._layer.backward) or ()]
        slots = [n for n, item in zip(wanted, self._plan, strict=False) if item == "upstream"]
        return ", ".join(slots[len(self.run().outputs) :])

    @property
    def updates_itself(self) -> bool:
        """Whether backward changes the parameters by a learning rate."""
        return "rate" in self._plan or self._rate_attribute is not None

    def _forward(self, arguments: dict[str, Any]) -> tuple[tuple[Any, ...], Any]:
        returned = self._call(*arguments.values())
        if returned is None:
            returned = left_behind(self._layer, OUTPUTS)
        if isinstance(returned, tuple | list):
            if len(returned) == 2 and not isinstance(returned[1], np.ndarray):
                return (returned[0],), returned[1]
            return tuple(returned), None
        return (returned,), None

    def _backward(self, run: AdaptedRun, upstream: tuple[Array, ...]) -> dict[str, Any]:
        layer, updates = self._layer, self.updates_itself
        if self._rate_attribute:
            setattr(layer, self._rate_attribute, PROBE_RATE)
        before = {p.name: np.copy(p.read()) for p in self._parameters} if updates else {}
        raw = layer.backward(*self._backward_arguments(run, upstream))
        if raw is None:
            raw = left_behind(layer)
        if not self._plan and raw is not None:  # the local derivative, element by element
            raw = upstream[0] * raw
        claims = {p.name: p.gradient() for p in self._parameters}
        for parameter in self._parameters if updates else ():
            if claims[parameter.name] is None:
                step = before[parameter.name] - np.asarray(parameter.read())
                claims[parameter.name] = step / PROBE_RATE
            parameter.write(before[parameter.name])
        return self._assign(raw, claims)

    def _assign(self, raw: Any, claims: dict[str, Any]) -> dict[str, Any]:
        """Share out what backward returned: to the inputs, the rest to parameters without any."""
        inputs = [name for name in self.variables if name in self._arguments]
        if isinstance(raw, tuple | list) and len(raw) > len(self._arguments):
            orphans = [name for name, claim in claims.items() if claim is None]
            if len(raw) == len(inputs) + len(orphans):
                found = _by_shape(raw, [self.variables[n] for n in (*inputs, *orphans)])
                return claims | dict(zip((*inputs, *orphans), found, strict=True))
        return assign_gradients(raw, inputs, list(self._arguments)) | claims

    def _backward_arguments(self, run: AdaptedRun, upstream: tuple[Array, ...]) -> list[Any]:
        slots = self._plan.count("upstream")
        waiting: list[Any] = list(upstream) if slots >= len(upstream) else [upstream]
        arguments: list[Any] = []
        for item in self._plan:
            if item == "upstream":
                if waiting:
                    arguments.append(waiting.pop(0))
            elif item == "rate":
                arguments.append(PROBE_RATE)
            elif item == "cache":
                arguments.append(run.memory)
            else:
                arguments.append(run.arguments[self._own_names[item.removeprefix("input ")]])
        return arguments

    def _probe(self) -> None:
        """Run once to see which attributes are parameters, and by whose learning rate."""
        at_start = set(all_arrays(self._layer))
        super()._probe()
        layer, run = self._layer, self._latest[0]
        updated: set[str] = set()
        if run is not None:
            updated = self._changed_by_backward(run)
            self._state.keep_only([layer])
        candidates = find_parameters(layer)
        certain = {p.name for p in candidates if p.is_usual() and p.gradient() is not None}
        if declares_parameters(layer):
            certain = {p.name for p in candidates}
        if updated and "rate" not in self._plan:
            rates = [n for n in LEARNING_RATES if isinstance(look_up(layer, n), float)]
            self._rate_attribute = rates[0] if rates else None
        if self.updates_itself:
            known = {p.name for p in candidates}
            arrays = all_arrays(layer)
            candidates += [arrays[name] for name in sorted(updated - known)]
        if self._made_by_first_forward([p for p in candidates if p.name not in at_start]):
            self._state = Snapshot([layer])
        self._state.restore()
        candidates = [p for p in candidates if p.exists()]  # no cache made by forward
        self._parameters = [p for p in candidates if p.name in certain or self._matters(p, run)]
        self.variables |= {p.name: np.array(p.read()) for p in self._parameters}
        self._state.forget(p.read() for p in self._parameters)
        self._latest[0] = None

    def _made_by_first_forward(self, candidates: list[Parameter]) -> bool:
        """Return whether some of these are parameters that the first forward made.

        Another forward replaces what it keeps for backward, but leaves parameters where they are.
        """
        made = [p for p in candidates if p.owner is self._layer and p.exists()]
        held = [p.read() for p in made]
        other = {name: 0.9 * x + 0.1 for name, x in self.variables.items()} if made else {}
        with contextlib.suppress(CodeError):
            if made:
                self.run(other, restore=False)
        return any(p.read() is array for p, array in zip(made, held, strict=True))

    def _changed_by_backward(self, run: AdaptedRun) -> set[str]:
        before = {name: np.copy(p.read()) for name, p in all_arrays(self._layer).items()}
        with contextlib.suppress(CodeError):
            run.backward(random_like(run.outputs))
        after = all_arrays(self._layer)
        return {
            name
            for name, old in before.items()
            if name in after and not np.array_equal(old, after[name].read(), equal_nan=True)
        }

    def _matters(self, parameter: Parameter, run: AdaptedRun | None) -> bool:
        """Return whether the output depends on a candidate (a constant or a buffer does not)."""
        if run is None:
            return parameter.is_usual()
        value = np.array(parameter.read())
        self._parameters = [parameter]
        self.variables[parameter.name] = value
        try:
            other = np.random.default_rng(0).uniform(0.3, 0.7, value.shape)  # 1, say, has to move
            changed = self.run({parameter.name: 0.7 * value + other.astype(value.dtype)})
        except CodeError:
            return True
        finally:
            parameter.write(value)
            del self.variables[parameter.name]
            self._parameters = []
        pairs = zip(run.outputs, changed.outputs, strict=True)
        return not all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)


def _plan_backward(backward: Callable[..., Any], inputs: Sequence[str]) -> list[str]:
    """Return what to hand to each parameter of backward: upstream, rate, cache, or an input."""
    names = positional_names(backward)
    if names is None:
        return ["upstream"]
    plan: list[str] = []
    for position, (name, required) in enumerate(names):
        if is_learning_rate(name, position):
            plan.append("rate")
        elif name in CACHES:
            plan.append("cache")
        elif name in inputs and len(names) > 1:
            plan.append(f"input {name}")
        elif required or "upstream" not in plan:
            plan.append("upstream")
        else:
            break  # the rest have defaults
    return plan


def _by_shape(items: Sequence[Any], like: Sequence[Array]) -> Sequence[Any]:
    """Return `items` in the order whose shapes are those of `like`, if there is one."""
    shapes = [np.shape(item) for item in items]
    for order in itertools.islice(itertools.permutations(range(len(items))), 720):
        if all(shapes[i] == array.shape for i, array in zip(order, like, strict=True)):
            return [items[i] for i in order]
    return items
