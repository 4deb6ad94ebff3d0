"""The common ground of every adapter: somebody's code run at chosen values, again and again."""

from __future__ import annotations

import contextlib
import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, Unpack

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError, Run, user_code
from minnet.gradcheck.under_test.copying import is_short
from minnet.gradcheck.under_test.describe import (
    About,
    batched_in,
    describe_arguments,
    quantities_of,
    told_again,
)
from minnet.gradcheck.under_test.nested import arrays_in, as_array, leaves, numbers_in, rebuilt
from minnet.gradcheck.under_test.parameters import Parameter
from minnet.gradcheck.under_test.returned import is_float_array, like_outputs, outputs_in
from minnet.gradcheck.under_test.sandbox import Sandbox
from minnet.gradcheck.under_test.sharing import is_data, share_out
from minnet.gradcheck.under_test.spellings import IN_TENSORS
from minnet.gradcheck.under_test.state import Snapshot

#: of the trial values that show what depends on what; no number made with them is ever judged
TRIAL_SEED = 0


class AdaptedCase(Case):
    """What the adapters share: private copies, restored state, one sandbox.

    A subclass says how the user's passes are called: `_forward` returns the raw outputs and
    whatever backward needs to be given, `_backward` the raw gradient of each variable.
    Arguments may be nested; a variable is then called after its place, as ``state['h']``.

    Attributes
    ----------
    ordinary : bool
        Whether every implementation has to do right at this case.
    """

    ordinary = True

    def __init__(
        self,
        arguments: Mapping[str, Any],
        *,
        roots: Sequence[Any],
        called: str,
        differentiate: Sequence[str] | None = None,
        **about: Unpack[About],
    ) -> None:
        self.in_tensors = self.in_tensors or any(
            inspect.getattr_static(root, IN_TENSORS, False) for root in roots
        )
        self.name = about.get("name") or called
        self.convention = about.get("convention", "any")
        self._arguments = {
            name: as_array(value, "iuf" if position == 0 else "f")
            for position, (name, value) in enumerate(arguments.items())
        }
        if differentiate is None:
            differentiate = self._differentiable()
        found = self.leaves()
        self.variables = {n: np.array(found[n], order="K") for n in differentiate}
        self._roots = tuple(roots)
        self._parameters: list[Parameter] = []
        self._state = Snapshot(roots)
        self._sandbox = Sandbox()
        self._latest: list[AdaptedRun | None] = [None]  # shared with copies of this case
        batched = about.get("batched")
        if batched is None:
            batched = batched_in(self.leaves(), {*self._arguments, *self.variables})
        self._batched_arguments = tuple(batched)
        self.batched = tuple(n for n in self._batched_arguments if n in self.variables)
        self.inputs = tuple(self.variables)
        self.notes: tuple[str, ...] = ()
        self.quantities = {}
        self._probe()
        given = describe_arguments(self._arguments, self._parameters)
        told = (about.get("description") or given, about.get("remark"))
        self.description = ", ".join(filter(None, told))
        self._told_sizes = dict(about.get("quantities") or {})
        self.quantities = quantities_of(self._arguments, self._roots) | self.quantities
        self.quantities |= self._told_sizes

    @property
    def printed(self) -> int:
        """How many characters the code under test has printed so far."""
        return self._sandbox.printed

    @property
    def is_random(self) -> bool:
        return self._sandbox.uses_random or self._state.is_random

    def originals(self) -> Mapping[str, Array]:
        constants: dict[str, Array] = {}
        for name, value in self._arguments.items():
            if name not in self.variables:
                constants.update(arrays_in(name, value))
        return constants | self.variables

    def another(self) -> Case:
        other = copy.copy(self)
        other._latest = [None]
        return other

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the variables that are parameters of the object under test."""
        return tuple(parameter.name for parameter in self._parameters)

    @property
    def found_parameters(self) -> tuple[Parameter, ...]:
        """Where the parameters of the object under test are kept."""
        return tuple(self._parameters)

    @property
    def thing(self) -> Any:
        """The object or the function under test."""
        return self._roots[0]

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of forward by name."""
        return dict(self._arguments)

    @property
    def batched_arguments(self) -> tuple[str, ...]:
        """The names of the arguments, labels too, whose axis 0 counts the samples."""
        return self._batched_arguments

    def restore(self) -> None:
        """Leave the objects under test as they were before the first run."""
        for parameter in self._parameters:
            parameter.write(self.variables[parameter.name])
        self._state.restore()

    def run(
        self,
        values: Mapping[str, Array] | None = None,
        *,
        as_given: bool = False,
        restore: bool = True,
    ) -> AdaptedRun:
        given = values or {}
        if restore:
            self._state.restore()
        handed: dict[str, Array] = {}
        for name in self.inputs:
            array = given.get(name, self.variables[name])
            handed[name] = array if as_given and name in given else array.copy("K")
        arguments: dict[str, Any] = {}
        for name, value in self._arguments.items():
            if name in handed and isinstance(value, np.ndarray):
                arguments[name] = handed[name]
            else:
                arguments[name] = rebuilt(name, value, handed)
                handed.update(arrays_in(name, arguments[name]))
        for parameter in self._parameters:
            value = given.get(parameter.name, self.variables[parameter.name])
            if isinstance(held := parameter.write(value), np.ndarray):
                handed[parameter.name] = held
        with user_code("forward"):
            with self._sandbox.running():
                raw, memory = self._forward(arguments)
            outputs = outputs_in(raw)
        run = AdaptedRun(self, arguments, raw, outputs, handed, memory)
        self._latest[0] = run
        return run

    def seeded(self, seed: int) -> Self:
        """Return the same case with the global random generators frozen at another state."""
        other = copy.copy(self)
        other._sandbox = self._sandbox.reseeded(seed)
        return other

    def with_variables(self, values: Mapping[str, Array]) -> Self:
        other = copy.copy(self)
        other.variables = self.variables | {n: np.array(v, order="K") for n, v in values.items()}
        inputs = {n: other.variables[n] for n in self.inputs}
        other._arguments = {n: rebuilt(n, v, inputs) for n, v in self._arguments.items()}
        return other

    def in_double(self) -> Case | None:
        values = {n: x.astype(np.float64) for n, x in self.variables.items() if is_short(x)}
        return self.with_variables(values) if values else None

    def with_batch(self, size: int) -> Case | None:
        if not self._batched_arguments:
            return None
        found = self.leaves()
        resized = {
            name: np.take(value, np.arange(size) % len(value), axis=0)
            for name in self._batched_arguments
            if len(value := np.asarray(found[name]))
        }
        return self.with_inputs(resized)

    def with_inputs(self, changed: Mapping[str, Any], tried: bool = True) -> Self | None:
        """Return the same case with other inputs, of other shapes too; None where it refuses them.

        Others than those differentiated, too; not `tried` where what comes next may raise as well.
        """
        other = copy.copy(self)
        other._arguments = {n: rebuilt(n, v, changed) for n, v in self._arguments.items()}
        other.variables = self.variables | {n: changed[n] for n in self.inputs if n in changed}
        other.description = describe_arguments(other._arguments, other._parameters)
        try:
            if tried:
                other.run()
        except CodeError:
            return None
        told = self._told_sizes and told_again(self._told_sizes, self.leaves(), other.leaves())
        other.quantities = self.quantities | quantities_of(other._arguments, self._roots) | told
        return other

    def with_integers(self, change: Callable[[Array], Array]) -> Self | None:
        integers = {
            name: change(value)
            for name, value in self.leaves().items()
            if isinstance(value, np.ndarray) and value.dtype.kind in "iu" and value.size
        }
        return self.with_inputs(integers) if integers else None

    def with_other_integers(self, rng: np.random.Generator) -> list[Case]:
        drawn = self.with_integers(
            lambda x: rng.integers(x.min(), x.max(), x.shape, endpoint=True).astype(x.dtype)
        )
        turned = self.with_integers(lambda x: np.flip(x, axis=0) if x.ndim else x)
        return [case for case in (drawn, turned) if case is not None] or [self]

    def after_a_call(self, values: Mapping[str, Array]) -> Self | None:
        if not self._roots:
            return None
        run = self.run(values)
        run.backward_of_ones()
        other = copy.copy(self)
        other._state = Snapshot(self._roots)
        other._state.forget(p.read() for p in self._parameters)
        return other

    def settings(self) -> dict[str, float | int]:
        """Return the numbers that the code is called or made with, by name."""
        return {
            name: value
            for name, value in self._arguments.items()
            if isinstance(value, int | float)
            and not isinstance(value, bool)
            and name not in self.variables
        }

    def made_with(self) -> dict[str, Array]:
        """Return the arrays that the object was made with, and claims nothing for, by name."""
        return {}

    def with_other_averages(self, rng: np.random.Generator) -> Case | None:
        """Return the same case with other running averages, if they are as fresh; or None."""
        return None

    def with_setting(self, name: str, value: float | int | Array) -> Case | None:
        """Return the same case with another setting, or None where that cannot be."""
        return self.with_inputs({name: value})

    def _probe(self) -> None:
        """Learn what takes a trial run to know; code that raises is left for the engine to find."""
        try:
            run = self.run()
        except CodeError:
            return
        if run.outputs and run.outputs[0].ndim:
            out = run.outputs[0]
            self.quantities["the number of outputs"] = float(out.size)
            if out.ndim > 1:
                self.quantities["the number of outputs per sample"] = float(np.prod(out.shape[1:]))
                self.quantities["the size of the last axis of the output"] = float(out.shape[-1])
            if self._batched_arguments and not self.is_loss:
                first = np.asarray(self.leaves()[self._batched_arguments[0]])
                if first.shape[0] != out.shape[0]:
                    self._batched_arguments = self.batched = ()

    def leaves(self) -> dict[str, Any]:
        """Return what the arguments hold, by the names of their places."""
        found = [leaves(name, value) for name, value in self._arguments.items()]
        return {label: leaf for inner in found for label, leaf in inner.items()}

    def _differentiable(self) -> list[str]:
        """Return the inputs to which gradients are owed, before backward has been seen."""
        return [name for name, value in self._arguments.items() if is_float_array(value)]

    def _answer(self, run: AdaptedRun) -> Any:
        """Return what backward returns, as it is, for some upstream gradient; None if it raises."""
        rng = np.random.default_rng(TRIAL_SEED)
        upstream = (rng.standard_normal(out.shape).astype(out.dtype) for out in run.outputs)
        with contextlib.suppress(CodeError):
            run.backward(tuple(upstream))
        return run.answer

    def _settle(self, answer: Any, others: bool = False) -> None:
        """Let what backward once returned say which of the arguments are differentiated.

        Backward may give gradients to arguments that are no arrays of floating-point numbers:
        they are made such; and none to some that are, because they are data. `others`: whether
        it gave gradients to parameters.
        """
        shares = share_out(answer, self._arguments, self.inputs)
        others = others or bool(shares.left)
        others = others or any(gradient is not None for gradient in shares.inputs.values())
        first = next(iter(self._arguments), "")
        for label, leaf in self.leaves().items():
            gradient = shares.inputs.get(label)
            if label not in self.variables:
                self._convert(label, leaf, gradient)
            elif gradient is None and others and self._is_data(label, leaf, label == first):
                del self.variables[label]
                self._note(f"{label} is not differentiated: it is data, without a gradient")
        self.inputs = tuple(name for name in self.variables if name in self.leaves())
        self.batched = tuple(n for n in self._batched_arguments if n in self.variables)

    def _convert(self, label: str, leaf: Any, gradient: Any) -> None:
        """Differentiate an argument that is no array of floats, if a gradient is given for it."""
        if leaf is None or isinstance(leaf, str) or not np.any(numbers_in(gradient)):
            return
        value = numbers_in(leaf)
        if value.shape != np.shape(gradient) or value.dtype.kind not in "fiub" or not value.size:
            return
        before, known = self.run().outputs, self._arguments
        changed = value if value.dtype.kind == "f" else value.astype(np.float64)

        def outputs_at(x: Array) -> tuple[Array, ...]:
            self._arguments = {n: rebuilt(n, v, {label: x}) for n, v in known.items()}
            with contextlib.suppress(CodeError):
                return self.run().outputs
            return ()

        beside, after = outputs_at(changed + 0.25), outputs_at(changed)
        same = len(before) == len(after) and all(map(np.array_equal, before, after))
        cut_off = value.dtype.kind != "f" and all(map(np.array_equal, before, beside))
        if not same or cut_off or list(map(np.shape, before)) != list(map(np.shape, beside)):
            self._arguments = known  # it is an index, a label, a switch, an axis
            return
        self.variables[label] = np.array(changed)
        if value.dtype.kind != "f":
            self._note(f"{label} holds {value.dtype}: it is differentiated as float64")

    def _is_data(self, label: str, leaf: Any, first: bool) -> bool:
        """Return whether an input to which backward gives no gradient is owed none."""
        return is_data(label, leaf, first) or (self.is_loss and not first)

    def _note(self, remark: str) -> None:
        self.notes += (remark,)

    def _forward(self, arguments: dict[str, Any]) -> tuple[tuple[Any, ...], Any]:
        raise NotImplementedError

    def _backward(self, run: AdaptedRun, upstream: tuple[Array, ...]) -> dict[str, Any]:
        raise NotImplementedError


