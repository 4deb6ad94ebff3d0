"""Measured gradients of a case: along random directions, and element by element.

A `Probe` holds one case at one point, its outputs there and their noise, and measures how each
output changes when a variable is moved. What it measures is a part of the Jacobian: it knows
of no upstream gradient until the numbers are added up by `bars.gather`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, cached_property, lru_cache

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError, Run, output_vector
from minnet.gradcheck.measure.bars import (
    COARSE,
    EPS,
    MOST,
    NEGLIGIBLE,
    Jacobian,
    Precision,
    Slope,
    Sums,
    median,
    norm,
    rounding,
)
from minnet.gradcheck.measure.differences import (
    CONFIDENCE,
    FIRST_STEP,
    Line,
    glanced,
    is_straight,
    slope,
)
from minnet.gradcheck.measure.effort import with_effort
from minnet.gradcheck.measure.groups import (
    Group,
    Supports,
    random_direction,
    supports,
)
from minnet.gradcheck.measure.noise import noise_floor
from minnet.gradcheck.measure.staircase import without_jumps
from minnet.records import dataclass

#: the step of a glance, in typical sizes: few kinks are so near, and as much is lost to round-off
#: as to the third derivative
GLANCE = 2.0**-18
#: steps, in typical sizes: one that float64 can tell and no shorter format, and one that all can
TELLING, TOLD = 2.0**-36, 2.0**-13
#: a tensor is perturbed in proportion to its elements when these spread more than so much
WIDE_SPREAD = 300.0
#: so many elements tell what is typical of an array
TYPICAL = 4096
#: the most numbers of a Jacobian that are kept at once
LARGEST_JACOBIAN = 4_000_000
#: forward passes that looking for elements to be measured together may take
LOOKING = 500
#: forward passes that one question about one gradient may take, and backward passes
RUNS, RUNS_IF_SLOW = 3000, 300
#: forward passes that one element takes to measure, at the most where all is smooth
RUNS_PER_ELEMENT = 10


class Probe:
    """Measures the derivatives of one case at its own point.

    Parameters
    ----------
    case : Case
    rng : numpy.random.Generator
        Draws the directions.
    step : float, optional
        A fixed longest step, in units of the variable, instead of the automatic choice.
    least_noise : float
        The round-off of backward, relative to its gradients, where forward's is smaller.
    glance : bool
        Measure with one short step (see `glanced`), and take the round-off to be that of the
        number format instead of measuring it.
    ran : tuple of Run and bool, optional
        A forward pass that has been made at this point, and whether it is slow.

    Raises
    ------
    CodeError
        When the forward pass raises at the case's own point.
    """

    def __init__(
        self,
        case: Case,
        rng: np.random.Generator,
        step: float | None = None,
        least_noise: float = EPS,
        glance: bool = False,
        ran: tuple[Run, bool] | None = None,
    ) -> None:
        self.case, self.rng, self.step, self._least_noise = case, rng, step, least_noise
        self._glance = glance
        self.run, self.slow = ran or ((case.run(), False) if glance else with_effort(case.run))
        self.outputs = self.run.outputs
        self.base = output_vector(self.run)
        self.size = {name: self._sizes(name) for name in case.variables}
        self._supports: dict[str, Supports] = {}
        self._straight: dict[str, bool] = {}
        self._jacobians: dict[str, Jacobian] = {}
        self._complete: dict[str, list[Group]] = {}

    @cached_property
    def noise(self) -> Array:
        """The standard deviation of the round-off in every output, (m,), measured once."""
        if self._glance:
            size = np.abs(self.base)
            return np.asarray(self._coarsest * np.fmax(size, median(size)))
        lines = [self._line_in_all_variables() for _ in range(3)]
        noise = noise_floor(lines[0], self.base, 1.0, *lines[1:])
        if any(x.dtype != np.float64 for x in self.case.variables.values()):
            return noise  # their own format makes steps
        return without_jumps(noise, lines[0], self.base, 1.0)

    @property
    def _coarsest(self) -> float:
        """The round-off of the shortest number format among the outputs."""
        return max(rounding(out.dtype.type) for out in self.outputs)

    @cached_property
    def _usual_noise(self) -> float:
        return float(median(self.noise))

    @cached_property
    def precision(self) -> Precision:
        """The round-off of forward relative to its outputs; at least that of backward."""
        if self._glance:
            return Precision(max(self._coarsest, self._least_noise))
        measured = self._noise_beside(np.abs(self.base))
        if measured > COARSE:  # outputs that have all but cancelled are no measure
            moved = np.abs(self._line_in_all_variables()(FIRST_STEP) - self.base)
            measured = min(measured, self._noise_beside(np.fmax(np.abs(self.base), moved)))
        return Precision(max(measured, self._least_noise))

    def _noise_beside(self, size: Array) -> float:
        some = (size > 0) & np.isfinite(size)
        return float(median(self.noise[some] / size[some])) if some.any() else 0.0

    def _sizes(self, name: str) -> Array:
        """Return by how much each element is perturbed.

        What is so small that the outputs do not follow it is perturbed as zeros are.
        """
        size = element_sizes(self.case.variables[name])
        if size.max(initial=0.0) < NEGLIGIBLE:
            moved = np.abs(self._outputs_at({name: size}, 1.0) - self.base)
            if np.all(moved <= NEGLIGIBLE * np.abs(self.base)):
                return np.ones(size.shape)
        return size

    @property
    def runs(self) -> int:
        """How many forward passes one question about one gradient may take; fewer if slow."""
        return RUNS_IF_SLOW if self.slow else RUNS

    def random_direction(self, name: str) -> Array:
        """Return a random direction for variable `name`: each element ± its typical size."""
        return random_direction(self.size[name], self.rng)

    def along(self, name: str, direction: Array, dout: Array, straight: bool = False) -> Slope:
        """Measure every output's derivative as variable `name` moves along `direction`.

        The derivative is per unit t of ``x + t·direction``, where `direction` is of the
        typical size of x; `dout` (m,) says how much each output counts; `straight` is as in
        `slope`.
        """
        return self.along_all({name: direction}, dout, straight)

    def along_all(self, directions: dict[str, Array], dout: Array, straight: bool = False) -> Slope:
        """Measure every output's derivative as several variables move at once (see `along`)."""
        line = lambda t: self._outputs_at(directions, t)  # noqa: E731
        if self._glance:
            return glanced(line, self.base, GLANCE, self.noise)
        step = None
        if self.step is not None:
            step = self.step / max(float(np.abs(d).max(initial=0.0)) for d in directions.values())
        coarsest = max(float(np.finfo(self.case.variables[n].dtype).eps) for n in directions)
        aim, usual = self.precision.telling, self._usual_noise
        return slope(line, self.base, 1.0, self.noise, dout, step, coarsest, aim, straight, usual)

    def far(self) -> Array:
        """Return how far each output goes, per unit t, when all variables move a long way.

        NaN where that is not to be had.
        """
        line, steps = self._line_in_all_variables(), (1.0, -1.0, 3.0, -3.0)
        moved = np.array([np.abs(line(t) - self.base) / abs(t) for t in steps])
        return np.asarray(np.fmax.reduce(np.where(np.isfinite(moved), moved, np.nan)))

    def columns(self, name: str, flat: Iterable[int], dout: Array) -> Iterator[Column]:
        """Measure the derivative of every output with respect to single elements, in turn."""
        for group in self._measured(name, flat, dout):
            for k, element in enumerate(group.elements):
                yield Column(int(element), group.column(k))

    def elements(
        self, name: str, flat: Iterable[int], dout: Array, straight: bool = False
    ) -> Iterator[tuple[Array, Sums]]:
        """Measure single elements, and add up their outputs by `dout` (see `bars.gather`).

        Yields the elements (flat indices) that were measured at the same time, and their sums.
        Taken to be `straight`, lines that are odd may get too narrow a bar (see `slope`).
        """
        for group in self._measured(name, flat, dout, straight):
            yield group.elements, group.sums(dout)

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

    def runs_for(self, name: str, flat: Array | None = None) -> int:
        """Return about how many forward passes it takes to measure these elements, or all."""
        wanted = np.arange(self.size[name].size) if flat is None else flat
        return RUNS_PER_ELEMENT * len(self._groups(name, wanted))

    def _measured(
        self, name: str, flat: Iterable[int], dout: Array, straight: bool = False
    ) -> Iterator[Group]:
        wanted = np.fromiter(flat, int)
        size = self.size[name].ravel()
        if len(wanted) == len(size) and name in self._complete:
            yield from self._complete[name]
            return
        shape = self.case.variables[name].shape
        groups, apart = [], self._groups(name, wanted)
        # looking takes as many forward passes as an element
        seen = len(apart) > RUNS_PER_ELEMENT and not straight and self._is_straight(name)
        for group in apart:
            direction = np.zeros(size.size)
            direction[group] = size[group]
            found = self.along(name, direction.reshape(shape), dout, straight or seen)
            single = len(group) == 1
            owner = np.zeros(self.base.size, int) if single else self._owner(name, group)
            groups.append(Group(group, found, owner, size[group]))
            yield groups[-1]
        # Measured for the verdict, all elements serve the diagnosis as well.
        if (
            not straight
            and len(wanted) == len(size)
            and 8 * self.base.size * len(groups) <= LARGEST_JACOBIAN
        ):
            self._complete[name] = groups

    def _is_straight(self, name: str) -> bool:
        """Return whether the outputs are linear in a variable, as far as a direction shows."""
        if name not in self._straight:
            own = np.random.default_rng(0)  # what is drawn next is not to depend on this
            moves = {name: random_direction(self.size[name], own)}
            line = lambda t: self._outputs_at(moves, t)  # noqa: E731
            self._straight[name] = is_straight(line, self.base, 1.0, self.noise)
        return self._straight[name]

    def follows(self, name: str) -> bool:
        """Return whether the outputs follow a variable in steps as short as float64 can tell.

        Where a shorter format is between the two, numbers there stick, or jump by too much.
        """
        own = np.random.default_rng(0)
        moves = {name: random_direction(self.size[name], own)}
        near, far = ((self._outputs_at(moves, t) - self.base) / t for t in (TELLING, TOLD))
        lost = CONFIDENCE * norm(self.noise) / TELLING
        return bool(norm(near - far) <= MOST * norm(far) + lost)

    def _groups(self, name: str, flat: Array) -> list[Array]:
        """Split elements into groups whose members move disjoint sets of outputs."""
        shape = self.case.variables[name].shape
        if name not in self._supports:
            looking = 2 * sum(shape)
            if looking > LOOKING or looking >= 4 * len(flat):  # it costs more than it may save
                return [np.array([element]) for element in flat]
            move = lambda direction, t: self._outputs_at({name: direction}, t)  # noqa: E731
            self._supports[name] = supports(move, self.base, self.size[name], self.rng)
        return self._supports[name].groups(flat)

    def _owner(self, name: str, group: Array) -> Array:
        return self._supports[name].owner(group, self.base.size)

    def _outputs_at(self, moves: dict[str, Array], t: float) -> Array:
        values = {}
        for name, move in moves.items():
            x = self.case.variables[name]
            values[name] = (x + t * move).astype(x.dtype, copy=False)
        try:
            outputs = output_vector(self.case.run(values, as_given=True))
        except CodeError:  # outside the domain: the code refuses these inputs
            return np.full(self.base.shape, np.nan)
        return outputs if outputs.shape == self.base.shape else np.full(self.base.shape, np.nan)

    def _line_in_all_variables(self) -> Line:
        # drawn when it is asked for: most lines are spares
        moves = cache(lambda: {name: self.random_direction(name) for name in self.size})
        return lambda t: self._outputs_at(moves(), t)


