"""What is learned from, and what is held out."""

from __future__ import annotations

import numpy as np

from minnet.arrays import Array, number_in, whole_number


def held_out_count(n: int, test_fraction: float) -> int:
    """Return how many of `n` samples are held out.

    >>> held_out_count(1797, 0.2)
    359
    """
    return int(n * number_in("test_fraction", test_fraction, 0, 1, "()"))


def shuffled_split(n: int, test_fraction: float, seed: int) -> tuple[Array, Array]:
    """Return the numbers of the samples to train on, and of those held out, in random order."""
    count = held_out_count(n, test_fraction)
    order = np.random.default_rng(whole_number("seed", seed, least=0)).permutation(n)
    return order[count:], order[:count]
