"""Every random number that the checker draws derives from the user's seed."""

from __future__ import annotations

import zlib

import numpy as np

from minnet.arrays import Array

#: keeps the checker's random numbers apart from the user's own default_rng(seed)
STREAM = 0x6D696E6E


def stream(seed: int, purpose: str = "") -> np.random.Generator:
    """Return the random numbers for one purpose; those for another are independent of them.

    >>> a, b = stream(0, "fresh inputs"), stream(0, "fresh inputs")
    >>> bool(a.random() == b.random())
    True
    """
    words = [zlib.crc32(purpose.encode())] if purpose else []
    return np.random.default_rng([seed, STREAM, *words])


def random_upstream(
    outputs: tuple[Array, ...], rng: np.random.Generator, is_loss: bool = False
) -> Array:
    """Return a random upstream gradient for `outputs`, flat; never ones, which hide mistakes.

    The values lie between 0.5 and 1.5, of either sign, and are exact in the outputs' dtype.
    """
    sizes = [np.size(out) for out in outputs]
    if is_loss:
        return np.ones(sum(sizes))
    pieces = [
        ((2.0 * rng.integers(0, 2, size) - 1.0) * rng.uniform(0.5, 1.5, size)).astype(out.dtype)
        for out, size in zip(outputs, sizes, strict=True)
    ]
    return np.concatenate(pieces, dtype=np.float64)
