"""Measured gradients of a case: along random directions, and element by element.

A `Probe` holds one case at one point, its outputs there and their noise, and measures how each
output changes when a variable is moved. What it measures is a part of the Jacobian: it knows
of no upstream gradient until the numbers are added up by `gather`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError, output_vector
from minnet.gradcheck.measure.differences import SHORTEST_STEP, Line, Slope, slope
from minnet.gradcheck.measure.noise import noise_floor

#: a tensor is perturbed in proportion to its elements when these spread more than so much
WIDE_SPREAD = 300.0
#: no step is shorter than so many units in the last place of the variable's own dtype
RESOLUTION = 1024
#: the most numbers of a Jacobian that are kept at once
LARGEST_JACOBIAN = 4_000_000


class Probe:
    """Measures the derivatives of one case at its own point.

    Parameters
    ----------
    case : Case
    rng : numpy.random.Generator
        Draws the directions.
    step : float, optional
        A fixed longest step, in units of the variable, instead of the automatic choice.

    Raises
    ------
    CodeError
        When the forward pass raises at the case's own point.
    """

    def __init__(self, case: Case, rng: np.random.Generator, step: float | None = None) -> None:
        self.case, self.rng, self.step = case, rng, step
        start = time.perf_counter()
        self.run = case.run()
        self.seconds_per_run = max(time.perf_counter() - start, 1e-6)
        self.outputs = self.run.outputs
        self.base = output_vector(self.run)
        self.size = {name: element_sizes(x) for name, x in case.variables.items()}
        self._noise: Array | None = None
        self._axes: dict[str, dict[int, Array]] = {}
        self._jacobians: dict[str, Jacobian] = {}
        self._complete: dict[str, list[_Group]] = {}

    @property
    def noise(self) -> Array:
        """The standard deviation of the round-off in every output, (m,), measured once."""
        if self._noise is None:
            lines = [self._line_in_all_variables() for _ in range(3)]
            self._noise = noise_floor(lines[0], self.base, 1.0, *lines[1:])
        return self._noise

    @cached_property
    def relative_noise(self) -> float:
        """The round-off of the forward pass relative to its outputs, at least float64's."""
        size = np.abs(self.base)
        some = (size > 0) & np.isfinite(size)
        measured = float(np.median(self.noise[some] / size[some])) if some.any() else 0.0
        return max(measured, float(np.finfo(float).eps))

    def random_direction(self, name: str) -> Array:
        """Return a random direction for variable `name`: each element ± its typical size."""
        size = self.size[name]
        signs = self.rng.choice([-1.0, 1.0], size.shape)
        return np.asarray(signs * size * self.rng.uniform(0.7, 1.3, size.shape))

    def along(self, name: str, direction: Array, weight: Array) -> Slope:
        """Measure every output's derivative as variable `name` moves along `direction`.

        The derivative is per unit t of ``x + t·direction``, where `direction` is of the
        typical size of x; `weight` (m,) says how much each output counts.
        """
        return self.along_all({name: direction}, weight)

    def along_all(self, directions: dict[str, Array], weight: Array) -> Slope:
        """Measure every output's derivative as several variables move at once (see `along`)."""
        step = None
        if self.step is not None:
            step = self.step / max(float(np.abs(d).max(initial=0.0)) for d in directions.values())
        line = lambda t: self._outputs_at(directions, t)  # noqa: E731
        coarsest = max(float(np.finfo(self.case.variables[n].dtype).eps) for n in directions)
        shortest = max(SHORTEST_STEP, RESOLUTION * coarsest)
        return slope(line, self.base, 1.0, self.noise, weight, step, shortest)

    def far(self) -> Array:
        """Return how far each output goes, per unit t, when all variables move a long way."""
        line, steps = self._line_in_all_variables(), (1.0, -1.0, 3.0, -3.0)
        moved = np.array([np.abs(line(t) - self.base) / abs(t) for t in steps])
        return np.asarray(np.where(np.isfinite(moved), moved, 0.0).max(axis=0))

    def columns(self, name: str, flat: Iterable[int], weight: Array) -> Iterator[Column]:
        """Measure the derivative of every output with respect to single elements, in turn."""
        for group in self._measured(name, flat, weight):
            for k, element in enumerate(group.elements):
                yield Column(int(element), group.column(k))

    def elements(self, name: str, flat: Iterable[int], weight: Array) -> Iterator[Sums]:
        """Measure single elements, and add up their outputs by `weight` (see `gather`).

        Elements that are shown to move different outputs are measured at the same time.
        """
        for group in self._measured(name, flat, weight):
            yield group.sums(weight)

    def jacobian(self, name: str) -> Jacobian:
        """Measure ∂output/∂variable in full: arrays of shape (m, n), kept for the next caller.

        Raises
        ------
        ValueError
            When it would hold more than LARGEST_JACOBIAN numbers.
        """
        if name not in self._jacobians:
            n, m = self.case.variables[name].size, self.base.size
            if m * n > LARGEST_JACOBIAN:
                raise ValueError(f"the Jacobian of {name} would hold {m} x {n} numbers")
            value, bar = np.zeros((m, n)), np.zeros((m, n))
            at_kink = np.zeros((m, n), bool)
            for column in self.columns(name, range(n), np.ones(m)):
                value[:, column.element] = column.slope.value
                bar[:, column.element] = column.slope.error_bar
                at_kink[:, column.element] = column.slope.at_kink
            self._jacobians[name] = Jacobian(value, bar, at_kink)
        return self._jacobians[name]

    def _measured(self, name: str, flat: Iterable[int], weight: Array) -> Iterator[_Group]:
        wanted = np.fromiter(flat, int)
        size = self.size[name].ravel()
        if len(wanted) == len(size) and name in self._complete:
            yield from self._complete[name]
            return
        shape = self.case.variables[name].shape
        groups = []
        for group in self._groups(name, wanted):
            direction = np.zeros(size.size)
            direction[group] = size[group]
            found = self.along(name, direction.reshape(shape), weight)
            owner = self._owner(name, group) if len(group) > 1 else np.zeros(self.base.size, int)
            groups.append(_Group(group, found, owner, size[group]))
            yield groups[-1]
        # Measured for the verdict, all elements serve the diagnosis as well.
        if len(wanted) == len(size) and 8 * self.base.size * len(groups) <= LARGEST_JACOBIAN:
            self._complete[name] = groups

    # --- how the outputs are computed -----------------------------------------------------

    def _outputs_at(self, moves: dict[str, Array], t: float) -> Array:
        values = {}
        for name, move in moves.items():
            x = self.case.variables[name]
            values[name] = (x + t * move).astype(x.dtype, copy=False)
        try:
            outputs = output_vector(self.case.run(values))
        except CodeError:  # outside the domain: the code refuses these inputs
            return np.full(self.base.shape, np.nan)
        return outputs if outputs.shape == self.base.shape else np.full(self.base.shape, np.nan)

    def _line_in_all_variables(self) -> Line:
        moves = {name: self.random_direction(name) for name in self.size}
        return lambda t: self._outputs_at(moves, t)

    # --- elements that may be measured together -------------------------------------------

    def _groups(self, name: str, flat: Array) -> list[Array]:
        """Split elements into groups whose members move disjoint sets of outputs."""
        axes = self._independent_axes(name, len(flat))
        if not axes:
            return [np.array([element]) for element in flat]
        index = np.array(np.unravel_index(flat, self.case.variables[name].shape))
        shared = [axis for axis in range(len(index)) if axis not in axes]
        if not shared:
            return [flat]
        _, which = np.unique(index[shared], axis=1, return_inverse=True)
        which = which.ravel()
        return [flat[which == k] for k in range(which.max() + 1)]

    def _independent_axes(self, name: str, wanted: int) -> dict[int, Array]:
        """Find the axes along which the slices of a variable move disjoint sets of outputs.

        A convolution treats the samples of a batch, and the filters, one apart from another.
        This is shown, not assumed: every slice is moved on its own and the outputs that
        change are compared. The result maps such an axis to the slice that each output
        belongs to, (m,), -1 where it belongs to none.
        """
        if name not in self._axes:
            shape = self.case.variables[name].shape
            worth_it = 2 * sum(shape) < 4 * wanted
            owners = {a: self._owners_along(name, a) for a in range(len(shape)) if worth_it}
            if not worth_it:
                return {}
            self._axes[name] = {a: owner for a, owner in owners.items() if owner is not None}
        return self._axes[name]

    def _owners_along(self, name: str, axis: int) -> Array | None:
        """Return which slice along `axis` moves each output; None if two move the same one."""
        shape = self.case.variables[name].shape
        owner = np.full(self.base.size, -1)
        for k in range(shape[axis]):
            mask = np.zeros(shape)
            mask[(slice(None),) * axis + (k,)] = 1.0
            moved = np.zeros(self.base.size, bool)
            moves = {name: self.random_direction(name) * mask}
            for t in (1.0, -1.0):
                moved |= ~(self._outputs_at(moves, t) == self.base)
            if (owner[moved] >= 0).any():
                return None
            owner[moved] = k
        return owner if (owner >= 0).any() else None

    def _owner(self, name: str, group: Array) -> Array:
        """Return for each output which member of the group moves it; -1: none."""
        index = np.unravel_index(group, self.case.variables[name].shape)
        owner = np.zeros(self.base.size, int) - 1
        for k in range(len(group)):
            mine = np.ones(self.base.size, bool)
            for axis, slice_of in self._axes[name].items():
                mine &= slice_of == index[axis][k]
            owner[mine] = k
        return owner


