"""How an array lies on the page: which elements are shown, and which axes are rows and columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from minnet.arrays import Array
from minnet.steps.walk import Walk
from minnet.tracing.cells import Cell
from minnet.tracing.trace import Trace, Value

#: of a larger array, this many elements are shown
MOST = 4096


@dataclass(frozen=True, eq=False)
class Grid:
    """An array as it is shown.

    Attributes
    ----------
    value : Value
    sizes : tuple of int
        So many elements along each axis are shown, from the first.
    rows, columns : int
        The axes that run down and across; -1 where there is none.
    """

    value: Value
    sizes: tuple[int, ...]
    rows: int
    columns: int

    @property
    def whole(self) -> bool:
        """Whether every element is shown."""
        return self.sizes == self.value.shape

    def flats(self) -> Array:
        """Return the positions of the shown elements in the value, in their order."""
        whole = np.arange(self.value.data.size).reshape(self.value.shape)
        return np.asarray(whole[tuple(slice(size) for size in self.sizes)]).ravel()

    def position(self, flat: int) -> int | None:
        """Return where an element of the value is among the shown ones; None where it is not."""
        if self.whole:
            return flat
        index = np.unravel_index(flat, self.value.shape)
        if any(i >= size for i, size in zip(index, self.sizes, strict=True)):
            return None
        return int(np.ravel_multi_index(index, self.sizes))

    def slices(self) -> Iterator[tuple[str, Array]]:
        """Yield its planes: what each is called, and its positions in the value, as rows."""
        shape, name = self.value.shape, self.value.name
        whole = np.arange(self.value.data.size).reshape(shape)
        whole = whole[tuple(slice(size) for size in self.sizes)]
        if whole.ndim < 3:
            yield name, np.atleast_2d(whole)
            return
        axes = (self.rows, self.columns)
        others = [axis for axis in range(whole.ndim) if axis not in axes]
        planes = whole.transpose(*others, *axes)
        for index in np.ndindex(*planes.shape[:-2]):
            label = [":"] * whole.ndim
            for axis, i in zip(others, index, strict=True):
                label[axis] = str(i)
            yield f"{name}[{','.join(label)}]", planes[index]


def grids_of(walk: Walk, values: list[Value], most: int = MOST) -> dict[int, Grid]:
    """Return how some values of a walk are shown, by their numbers."""
    images = _images(walk)
    by_shape: dict[tuple[int, ...], tuple[int, int]] = {}
    found = dict[int, tuple[int, int]]()
    for value in walk.trace.values:
        axes = _axes_like(value, images) if images and len(value.shape) > 2 else None
        if axes is not None:
            found[value.number] = by_shape[value.shape] = axes
    grids = {}
    for value in values:
        ndim = len(value.shape)
        default = (ndim - 2 if ndim > 1 else -1, ndim - 1)
        axes = found.get(value.number) or by_shape.get(value.shape, default)
        grids[value.number] = Grid(value, _window(value.shape, most), *axes)
    return grids


def _window(shape: tuple[int, ...], most: int) -> tuple[int, ...]:
    """Return the sizes of the part of an array that is shown."""
    sizes = list(shape)
    while sizes and np.prod(sizes) > most:
        longest = sizes.index(max(sizes))
        sizes[longest] = (sizes[longest] + 1) // 2
    return tuple(sizes)


#: an image of the case, (samples, channels, rows, columns), by the identity of its numbers
Image = tuple[tuple[int, ...], dict[int, int]]


def _images(walk: Walk) -> list[Image]:
    """Return what is known to lie as (samples, channels, rows, columns): it comes and goes so."""
    gradients = {pair.gradient.number for pair in walk.pairs if pair.value.role == "input"}
    found: list[Image] = []
    for value in walk.trace.values:
        known = value.role in ("input", "output", "upstream") or value.number in gradients
        if known and len(value.shape) == 4 and value.cells is not None:
            cells = enumerate(value.cells.ravel())
            found.append((value.shape, {id(c): k for k, c in cells if isinstance(c, Cell)}))
    return found


def _axes_like(value: Value, images: list[Image]) -> tuple[int, int] | None:
    """Return the axes along which an array runs through the rows and columns of an image."""
    if value.cells is None or not value.data.size:
        return None
    for shape, places in images:
        where = np.array([places.get(id(cell), -1) for cell in value.cells.ravel()])
        where = where.reshape(value.shape)
        along = [_moves(where, axis, shape) for axis in range(where.ndim)]
        if 2 in along and 3 in along:
            return along.index(2), along.index(3)
    return None


def _moves(where: Array, axis: int, shape: tuple[int, ...]) -> int | None:
    """Return the one axis of the image that a step along an axis of the array runs through."""
    here, there = np.delete(where, -1, axis), np.delete(where, 0, axis)
    both = (here >= 0) & (there >= 0)
    if not both.any():
        return None
    before, after = np.unravel_index(here[both], shape), np.unravel_index(there[both], shape)
    changed = [k for k in range(len(shape)) if np.any(before[k] != after[k])]
    return changed[0] if len(changed) == 1 else None


def previous(trace: Trace, value: Value) -> Value | None:
    """Return what the same array held before."""
    earlier = [v for v in trace.contents.get(value.track, ()) if v.number < value.number]
    return earlier[-1] if earlier and earlier[-1].shape == value.shape else None
