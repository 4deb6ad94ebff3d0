"""A case: one concrete set of inputs and settings of a forward/backward pair.

The checker knows nothing of conventions. Whatever is to be checked (a layer, a pair of
functions, a loss) is wrapped in a `Case`, which answers two questions: what does the forward
pass give at these values, and which gradients does the backward pass claim there?
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from types import MappingProxyType, ModuleType
from typing import Any

import numpy as np

from minnet.arrays import Array


class CodeError(Exception):
    """The code under test raised; `original` is the exception, `stage` says in which pass."""

    def __init__(self, stage: str, original: BaseException) -> None:
        super().__init__(f"{stage} raised {type(original).__name__}: {message_of(original)}")
        self.stage = stage
        self.original = original


class Refused(TypeError):
    """What the code under test gives cannot be used; the message is the sentence for its author."""


def message_of(error: BaseException) -> str:
    """Return the message of an exception, whatever its own ``__str__`` does."""
    try:
        return str(error)
    except Exception:
        return "(its message cannot be shown)"


#: what NumPy does about overflow and the like while the code under test runs
FLOATING: ContextVar[Mapping[str, Any]] = ContextVar(
    "floating", default=MappingProxyType({"all": "ignore"})
)


#: what the code under test has replaced in modules that the checker uses too: where, the name, by
#: what. It has its own whenever it runs.
REPLACED: list[tuple[ModuleType, str, Any]] = []


@contextmanager
def theirs(replaced: Sequence[tuple[ModuleType, str, Any]]) -> Iterator[None]:
    """Have the code under test find in the block what it has replaced."""
    before = [(module, name, getattr(module, name)) for module, name, _ in replaced]
    try:
        for module, name, value in replaced:
            setattr(module, name, value)
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


def user_code(stage: str, *, as_replaced: bool = True) -> AbstractContextManager[None]:
    """Turn whatever the code under test raises into a `CodeError`, and keep NumPy quiet.

    `stage` is "forward" or "backward". What the code has `REPLACED` is there, unless much of what
    runs in the block is the checker's own. Only KeyboardInterrupt passes through, so that the
    user can still stop the program.
    """
    return _UserCode(stage, theirs(REPLACED) if as_replaced and REPLACED else None)


class _UserCode:
    """What `user_code` returns; every pass goes through it, and a generator would take longer."""

    def __init__(self, stage: str, found_there: AbstractContextManager[None] | None) -> None:
        self._stage, self._found_there = stage, found_there
        self._floating = np.errstate(**FLOATING.get())

    def __enter__(self) -> None:
        self._calls = sys.getrecursionlimit()
        self._floating.__enter__()
        if self._found_there:
            self._found_there.__enter__()

    def __exit__(self, _: Any, error: BaseException | None, __: Any) -> None:
        if self._found_there:
            self._found_there.__exit__(None, None, None)
        self._floating.__exit__(None, None, None)
        sys.setrecursionlimit(self._calls)  # the checker needs its own
        # SystemExit too: a student's file must not end the checker
        if error is not None and not isinstance(error, KeyboardInterrupt | CodeError):
            raise CodeError(self._stage, error) from error


class Run(ABC):
    """One forward pass that has been made, and the backward pass that belongs to it.

    Attributes
    ----------
    outputs : tuple of arrays
        What forward returned, as floating-point arrays (a float loss becomes shape ``()``):
        copies, that no later call changes.
    handed : dict of str to array
        Every array that the code was handed (inputs, parameters, labels, arrays inside dict
        arguments), by name: the very objects, so that a change made to them can be seen.
    """

    outputs: tuple[Array, ...]
    handed: Mapping[str, Array]

    @abstractmethod
    def backward(self, upstream: tuple[Array, ...], turn: int = 1) -> dict[str, Any]:
        """Return what backward claims for every variable, raw; None where there is none.

        Arrays are copies, that no later call changes. May be called again: each call is a further
        call of the user's backward after this same forward pass. In each `turn` the random
        generators stand elsewhere.
        """

    def backward_of_ones(self) -> dict[str, Any]:
        """Return what backward claims where every output counts once."""
        return self.backward(tuple(np.ones_like(out) for out in self.outputs))


class Case(ABC):
    """What is differentiated, where, and how to run it.

    Attributes
    ----------
    name : str
        The thing checked: "conv", "Dense".
    description : str
        The case: "x (2,3,7,5), w (2,3,3,3), stride 2, pad 1".
    convention : str
        "minnet", "cs231n", "mytorch", "nnfs" or "any".
    variables : dict of str to array
        The floating-point arrays that are differentiated, by the user's own names, inputs
        first. They are never handed out: each run gets copies.
    inputs : tuple of str
        The variables that are arguments of forward (the others are the object's parameters).
    batched : tuple of str
        The variables whose axis 0 counts the samples of the batch.
    quantities : dict of str to float
        Numbers that a wrong constant factor may equal, by their name in words:
        {"the batch size": 4, "the keep probability": 0.8}.
    is_loss : bool
        The output is a single number and backward takes no upstream gradient.
    code : dict of str to callable
        The user's functions, "forward" and "backward", to show source lines.
    in_tensors : bool
        The code is given tensors of its own library in the place of arrays.
    at_one_point : bool
        The gradient is claimed for these values alone: there are no others to look at.
    unclaimed : tuple of str
        Arrays of the object that the output depends on, and that no gradient is claimed for.
    notes : tuple of str
        What the user has to know of how the code was called: what was not differentiated.
    """

    name: str
    description: str
    convention: str = "any"
    variables: dict[str, Array]
    inputs: tuple[str, ...] = ()
    batched: tuple[str, ...] = ()
    quantities: dict[str, float]
    is_loss: bool = False
    code: dict[str, Callable[..., Any]]
    in_tensors: bool = False
    at_one_point: bool = False
    unclaimed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @abstractmethod
    def run(
        self,
        values: Mapping[str, Array] | None = None,
        *,
        as_given: bool = False,
        restore: bool = True,
    ) -> Run:
        """Run forward at `values` (by default `variables`), everything random restored first.

        Parameters
        ----------
        values : dict of str to array, optional
            Values for some or all of the variables; the others keep theirs.
        as_given : bool
            Hand the arrays of `values` to the code as they are (read-only, strided), not
            copies.
        restore : bool
            Put the object's own state back first; without it, this is one more call on the
            object as the calls before have left it.

        Raises
        ------
        CodeError
            When the code under test raises.
        """

    @property
    def is_random(self) -> bool:
        """Whether a random generator is within reach of the code, or was seen to be used."""
        return False

    def seeded(self, seed: int) -> Case:
        """Return the same case with what is random about it frozen by another seed."""
        return self

    @abstractmethod
    def with_variables(self, values: Mapping[str, Array]) -> Case:
        """Return the same case at other values (of the same shapes and dtypes)."""

    def in_double(self) -> Case | None:
        """Return the same case in float64, on an instance of its own; None where that is nothing
        new, or cannot be."""
        return None

    def with_batch(self, size: int) -> Case | None:
        """Return the same case with `size` samples (existing ones, repeated as needed), or None."""
        return None

    def with_inputs(self, changed: Mapping[str, Any]) -> Case | None:
        """Return the same case with other inputs, of other shapes too; None where it refuses."""
        return None

    def with_integers(self, change: Callable[[Array], Array]) -> Case | None:
        """Return the same case with its integer inputs changed, or None."""
        return None

    def with_other_integers(self, rng: np.random.Generator) -> list[Case]:
        """Return the same case with other values of its integer inputs; itself, where it has none.

        They are drawn out of the same range, and turned round.
        """
        return [self]

    def after_a_call(self, values: Mapping[str, Array]) -> Case | None:
        """Return the same case on the object as a forward and backward at `values` leave it."""
        return None

    def originals(self) -> Mapping[str, Array]:
        """Return the arrays that runs are handed copies of, by the names of `Run.handed`."""
        return self.variables

    def another(self) -> Case:
        """Return the same case on an independent instance, to see state that is shared.

        Where there can be none, it is the case itself.
        """
        return self


def output_vector(run: Run) -> Array:
    """Return all outputs of `run` end to end as one vector (float64, or complex128).

    It may be a view of them, which are the run's own.
    """
    flat = [np.asarray(out).ravel() for out in run.outputs]
    vector = flat[0] if len(flat) == 1 else np.concatenate(flat)
    return vector.astype(np.complex128 if vector.dtype.kind == "c" else np.float64, copy=False)


def split_like(vector: Array, outputs: tuple[Array, ...]) -> tuple[Array, ...]:
    """Return `vector` cut into pieces of the shapes and dtypes of `outputs`."""
    pieces, start = [], 0
    for out in outputs:
        size = int(np.size(out))
        piece = vector[start : start + size].reshape(np.shape(out))
        pieces.append(np.array(piece, dtype=np.asarray(out).dtype, order="C"))
        start += size
    return tuple(pieces)
