"""The gradients of a case as they are measured, for a chosen upstream gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.measure.probe import Probe
from minnet.gradcheck.randomness import stream
from minnet.gradcheck.under_test.calling import AdaptedCase

#: a gradient, and its error bars
Measured: TypeAlias = tuple[Array, Array]


def measured(case: AdaptedCase, upstream: Sequence[Array], seed: int) -> dict[str, Measured]:
    """Return every gradient of a case, element by element, with its error bars.

    Parameters
    ----------
    case : AdaptedCase
    upstream : sequence of array
        One for each output; of a loss 1.
    seed : int

    Returns
    -------
    dict of str to (array, array)
        By variable. None of a case that cannot be run.
    """
    try:
        probe = Probe(case, stream(seed, "stepping through"))
        flat = [np.asarray(dout, float).ravel() for dout in upstream]
        dout = np.concatenate(flat) if flat else np.ones(1)
        return {name: _all_elements(probe, name, dout) for name in case.variables}
    except CodeError:
        return {}


def _all_elements(probe: Probe, name: str, dout: Array) -> Measured:
    shape = probe.case.variables[name].shape
    value, bar = np.full(shape, np.nan), np.full(shape, np.nan)
    movable = np.flatnonzero(probe.size[name])
    for places, sums in probe.elements(name, movable, dout):
        value.flat[places], bar.flat[places] = sums.value, sums.error_bar
    return value, bar
