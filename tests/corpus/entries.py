"""What a corpus consists of: entries, and the registers that fill the lists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from corpus.bases import BASES
from corpus.calls import Call, student

Rng = np.random.Generator


@dataclass(frozen=True, eq=False)
class Right:
    """Correct code at one set of inputs."""

    name: str
    make: Callable[[Rng], Call]

    def call(self, seed: int) -> Call:
        return self.make(np.random.default_rng(seed))


@dataclass(frozen=True, eq=False)
class Wrong:
    """Code with one mistake.

    `codes` are the diagnoses that may come first, for each gradient that is wrong; "*" stands
    for any gradient. `warning` says that the finding leaves the gradients right.
    """

    name: str
    make: Callable[[Rng], Call]
    make_right: Callable[[Rng], Call]
    codes: dict[str, tuple[str, ...]]
    warning: bool = False

    def call(self, seed: int) -> Call:
        return self.make(np.random.default_rng(seed))

    def right(self, seed: int) -> Call:
        """The same call without the mistake."""
        return self.make_right(np.random.default_rng(seed))


class Register(list[Right]):
    """A list of entries, and the decorator that adds one under its function's name."""

    def __call__(self, make: Callable[[Rng], Call]) -> Callable[[Rng], Call]:
        self.append(Right(make.__name__, make))
        return make


def base_call(name: str, *changes: tuple[str, str]) -> Callable[[Rng], Call]:
    file, make = BASES[name]
    return lambda rng: make(student(file, *changes), rng)