class AdaptedRun(Run):
    """A forward pass of somebody's code; `answer` is what backward then returned, as it was."""

    def __init__(
        self,
        case: AdaptedCase,
        arguments: dict[str, Any],
        raw: tuple[Any, ...],
        outputs: dict[str, Array],
        handed: dict[str, Array],
        memory: Any,
    ) -> None:
        self._case, self.arguments, self.memory = case, arguments, memory
        self._raw, self._labels = raw, tuple(outputs)
        self.outputs, self.handed = tuple(outputs.values()), handed
        self.answer: Any = None

    def backward(self, upstream: tuple[Array, ...], turn: int = 1) -> dict[str, Any]:
        case = self._case
        if case._latest[0] is not self and case._roots:
            self._repeat()
        if turn > 1:
            case._state.reseed(turn)
        with user_code("backward"), case._sandbox.running(turn):
            given = dict(zip(self._labels, upstream, strict=True))
            claimed = case._backward(self, like_outputs(self._raw, given))
            # a layer may fill the same array each time: what is handed on has to stay
            return {n: g.copy() if isinstance(g, np.ndarray) else g for n, g in claimed.items()}

    def _repeat(self) -> None:
        """Make this forward pass again: the object has made another one since."""
        values = {n: v for n, v in self.handed.items() if n in self._case.variables}
        again = self._case.run({n: v.copy("K") for n, v in values.items()})
        self.arguments, self.memory, self.handed = again.arguments, again.memory, again.handed
        self._case._latest[0] = self
