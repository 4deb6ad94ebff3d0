"""Other values in the place of what a statement computes: is there one that makes all right?

The gradients that backward claims follow a value inside it linearly, or nearly so. Moving its
numbers one by one gives what has to be put there, by least squares; and if even that leaves a
gradient wrong, the mistake is elsewhere.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.diagnosis.traced import TracedCase
from minnet.gradcheck.measure.bars import NEGLIGIBLE
from minnet.gradcheck.measure.differences import FIRST_STEP
from minnet.report.results import VERIFIED
from minnet.tracing.taps import Handler, Tap

Measured = Mapping[str, tuple[Array, Array]]
#: "cures": some value makes all right, though it has fewer numbers than there are wrong; "may":
#: one does, but it has as many; "cannot": none does; "unknown": that could not be told
Answer = Literal["cures", "may", "cannot", "unknown"]


@dataclass(frozen=True)
class Cure:
    """Whether a statement's value can make all wrong gradients right, and the value that does."""

    answer: Answer
    values: tuple[Array, ...] = ()
    only_one: bool = False  # no other values cure


class Interventions:
    """Puts other values in the place of those that statements of backward compute."""

    def __init__(self, traced: TracedCase, wrong: Measured) -> None:
        self._traced = traced
        self._names = list(wrong)
        self._target = np.concatenate([wrong[n][0].ravel() for n in self._names])
        bar = np.concatenate([wrong[n][1].ravel() for n in self._names])
        self._known = np.isfinite(self._target) & np.isfinite(bar)
        size = np.abs(self._target[self._known])
        near = NEGLIGIBLE * float(size.max(initial=0.0))
        self._bar = 2 * bar[self._known] + near
        self._target = self._target[self._known]
        self._shapes = [wrong[n][0].shape for n in self._names]

    def with_values(self, tap: Tap, values: Sequence[Array]) -> Array | None:
        """Return the wrong gradients, end to end, with these values at a tap, or None."""
        waiting = iter(values)

        def put(value: Any) -> Any:
            new = next(waiting, None)
            if new is None:
                return value
            return new.astype(value.dtype) if isinstance(value, np.ndarray) else np.array(new)[()]

        return self._claimed({tap.number: put})

    def cured(self, found: Array | None) -> bool:
        """Return whether these gradients are the measured ones."""
        return found is not None and bool(np.all(np.abs(found - self._target) <= self._bar))

    def cure(self, tap: Tap, values: Sequence[Array]) -> Cure:
        """Look for values in the place of those that a statement computes that make all right.

        Where it computes one, that may be of another shape, as a sum over other axes is.
        """
        total = sum(value.size for value in values)
        if not values or not self._traced.affords(8 * total):
            return Cure("unknown")
        best = self._solved(tap, list(values))
        if best.answer != "cannot" or len(values) > 1:
            return best
        for shape in self._other_shapes(values[0]):
            start = np.full(shape, float(np.mean(values[0])))
            found = self._solved(tap, [start])
            if found.answer in ("cures", "may"):
                return found
        return best

    def cure_by_size(self, tap: Tap) -> Cure:
        """Try other sizes in the place of one, or of one of several, that a statement computes."""
        held: list[Any] = []

        def note(value: Any) -> Any:
            held.append(value)
            return value

        self._claimed({tap.number: note})
        if len(held) != 1 or not _are_sizes(held[0]):
            return Cure("unknown")
        several = isinstance(held[0], tuple | list)
        ran = False
        for k, old in enumerate(held[0] if several else held[:1]):
            for size in sorted(self._sizes - {old}):
                found = self._claimed({tap.number: _with_item(k if several else None, size)})
                ran |= found is not None
                if self.cured(found):
                    return Cure("cures")
        return Cure("cannot" if ran else "unknown")

    def cures_by_length(self, tap: Tap) -> bool:
        """Return whether a loop over a range makes all right when it is of another length."""

        def put(size: int) -> Handler:
            return lambda value: range(size) if isinstance(value, range) else value

        return any(self.cured(self._claimed({tap.number: put(n)})) for n in sorted(self._sizes))

    @cached_property
    def _sizes(self) -> set[int]:
        """The sizes that there are in this case."""
        arrays = [*self._traced.case.variables.values(), *self._traced.case.run().outputs]
        return {n for x in arrays for n in (*x.shape, x.size)} | {1, 2}

    def _other_shapes(self, value: Array) -> Iterator[tuple[int, ...]]:
        """Yield the shapes of sums over axes of a wrong gradient, small ones first."""
        found: set[tuple[int, ...]] = set()
        for shape in self._shapes:
            for kept in itertools.product((False, True), repeat=len(shape)):
                found.add(tuple(n if keep else 1 for n, keep in zip(shape, kept, strict=True)))
        whole = {value.shape, *self._shapes}  # as many numbers as there are wrong cure anything
        shapes = [s for s in found - whole if self._traced.affords(8 * int(np.prod(s)))]
        yield from sorted(shapes, key=lambda s: (np.prod(s), s))

    def _solved(self, tap: Tap, start: list[Array]) -> Cure:
        """Go towards the values that cure, by Gauss and Newton."""
        shapes = [value.shape for value in start]
        single = all(value.size == 1 for value in start)  # it may have to be an array
        x = np.concatenate([value.astype(np.float64).ravel() for value in start])
        gradients = self.with_values(tap, _cut(x, shapes))
        if gradients is None:
            return Cure("unknown")
        for _ in range(4):
            jacobian = self._jacobian(tap, x, shapes, gradients)
            if jacobian is None:
                return Cure("unknown")
            error = self._target - gradients
            step, _, rank, _ = np.linalg.lstsq(jacobian, error, rcond=1e-9)
            after = self.with_values(tap, _cut(x + step, shapes))
            if after is None:
                return Cure("unknown")
            if self.cured(after):
                answer: Answer = "cures" if rank < self._target.size else "may"
                return Cure(answer, tuple(_cut(x + step, shapes)), rank == x.size)
            expected = gradients + jacobian @ step
            left = float(np.linalg.norm(self._target - expected))
            linear = float(np.linalg.norm(after - expected)) < VERIFIED * float(
                np.linalg.norm(error)
            )
            if linear:
                all_is_left = left > VERIFIED * float(np.linalg.norm(error))
                sure = (
                    all_is_left
                    and not single
                    and self._is_linear(tap, x, shapes, gradients, jacobian)
                )
                return Cure("cannot" if sure else "unknown")
            x, gradients = x + step, after
        return Cure("unknown")

    def _is_linear(
        self, tap: Tap, x: Array, shapes: list[tuple[int, ...]], gradients: Array, jacobian: Array
    ) -> bool:
        """Return whether the gradients follow in proportion far away as well, signs turned."""
        away = -2.0 * x - np.where(x == 0, 1.0, 0.0)
        found = self.with_values(tap, _cut(x + away, shapes))
        if found is None:
            return False
        moved = float(np.linalg.norm(found - gradients))
        return moved > 0 and (
            float(np.linalg.norm(gradients + jacobian @ away - found)) < VERIFIED * moved
        )

    def _jacobian(
        self, tap: Tap, x: Array, shapes: list[tuple[int, ...]], gradients: Array
    ) -> Array | None:
        size = float(np.abs(x).max(initial=0.0)) or 1.0
        columns = []
        for k in range(x.size):
            ends = []
            for way in (1, -1):
                moved = x.copy()
                moved[k] += way * FIRST_STEP * size
                ends.append(self.with_values(tap, _cut(moved, shapes)))
            if ends[0] is None or ends[1] is None:
                return None
            columns.append((ends[0] - ends[1]) / (2 * FIRST_STEP * size))
        return np.stack(columns, axis=1)

    def _claimed(self, handlers: dict[int, Handler]) -> Array | None:
        if not self._traced.affords(1):
            return None
        try:
            found = self._traced.passes(self._traced.expressions, {}, handlers).claims
            parts = [np.asarray(found[name], np.float64) for name in self._names]
        except (CodeError, ValueError, TypeError):
            return None
        if [part.shape for part in parts] != self._shapes:
            return None
        flat = np.concatenate([part.ravel() for part in parts])[self._known]
        return flat if np.isfinite(flat).all() else None


def _cut(x: Array, shapes: list[tuple[int, ...]]) -> list[Array]:
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
    return [part.reshape(shape) for part, shape in zip(np.split(x, ends), shapes, strict=True)]


def _are_sizes(value: Any) -> bool:
    items = value if isinstance(value, tuple | list) else [value]
    return bool(items) and all(isinstance(n, int | np.integer) for n in items)


def _with_item(k: int | None, size: int) -> Handler:
    """Return what puts a size in the place of another, or of the item `k` of several."""

    def put(value: Any) -> Any:
        if k is None:
            return size
        return type(value)(size if j == k else item for j, item in enumerate(value))

    return put
