"""Recognise classes with forward and backward: minnet's, mytorch's, nnfs's, anybody's."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from minnet.conventions.guessing import (
    Candidate,
    CannotConstruct,
    candidates,
    input_names,
    kind_of,
)
from minnet.conventions.inputs import CERTAIN, first_try, fitting
from minnet.conventions.losses import loss_cases
from minnet.conventions.networks import is_network, network_subject
from minnet.conventions.subject import ENABLE, Subject, Unfit
from minnet.gradcheck.case import Case
from minnet.gradcheck.checks import is_loss
from minnet.gradcheck.under_test.describe import describe_arguments
from minnet.gradcheck.under_test.layer import LayerCase
from minnet.gradcheck.under_test.losses import TARGETS, LossCase
from minnet.report.results import Skipped

Rng = np.random.Generator


def find_classes(classes: Mapping[str, type]) -> Iterator[Subject | Skipped]:
    """Yield what can be checked among `classes`, and what cannot, in their order."""
    bases = {base for cls in classes.values() for base in cls.__mro__[1:]}
    for name, cls in classes.items():
        if is_network(cls):
            yield network_subject(cls)
        elif not callable(getattr(cls, "forward", None)):
            if callable(getattr(cls, "backward", None)):
                yield Skipped(name, "it has a backward but no forward")
        elif not callable(getattr(cls, "backward", None)):
            yield Skipped(name, "it has a forward but no backward")
        else:
            found = class_subject(cls)
            usual = isinstance(found, Subject) and kind_of(name) not in ("", "dense", "loss")
            if cls in bases and (_is_abstract(cls) or not usual):
                found = Skipped(name, "it is the base of other classes in the file")
            yield found


def class_subject(cls: Any) -> Subject | Skipped:
    """Return what to check a class by: its own examples, or guesses from names."""
    name = cls.__name__
    if has_examples(cls):
        return Subject(name, "minnet", lambda rng: example_cases(cls, rng))
    convention = convention_of(cls)
    if is_network(cls):
        return network_subject(cls)
    if is_loss_class(cls):
        return Subject(name, convention, lambda rng: loss_cases(cls, convention, rng))
    try:
        ways = list(candidates(cls, np.random.default_rng(0)))
    except CannotConstruct as error:
        return Skipped(name, f"{error}; {ENABLE}")
    return Subject(name, convention, lambda rng: _guessed_cases(cls, convention, ways, rng))


def object_subject(thing: Any, name: str = "") -> Subject:
    """Return what to check an object by that has been constructed: inputs that fit it."""
    name = name or type(thing).__name__
    convention = convention_of(type(thing))

    def build(rng: Rng) -> Iterator[Case]:
        cases = list(fitting(thing, kind_of(type(thing).__name__), convention, rng, ""))
        if not cases:
            raise TypeError(f"no input was found that {type(thing).__name__}.forward accepts")
        yield from cases

    return Subject(name, convention, build)


def has_examples(cls: type) -> bool:
    """Return whether a class brings ``examples(rng)`` of its own, not minnet's empty ones."""
    function = getattr(getattr(cls, "examples", None), "__func__", None)
    bases = ("minnet.layers.base", "minnet.losses.base")
    empty = ("Layer.examples", "Loss.examples")
    return function is not None and not (
        function.__module__ in bases and function.__qualname__ in empty
    )


def example_cases(cls: Any, rng: Rng) -> Iterator[Case]:
    """Yield a case for each ``(layer, inputs)`` of ``cls.examples(rng)``."""
    for layer, inputs in cls.examples(rng):
        given = inputs if isinstance(inputs, tuple | list) else (inputs,)
        if is_loss(layer):
            yield LossCase(layer, *given, convention="minnet")
        else:
            yield _described(LayerCase(layer, given, convention="minnet"), layer)


def convention_of(cls: type) -> str:
    """Return the convention of a class by the names it uses."""
    if any(base.__module__.startswith("minnet.") for base in cls.__mro__):
        return "minnet"
    names = _argument_names(getattr(cls, "backward", None))
    if "dvalues" in names:
        return "nnfs"
    code = getattr(getattr(cls, "backward", None), "__code__", None)
    used = (*names, *getattr(code, "co_names", ()))
    if any(n.startswith(("dLd", "dAdZ")) for n in used):
        return "mytorch"
    return "any"


def is_loss_class(cls: Any) -> bool:
    """Return whether a class is a loss, by its name and the two inputs of its forward."""
    names = input_names(getattr(cls, "calculate", None) or cls.forward)[1:]  # without self
    if len(names) != 2:
        return False
    backward = input_names(cls.backward)[1:]
    return kind_of(cls.__name__) == "loss" or not backward or bool({*names} & TARGETS)


def _guessed_cases(
    cls: Any, convention: str, ways: Iterable[Candidate], rng: Rng
) -> Iterator[Case]:
    """Yield cases of `cls` over the ways to construct it and the inputs that fit."""
    count, several = 0, len(input_names(cls.forward)) > 2  # with self
    for way in ways:
        layer = cls(**way.arguments)
        for case in fitting(layer, way.kind, convention, rng, way.words()):
            count += 1
            yield case
    if not count and (kind_of(cls.__name__) not in CERTAIN or several):
        raise Unfit(f"no inputs were found that its passes accept; {ENABLE}")
    if not count:
        yield first_try(cls(**next(iter(ways)).arguments), kind_of(cls.__name__), convention, rng)


def _described(case: LayerCase, layer: Any) -> LayerCase:
    """Put the layer's own words for itself into the description, where it has some."""
    if "__repr__" in {name for cls in type(layer).__mro__[:-1] for name in vars(cls)}:
        inputs = {n: v for n, v in case.arguments.items() if isinstance(v, np.ndarray)}
        case.description = f"{layer!r}, {describe_arguments(inputs)}"
    return case


def _is_abstract(cls: type) -> bool:
    """Return whether forward and backward of a class are only placeholders."""
    return all(_is_placeholder(getattr(cls, name, None)) for name in ("forward", "backward"))


def _is_placeholder(function: Callable[..., Any] | None) -> bool:
    code = getattr(function, "__code__", None)
    if code is None:
        return True
    constants = [c for c in code.co_consts if c is not None and not isinstance(c, str)]
    return "NotImplementedError" in code.co_names or not (
        constants or code.co_names or len(code.co_code) > 16
    )


def _argument_names(function: Any) -> list[str]:
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []
