"""The function pairs of deeplearning.ai's course: ``A_prev``, ``hparameters``, NHWC images.

Features lie along axis 0 and samples along axis 1 where there are two axes. The course divides
dW and db by the number of samples m and takes the loss's 1/m out of dA instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from minnet.conventions.convention import Convention
from minnet.conventions.cs231n import UNARY
from minnet.conventions.samples import Rng, Sample, Samples, normal

_FIRST = ("A_prev", "A", "Z")


def is_function(names: Sequence[str]) -> bool:
    """Return whether a forward function with these parameters is in this convention.

    >>> is_function(["A_prev", "W", "b", "hparameters"]), is_function(["x", "w", "b"])
    (True, False)
    """
    return bool(names) and (names[0] in _FIRST or "hparameters" in names)


def linear(rng: Rng) -> Iterator[Sample]:
    """A (D, m), W (M, D), b (M, 1)."""
    for D, m, M in [(4, 5, 3), (3, 6, 2), (2, 1, 4)]:
        sizes = {
            "the batch size": float(m),
            "the number of features": float(D),
            "the number of outputs per sample": float(M),
            "the size of the last axis of the output": math.nan,  # which is the batch, once more
        }
        args = normal(rng, D, m), normal(rng, M, D), normal(rng, M, 1)
        yield Sample(args, (), quantities=sizes)


def activation(rng: Rng) -> Iterator[Sample]:
    yield Sample((normal(rng, 4, 5),), ())


def conv(rng: Rng) -> Iterator[Sample]:
    """A_prev (m, H, W, C), W (f, f, C, F), b (1, 1, 1, F)."""
    for (m, H, W, C), f, F, stride, pad in [
        ((2, 5, 4, 3), 3, 2, 1, 1),
        ((2, 7, 5, 2), 3, 3, 2, 1),
        ((1, 4, 5, 2), 2, 3, 1, 0),
    ]:
        weights = normal(rng, f, f, C, F), normal(rng, 1, 1, 1, F)
        yield Sample((normal(rng, m, H, W, C), *weights, {"stride": stride, "pad": pad}))


def pool(rng: Rng) -> Iterator[Sample]:
    for (m, H, W, C), f, stride in [((2, 4, 6, 3), 2, 2), ((1, 5, 7, 2), 3, 1)]:
        yield Sample((normal(rng, m, H, W, C), {"f": f, "stride": stride}))


PAIRS: dict[str, Samples] = {
    "linear": linear,
    "relu": activation,
    "sigmoid": activation,
    "conv": conv,
    "pool": pool,
}

#: reported as "any": only its functions are told by their names, its classes are anybody's
CONVENTION = Convention(
    "any",
    layers_divide=True,
    is_function=is_function,
    pairs=PAIRS,
    bare_forwards=UNARY,
    argument_names=frozenset(["A_prev", "A", "Z", "W", "b", "hparameters"]),
)
