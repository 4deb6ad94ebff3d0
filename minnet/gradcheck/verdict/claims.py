"""The analytic gradients: what backward claims, made comparable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import CodeError, split_like
from minnet.gradcheck.measure.noise import noise_floor
from minnet.gradcheck.measure.probe import Probe


class Claims:
    """The analytic gradients: what backward claims for any upstream gradient.

    Parameters
    ----------
    probe : Probe
        Holds the case and its outputs.
    """

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        self._known: list[tuple[Array, dict[str, Array]]] = []

    @property
    def adjustable(self) -> bool:
        """Whether backward takes an upstream gradient at all (that of a loss does not)."""
        return not self.probe.case.is_loss

    def at(self, weight: Array) -> dict[str, Array]:
        """Return the gradients for upstream `weight` (m,), float64, each shaped as its variable.

        A gradient that backward does not give is left out. A fresh forward pass precedes
        every call, so that no state is left over from the one before.
        """
        for known, gradients in self._known:
            if known.shape == weight.shape and np.array_equal(known, weight):
                return gradients
        run = self.probe.case.run()
        raw = run.backward(split_like(weight, self.probe.outputs))
        gradients = as_gradients(raw, self.probe.case.variables)
        self._known = [*self._known[-7:], (weight.copy(), gradients)]
        return gradients

    def round_off(self, name: str, weight: Array, index: Array, limit: float) -> Iterator[float]:
        """Yield what the round-off of a gradient may be: first the most, then as measured.

        It is measured as that of the outputs is, in the elements of `index` (all if there are
        none), and is never more than the share `limit` of the gradient in the neighbourhood.
        """
        probe, moves = self.probe, {n: self.probe.random_direction(n) for n in self.probe.size}
        chosen = tuple(index.T) if len(index) else slice(None)

        def line(t: float) -> Array:
            values = {n: (x + t * moves[n]) for n, x in probe.case.variables.items()}
            same = {n: v.astype(probe.case.variables[n].dtype) for n, v in values.items()}
            try:
                run = probe.case.run(same)
                raw = run.backward(split_like(weight, run.outputs))
                return as_gradients(raw, probe.case.variables)[name][chosen].ravel()
            except (CodeError, KeyError):
                return np.full(base.shape, np.nan)

        base = self.at(weight)[name][chosen].ravel()
        around = np.abs([base, line(1.0), line(-1.0)])
        most = limit * float(np.max(around, where=np.isfinite(around), initial=0.0))
        yield most
        yield min(10 * float(noise_floor(line, base, 1.0).max(initial=0.0)), most)


def as_gradients(raw: Mapping[str, object], variables: Mapping[str, Array]) -> dict[str, Array]:
    """Keep the gradients that are arrays of their variable's shape, as float64."""
    kept = {}
    for name, x in variables.items():
        value = as_array(raw.get(name))
        if value.shape == x.shape and value.dtype.kind in "fiub":
            kept[name] = value.astype(np.float64)
    return kept


def as_array(value: object) -> Array:
    """Return what backward returned as an array; one of objects where it is no array of numbers."""
    try:
        return np.asarray(value)
    except ValueError:  # rows of different lengths
        return np.array(value, dtype=object)
