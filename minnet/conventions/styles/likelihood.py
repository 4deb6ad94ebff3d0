"""The cross-entropies that networks of probabilities are trained by."""

from __future__ import annotations

from typing import Any

import numpy as np

from minnet.arrays import Array


def log_of(p: Array) -> Array:
    """Return the logarithm of probabilities: that one is 0 is no fault of the network's.

    >>> bool(np.isfinite(log_of(np.array([0.0, 1.0]))).all())
    True
    """
    return np.log(np.maximum(p, np.finfo(float).tiny))


def of_each_output(p: Array, target: Array) -> Any:
    """Return the summed cross-entropy of outputs that are each a probability of their own.

    >>> round(float(of_each_output(np.array([0.5, 0.5]), np.array([1.0, 0.0]))), 4)
    1.3863
    """
    return -np.sum(target * log_of(p) + (1 - target) * log_of(1 - p))
