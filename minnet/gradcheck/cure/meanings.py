"""Which values of a backward pass are right: those that are the gradient of a value of forward.

A local `dvar` is right if it is ∂L/∂var, whatever it is called: the values of forward are moved,
one at a time, and what L does is compared with what backward has computed.
"""

from __future__ import annotations

import ast
import contextlib
import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import CodeError, output_vector
from minnet.gradcheck.cure.slicing import CHANGED, MOVED, Suspect, equal
from minnet.gradcheck.cure.tree import Edit
from minnet.gradcheck.cure.trial import Trial
from minnet.gradcheck.measure.bars import Sums, gather, norm
from minnet.gradcheck.measure.differences import slope
from minnet.gradcheck.measure.groups import random_direction
from minnet.gradcheck.measure.probe import element_sizes
from minnet.gradcheck.randomness import stream
from minnet.gradcheck.verdict.screen import DIRECTIONS
from minnet.records import dataclass
from minnet.tracing.source import exchanged

#: what the function that sees the values is called in the user's module, while it is there
TAP = "__minnet_tap__"
#: so many values of forward are measured at most
MOST = 24


class _Tap:
    """Sees the values of some expressions, and moves one of them."""

    def __init__(self) -> None:
        self.seen: dict[int, list[Any]] = {}
        self.moving = -1
        self.move: Callable[[Any], Any] = lambda value: value
        self.held: dict[int, Any] = {}

    def __call__(self, number: int, value: Any) -> Any:
        if number == self.moving:
            return self.move(value)
        if number in self.held:
            return copy.copy(self.held[number])
        kept = value.copy() if isinstance(value, np.ndarray) else value
        self.seen.setdefault(number, []).append(kept)
        return value


@dataclass(frozen=True, eq=False)
class Meaning:
    """What a value of forward, or a variable, does to L along random directions of it."""

    of: Suspect | str
    number: int
    directions: tuple[Array, ...]
    sums: tuple[Sums, ...]

    @property
    def name(self) -> str:
        """What the value is called in forward."""
        return self.of if isinstance(self.of, str) else next(iter(self.of.targets), "")

    @property
    def line(self) -> int:
        """Where it is computed; 0 for a variable."""
        return 0 if isinstance(self.of, str) else self.of.place.statement.lineno

    @property
    def file(self) -> str:
        """The file that it is computed in; "" for a variable."""
        return "" if isinstance(self.of, str) else self.of.editable.source.file

    def fits(self, value: Any, trial: Trial) -> bool:
        """Whether a value is the gradient of L by this one."""
        numbers = numbers_of(value)
        if numbers is None or numbers.size != self.directions[0].size or not numbers.any():
            return False
        for direction, sums in zip(self.directions, self.sums, strict=True):
            terms = numbers.ravel() * direction.ravel()
            bar = float(sums.error_bar[0]) + trial.probe.precision.round_off_of_sum(terms)
            off = abs(float(terms.sum()) - float(sums.value[0]))
            if not off <= bar <= TELLING * norm(terms):
                return False
        return True


#: a bar above this share of the terms tells nothing
TELLING = 1e-3


class Values:
    """The values of the statements of both passes, as they are now."""

    def __init__(self, trial: Trial, found: Sequence[Suspect]) -> None:
        self.trial = trial
        self.suspects = [s for s in found if s.value is not None]
        self._tap = _Tap()

    def now(self, edit: Edit | None = None) -> Mapping[int, Any]:
        """Return the value of each suspect that had exactly one, by its position."""
        self._tap.seen, self._tap.moving = {}, -1
        with self._tapped(edit), contextlib.suppress(CodeError):
            self.trial.passes()
        return {k: many[0] for k, many in self._tap.seen.items() if len(many) == 1}

    def meanings(self, values: Mapping[int, Any]) -> Iterator[Meaning]:
        """Measure the values of forward; yield what each does to L."""
        trial, rng = self.trial, stream(0, "meanings")
        for name, many in trial.measured.items():
            directions, sums = tuple(m.direction for m in many), tuple(m.sums for m in many)
            yield Meaning(name, -1, directions, sums)
        forward = [k for k in values if "" in (self.suspects[k].reaches or ())]
        with self._tapped():
            for k in forward[-MOST:]:
                numbers = numbers_of(values[k])
                if numbers is None or not numbers.size:
                    continue
                size = np.maximum(element_sizes(numbers), np.finfo(float).tiny)
                directions = tuple(random_direction(size, rng) for _ in range(DIRECTIONS))
                sums = tuple(self._along(k, d) for d in directions)
                yield Meaning(self.suspects[k], k, directions, sums)

    def element(self, meaning: Meaning, place: int) -> tuple[float, float]:
        """Return dL by one element of a value of forward, and its error bar."""
        size = meaning.directions[0].shape
        one = np.zeros(size)
        one.flat[place] = float(np.abs(meaning.directions[0].flat[place])) or 1.0
        with self._tapped():
            sums = self._along(meaning.number, one)
        return float(sums.value[0]) / one.flat[place], float(sums.error_bar[0]) / one.flat[place]

    def acts_beside(self, k: int, held: Mapping[int, Any]) -> bool:
        """Whether a gradient changes with a value while some others are held as they are."""
        with self._tapped():
            before = self.trial.everything()
            self._tap.held = dict(held)
            try:
                self._tap.moving, self._tap.move = k, lambda value: value * CHANGED + MOVED
                after = self.trial.everything()
            finally:
                self._tap.moving, self._tap.held = -1, {}
        if before is None or after is None:
            return True  # not seen to act through these alone
        return any(not equal(gradient, after.get(name)) for name, gradient in before.items())

    def _along(self, k: int, direction: Array) -> Sums:
        probe, dout = self.trial.probe, self.trial.dout
        nothing = np.full(probe.base.shape, np.nan)

        def line(t: float) -> Array:
            self._tap.moving, self._tap.move = k, lambda value: value + t * direction
            try:
                outputs = output_vector(self.trial.case.run())
            except CodeError:
                return nothing
            finally:
                self._tap.moving = -1
            return (
                outputs if outputs.shape == probe.base.shape else np.full(probe.base.shape, np.nan)
            )

        return gather(slope(line, probe.base, 1.0, probe.noise, dout), dout)

    @contextlib.contextmanager
    def _tapped(self, edit: Edit | None = None) -> Iterator[None]:
        """Run the block with the values of all suspects seen."""
        codes = {}
        with contextlib.ExitStack() as stack:
            if edit is not None:
                stack.enter_context(edit.made())
            for k, suspect in enumerate(self.suspects):
                place = suspect.value
                assert place is not None
                call = ast.Call(ast.Name(TAP, ast.Load()), [ast.Constant(k), place.node], [])
                stack.enter_context(Edit("tap", place.statement, ((place, call),)).made())
            for editable in {id(s.editable): s.editable for s in self.suspects}.values():
                code = editable.source.compiled(editable.tree)
                if code is not None:
                    codes[editable.source.function] = code
        spaces = [function.__globals__ for function in codes]
        try:
            for space in spaces:
                space[TAP] = self._tap
            with exchanged(codes):
                yield
        finally:
            for space in spaces:
                space.pop(TAP, None)


def numbers_of(value: Any) -> Array | None:
    """Return floating-point numbers as float64; None for everything else."""
    array = np.asarray(value) if isinstance(value, np.ndarray | np.floating | float) else None
    return array.astype(float) if array is not None and array.dtype.kind == "f" else None
