"""What is learned from, and what is held out."""

from __future__ import annotations

import numpy as np

from minnet.arrays import Array


def held_out_count(n: int, test_fraction: float) -> int:
    """Return how many of `n` samples are held out.

    >>> held_out_count(1797, 0.2)
    359
    """
    if not 0 < test_fraction < 1:
        raise ValueError(f"test_fraction must lie between 0 and 1, not {test_fraction!r}")
    return int(n * test_fraction)


def shuffled_split(n: int, test_fraction: float, seed: int) -> tuple[Array, Array]:
    """Return the numbers of the samples to train on, and of those held out, in random order."""
    count = held_out_count(n, test_fraction)
    order = np.random.default_rng(seed).permutation(n)
    return order[count:], order[:count]
