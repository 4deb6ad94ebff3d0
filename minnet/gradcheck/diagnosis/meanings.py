"""What a number of backward means: which value of forward it is the gradient of.

The gradient of the loss with respect to a value inside forward is measured by moving that value
where it arises. One random direction tells whether an array is that gradient; only what is shown
is measured element by element.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import CodeError, output_vector
from minnet.gradcheck.diagnosis.traced import TracedCase
from minnet.gradcheck.measure.bars import MEANINGFUL, NEGLIGIBLE, gather
from minnet.gradcheck.measure.differences import slope
from minnet.gradcheck.measure.noise import noise_floor
from minnet.gradcheck.measure.probe import RUNS_PER_ELEMENT
from minnet.report.results import SourceLine
from minnet.tracing.taps import Tap


@dataclass(frozen=True)
class Meaning:
    """The gradient of the loss with respect to a value of forward: its name or text, its line."""

    of: str
    line: SourceLine

    @property
    def text(self) -> str:
        """In words: "dL/d(var) (line 17)"."""
        return f"dL/d({self.of}) (line {self.line.number})"


@dataclass(frozen=True, eq=False)
class ForwardValue:
    """A value inside forward that arises once, and the tap where it does."""

    tap: Tap
    value: Array

    @property
    def name(self) -> str:
        return self.tap.name

    @property
    def meaning(self) -> Meaning:
        """What the gradient of this value is called."""
        source, node = self.tap.source, self.tap.node
        value = getattr(node, "value", node) if self.tap.is_statement else node
        of = self.name or " ".join(source.segment(value or node).split())
        return Meaning(of, SourceLine(source.file, node.lineno, source.line(node.lineno)))


class Meanings:
    """The gradients of what forward computes, measured when they are asked for.

    Parameters
    ----------
    traced : TracedCase
    rng : numpy.random.Generator
        Draws the directions.
    """

    def __init__(self, traced: TracedCase, rng: np.random.Generator) -> None:
        self._traced, self._rng = traced, rng
        self._directions: dict[int, Array] = {}
        self._slopes: dict[ForwardValue, tuple[float, float]] = {}

    def of(self, value: Array) -> list[ForwardValue]:
        """Return the values of forward that these numbers are the gradient of."""
        flat = value.astype(np.float64).ravel()
        if not flat.any() or not np.isfinite(flat).all():
            return []
        return [v for v in self.values if v.value.size == flat.size and self._is(v, flat)]

    def differs(self, v: ForwardValue, value: Array) -> bool:
        """Return whether these numbers are surely not the gradient of a value."""
        distance, bar, size = self._apart(v, value.astype(np.float64).ravel())
        return bool(distance > bar + NEGLIGIBLE * max(size, distance))

    def _is(self, v: ForwardValue, flat: Array) -> bool:
        distance, bar, size = self._apart(v, flat)
        return bool(bar <= NEGLIGIBLE * size and distance <= bar + NEGLIGIBLE**1.5 * size)

    def _apart(self, v: ForwardValue, flat: Array) -> tuple[float, float, float]:
        """Return how far numbers are from the gradient along a direction, the bar, and the size."""
        if v not in self._slopes:
            self._slopes[v] = self._along(v, self._direction(v))
        found, bar = self._slopes[v]
        terms = self._direction(v) * flat
        return abs(float(terms.sum()) - found), bar, float(np.sqrt(np.sum(terms**2)))

    def gradient(self, v: ForwardValue) -> tuple[Array, Array] | None:
        """Measure the whole gradient of a value and its error bar; None where that is too much."""
        value, bar = np.zeros(v.value.size), np.full(v.value.size, np.inf)
        if not self._traced.affords(RUNS_PER_ELEMENT * v.value.size):
            return None
        for k in range(v.value.size):
            value[k], bar[k] = self.element(v, k)
        return value.reshape(v.value.shape), bar.reshape(v.value.shape)

    def element(self, v: ForwardValue, k: int) -> tuple[float, float]:
        """Measure one element of the gradient of a value: it, and its error bar."""
        direction = np.zeros(v.value.size)
        direction[k] = self._size(v)
        found, bar = self._along(v, direction)
        return found / direction[k], bar / direction[k]

    # --- measuring ------------------------------------------------------------------------

    def _size(self, v: ForwardValue) -> float:
        size = np.abs(v.value[np.isfinite(v.value)])
        return float(size.max(initial=0.0)) or 1.0

    def _direction(self, v: ForwardValue) -> Array:
        n = v.value.size
        if n not in self._directions:
            self._directions[n] = self._rng.choice([-1.0, 1.0], n) * self._rng.uniform(0.5, 1.0, n)
        return self._directions[n] * self._size(v)

    def _along(self, v: ForwardValue, direction: Array) -> tuple[float, float]:
        """Return the derivative of the loss as a value moves along a direction, and its bar."""
        if not self._traced.affords(RUNS_PER_ELEMENT):
            return 0.0, np.inf
        line = lambda t: self._outputs(v, t * direction)  # noqa: E731
        if self._noise is None:
            self._noise = noise_floor(line, self._base, 1.0)
        dout = self._traced.dout
        found = slope(line, self._base, 1.0, self._noise, dout, target=NEGLIGIBLE * MEANINGFUL)
        sums = gather(found, dout)
        return float(sums.value[0]), float(sums.error_bar[0])

    _noise: Array | None = None

    @cached_property
    def _base(self) -> Array:
        return output_vector(self._traced.case.run())

    def _outputs(self, v: ForwardValue, move: Array) -> Array:
        def moved(value: Any) -> Any:
            if np.size(value) != move.size:
                return value
            new = value + move.reshape(np.shape(value))
            if isinstance(value, np.ndarray):
                return new.astype(value.dtype)
            return type(value)(new)

        try:
            outputs = self._traced.outputs({v.tap.number: moved})
        except CodeError:
            outputs = np.zeros(0)
        return outputs if outputs.size == self._base.size else np.full(self._base.size, np.nan)

    # --- what there is --------------------------------------------------------------------

    @cached_property
    def values(self) -> list[ForwardValue]:
        """What forward computes, first what has a name."""
        return list(self._all_values())

    def _all_values(self) -> Iterator[ForwardValue]:
        """Yield what forward computes: what has a name first, then what is within expressions.

        A name that is read says nothing of the value as a whole: it may be read elsewhere too.
        """
        recorded = self._traced.recorded["forward"]
        for wanted in (True, False):
            for tap, values in recorded.items():
                if tap.is_statement == wanted and len(values) == 1 and _is_whole(tap):
                    yield ForwardValue(tap, values[0])


def _is_whole(tap: Tap) -> bool:
    """Return whether a tap sees a value wherever it goes, not only where a name is read once."""
    if not isinstance(tap.node, ast.Name):
        return not isinstance(tap.node, ast.Attribute)
    return _names_in(tap.function)[tap.node.id] == 1


@lru_cache(maxsize=256)
def _names_in(function: ast.FunctionDef) -> Counter[str]:
    return Counter(node.id for node in ast.walk(function) if isinstance(node, ast.Name))
