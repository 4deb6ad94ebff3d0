"""A layer object as a `Case`, in whatever style it is written."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError
from minnet.gradcheck.under_test.calling import About, AdaptedCase, AdaptedRun
from minnet.gradcheck.under_test.parameters import (
    PROBE_RATE,
    Parameter,
    all_arrays,
    declares_parameters,
    find_parameters,
)
from minnet.gradcheck.under_test.passes import expect_passes
from minnet.gradcheck.under_test.plan import plan_backward
from minnet.gradcheck.under_test.returned import assign_gradients, left_behind
from minnet.gradcheck.under_test.signatures import signature_of, unwrapped
from minnet.gradcheck.under_test.spellings import LEARNING_RATES, OUTPUTS
from minnet.gradcheck.under_test.state import (
    Snapshot,
    independent,
    independent_in_double,
    is_short,
    look_up,
)

#: of the trial values that show what depends on what; no number made with them is ever judged
_TRIAL_SEED = 0


class LayerCase(AdaptedCase):
    """Any object with ``forward`` and ``backward``, or what else `LAYER_PASSES` lists.

    Parameters
    ----------
    layer : object
        It is copied, and never changed. Its parameters are what ``named_parameters()`` lists;
        otherwise attributes, or items of ``params``, for which a gradient is found: beside
        ``W`` one of ``dW``, ``grad_W``, ``W_grad``, ``dLdW``, ``grads["W"]``.
    inputs : array or sequence
        The arguments of forward.
    **about
        As in `About`.

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

    def __init__(self, layer: Any, inputs: Any, **about: Unpack[About]) -> None:
        self._layer = independent(layer)
        self._passes = expect_passes(self._layer)
        forward = getattr(self._layer, self._passes.forward)
        backward = getattr(self._layer, self._passes.backward)
        self.code = {"forward": unwrapped(forward), "backward": unwrapped(backward)}
        values = tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)
        own_names = signature_of(forward).argument_names(len(values))
        self._plan = plan_backward(signature_of(backward), own_names)
        self._rate_attribute: str | None = None
        taken = {parameter.name for parameter in find_parameters(self._layer)}
        names = [f"input {n}" if n in taken else n for n in own_names]
        self._own_names = dict(zip(names, own_names, strict=True))
        super().__init__(
            dict(zip(names, values, strict=True)),
            roots=(self._layer,),
            called=type(layer).__name__,
            **about,
        )

    def in_double(self) -> Case | None:
        if not any(is_short(x) for x in self.variables.values()):
            return None
        now = Snapshot([self._layer])
        self.restore()
        layer = independent_in_double(self._layer)
        now.restore()
        if layer is None:
            return None
        other = self._of(layer)
        if other.variables.keys() != self.variables.keys():
            return None
        values = {n: x.astype(np.float64) for n, x in self.variables.items()}
        return other.with_variables(values).seeded(self._sandbox.seed)

    def _of(self, layer: Any) -> LayerCase:
        """Return the same case of another layer."""
        return LayerCase(
            layer,
            tuple(self._arguments.values()),
            name=self.name,
            description=self.description,
            convention=self.convention,
            batched=self._batched_arguments,
            quantities=self.quantities,
        )

    def another(self) -> Case:
        if independent(self._layer) is self._layer:
            return self  # it cannot be copied
        now = Snapshot([self._layer])
        self.restore()
        other = self._of(self._layer)
        now.restore()
        if other._layer is self._layer:  # it cannot be copied: let each know of the other's runs
            other._latest = self._latest
        return other.with_variables(self.variables).seeded(self._sandbox.seed)

    def unexplained(self) -> str:
        """Return what backward wants beyond one upstream gradient for each output, or ""."""
        return ", ".join(self._plan.beyond(len(self.run().outputs)))

    @property
    def updates_itself(self) -> bool:
        """Whether backward changes the parameters by a learning rate."""
        return self._plan.takes_rate or self._rate_attribute is not None

    def _forward(self, arguments: dict[str, Any]) -> tuple[tuple[Any, ...], Any]:
        returned = getattr(self._layer, self._passes.forward)(*arguments.values())
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
        inputs = {self._own_names[name]: value for name, value in run.arguments.items()}
        handed = self._plan.arguments(upstream, inputs, run.memory, PROBE_RATE)
        raw = getattr(layer, self._passes.backward)(*handed)
        if raw is None:
            raw = left_behind(layer)
        if not self._plan.slots and raw is not None:  # the local derivative, element by element
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

    def _probe(self) -> None:
        """Run once to see which attributes are parameters, and by whose learning rate."""
        at_start = set(all_arrays(self._layer))
        super()._probe()
        run = self._latest[0]
        updated = self._changed_by_backward(run) if run is not None else set()
        if run is not None:
            self._state.keep_only([self._layer])
        if updated and not self._plan.takes_rate:
            held = (n for n in LEARNING_RATES if isinstance(look_up(self._layer, n), float))
            self._rate_attribute = next(held, None)
        candidates = find_parameters(self._layer)
        certain = self._certain(candidates)
        if self.updates_itself:
            arrays, known = all_arrays(self._layer), {p.name for p in candidates}
            candidates += [arrays[name] for name in sorted(updated - known)]
        if self._made_by_first_forward([p for p in candidates if p.name not in at_start]):
            self._state = Snapshot([self._layer])
        self._state.restore()
        candidates = [p for p in candidates if p.exists()]  # no cache made by forward
        self._parameters = [p for p in candidates if p.name in certain or self._matters(p, run)]
        self.variables |= {p.name: np.array(p.read()) for p in self._parameters}
        self._state.forget(p.read() for p in self._parameters)
        self._latest[0] = None

    def _certain(self, candidates: list[Parameter]) -> set[str]:
        """Return the names of those that are parameters without further trial."""
        if declares_parameters(self._layer):
            return {p.name for p in candidates}
        return {p.name for p in candidates if p.is_usual() and p.gradient() is not None}

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
        rng = np.random.default_rng(_TRIAL_SEED)
        upstream = (rng.standard_normal(out.shape).astype(out.dtype) for out in run.outputs)
        with contextlib.suppress(CodeError):
            run.backward(tuple(upstream))
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
            rng = np.random.default_rng(_TRIAL_SEED)
            other = rng.uniform(0.3, 0.7, value.shape)  # 1, say, has to move
            changed = self.run({parameter.name: 0.7 * value + other.astype(value.dtype)})
        except CodeError:
            return True
        finally:
            parameter.write(value)
            del self.variables[parameter.name]
            self._parameters = []
        pairs = zip(run.outputs, changed.outputs, strict=True)
        return not all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)


def _by_shape(items: Sequence[Any], like: Sequence[Array]) -> Sequence[Any]:
    """Return `items` in the order whose shapes are those of `like`, if there is one."""
    shapes = [np.shape(item) for item in items]
    for order in itertools.islice(itertools.permutations(range(len(items))), 720):
        if all(shapes[i] == array.shape for i, array in zip(order, like, strict=True)):
            return [items[i] for i in order]
    return items
