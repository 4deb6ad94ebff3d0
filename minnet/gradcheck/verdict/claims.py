"""The analytic gradients: what backward claims, made comparable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import CodeError, split_like
from minnet.gradcheck.measure.bars import MEANINGFUL, ROUNDING
from minnet.gradcheck.measure.noise import noise_floor
from minnet.gradcheck.measure.probe import Probe

#: a step so short that it changes few branches, and so long that it is seen, in typical sizes
BESIDE = 1e-3


class Claims:
    """The analytic gradients: what backward claims for any upstream gradient.

    Parameters
    ----------
    probe : Probe
        Holds the case and its outputs.
    """

    #: gradients of so many upstream gradients are kept for the next caller
    KEPT = 8

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        self._known: list[tuple[Array, dict[str, Array]]] = []
        self._lines: list[tuple[Array, Callable[[float], dict[str, Array]]]] = []

    @property
    def adjustable(self) -> bool:
        """Whether backward takes an upstream gradient at all (that of a loss does not)."""
        return not self.probe.case.is_loss

    def at(self, dout: Array) -> dict[str, Array]:
        """Return the gradients for upstream `dout` (m,), float64, each shaped as its variable.

        A gradient that backward does not give is left out. A fresh forward pass precedes
        every call, so that no state is left over from the one before.
        """
        for known, gradients in self._known:
            if known.shape == dout.shape and np.array_equal(known, dout):
                return gradients
        run = self.probe.case.run()
        raw = run.backward(split_like(dout, self.probe.outputs))
        gradients = as_gradients(raw, self.probe.case.variables)
        self.keep(dout, gradients)
        return gradients

    def keep(self, dout: Array, gradients: dict[str, Array]) -> None:
        """Note what backward gave for upstream `dout`, right after a fresh forward pass."""
        self._known = [*self._known[1 - self.KEPT :], (dout.copy(), gradients)]

    def slack(self, name: str, dout: Array) -> Array:
        """Return by how much two computations of one gradient may differ, shaped like it."""
        gradient, precision = self.at(dout)[name], self.probe.precision
        size = float(np.mean(self.probe.size[name])) or 1.0
        zero = precision.zero * float(np.abs(dout * self.probe.base).sum()) / size
        if not gradient.any():
            return np.full(gradient.shape, zero)  # another order of a sum need not cancel as well
        moved = self._line(dout)(BESIDE).get(name)
        if moved is not None and np.array_equal(moved, gradient):
            return precision.round_off(gradient)  # it depends on nothing: no rounding is seen
        # What is more than a bar may be, or than round-off of a zero can be, is a step, not noise.
        most = max(MEANINGFUL * float(np.abs(gradient).max(initial=0.0)), zero)
        measured = np.minimum(ROUNDING * self.noise(name, dout), most)
        return np.maximum(measured, precision.round_off(gradient))

    def noise(self, name: str, dout: Array, place: Any = ...) -> Array:
        """Return the standard deviation of the round-off in a gradient, or in a part of it.

        It is measured as that of the outputs is: at points so close together that the smooth
        part vanishes in the differences of the gradients. dout moves along with the variables,
        since a gradient may depend on it alone.
        """
        base, line = self.at(dout)[name][place], self._line(dout)

        def of_this(t: float) -> Array:
            there = line(t).get(name)
            return np.full(base.size, np.nan) if there is None else there[place].ravel()

        return noise_floor(of_this, base.ravel(), 1.0).reshape(base.shape)

    def largest_nearby(self, name: str, dout: Array, place: Any) -> float:
        """Return the largest of some elements of a gradient, here and a typical size away."""
        moves = {n: self.probe.random_direction(n) for n in self.probe.size}
        there = [self.at(dout), *(self._gradients(moves, t, dout) for t in (1.0, -1.0))]
        sizes = [np.abs(gradients[name][place]) for gradients in there if name in gradients]
        return max(float(np.max(g, where=np.isfinite(g), initial=0.0)) for g in sizes)

    def _line(self, dout: Array) -> Callable[[float], dict[str, Array]]:
        """Return t -> all gradients with everything moved t typical sizes; none where it raises."""
        for known, found in self._lines:
            if np.array_equal(known, dout):
                return found
        moves = {name: self.probe.random_direction(name) for name in self.probe.size}
        turned = np.zeros(dout.shape)
        if self.adjustable:
            turned = dout * self.probe.rng.uniform(-1.0, 1.0, dout.shape)
        line = cache(lambda t: self._gradients(moves, t, dout + t * turned))
        self._lines.append((dout.copy(), line))
        return line

    def _gradients(self, moves: Mapping[str, Array], t: float, dout: Array) -> dict[str, Array]:
        case = self.probe.case
        moved = {n: (x + t * moves[n]).astype(x.dtype) for n, x in case.variables.items()}
        try:
            run = case.run(moved)
            return as_gradients(run.backward(split_like(dout, run.outputs)), case.variables)
        except CodeError:
            return {}


def as_gradients(raw: Mapping[str, object], variables: Mapping[str, Array]) -> dict[str, Array]:
    """Return the gradients that are arrays of their variable's shape, as float64.

    Or that an update broadcasts to it.
    """
    kept = {}
    for name, x in variables.items():
        value = as_array(raw.get(name))
        if lacks_leading_axes(value.shape, x.shape):
            value = value.reshape(x.shape)
        if value.shape == x.shape and value.dtype.kind in "fiub":
            kept[name] = value.astype(np.float64, copy=False)
    return kept


def lacks_leading_axes(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Return whether a shape becomes another by axes of length 1 in front, as it broadcasts.

    >>> lacks_leading_axes((3,), (1, 3)), lacks_leading_axes((1, 3), (3,))
    (True, False)
    """
    more = len(wanted) - len(shape)
    return more > 0 and len(shape) > 0 and wanted == (1,) * more + shape


def as_array(value: object) -> Array:
    """Return what backward returned as an array; one of objects where it is no array of numbers.

    An array is the run's own; of what else holds numbers, which may be the code's, it is a copy.
    """
    try:
        return np.asarray(value) if isinstance(value, np.ndarray) else np.array(value)
    except ValueError:  # rows of different lengths
        array = np.empty((), dtype=object)
        array[()] = value
        return array
