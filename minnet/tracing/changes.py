"""Values changed a little: what a changed value still is of the same kind, shape and format."""

from __future__ import annotations

from typing import Any

import numpy as np

from minnet.arrays import Array

#: by how much floating-point numbers are moved, in their own size; what is zero, in that of others
SHARE = 0.125


class Changer:
    """Moves values at random: floating-point numbers a little, whole ones by one; switches flip.

    Parameters
    ----------
    way : 1 or -1
        Where to whole numbers go.
    only : int, optional
        Which one of several values is moved; by default all.
    far : bool
        Whether floating-point numbers change places and sizes, so that comparisons turn out
        otherwise.

    Attributes
    ----------
    changed : bool
        Whether a value has been handed over that could be moved.
    count : int
        How many values the last one handed over is made of.
    whole : bool
        Whether whole numbers were moved, which may go the other way as well.

    Examples
    --------
    >>> changer = Changer()
    >>> bool(changer.moved(np.zeros(2)).all()), changer.moved(3), changer.moved("same")
    (True, 4, 'same')
    """

    def __init__(self, way: int = 1, only: int | None = None, far: bool = False) -> None:
        self.way, self.only, self.far = way, only, far
        self.changed, self.whole, self.count = False, False, 0
        self._rng = np.random.default_rng(0)  # any numbers do

    @property
    def is_first(self) -> bool:
        """Whether this is the plain way to change a value."""
        return self.way > 0 and self.only is None and not self.far

    def moved(self, value: Any, *, in_place: bool = False) -> Any:
        """Return the value moved, in a new object or, an array or a list, in place."""
        found = self._moved(value, "fc")
        found = self._moved(value, "b") if found is None else found
        found = self._moved(value, "iu") if found is None else found
        if found is None:
            return value
        self.changed = True
        if in_place and isinstance(value, np.ndarray) and value.flags.writeable:
            value[...] = found
            return value
        if in_place and isinstance(value, list):
            value[:] = found
            return value
        return found

    def _moved(self, value: Any, kinds: str) -> Any:
        """Return the value with all of these kinds in it moved; None where there are none."""
        self.count = 0
        return self._moved_within(value, kinds)

    def _moved_within(self, value: Any, kinds: str) -> Any:
        if isinstance(value, np.ndarray):
            return self._array(value) if value.dtype.kind in kinds and value.size else None
        if isinstance(value, bool | int | float | complex | np.generic):
            array = np.asarray(value)
            return type(value)(self._array(array)[()]) if array.dtype.kind in kinds else None
        items = value.values() if isinstance(value, dict) else value
        if type(value) not in (tuple, list, dict):
            return None
        new = [self._moved_within(item, kinds) for item in items]
        if all(item is None for item in new):
            return None
        kept = [old if item is None else item for old, item in zip(items, new, strict=True)]
        return type(value)(zip(value, kept, strict=True) if isinstance(value, dict) else kept)

    def _array(self, x: Array) -> Any:
        self.count += 1
        if self.only is not None and self.only != self.count - 1:
            return x
        if x.dtype.kind == "b":
            flips = self._rng.random(x.shape) < 0.5
            return x ^ (flips if flips.any() else np.ones(x.shape, bool))
        if x.dtype.kind in "iu":
            self.whole = True
            turned = np.roll(x, 1) if x.size > 1 else x
            return turned if not np.array_equal(turned, x) else (x + self.way).astype(x.dtype)
        size = np.abs(np.where(np.isfinite(x), x, 0.0))
        usual = float(np.max(size, initial=0.0)) or 1.0
        if self.far:
            signs = self._rng.choice([-1.0, 1.0], x.shape)
            x = signs * self._rng.permutation(x.ravel()).reshape(x.shape)
        share = SHARE * self._rng.uniform(0.5, 1.0, x.shape)
        return (x + share * np.where(size > 0, x, usual)).astype(x.dtype)
