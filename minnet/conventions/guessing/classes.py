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
from minnet.conventions.guessing.preparing import with_columns
from minnet.conventions.guessing.targets import loss_cases
from minnet.conventions.references.classes import forward_only, of_class
from minnet.conventions.samples import SHAPES_SEED
from minnet.conventions.subject import Subject, enabling_object
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.layer import LayerCase
from minnet.gradcheck.under_test.loss_roles import is_loss
from minnet.report.results import Skipped

Rng = np.random.Generator


def class_subject(cls: Any, convention: Convention) -> Subject | Skipped:
    """Return what to check a class by: what its convention has for it, or guesses."""
    return (convention.subject or guessed_subject)(cls, convention)


def guessed_subject(cls: Any, convention: Convention) -> Subject | Skipped:
    """Return what to check a class by, guessed from names."""
    try:
        for _ in candidates(cls, np.random.default_rng(SHAPES_SEED)):
            pass
    except CannotConstruct as error:
        return Skipped(cls.__name__, f"{error}; {enabling_object(cls)}")

    def of_forward(rng: Rng) -> Iterator[AdaptedCase]:
        layer = cls(**next(candidates(cls, rng.spawn(1)[0])).arguments)
        for inputs in forward_only(cls, layer, rng):
            yield LayerCase(layer, inputs, convention=convention.name)

    build = lambda rng: _cases(cls, convention, rng)  # noqa: E731
    return Subject(
        cls.__name__,
        convention.name,
        build,
        convention.layers_divide,
        of_class(cls, convention.name),
        of_forward,
    )


def object_subject(thing: Any, convention: Convention, name: str = "") -> Subject:
    """Return what to check an object by that has been constructed: inputs that fit it."""
    kind = kind_of(type(thing).__name__)

    def build(rng: Rng) -> Iterator[AdaptedCase]:
        if is_loss(thing):
            yield from loss_cases(thing, convention, rng)
            return
        fitting = Fitting(thing, kind, convention.name, rng)
        yield from list(fitting.cases()) or [fitting.first_try_or_unfit()]

    references, divide = of_class(type(thing), convention.name), convention.layers_divide
    return Subject(name or type(thing).__name__, convention.name, build, divide, references)


def _cases(cls: Any, convention: Convention, rng: Rng) -> Iterator[AdaptedCase]:
    """Yield cases of `cls` over the ways to construct it and the inputs that fit."""
    ways = list(candidates(cls, rng.spawn(1)[0]))
    layers = (cls(**way.arguments) for way in ways)
    first = next(layers)
    alike = rng.spawn(1)[0].standard_normal((2, 4, 5))
    if is_loss(cls) or is_loss(first, *alike):
        yield from loss_cases(first, convention, rng)
        return
    found = [
        (way, layer) for way, layer in zip(ways, itertools.chain([first], layers), strict=True)
    ]
    for change in (_unchanged, with_columns):
        fittings = [
            Fitting(change(layer), way.kind, convention.name, rng, way.words())
            for way, layer in found
        ]
        if cases := [case for fitting in fittings for case in fitting.cases(change is _unchanged)]:
            yield from cases
            return
    yield Fitting(first, ways[0].kind, convention.name, rng).first_try_or_unfit()


def _unchanged(layer: Any) -> Any:
    return layer
