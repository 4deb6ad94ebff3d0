"""The common ground of every adapter: somebody's code run at chosen values, again and again."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Self, TypedDict, Unpack

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError, Run, user_code
from minnet.gradcheck.under_test.describe import describe_arguments, quantities_of
from minnet.gradcheck.under_test.parameters import Parameter
from minnet.gradcheck.under_test.returned import as_output, is_float_array
from minnet.gradcheck.under_test.spellings import is_kept_average
from minnet.gradcheck.under_test.state import Sandbox, Snapshot, private_copy


class About(TypedDict, total=False):
    """What an adapter may be told of a case; all of it is optional.

    Attributes
    ----------
    name, description, convention : str
        As in `Case`; a description is made of the arguments where none is given.
    remark : str
        Stands at the end of the description.
    batched : sequence of str
        The arguments, labels too, whose axis 0 counts the samples.
    quantities : dict of str to float
        More numbers that a wrong factor may equal.
    """

    name: str
    description: str
    convention: str
    remark: str
    batched: Sequence[str] | None
    quantities: Mapping[str, float] | None


class AdaptedCase(Case):
    """What the adapters share: private copies, restored state, one sandbox.

    A subclass says how the user's passes are called: `_forward` returns the raw outputs and
    whatever backward needs to be given, `_backward` the raw gradient of each variable.

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
        self.name = about.get("name") or called
        self.convention = about.get("convention", "any")
        self._arguments = dict(arguments)
        if differentiate is None:
            differentiate = [n for n, v in arguments.items() if is_float_array(v)]
        self.variables = {n: np.array(arguments[n], order="K") for n in differentiate}
        self._roots = tuple(roots)
        self._parameters: list[Parameter] = []
        self._state = Snapshot(roots)
        self._sandbox = Sandbox()
        self._latest: list[AdaptedRun | None] = [None]  # shared with copies of this case
        batched = about.get("batched")
        self._batched_arguments = (
            tuple(batched) if batched is not None else _guess_batched(self._arguments)
        )
        self.batched = tuple(n for n in self._batched_arguments if n in self.variables)
        self.inputs = tuple(self.variables)
        self.quantities = {}
        self._probe()
        described = about.get("description") or describe_arguments(
            self._arguments, self._parameters
        )
        self.description = ", ".join(filter(None, (described, about.get("remark"))))
        self.quantities = quantities_of(self._arguments, self._roots) | self.quantities
        self.quantities |= dict(about.get("quantities") or {})

    @property
    def printed(self) -> int:
        """How many characters the code under test has printed so far."""
        return self._sandbox.printed

    def originals(self) -> Mapping[str, Array]:
        constants: dict[str, Array] = {}
        for name, value in self._arguments.items():
            if name not in self.variables:
                constants.update(_arrays_in(name, value))
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
    def thing(self) -> Any:
        """The object or the function under test."""
        return self._roots[0]

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of forward by name."""
        return dict(self._arguments)

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
    ) -> Run:
        given = values or {}
        if restore:
            self._state.restore()
        arguments: dict[str, Any] = {}
        handed: dict[str, Array] = {}
        for name, value in self._arguments.items():
            if name not in self.variables:
                arguments[name] = private_copy(value)
                handed.update(_arrays_in(name, arguments[name]))
                continue
            array = given.get(name, self.variables[name])
            if not (as_given and name in given):
                array = array.copy("K")
            arguments[name] = handed[name] = array
        for parameter in self._parameters:
            parameter.write(given.get(parameter.name, self.variables[parameter.name]))
            if isinstance(held := parameter.read(), np.ndarray):
                handed[parameter.name] = held
        with user_code("forward"), self._sandbox:
            raw, memory = self._forward(arguments)
        with user_code("forward"):
            outputs = tuple(as_output(out) for out in raw)
        run = AdaptedRun(self, arguments, outputs, handed, memory)
        self._latest[0] = run
        return run

    def seeded(self, seed: int) -> Self:
        """Return the same case with the global random generators frozen at another state."""
        other = copy.copy(self)
        other._sandbox = Sandbox(seed)
        return other

    def with_variables(self, values: Mapping[str, Array]) -> Self:
        other = copy.copy(self)
        other.variables = self.variables | {n: np.array(v, order="K") for n, v in values.items()}
        other._arguments = self._arguments | {
            n: v for n, v in other.variables.items() if n in self._arguments
        }
        return other

    def with_batch(self, size: int) -> Case | None:
        if not self._batched_arguments:
            return None
        resized = {
            name: np.take(value, np.arange(size) % len(value), axis=0)
            for name in self._batched_arguments
            if len(value := np.asarray(self._arguments[name]))
        }
        other = copy.copy(self)
        other._arguments = self._arguments | resized
        other.variables = self.variables | {n: resized[n] for n in self.batched}
        other.quantities = self.quantities | quantities_of(other._arguments, self._roots)
        other.description = describe_arguments(other._arguments, other._parameters)
        try:
            other.run()
        except CodeError:
            return None
        return other

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
                first = np.asarray(self._arguments[self._batched_arguments[0]])
                if first.shape[0] != out.shape[0]:
                    self._batched_arguments = self.batched = ()

    def _forward(self, arguments: dict[str, Any]) -> tuple[tuple[Any, ...], Any]:
        raise NotImplementedError

    def _backward(self, run: AdaptedRun, upstream: tuple[Array, ...]) -> dict[str, Any]:
        raise NotImplementedError


class AdaptedRun(Run):
    def __init__(
        self,
        case: AdaptedCase,
        arguments: dict[str, Any],
        outputs: tuple[Array, ...],
        handed: dict[str, Array],
        memory: Any,
    ) -> None:
        self._case, self.arguments, self.memory = case, arguments, memory
        self.outputs, self.handed = outputs, handed

    def backward(self, upstream: tuple[Array, ...]) -> dict[str, Any]:
        case = self._case
        if case._latest[0] is not self and case._roots:
            self._repeat()
        with user_code("backward"), case._sandbox:
            claimed = case._backward(self, upstream)
            # a layer may fill the same array each time: what is handed on has to stay
            return {n: g.copy() if isinstance(g, np.ndarray) else g for n, g in claimed.items()}

    def _repeat(self) -> None:
        """Make this forward pass again: the object has made another one since."""
        values = {n: v for n, v in self.handed.items() if n in self._case.variables}
        again = self._case.run({n: v.copy("K") for n, v in values.items()})
        assert isinstance(again, AdaptedRun)
        self.arguments, self.memory, self.handed = again.arguments, again.memory, again.handed
        self._case._latest[0] = self


def _arrays_in(name: str, value: Any) -> dict[str, Array]:
    """Return the arrays inside an argument by name, but for averages, which may change."""
    if isinstance(value, np.ndarray):
        return {name: value}
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if not is_kept_average(str(key))}
        pairs = [(f"{name}[{key!r}]", item) for key, item in kept.items()]
    elif isinstance(value, list | tuple):
        pairs = [(f"{name}[{i}]", v) for i, v in enumerate(value)]
    else:
        return {}
    return {label: array for n, v in pairs for label, array in _arrays_in(n, v).items()}


def _guess_batched(arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the arguments that seem to count the samples along axis 0.

    They are the first array and others as long: labels, and arrays of its number of axes.
    """
    arrays = {n: v for n, v in arguments.items() if isinstance(v, np.ndarray) and v.ndim}
    if not arrays:
        return ()
    first = next(iter(arrays.values()))
    return tuple(
        name
        for name, value in arrays.items()
        if len(value) == len(first)
        and (value is first or value.dtype.kind in "iub" or value.shape == first.shape)
    )
