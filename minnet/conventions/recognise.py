"""Which course's convention something is written in: the one table of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from minnet.conventions import (
    any_class,
    cs231n,
    deeplearning_ai,
    fprop,
    minnet_layers,
    mytorch,
    nnfs,
)
from minnet.conventions.convention import Convention
from minnet.conventions.samples import Samples

#: the first that recognises a class or a function has it
CONVENTIONS: tuple[Convention, ...] = (
    minnet_layers.CONVENTION,
    deeplearning_ai.CONVENTION,
    cs231n.CONVENTION,
    nnfs.CONVENTION,
    mytorch.CONVENTION,
    fprop.CONVENTION,
    any_class.CONVENTION,
)


def convention_of_class(cls: type) -> Convention:
    """Return the convention that a class is written in."""
    return next(c for c in CONVENTIONS if c.is_class(cls))


def convention_of_function(names: Sequence[str]) -> Convention:
    """Return the convention of a forward function whose parameters have these names."""
    return next(c for c in CONVENTIONS if c.is_function(names))


def samples_of_loss(name: str, names: Sequence[str]) -> tuple[Convention, Samples] | None:
    """Return the convention that knows a loss function, and the function's samples."""
    for convention in CONVENTIONS:
        if (samples := convention.loss_samples(name, names)) is not None:
            return convention, samples
    return None


def samples_of_pair(name: str) -> list[Samples]:
    """Return the samples for what conventions call ``name_forward``, those of each."""
    return [samples for c in CONVENTIONS for samples in c.samples_of_pair(name)]


def bare_forwards() -> frozenset[str]:
    """Return the names of forward functions that may stand without a suffix."""
    return frozenset(name for c in CONVENTIONS for name in c.bare_forwards)


def stand_ins() -> dict[str, Mapping[str, Any]]:
    """Return the contents of the modules that come with courses, by their names."""
    return {name: held for c in CONVENTIONS for name, held in c.stand_ins.items()}
