"""Elements of a variable that may be measured at the same time.

A convolution treats the samples of a batch, and the filters, one apart from another: elements of
different samples move different outputs, so that one run can move one element of each. This is
shown, not assumed: every slice is moved on its own, and the outputs that change are compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.measure.bars import Slope, Sums, gather
from minnet.records import NamedTuple, replace

#: from so many random signs on, it is quicker to draw bits than to choose
MANY = 4096
#: (direction, t) -> the outputs with a variable moved by t times the direction
Move = Callable[[Array, float], Array]


class Slices(NamedTuple):
    """The slices of a variable along one axis, in colors: those of one color share no output.

    `color` says which one each slice has, (slices,), and `mover`, (colors, m), which slice of a
    color moves each output; -1: none does.
    """

    color: Array
    mover: Array


class Supports(NamedTuple):
    """The axes of a variable along which slices move different outputs.

    An element moves no output that one of its slices does not move.
    """

    shape: tuple[int, ...]
    along: dict[int, Slices]

    def groups(self, flat: Array) -> list[Array]:
        """Split elements (flat indices) into groups whose members move disjoint outputs."""
        flat = np.sort(flat)
        if not self.along:
            return [np.array([element]) for element in flat]
        # Two elements of one group differ along an axis where their slices have the same color.
        index = np.unravel_index(flat, self.shape)
        key = [self.along[a].color[i] if a in self.along else i for a, i in enumerate(index)]
        number = np.ravel_multi_index(key, [int(part.max()) + 1 for part in key])
        _, which = np.unique(number, return_inverse=True)
        return [flat[which == k] for k in range(which.max() + 1)]

    def owner(self, group: Array, outputs: int) -> Array:
        """Return for each output which member of the group moves it, (m,); -1: none."""
        if len(group) == 1:
            return np.zeros(outputs, int)
        member = np.full(math.prod(self.shape), -1)  # of the group, by flat index
        member[group] = np.arange(len(group))
        mover, moved = np.zeros(outputs, int), np.ones(outputs, bool)
        for axis, index in enumerate(np.unravel_index(group[0], self.shape)):
            slices = self.along.get(axis)
            mover *= self.shape[axis]  # in the end it is a flat index
            if slices is None:
                mover += index
            else:
                along = slices.mover[slices.color[index]]
                mover += np.maximum(along, 0)
                moved &= along >= 0
        return np.where(moved, member[mover], -1)


def supports(move: Move, base: Array, size: Array, rng: np.random.Generator) -> Supports:
    """Find what the slices of a variable move, along the axes where that tells them apart.

    Parameters
    ----------
    move : callable
        Runs the forward pass with the variable moved.
    base : array (m,)
        The outputs where it is not.
    size : array
        The typical size of each element, shaped like the variable.
    rng : numpy.random.Generator
    """
    along = {}
    for axis in range(size.ndim):
        if (moved := _moved_along(axis, move, base, size, rng)) is not None:
            along[axis] = _colored(moved)
    return Supports(size.shape, along)


def _moved_along(
    axis: int, move: Move, base: Array, size: Array, rng: np.random.Generator
) -> Array | None:
    """Return which outputs each slice along `axis` moves; None if its two ends share one."""
    count = size.shape[axis]

    def moved_by(slices: Array) -> Array:
        """Return which outputs change as these slices are moved, (m,)."""
        beside = [1] * axis + [count] + [1] * (size.ndim - axis - 1)
        direction = random_direction(size, rng) * slices.reshape(beside)
        return np.asarray(~((move(direction, 1.0) == base) & (move(direction, -1.0) == base)))

    alone = np.eye(count)
    ends = [moved_by(alone[k]) for k in {0, count - 1}]
    if len(ends) == 2 and (ends[0] & ends[1]).any():
        return None
    moved = _by_code(moved_by, count)
    if moved is None:
        moved = np.array([ends[0], *map(moved_by, alone[1:-1]), *ends[1:]])
    return moved if moved.any() else None


def _by_code(moved_by: Callable[[Array], Array], count: int) -> Array | None:
    """Return what each slice moves, by moving half of them at a time; None if two share an output.

    The digits of the number of the one that moves an output say in which halves it is.
    """
    number, digits = np.arange(count), (count - 1).bit_length()
    if 4 * digits > count:  # it would take more than half the passes of one slice at a time
        return None
    halves = [number >> digit & 1 for digit in range(digits)]
    moved, found = moved_by(np.ones(count)), np.zeros((), int)
    for digit, half in enumerate(halves):
        one, other = moved_by(half), moved_by(1 - half)
        if (one & other).any() or not np.array_equal(one | other, moved):
            return None
        found = found + (one.astype(int) << digit)
    return np.asarray((number[:, None] == found) & moved)


def _colored(moved: Array) -> Slices:
    """Color slices, one by one, of which it is known what they move, bool (slices, m).

    Those that were seen to move nothing have a color of their own: longer steps may wake them.

    >>> _colored(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1], [0, 0, 0, 0]], bool))
    Slices(color=array([0, 1, 0, 2]), mover=array([[ 0,  0,  2,  2],
           [-1,  1,  1, -1],
           [-1, -1, -1, -1]]))
    """
    mover = list[Array]()
    color = np.zeros(len(moved), int)
    nothing = np.full(moved.shape[1], -1)
    for k in np.flatnonzero(moved.any(axis=1)):
        free = (c for c, taken in enumerate(mover) if (taken[moved[k]] < 0).all())
        color[k] = next(free, len(mover))
        if color[k] == len(mover):
            mover.append(nothing.copy())
        mover[color[k]][moved[k]] = k
    color[~moved.any(axis=1)] = len(mover)
    return Slices(color, np.array([*mover, nothing]))


def random_direction(size: Array, rng: np.random.Generator) -> Array:
    """Return a random direction: each element ± its typical size, more or less."""
    signs = random_signs(size.shape, rng)
    signs *= size
    signs *= rng.uniform(0.7, 1.3, size.shape)
    return signs


def random_signs(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Return numbers that are 1 or -1; where there are many, a single bit is drawn for each."""
    chosen = rng.integers(0, 2, shape, dtype=bool if math.prod(shape) > MANY else np.int64)
    return np.asarray(2.0 * chosen - 1.0)


class Group(NamedTuple):
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

    def sums(self, dout: Array) -> Sums:
        """Return the gradient of each element, per unit of it: what `gather` makes of columns."""
        owner = None if len(self.elements) == 1 else self.owner
        found = gather(self.slope, dout, owner, len(self.elements))
        return found._replace(
            value=found.value / self.size,
            error_bar=found.error_bar / self.size,
            reach=found.reach / self.size,
        )
