"""Where the correct student code registers what may be done with it."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np

from corpus.calls import Call

Rng = np.random.Generator
Make = Callable[[ModuleType, Rng], Call]

#: by name: the student's file, and a function ``(module, rng) -> Call``
BASES: dict[str, tuple[str, Make]] = {}


def base(file: str) -> Callable[[Make], Make]:
    def register(make: Make) -> Make:
        BASES[make.__name__] = (file, make)
        return make

    return register
