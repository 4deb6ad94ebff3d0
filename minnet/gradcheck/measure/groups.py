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
from minnet.gradcheck.measure.bars import Sums, gather
from minnet.gradcheck.measure.differences import Slope

#: (direction, t) -> the outputs with a variable moved by t times the direction
Move = Callable[[Array, float], Array]


@dataclass(frozen=True)
class IndependentAxes:
    """The axes of a variable along which its slices move disjoint sets of outputs.

    `owners` maps such an axis to the slice that each output belongs to, (m,); -1: to none.
    """

    shape: tuple[int, ...]
    owners: dict[int, Array]

    def groups(self, flat: Array) -> list[Array]:
        """Split elements (flat indices) into groups whose members move disjoint outputs."""
        if not self.owners:
            return [np.array([element]) for element in flat]
        index = np.array(np.unravel_index(flat, self.shape))
        shared = [axis for axis in range(len(index)) if axis not in self.owners]
        if not shared:
            return [flat]
        _, which = np.unique(index[shared], axis=1, return_inverse=True)
        which = which.ravel()
        return [flat[which == k] for k in range(which.max() + 1)]

    def owner(self, group: Array, outputs: int) -> Array:
        """Return for each output which member of the group moves it, (m,); -1: none."""
        if len(group) == 1:
            return np.zeros(outputs, int)
        index = np.unravel_index(group, self.shape)
        owner = np.zeros(outputs, int) - 1
        for k in range(len(group)):
            mine = np.ones(outputs, bool)
            for axis, slice_of in self.owners.items():
                mine &= slice_of == index[axis][k]
            owner[mine] = k
        return owner


def independent_axes(
    move: Move, base: Array, size: Array, rng: np.random.Generator
) -> IndependentAxes:
    """Find the independent axes of a variable.

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
    owners = {}
    for axis in range(size.ndim):
        if (owner := _owners_along(axis, move, base, size, rng)) is not None:
            owners[axis] = owner
    return IndependentAxes(size.shape, owners)


def _owners_along(
    axis: int, move: Move, base: Array, size: Array, rng: np.random.Generator
) -> Array | None:
    """Return which slice along `axis` moves each output; None if two move the same one."""
    owner = np.full(base.size, -1)
    for k in range(size.shape[axis]):
        mask = np.zeros(size.shape)
        mask[(slice(None),) * axis + (k,)] = 1.0
        direction = random_direction(size, rng) * mask
        moved = np.zeros(base.size, bool)
        for t in (1.0, -1.0):
            moved |= ~(move(direction, t) == base)
        if (owner[moved] >= 0).any():
            return None
        owner[moved] = k
    return owner if (owner >= 0).any() else None


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
