"""Arguments for a function that is checked, as the tables of the courses give them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minnet.records import dataclass, field, replace

Rng = np.random.Generator
#: of the numbers in samples that are looked at for their number and shapes, and never handed on
SHAPES_SEED = 0


@dataclass(frozen=True)
class Sample:
    """Arguments of forward; `batched` lists the positions of those that count samples.

    An `optional` sample is one that an implementation may refuse: it is left out when forward
    raises. `quantities` are what the sizes mean where the convention has them in other places.
    Where its arrays lie otherwise than the convention has them, it is not `as_in_table`.
    """

    args: tuple[Any, ...]
    batched: tuple[int, ...] = (0,)
    note: str = ""
    optional: bool = False
    quantities: Mapping[str, float] = field(default_factory=dict)
    as_in_table: bool = True

    @property
    def is_flattened(self) -> bool:
        """Whether a product with a matrix would have to flatten its data first."""
        data, *others = (np.ndim(value) for value in self.args)
        return data > 2 and others[:1] == [2]

    def in_float32(self) -> Sample:
        """Return the same in single precision."""
        return replace(self, args=tuple(_single(value) for value in self.args))


#: yields the samples of one function, the most ordinary first
Samples = Callable[[Rng], Iterator[Sample]]


def number_of_arguments(samples: Samples) -> int:
    """Return how many arguments a function of this kind has."""
    return len(next(samples(np.random.default_rng(SHAPES_SEED))).args)


def with_float32(samples: Samples, rng: Rng) -> Iterator[Sample]:
    """Yield all samples, and at last the second one again in single precision."""
    seen: list[Sample] = []
    for sample in samples(rng):
        seen.append(sample)
        yield sample
    yield seen[min(1, len(seen) - 1)].in_float32()


def data_first(names: Sequence[str]) -> tuple[int, ...]:
    """Return the places of the arguments with the data in front, where the weights stand there.

    >>> data_first(["W", "A_prev", "b"]), data_first(["x", "w", "b"])
    ((1, 0, 2), (0, 1, 2))
    """
    weights, data = r"[Ww]|[Ww]eights?|theta", r"[XxAa]|[Aa]_?prev|inputs?|data"
    first = list(names[:2])
    turned = len(first) > 1 and re.fullmatch(weights, first[0]) and re.fullmatch(data, first[1])
    return ((1, 0) if turned else tuple(range(len(first)))) + tuple(range(2, len(names)))


def normal(rng: Rng, *shape: int) -> Any:
    """Return an array of this shape."""
    return rng.standard_normal(shape)


def scale_and_shift(rng: Rng, size: int) -> tuple[Any, Any]:
    """Return gamma and beta, of either sign and away from the ones and zeros of a fresh layer."""
    return rng.uniform(0.5, 2, size) * rng.choice([-1, 1], size), normal(rng, size)


def _single(value: Any) -> Any:
    is_float = isinstance(value, np.ndarray) and value.dtype.kind == "f"
    return value.astype(np.float32) if is_float else value
