"""Other inputs, at which a hypothesis has to hold as well."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from minnet.arrays import Array


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


def shuffled_integers(x: Array, rng: np.random.Generator) -> Array:
    """Return integers in other places, and each in the role of another: no label stays special.

    >>> x = np.array([[1, 1, 1], [0, 5, 0]])
    >>> np.unique(shuffled_integers(x, np.random.default_rng(2))).tolist()
    [0, 1, 5]
    """
    values, which = np.unique(x, return_inverse=True)
    return np.asarray(rng.permutation(rng.permutation(values)[which.ravel()]).reshape(x.shape))
