"""Recognise classes with forward and backward: minnet's, mytorch's, nnfs's, anybody's."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from minnet.conventions.guessing import (
    CHANNELS_IN,
    FEATURES_IN,
    FEATURES_OUT,
    VOCABULARY,
    Candidate,
    CannotConstruct,
    candidates,
    forward_arguments,
    input_names,
    kind_of,
)
from minnet.conventions.losses import loss_cases
from minnet.conventions.networks import is_network, network_subject
from minnet.conventions.subject import ENABLE, Subject, Unfit
from minnet.gradcheck.adapters import TARGETS, LayerCase, LossCase
from minnet.gradcheck.case import Array, Case, CodeError
from minnet.gradcheck.checks import is_loss
from minnet.gradcheck.parameters import find_parameters
from minnet.gradcheck.results import Skipped
from minnet.gradcheck.wording import describe_arguments

Rng = np.random.Generator

#: what a forward may be given, by the kind of layer, the most ordinary first
_SHAPES: dict[str, tuple[tuple[int, ...], ...]] = {
    "conv": ((2, CHANNELS_IN, 5, 7), (1, CHANNELS_IN, 6, 4)),
    "conv1d": ((3, CHANNELS_IN, 7), (1, CHANNELS_IN, 6)),
    "pool": ((2, CHANNELS_IN, 4, 6), (1, CHANNELS_IN, 6, 4)),
    "images": ((3, CHANNELS_IN, 4, 5),),
    "sequence": ((2, 4, FEATURES_IN), (1, 1, FEATURES_IN)),
    "activation": ((4, FEATURES_IN), (1, FEATURES_IN)),
    "dropout": ((6, FEATURES_IN), (2, 3, 4, 2)),
    "norm": ((6, FEATURES_IN), (4, FEATURES_IN)),
}
#: kinds whose inputs are so plain that a forward that refuses them has a mistake
_CERTAIN = ("dense", "conv", "conv1d", "pool", "activation", "dropout", "norm")
_DEFAULT = ((4, FEATURES_IN), (1, FEATURES_IN))
#: what else to try where these do not fit: rows, a column, images, one image, a sequence
_FALLBACK = (
    (4, FEATURES_IN), (3, 4), (1, FEATURES_IN), (FEATURES_IN, 1), (2, CHANNELS_IN, 5, 4),
    (CHANNELS_IN, 5, 4), (2, 4, FEATURES_IN), (FEATURES_IN,),
)  # fmt: skip


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
    if len(input_names(cls.forward)) > 2 and kind_of(name) not in ("cell", "sequence"):
        return Skipped(name, f"its forward takes several inputs; {ENABLE}")
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
        cases = list(_fitting(thing, kind_of(type(thing).__name__), convention, rng, ""))
        if not cases:
            raise TypeError(f"no input was found that {type(thing).__name__}.forward accepts")
        yield from cases

    return Subject(name, convention, build)


def has_examples(cls: type) -> bool:
    """Return whether a class brings ``examples(rng)`` of its own, not minnet's empty ones."""
    function = getattr(getattr(cls, "examples", None), "__func__", None)
    bases = ("minnet.layers.base", "minnet.losses")
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
    cls: type, convention: str, ways: Iterable[Candidate], rng: Rng
) -> Iterator[Case]:
    """Yield cases of `cls` over the ways to construct it and the inputs that fit."""
    count = 0
    for way in ways:
        layer = cls(**way.arguments)
        for case in _fitting(layer, way.kind, convention, rng, way.words()):
            count += 1
            yield case
    if not count and kind_of(cls.__name__) not in _CERTAIN:
        raise Unfit(f"no input was found that its forward accepts; {ENABLE}")
    if not count:
        yield _first_try(cls(**next(iter(ways)).arguments), kind_of(cls.__name__), convention, rng)


def _fitting(
    layer: Any, kind: str, convention: str, rng: Rng, settings: str
) -> Iterator[LayerCase]:
    """Yield cases with the inputs that the layer accepts; of the fallbacks only the first."""
    inputs = list(_inputs(layer, kind, rng))
    usual = [case for values in inputs if (case := _try(layer, values, kind, convention))]
    if any(case.updates_itself for case in usual):
        usual = _one_at_a_time(layer, usual, kind, convention, rng)
    found = usual or _first_accepted(layer, kind, convention, rng)
    if found and (more := found[0].unexplained()):
        raise Unfit(f"its backward also takes {more}, which no convention explains; {ENABLE}")
    for case in found:
        if settings:
            case.description = f"{case.description}, {settings}"
        yield _randomised(case, rng)


