"""Find inputs for a layer of unknown origin: what its name suggests, or else what it accepts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.guessing import (
    CHANNELS_IN,
    FEATURES_IN,
    FEATURES_OUT,
    VOCABULARY,
    WIDTH,
    forward_arguments,
    input_names,
)
from minnet.conventions.subject import ENABLE, Unfit
from minnet.gradcheck.case import Case, CodeError
from minnet.gradcheck.under_test.layer import LayerCase
from minnet.gradcheck.under_test.parameters import find_parameters

Rng = np.random.Generator

#: what a forward may be given, by the kind of layer, the most ordinary first
_SHAPES: dict[str, tuple[tuple[int, ...], ...]] = {
    "conv": ((2, CHANNELS_IN, 5, 7), (1, CHANNELS_IN, 6, 4)),
    "conv1d": ((3, CHANNELS_IN, 7), (1, CHANNELS_IN, 6)),
    "pool": ((2, CHANNELS_IN, 4, 6), (1, CHANNELS_IN, 6, 4)),
    "images": ((3, CHANNELS_IN, 4, 5),),
    "sequence": ((2, 4, FEATURES_IN), (1, 1, FEATURES_IN)),
    "attention": ((2, 4, WIDTH), (1, 3, WIDTH)),
    "activation": ((4, FEATURES_IN), (1, FEATURES_IN)),
    "dropout": ((6, FEATURES_IN), (2, 3, 4, 2)),
    "norm": ((6, FEATURES_IN), (4, FEATURES_IN)),
}
#: kinds whose inputs are so plain that a forward that refuses them has a mistake
CERTAIN = ("dense", "conv", "conv1d", "pool", "activation", "dropout", "norm")
_DEFAULT = ((4, FEATURES_IN), (1, FEATURES_IN))
#: what else to try where these do not fit: rows, a column, images, one image, a sequence
_FALLBACK = (
    (4, FEATURES_IN), (3, 4), (1, FEATURES_IN), (FEATURES_IN, 1), (2, CHANNELS_IN, 5, 4),
    (CHANNELS_IN, 5, 4), (2, 4, FEATURES_IN), (FEATURES_IN,),
)  # fmt: skip
#: shapes of several inputs: all alike, a row for each, a product, a sequence
_TOGETHER = (
    ((4, 5),),
    ((4, 5), (5,)),
    ((4, 5), (5, 3)),
    ((4, 5), (4, 3)),
    ((2, 4, 5),),
    ((2, 4, WIDTH),),
)


def fitting(layer: Any, kind: str, convention: str, rng: Rng, settings: str) -> Iterator[LayerCase]:
    """Yield cases with the inputs that the layer accepts; of the fallbacks only the first."""
    if len(input_names(layer.forward)) > 1 and kind not in ("cell", "sequence"):
        yield from _several(layer, kind, convention, rng)
        return
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


def _several(layer: Any, kind: str, convention: str, rng: Rng) -> Iterator[LayerCase]:
    """Yield cases of a layer with several inputs, of the first shapes for which all fits.

    Only where backward gives each input a gradient of its shape is it known that the shapes
    are meant so; otherwise nothing is yielded.
    """
    count = len(input_names(layer.forward))
    for shapes in _TOGETHER:
        padded = (*shapes, *[shapes[-1]] * count)[:count]
        case = _try(layer, tuple(rng.standard_normal(s) for s in padded), kind, convention)
        if case and _fits(case):
            yield _randomised(case, rng)
            alone = tuple(rng.standard_normal((1, *s[1:])) for s in padded)
            if padded[0] == padded[-1] and (second := _try(layer, alone, kind, convention)):
                yield _randomised(second, rng)
            return


def _fits(case: LayerCase) -> bool:
    """Return whether backward gives every input a gradient of its own shape."""
    try:
        run = case.run()
        claimed = run.backward(tuple(np.ones_like(out) for out in run.outputs))
    except CodeError:
        return False
    inputs = [name for name in case.variables if name not in case.parameters]
    return all(np.shape(claimed[name]) == case.variables[name].shape for name in inputs)


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


def first_try(layer: Any, kind: str, convention: str, rng: Rng) -> Case:
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
