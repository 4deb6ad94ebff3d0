"""A layer object as a `Case`, in whatever style it is written."""

from __future__ import annotations

import contextlib
import copy
from typing import Any, Unpack

import numpy as np

from minnet.arrays import Array, same_numbers
from minnet.gradcheck.case import Case, CodeError
from minnet.gradcheck.under_test.calling import TRIAL_SEED, AdaptedRun
from minnet.gradcheck.under_test.copying import independent, independent_in_double, is_short
from minnet.gradcheck.under_test.describe import About
from minnet.gradcheck.under_test.objects import ObjectCase
from minnet.gradcheck.under_test.parameters import (
    PROBE_RATE,
    Parameter,
    all_arrays,
    declares_parameters,
    find_parameters,
    gradients_of,
    held_arrays,
    untouched,
    with_what_is_left,
)
from minnet.gradcheck.under_test.passes import expect_passes
from minnet.gradcheck.under_test.plan import plan_backward
from minnet.gradcheck.under_test.reach import look_up
from minnet.gradcheck.under_test.returned import (
    gradients_left,
    is_float_array,
    left_behind,
    left_by_backward,
    listed,
    times_each,
)
from minnet.gradcheck.under_test.sharing import gradients_of_parameters, share_out
from minnet.gradcheck.under_test.signatures import signature_of, unwrapped
from minnet.gradcheck.under_test.spellings import LEARNING_RATES, OUTPUTS, is_kept_average
from minnet.gradcheck.under_test.state import Snapshot
from minnet.gradcheck.under_test.steps import is_of_one_step, those_run_often
from minnet.gradcheck.under_test.updating import (
    changed_since,
    contents_of,
    is_normalised,
    kept_by,
    moments_of,
    nothing_kept,
)