@dataclass(frozen=True)
class Column:
    """The derivative of every output with respect to one element (its flat index)."""

    element: int
    slope: Slope


@dataclass(frozen=True)
class Sums:
    """The gradients of some elements (flat indices), each summed over all outputs; (k,) each."""

    elements: Array
    value: Array
    error_bar: Array
    at_kink: Array
    reach: Array


@dataclass(frozen=True)
class _Group:
    """Elements moved at once: what was found, and which of them moves each output (-1: none)."""

    elements: Array
    slope: Slope
    owner: Array
    size: Array

    def column(self, k: int) -> Slope:
        """Return the derivatives with respect to the k-th element alone, per unit of it."""
        mine = self.owner == k
        found, size = self.slope, float(self.size[k])
        return replace(
            found,
            value=np.where(mine, found.value, 0.0) / size,
            # an output that nothing was seen to move may still move below its noise
            error_bar=np.where(mine | (self.owner < 0), found.error_bar, 0.0) / size,
            at_kink=found.at_kink & mine,
            reach=np.where(mine, found.reach, 0.0) / size,
        )

    def sums(self, weight: Array) -> Sums:
        """Return what `gather` makes of each column, all at once."""
        found, count = self.slope, len(self.elements)
        used = (self.owner >= 0) & (weight != 0)
        owner = np.where(used, self.owner, 0)

        def add(terms: Array, where: Array) -> Array:
            return np.bincount(owner, np.where(where, terms, 0.0), minlength=count)

        with np.errstate(invalid="ignore"):
            bars = np.where(weight != 0, np.abs(weight) * found.error_bar, 0.0)
        smooth, kinks = used & ~found.at_kink, used & found.at_kink
        unseen = bars[(self.owner < 0) & ~found.at_kink]
        spread = 2.0 * np.sqrt(add(bars**2, smooth) + float(np.sum(unseen**2)))
        at_most = add(bars, smooth) + float(np.sum(unseen))
        return Sums(
            self.elements,
            add(weight * found.value, used) / self.size,
            (np.fmin(spread, at_most) + add(bars, kinks)) / self.size,
            add(np.ones(len(weight)), kinks) > 0,
            np.sqrt(add((weight * found.reach) ** 2, used)) / self.size,
        )


