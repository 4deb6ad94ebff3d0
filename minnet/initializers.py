"""Initial weights, by name.

The spread keeps the size of activations (and of gradients) about the same from one layer to
the next: "he" for ReLU, which halves the variance, "glorot" for tanh and linear layers,
"lecun" for the forward direction alone.

References
----------
X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural
networks", AISTATS 2010. K. He et al., "Delving deep into rectifiers", ICCV 2015.
Y. LeCun et al., "Efficient BackProp", 1998.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from minnet.arrays import LARGEST, Floats, number_in, random_numbers, shown, whole_number

VARIANCE: dict[str, Callable[[float, float], float]] = {
    "he": lambda fan_in, fan_out: 2 / fan_in,
    "glorot": lambda fan_in, fan_out: 2 / (fan_in + fan_out),
    "lecun": lambda fan_in, fan_out: 1 / fan_in,
}
NAMES = ("zeros", *(f"{family}_{law}" for family in VARIANCE for law in ("normal", "uniform")))


def initialize(
    name: str,
    shape: tuple[int, ...],
    fan_in: int,
    fan_out: int,
    rng: np.random.Generator | int | None = None,
) -> Floats:
    """Return initial weights, float64.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    shape : tuple of int
        Shape of the weights.
    fan_in, fan_out : int
        How many inputs feed one output, and how many outputs one input feeds.
    rng : numpy.random.Generator or int, optional
        Source of randomness, or its seed.

    Raises
    ------
    ValueError
        The name is unknown, or a size is not positive.

    Examples
    --------
    >>> W = initialize("he_normal", (400, 50), 400, 50, rng=0)
    >>> round(float(W.var() * 400 / 2), 1)
    1.0
    """
    if name not in NAMES:
        raise ValueError(f"unknown initializer {shown(name)}; choose one of {', '.join(NAMES)}")
    shape = tuple(whole_number("each size of the weights", size) for size in shape)
    if math.prod(shape) > LARGEST:
        raise ValueError(f"weights of shape {shape} are more than fit into memory")
    generator = random_numbers(rng)
    if name == "zeros":
        return np.zeros(shape)
    family, law = name.split("_")
    fans = (number_in("a fan", fan, 0, math.inf, "()") for fan in (fan_in, fan_out))
    deviation = VARIANCE[family](*fans) ** 0.5
    if law == "normal":
        return generator.normal(0.0, deviation, shape)
    limit = 3**0.5 * deviation  # a uniform law on ±limit has the deviation limit / √3
    return generator.uniform(-limit, limit, shape)
