"""Other inputs and upstream gradients, at which a hypothesis has to hold as well."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import split_like


def fresh_dout(outputs: tuple[Array, ...], rng: np.random.Generator) -> Array:
    """Return an upstream gradient without zeros, flat, exact in the dtype of the outputs."""
    m = sum(out.size for out in outputs)
    dout = rng.choice([-1.0, 1.0], m) * rng.uniform(0.5, 1.5, m)
    pieces = [piece.ravel().astype(np.float64) for piece in split_like(dout, outputs)]
    return np.concatenate(pieces)


def jittered(variables: Mapping[str, Array], rng: np.random.Generator) -> dict[str, Array]:
    """Return other values of the same signs, ties and sizes.

    Each is multiplied by a random factor near 1, equal values by equal ones.

    >>> x = np.array([0.0, 1.0, -1.0, 1.0])
    >>> moved = jittered({"x": x}, np.random.default_rng(0))["x"]
    >>> bool(moved[0] == 0 and moved[1] == moved[3] != 1 and moved[2] < 0)
    True
    """
    changed = {}
    for name, x in variables.items():
        values, which = np.unique(x, return_inverse=True)
        factors = rng.uniform(0.8, 1.25, values.size)
        changed[name] = (x * factors[which].reshape(x.shape)).astype(x.dtype)
    return changed