@dataclass(frozen=True)
class Jacobian:
    """∂output/∂variable with its error bars: three arrays of shape (m, n)."""

    value: Array
    error_bar: Array
    at_kink: Array


def element_sizes(x: Array) -> Array:
    """Return by how much each element is perturbed: the typical size of x, or its own.

    >>> element_sizes(np.array([1.0, -1.0, 0.0]))
    array([1., 1., 1.])
    >>> element_sizes(np.array([1e-6, 1e6]))
    array([1.e-06, 1.e+06])
    """
    magnitude = np.abs(x.astype(np.float64))
    some = magnitude[(magnitude > 0) & np.isfinite(magnitude)]
    if some.size == 0:
        return np.ones(x.shape)
    low, high = np.quantile(some, [0.05, 0.95], method="nearest")
    if high <= WIDE_SPREAD * low:
        return np.full(x.shape, high * float(np.sqrt(np.mean((some / high) ** 2))))
    return np.where(magnitude > 0, magnitude, low)


def gather(found: Slope, weight: Array, *, kinks: bool) -> tuple[float, float]:
    """Add up the outputs' derivatives, each times its upstream weight, and their error bars.

    The errors of different outputs are independent of the random signs of the upstream
    gradient, so their bars add in squares; where `kinks` is true the outputs at a kink count
    too, with intervals that add in full.

    Returns
    -------
    value, error_bar : float
    """
    use = (weight != 0) & (~found.at_kink | kinks)
    value = float(np.sum(np.where(use, weight * found.value, 0.0)))
    bars = np.where(use, np.abs(weight) * found.error_bar, 0.0)
    smooth = bars[~found.at_kink]
    most = float(smooth.max(initial=0.0))
    spread = 2.0 * float(np.linalg.norm(smooth)) if np.isfinite(most) else np.inf
    return value, min(spread, float(smooth.sum())) + float(bars[found.at_kink].sum())


def reach_of(found: Slope, weight: Array) -> float:
    """Return how large the derivative might have been, all outputs together."""
    return float(np.linalg.norm(weight * found.reach))
