"""What to check a class or an object by that says nothing of itself."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from minnet.conventions.convention import Convention
from minnet.conventions.guessing.constructing import CannotConstruct, candidates
from minnet.conventions.guessing.inputs import Fitting
from minnet.conventions.guessing.kinds import kind_of
from minnet.conventions.guessing.targets import loss_cases
from minnet.conventions.samples import SHAPES_SEED
from minnet.conventions.subject import ENABLE, Subject, Unfit
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.loss_roles import is_loss
from minnet.gradcheck.under_test.passes import input_names
from minnet.report.results import Skipped

Rng = np.random.Generator
#: kinds whose inputs are so plain that a forward that refuses them has a mistake
_CERTAIN = ("dense", "conv", "conv1d", "pool", "activation", "dropout", "norm")


def class_subject(cls: Any, convention: Convention) -> Subject | Skipped:
    """Return what to check a class by: what its convention has for it, or guesses."""
    return (convention.subject or guessed_subject)(cls, convention)


def guessed_subject(cls: Any, convention: Convention) -> Subject | Skipped:
    """Return what to check a class by, guessed from names."""
    try:
        for _ in candidates(cls, np.random.default_rng(SHAPES_SEED)):
            pass
    except CannotConstruct as error:
        return Skipped(cls.__name__, f"{error}; {ENABLE}")
    return Subject(cls.__name__, convention.name, lambda rng: _cases(cls, convention, rng))


def object_subject(thing: Any, convention: Convention, name: str = "") -> Subject:
    """Return what to check an object by that has been constructed: inputs that fit it."""
    kind = kind_of(type(thing).__name__)

    def build(rng: Rng) -> Iterator[AdaptedCase]:
        if is_loss(thing):
            yield from loss_cases(thing, convention, rng)
            return
        cases = list(Fitting(thing, kind, convention.name, rng).cases())
        if not cases:
            raise TypeError(f"no input was found that {type(thing).__name__}.forward accepts")
        yield from cases

    return Subject(name or type(thing).__name__, convention.name, build)


def _cases(cls: Any, convention: Convention, rng: Rng) -> Iterator[AdaptedCase]:
    """Yield cases of `cls` over the ways to construct it and the inputs that fit."""
    ways = list(candidates(cls, rng.spawn(1)[0]))
    layers = (cls(**way.arguments) for way in ways)
    first = next(layers)
    alike = rng.spawn(1)[0].standard_normal((2, 4, 5))
    if is_loss(cls) or is_loss(first, *alike):
        yield from loss_cases(first, convention, rng)
        return
    count = 0
    for way, layer in zip(ways, itertools.chain([first], layers), strict=True):
        for case in Fitting(layer, way.kind, convention.name, rng, way.words()).cases():
            count += 1
            yield case
    several = len(input_names(cls)) > 1
    if not count and (ways[0].kind not in _CERTAIN or several):
        raise Unfit(f"no inputs were found that its passes accept; {ENABLE}")
    if not count:
        yield Fitting(first, ways[0].kind, convention.name, rng).first_try()