class LayerCase(ObjectCase):
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
    its gradient (``.dinputs``). The gradients of parameters may also be returned beside that of
    the input. A backward without arguments returns the local derivative, or, where forward gives
    one number, its gradients. One that takes a learning rate, or that updates parameters by the
    object's own learning rate, has its gradients read off the update, (before - after) / rate.

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
        used = getattr(getattr(unwrapped(forward), "__code__", None), "co_names", ())
        kept = {*(name for name, _ in kept_by(self._layer)), *used}
        self._plan = plan_backward(signature_of(backward), own_names, kept)
        self._rate_attribute: str | None = None
        self._moments: set[str] = set()
        self._first_only = False  # of the outputs that forward returns
        self._ends_here = False  # a whole network: what comes before it is data
        self._idle: set[str] = set()  # parameters whose gradient attribute backward leaves alone
        self._often: set[int] = set()  # layers in it that a pass runs several times
        taken = {parameter.name for parameter in find_parameters(self._layer, deep=False)}
        self._own_names = {f"input {n}" if n in taken else n: n for n in own_names}
        super().__init__(
            dict(zip(self._own_names, values, strict=True)),
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
        other = None if layer is None else self.of(layer)
        if other is None or other.variables.keys() != self.variables.keys():
            return None
        values = {n: x.astype(np.float64) for n, x in self.variables.items()}
        return other.with_variables(values).seeded(self._sandbox.seed)

    def of(self, layer: Any) -> LayerCase:
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

    def with_other_averages(self, rng: np.random.Generator) -> Case | None:
        if not held_arrays(self._layer, averages=True):
            return None
        kept = held_arrays(layer := independent(self._layer), averages=True)
        if layer is self._layer or not any(np.isin(p.value(), (0.0, 1.0)).all() for p in kept):
            return None
        for average in kept:
            average.write(average.value() + rng.uniform(0.3, 0.9, average.value().shape))
        return self.of(layer).with_variables(self.variables).with_inputs({})

    def unexplained(self) -> str:
        """Return what backward wants beyond one upstream gradient for each output, or ""."""
        run = self.run()
        more = self._plan.beyond(len(run.outputs))
        return ", ".join(more if run.memory is None else more[1:])

    @property
    def updates_itself(self) -> bool:
        """Whether backward changes the parameters by a learning rate."""
        return self._plan.takes_rate or self._rate_attribute is not None

    def _forward(self, arguments: dict[str, Any]) -> tuple[tuple[Any, ...], Any]:
        returned = getattr(self._layer, self._passes.forward)(*arguments.values())
        if returned is None:
            returned = left_behind(self._layer, OUTPUTS)
        if isinstance(returned, tuple | list) and len(returned) > 1:
            if self._first_only:
                return (returned[0],), None
            if self._plan.takes_cache:
                return tuple(returned[:-1]), returned[-1]
            array = isinstance(returned[1], np.ndarray)
            if len(returned) == 2 and not array and not self._plan.takes_second(returned[1]):
                return (returned[0],), returned[1]
        return (returned if type(returned) is tuple else (returned,)), None

    def _backward(self, run: AdaptedRun, upstream: tuple[Array, ...]) -> dict[str, Any]:
        layer, updates = self._layer, self.updates_itself
        upstream = tuple(u[None] for u in upstream) if self._rows else upstream
        if self._rate_attribute:
            setattr(layer, self._rate_attribute, PROBE_RATE)
        before = {p.name: np.copy(p.read()) for p in self._parameters} if updates else {}
        inputs = {self._own_names[name]: value for name, value in run.arguments.items()}
        handed = self._plan.arguments(upstream, inputs, run.memory, PROBE_RATE)
        held = dict(getattr(layer, "__dict__", {}))
        with nothing_kept(layer, self._moments) if self._moments else contextlib.nullcontext():
            raw = listed(getattr(layer, self._passes.backward)(*handed))
        if raw is None:
            shapes = [x.shape for x in inputs.values() if is_float_array(x)]
            raw = left_by_backward(layer, held, shapes)
        if filled := self._plan.filled(handed):
            raw = (*(raw if isinstance(raw, tuple) else (raw,)), filled)
        if not self._plan.slots and raw is not None and not self.is_loss:
            raw = times_each(upstream[0], raw)  # the local derivative, element by element
        run.answer = raw
        claims = gradients_of(self._parameters)
        for parameter in self._parameters if updates else ():
            if claims[parameter.name] is None:
                step = before[parameter.name] - np.asarray(parameter.read())
                claims[parameter.name] = step / PROBE_RATE
            parameter.write(before[parameter.name])
        return self._assign(raw, claims)

    def _assign(self, raw: Any, claims: dict[str, Any]) -> dict[str, Any]:
        """Share out what backward returned: to the inputs, the rest to parameters without any."""
        shares = share_out(raw, self._arguments, self.inputs)
        own = {name: self._of_one_sample(name, shares.inputs.get(name)) for name in self.inputs}
        if all(self.variables[name].ndim == 1 for name in self.inputs):
            claims = {name: self._of_one_sample(name, claim) for name, claim in claims.items()}
        orphans = [n for n, claim in claims.items() if claim is None or n in self._idle]
        shapes = {name: self.variables[name].shape for name in orphans}
        return own | claims | gradients_of_parameters(shares.left, shapes)

    def _differentiable(self) -> list[str]:
        return [
            label
            for label, leaf in self.leaves().items()
            if is_float_array(leaf) and (label in self._arguments or not is_kept_average(label))
        ]

    def _is_data(self, label: str, leaf: Any, first: bool) -> bool:
        return self._ends_here or super()._is_data(label, leaf, first)

    def _probe(self) -> None:
        """Run once to see which attributes are parameters, and by whose learning rate."""
        held = held_arrays(self._layer)
        super()._probe()
        if self._refuses_several():
            self._first_only = True
            super()._probe()
            self._first_only = not self._refuses_several(1)
        run = self._latest[0]
        if run is not None and all(out.ndim == 1 for out in run.outputs):
            self._rows = self._wants_rows(run)
            run = self._latest[0] = self.run()
        if run is None:  # it raises: the names are all there is to go by
            usual = [p for p in find_parameters(self._layer) if p.is_usual()]
            self._state.restore()
            parameters = self._still_held(usual)
        else:
            self.is_loss = not self._plan.slots and [x.size for x in run.outputs] == [1]
            parameters = self._those_that_count(run, held)
            self.unclaimed = self._unclaimed(held, parameters, run)
        self._parameters = parameters
        self.variables |= {p.name: p.value() for p in parameters}
        self._state.forget(p.read() for p in parameters)
        self._latest[0] = None

    def _refuses_several(self, least: int = 2) -> bool:
        """Return whether backward, which takes one gradient, refuses those of several outputs."""
        run = self._latest[0]
        if run is None or len(run.outputs) < least or len(self._plan.beyond(0)) != 1:
            return False
        answer = self._answer(run)
        self._state.restore()
        return answer is None

    def _those_that_count(self, run: AdaptedRun, held: list[Parameter]) -> list[Parameter]:
        """Return the parameters, after a trial of backward; which inputs it is about is settled."""
        contents = contents_of(self._layer)
        updated, found = self._changed_by_backward(run)
        changed = changed_since(self._layer, contents)
        self._state.keep_only([self._layer])
        if updated and not self._plan.takes_rate:
            rates = (n for n in LEARNING_RATES if isinstance(look_up(self._layer, n), float))
            self._rate_attribute = next(rates, None)
        declared = self._declared()
        candidates = self._candidates(found, declared, updated)
        claimed = {n for n, g in gradients_of(candidates).items() if g is not None} - self._idle
        self._put_back(candidates, declared, held)
        listed_itself = [p for p in candidates if p.name in declared]
        candidates = listed_itself + self._still_held(
            p for p in candidates if p.name not in declared
        )
        candidates += self._returned_beside(run, candidates, claimed, held)
        self._ends_here = run.answer is None and any("." in name for name in claimed)
        self._settle(run.answer, others=bool(claimed))
        claimed |= {p.name for p in candidates if p.is_usual() and p.gradient() is not None}
        parameters = [
            p
            for p in candidates
            if p.name in declared or self._is_parameter(p, p.name in claimed, run)
        ]
        if self.updates_itself:
            self._moments = moments_of(self._layer, changed, parameters)
            parameters = self._read_off(parameters)
        return parameters

    def _declared(self) -> set[str]:
        """Return the names of the parameters that the layer lists itself."""
        layer = self._layer
        return set(dict(layer.named_parameters())) if declares_parameters(layer) else set()

    def _candidates(
        self, found: list[Parameter], declared: set[str], updated: set[str]
    ) -> list[Parameter]:
        """Return what may be parameters, as far as names and what backward leaves tell."""
        found = [p for p in found if p.name in declared or not self._is_constant(p)]
        code, often = self.code["backward"], self._often
        found = [p for p in found if not is_of_one_step(self._layer, p, code, often)]
        if self.updates_itself:
            arrays, known = all_arrays(self._layer), {p.name for p in found}
            return found + [arrays[name] for name in sorted(updated & arrays.keys() - known)]
        # an update whose rate is not known tells nothing
        return [p for p in found if p.name not in updated or p.gradient() is not None]

    def _put_back(
        self, candidates: list[Parameter], declared: set[str], held: list[Parameter]
    ) -> None:
        """Put the state back as it was, with the parameters that the first forward made."""
        at = {(id(p.owner), p.key) for p in held}
        new = [p for p in candidates if p.name not in declared and (id(p.owner), p.key) not in at]
        if self._made_by_first_forward(new):
            self._state = Snapshot([self._layer])
        self._state.restore()
        if self.updates_itself:  # an average was left out by `keep_only`
            self._state = Snapshot([self._layer])

    def _read_off(self, parameters: list[Parameter]) -> list[Parameter]:
        """Return those whose gradient can be read off the step: one of Adam's hides its size."""
        steps: list[dict[str, Any]] = []
        for times in (1.0, 2.0, -1.0):
            self._parameters = parameters
            self.variables |= {p.name: p.value() for p in parameters}
            with contextlib.suppress(CodeError):
                run = self.run()
                rng = np.random.default_rng(TRIAL_SEED)
                upstream = (times * rng.standard_normal(out.shape) for out in run.outputs)
                steps.append(run.backward(tuple(upstream)))
        self._state.restore()
        hidden = {
            p.name
            for p in parameters
            if len(steps) == 3 and is_normalised(*(step[p.name] for step in steps))
        }
        for name in hidden:
            del self.variables[name]
        return [p for p in parameters if p.name not in hidden]

    def _returned_beside(
        self, run: AdaptedRun, known: list[Parameter], claimed: set[str], held: list[Parameter]
    ) -> list[Parameter]:
        """Return the arrays of the object whose gradients came back beside those of the inputs."""
        left = share_out(run.answer, self._arguments, self.inputs).left
        free = {p.name: np.shape(p.read()) for p in known if p.name not in claimed}
        taken = {
            id(gradient) for gradient in gradients_of_parameters(left, free, fitting=True).values()
        }
        rest = [item for item in left if id(item.gradient) not in taken]
        if not rest:
            return []
        own = {id(p.read()) for p in known}
        others = {p.name: p for p in held if p.exists() and id(p.read()) not in own}
        used = {n: p for n, p in others.items() if self._is_parameter(p, False, run)}
        shapes = {name: np.shape(p.read()) for name, p in used.items()}
        return [others[name] for name in gradients_of_parameters(rest, shapes, fitting=True)]

    def _is_constant(self, parameter: Parameter) -> bool:
        """Return whether what is called its gradient is none: backward leaves it as it was.

        An array of zeros in its shape was made to be filled, and that was forgotten.
        """
        if parameter.is_usual() or parameter.name not in self._idle:
            return False
        other = np.shape(parameter.gradient()) != np.shape(parameter.read())
        return other or bool(np.any(parameter.gradient()))

    def _made_by_first_forward(self, candidates: list[Parameter]) -> bool:
        """Return whether some of these are parameters that the first forward made.

        Another forward replaces what it keeps for backward, but leaves parameters where they are.
        """
        made = [p for p in candidates if p.exists()]
        held = [p.read() for p in made]
        other = {name: 0.9 * x + 0.1 for name, x in self.variables.items()} if made else {}
        with contextlib.suppress(CodeError):
            if made:
                self.run(other, restore=False)
        return any(p.read() is array for p, array in zip(made, held, strict=True))

    def _changed_by_backward(self, run: AdaptedRun) -> tuple[set[str], list[Parameter]]:
        """Try backward; return which arrays it changes, and what may be parameters after it."""
        held, known = dict(getattr(self._layer, "__dict__", {})), find_parameters(self._layer)
        arrays = {p.name: p for p in known} | all_arrays(self._layer)
        before = {name: np.copy(p.read()) for name, p in arrays.items()}
        gradients = gradients_of(known)
        contents = copy.deepcopy(gradients)
        with those_run_often(self._passes.backward) as self._often:
            answer = self._answer(run)
        found = find_parameters(self._layer)
        given = gradients_of(found)
        idle = untouched(gradients, contents, given)
        claimed = {n for n, gradient in given.items() if gradient is not None}
        if answer is not None or idle != claimed:
            self._idle = idle  # backward has run
        after = {p.name: p for p in found} | all_arrays(self._layer)
        both = ((name, old, after[name].read()) for name, old in before.items() if name in after)
        changed = {name for name, old, new in both if not same_numbers(old, new)}
        return changed, with_what_is_left(self._layer, found, gradients_left(self._layer, held))