def _one_at_a_time(
    layer: Any, usual: list[LayerCase], kind: str, convention: str, rng: Rng
) -> list[LayerCase]:
    """Return the cases of a layer that updates itself, which may be meant for one sample only.

    Such layers are often written for a single row or a single column; where both passes run
    with one of these, that is how the layer is meant.
    """
    found = [case for case in usual if _runs_back(case)]
    for shape in ((1, FEATURES_IN), (FEATURES_IN, 1)):
        if not found and (case := _try(layer, (rng.standard_normal(shape),), kind, convention)):
            found = [case] if _runs_back(case) else []
    return found or usual


def _runs_back(case: LayerCase) -> bool:
    try:
        run = case.run()
        run.backward(tuple(np.ones_like(out) for out in run.outputs))
    except CodeError:
        return False
    return True


def _inputs(layer: Any, kind: str, rng: Rng) -> Iterator[tuple[Any, ...]]:
    count = max(1, len(input_names(layer.forward)))
    if kind == "embedding":
        yield (rng.integers(VOCABULARY, size=(3, 4)),)
        return
    if kind == "cell" or (kind == "sequence" and count > 1):
        for N in (3, 1):
            hidden = [rng.standard_normal((N, FEATURES_OUT)) for _ in range(count - 1)]
            yield (rng.standard_normal((N, FEATURES_IN)), *hidden)
        return
    for shape in _shapes(layer, kind):
        yield tuple(rng.standard_normal(shape) for _ in range(count))
    if kind == "activation":
        zeros = rng.standard_normal((3, 7))
        zeros[rng.random(zeros.shape) < 0.3] = 0
        yield (zeros,)
        yield (8 * rng.standard_normal((2, 6)),)


def _shapes(layer: Any, kind: str) -> tuple[tuple[int, ...], ...]:
    if isinstance(given := getattr(layer, "input_shape", None), tuple):
        return (given,)
    return _SHAPES.get(kind, _DEFAULT)


def _first_accepted(layer: Any, kind: str, convention: str, rng: Rng) -> list[LayerCase]:
    count = max(1, len(input_names(layer.forward)))
    if count > 1:  # a cell for one sample at a time
        hidden = [rng.standard_normal(FEATURES_OUT) for _ in range(count - 1)]
        alone = _try(layer, (rng.standard_normal(FEATURES_IN), *hidden), kind, convention)
        return [alone] if alone else []
    shapes = [*_shapes_of_parameters(layer), *_FALLBACK]
    for shape in shapes:
        if case := _try(layer, (rng.standard_normal(shape),), kind, convention):
            return [case]
    return []


def _shapes_of_parameters(layer: Any) -> Iterator[tuple[int, ...]]:
    """Yield inputs that the first parameter of a layer, or of the layers in it, may want."""
    shapes = [np.shape(parameter.read()) for parameter in find_parameters(layer)]
    for shape in shapes[:1]:
        if len(shape) == 2:
            yield from ((4, shape[0]), (4, shape[1]), (shape[1], 1))
        elif len(shape) == 1:
            yield from ((6, *shape), (3, *shape, 4, 5))
        elif len(shape) > 2:  # (F, C, kernel): room for a few positions of the kernel
            yield (2, shape[1], *(side + 3 + axis for axis, side in enumerate(shape[2:])))


def _try(layer: Any, values: tuple[Any, ...], kind: str, convention: str) -> LayerCase | None:
    """Return the case if forward accepts these inputs and gives finite numbers, else None."""
    case = _first_case(layer, values, kind, convention)
    try:
        outputs = case.run().outputs
    except CodeError as error:
        return case if isinstance(error.original, NotImplementedError) else None
    return case if all(np.isfinite(out).all() for out in outputs) else None


def _first_try(layer: Any, kind: str, convention: str, rng: Rng) -> Case:
    return _first_case(layer, next(_inputs(layer, kind, rng)), kind, convention)


def _first_case(layer: Any, values: tuple[Any, ...], kind: str, convention: str) -> LayerCase:
    flags = tuple(forward_arguments(layer.forward, kind).values())
    return LayerCase(layer, (*values, *flags), convention=convention)


def _randomised(case: LayerCase, rng: Rng) -> LayerCase:
    """Return the case with random parameters: the zeros of a fresh bias hide mistakes."""
    fresh: dict[str, Array] = {}
    for parameter in case.parameters:
        value = case.variables[parameter]
        fresh[parameter] = rng.uniform(0.3, 1.2, value.shape) * rng.choice([-1, 1], value.shape)
    return case.with_variables({n: v.astype(case.variables[n].dtype) for n, v in fresh.items()})


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
