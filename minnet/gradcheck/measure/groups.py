"""Elements of a variable that may be measured at the same time.

A convolution treats the samples of a batch, and the filters, one apart from another: elements of
different samples move different outputs, so that one run can move one element of each. This is
shown, not assumed: every slice is moved on its own, and the outputs that change are compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.measure.bars import Slope, Sums, gather

#: (direction, t) -> the outputs with a variable moved by t times the direction
Move = Callable[[Array, float], Array]


@dataclass(frozen=True)
class Supports:
    """Which outputs the slices of a variable along some of its axes move.

    An element moves no output that one of its slices does not. `moved` maps an axis to what its
    slices move, bool (slices, m); `colors` maps it to numbers, (slices,), of which slices that
    move an output in common have different ones.
    """

    shape: tuple[int, ...]
    moved: dict[int, Array]
    colors: dict[int, Array]

    def groups(self, flat: Array) -> list[Array]:
        """Split elements (flat indices) into groups whose members move disjoint outputs."""
        if not self.moved:
            return [np.array([element]) for element in flat]
        index = np.unravel_index(flat, self.shape)
        # Two elements of one group differ along an axis where their slices share a color.
        key = [self.colors[axis][i] if axis in self.colors else i for axis, i in enumerate(index)]
        _, which = np.unique(np.array(key), axis=1, return_inverse=True)
        which = which.ravel()
        return [flat[which == k] for k in range(which.max() + 1)]

    def owner(self, group: Array, outputs: int) -> Array:
        """Return for each output which member of the group moves it, (m,); -1: none."""
        if len(group) == 1:
            return np.zeros(outputs, int)
        index = np.unravel_index(group, self.shape)
        owner = np.zeros(outputs, int) - 1
        for k in range(len(group)):
            moved = [slices[index[axis][k]] for axis, slices in self.moved.items()]
            owner[np.logical_and.reduce(moved)] = k
        return owner


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
    moved = {}
    for axis in range(size.ndim):
        if (along := _moved_along(axis, move, base, size, rng)) is not None:
            moved[axis] = along
    return Supports(size.shape, moved, {axis: _colored(along) for axis, along in moved.items()})


def _moved_along(
    axis: int, move: Move, base: Array, size: Array, rng: np.random.Generator
) -> Array | None:
    """Return which outputs each slice along `axis` moves; None if its two ends share one."""
    count = size.shape[axis]
    moved = np.zeros((count, base.size), bool)
    for k in (*range(count)[-1:], *range(count - 1)):
        mask = np.zeros(size.shape)
        mask[(slice(None),) * axis + (k,)] = 1.0
        direction = random_direction(size, rng) * mask
        for t in (1.0, -1.0):
            moved[k] |= ~(move(direction, t) == base)
        if k == 0 and (moved[0] & moved[-1]).any() and count > 1:
            return None
    return moved if moved.any() else None


def _colored(moved: Array) -> Array:
    """Return a number for each slice, other ones for two that move an output in common.

    Those that were seen to move none are apart from the rest: longer steps may wake them.

    >>> _colored(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1], [0, 0, 0, 0]], bool))
    array([0, 1, 0, 2])
    """
    taken = list[Array]()  # by color: what its slices move
    colors = np.zeros(len(moved), int)
    for k in np.flatnonzero(moved.any(axis=1)):
        free = (c for c, outputs in enumerate(taken) if not (outputs & moved[k]).any())
        colors[k] = next(free, len(taken))
        if colors[k] == len(taken):
            taken.append(np.zeros(moved.shape[1], bool))
        taken[colors[k]] |= moved[k]
    colors[~moved.any(axis=1)] = len(taken)
    return colors


def random_direction(size: Array, rng: np.random.Generator) -> Array:
    """Return a random direction: each element ± its typical size, more or less."""
    signs = rng.choice([-1.0, 1.0], size.shape)
    return np.asarray(signs * size * rng.uniform(0.7, 1.3, size.shape))


@dataclass(frozen=True)
class Group:
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
        found = gather(self.slope, dout, self.owner, len(self.elements))
        return replace(
            found,
            value=found.value / self.size,
            error_bar=found.error_bar / self.size,
            reach=found.reach / self.size,
        )