@dataclass(frozen=True)
class Column:
    """The derivative of every output with respect to one element (its flat index)."""

    element: int
    slope: Slope


def element_sizes(x: Array) -> Array:
    """Return by how much each element is perturbed: the typical size of x, or its own.

    >>> element_sizes(np.array([1.0, -1.0, 0.0]))
    array([1., 1., 1.])
    >>> element_sizes(np.array([1e-6, 1e6]))
    array([1.e-06, 1.e+06])
    >>> element_sizes(np.array([0.0, -1e9]))  # a mask: its numbers are marks
    array([1., 1.])
    >>> element_sizes(np.array([1.0, -1.0, -np.inf]))  # infinity cannot be moved
    array([1., 1., 0.])
    """
    finite = np.isfinite(x)
    if finite.all():
        return _finite_sizes(np.abs(x.astype(np.float64, copy=False)))
    magnitude = np.where(finite, np.abs(x.astype(np.float64)), 0.0)
    return np.where(finite, _finite_sizes(magnitude), 0.0)


def some_of(x: Array) -> Array:
    """Return the elements of an array, flat; of a large one a sample that tells what is typical."""
    return x.ravel() if x.size <= TYPICAL else x.ravel()[_chosen_of(x.size)]


@lru_cache(maxsize=64)
def _chosen_of(size: int) -> Array:
    """Return which of so many elements are looked at: the same ones each time."""
    return np.random.default_rng(0).choice(size, TYPICAL, replace=False, shuffle=False)


def _finite_sizes(magnitude: Array) -> Array:
    some = magnitude.ravel() if magnitude.all() else magnitude[magnitude > 0]
    if some.size == 0:
        return np.ones(magnitude.shape)
    if some.size < magnitude.size and np.all(some == some.flat[0]):
        return np.full(magnitude.shape, min(float(some.flat[0]), 1.0))
    few = some_of(some)
    ends = round(0.05 * (few.size - 1)), round(0.95 * (few.size - 1))
    low, high = np.partition(few, ends)[[*ends]]
    if high <= WIDE_SPREAD * low:
        return np.full(magnitude.shape, high * float(np.sqrt(np.mean((some / high) ** 2))))
    return np.where(magnitude > 0, magnitude, low)
