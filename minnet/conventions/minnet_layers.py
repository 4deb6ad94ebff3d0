"""minnet's own convention: layers and losses that bring ``examples(rng)`` of themselves."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np

from minnet.conventions.convention import Convention
from minnet.conventions.guessing.classes import guessed_subject
from minnet.conventions.references.classes import of_class
from minnet.conventions.subject import Subject
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.describe import describe_arguments
from minnet.gradcheck.under_test.layer import LayerCase
from minnet.gradcheck.under_test.loss_roles import is_loss, prediction_and_target
from minnet.gradcheck.under_test.losses import LossCase
from minnet.gradcheck.under_test.passes import expect_passes, passes_of
from minnet.gradcheck.under_test.signatures import method_signature
from minnet.report.results import Skipped

Rng = np.random.Generator


def own_subjects() -> list[Subject | Skipped]:
    """Return minnet's own layers and losses, each with its examples."""
    from minnet import layers, losses

    classes = [
        value
        for module in (layers, losses)
        for value in vars(module).values()
        if inspect.isclass(value) and _is_minnets(value) and has_examples(value)
    ]
    return [subject(cls, CONVENTION) for cls in dict.fromkeys(classes)]


def is_class(cls: type) -> bool:
    """Return whether a class brings its own examples, or is built on one of minnet's."""
    minnets = any(_is_minnets(base) for base in cls.__mro__)
    return passes_of(cls) is not None and (minnets or has_examples(cls))


def has_examples(cls: type) -> bool:
    """Return whether a class brings ``examples(rng)`` of its own, not minnet's empty ones."""
    function = getattr(getattr(cls, "examples", None), "__func__", None)
    bases = ("minnet.layers.base", "minnet.losses.base")
    empty = ("Layer.examples", "Loss.examples")
    return function is not None and not (
        function.__module__ in bases and function.__qualname__ in empty
    )


def subject(cls: Any, convention: Convention) -> Subject | Skipped:
    """Return what to check a class by: its examples, or guesses where it has none."""
    if not has_examples(cls):
        return guessed_subject(cls, convention)
    references = of_class(cls, convention.name)
    build = lambda rng: _cases(cls, convention, rng)  # noqa: E731
    return Subject(cls.__name__, convention.name, build, references=references)


def _cases(cls: Any, convention: Convention, rng: Rng) -> Iterator[AdaptedCase]:
    """Yield a case for each ``(layer, inputs)`` of ``cls.examples(rng)``."""
    for layer, inputs in cls.examples(rng):
        given = inputs if isinstance(inputs, tuple | list) else (inputs,)
        if is_loss(layer, *given):
            pair = prediction_and_target(layer, given)
            yield LossCase(layer, *pair, convention=convention.name)
        else:
            words = _in_its_own_words(layer, given)
            yield LayerCase(layer, given, convention=convention.name, description=words)


def _in_its_own_words(layer: Any, inputs: tuple[Any, ...] | list[Any]) -> str:
    """Return the layer's own words for itself and the shapes of its inputs, or ""."""
    if all("__repr__" not in vars(cls) for cls in type(layer).__mro__[:-1]):
        return ""
    names = method_signature(layer, expect_passes(layer).forward).argument_names(len(inputs))
    arrays = {n: v for n, v in zip(names, inputs, strict=True) if isinstance(v, np.ndarray)}
    return f"{layer!r}, {describe_arguments(arrays)}"


def _is_minnets(cls: type) -> bool:
    return cls.__module__.startswith("minnet.")


CONVENTION = Convention("minnet", is_class=is_class, subject=subject)
