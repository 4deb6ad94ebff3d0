"""The shapes of the inputs that a layer may take: by its kind, and by the arrays that it holds."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from minnet.conventions.blame import raised_by
from minnet.conventions.guessing.kinds import CHANNELS_IN, FEATURES_IN, FEATURES_OUT, WIDTH
from minnet.conventions.layouts import shapes_in
from minnet.gradcheck.case import message_of
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.parameters import find_parameters, held_arrays
from minnet.gradcheck.under_test.passes import expect_passes
from minnet.gradcheck.under_test.signatures import method_signature
from minnet.patterns import pattern

Shape = tuple[int, ...]

#: what a forward may be given, by the kind of layer, the most ordinary first
USUAL: dict[str, tuple[Shape, ...]] = {
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
ANY_KIND = ((4, FEATURES_IN), (1, FEATURES_IN))
#: what else to try where these do not fit: rows, a column, images (channels last too), one image,
#: a sequence
FALLBACK: tuple[Shape, ...] = (
    (4, FEATURES_IN), (3, 4), (1, FEATURES_IN), (FEATURES_IN, 1), (2, CHANNELS_IN, 5, 4),
    (2, 5, 4, CHANNELS_IN), (CHANNELS_IN, 5, 4), (2, 4, FEATURES_IN), (2, 4, WIDTH), (FEATURES_IN,),
)  # fmt: skip
#: what some code of these kinds takes alone: square images, and one that windows of two tile
ALONE: dict[str, tuple[Shape, ...]] = {
    "conv": ((2, CHANNELS_IN, 5, 5), (2, 5, 5, CHANNELS_IN)),
    "pool": (
        (2, CHANNELS_IN, 4, 4), (2, 4, 4, CHANNELS_IN),
        (CHANNELS_IN, 4, 6), (4, 6, CHANNELS_IN), (CHANNELS_IN, 4, 4), (4, 4, CHANNELS_IN), (4, 6),
    ),
}  # fmt: skip
#: shapes of several inputs: all alike, a row for each, a product, a number, a sequence
TOGETHER: tuple[tuple[Shape, ...], ...] = (
    ((4, 5),),
    ((4, 5), (5,)),
    ((4, 5), (5, 3)),
    ((4, 5), (4, 3)),
    ((4, 5), ()),
    ((2, 4, 5),),
    ((2, 4, WIDTH),),
    ((2, 4, WIDTH), (2, WIDTH)),
    ((2, 4, WIDTH), (2, 4)),
)
#: the same with integers in the place of one: a row with its label, rows of steps with tokens
WITH_TOKENS: tuple[tuple[Shape, ...], ...] = (
    ((4, 5), (4,)),
    ((4, 4), (4,)),
    ((2, 4), (2, FEATURES_OUT)),
)


#: shapes of integers alone: contexts with their word, a sequence with the next tokens
ALL_TOKENS: tuple[tuple[Shape, ...], ...] = (
    ((5, 2), (5,)),
    ((3, 4), (3, 4)),
    ((5,), (5,)),
    ((3, 4), (3, 5)),
)
#: where a layer keeps the shape of its input
SHAPE_KEPT = pattern(r"_?(in(put)?_?(shape|size|dims?)|shape_in(put)?)")


def shape_in(named: Mapping[str, Any]) -> Shape | None:
    """Return the shape of an input among attributes, or arguments, where one is of numbers."""
    held = (value for name, value in named.items() if SHAPE_KEPT.fullmatch(name))
    sizes = (v for v in held if isinstance(v, tuple) and all(isinstance(n, int) for n in v))
    return next(sizes, None)


def usual_shapes(layer: Any, kind: str) -> tuple[Shape, ...]:
    """Return the shapes to try first: with as many axes as the docstring of forward says, if so."""
    usual = USUAL.get(kind, ANY_KIND)
    if kind not in ("", "norm"):
        return usual
    forward = expect_passes(layer).forward
    names = method_signature(layer, forward).names
    said = [*shapes_in(inspect.getdoc(getattr(layer, forward)) or "", names).values()]
    known = {3: USUAL["sequence"], 4: USUAL["images"]}
    return known.get(len(said[0]), usual) if len(said) == 1 else usual


def shapes_asked_for(case: AdaptedCase) -> Iterator[tuple[Shape, bool]]:
    """Yield the shape that a forward says it would make of its input, which is of another size."""
    error = raised_by(case)
    said = re.search(r"into shape \(([\d,]+)\)", message_of(error.original)) if error else None
    if said:
        yield tuple(int(size) for size in said[1].split(",") if size), False


def shapes_of_parameters(layer: Any) -> Iterator[tuple[Shape, bool]]:
    """Yield inputs that the first parameter of a layer, or of the layers in it, may want.

    With each comes whether its samples are columns.
    """
    found = find_parameters(layer) or held_arrays(layer)  # whose names or gradients tell nothing
    shapes: list[Shape] = [np.shape(parameter.read()) for parameter in found]
    shape = shapes[0] if shapes else ()
    if len(shape) == 2 and 1 in shape:
        yield (6, max(shape)), False
        yield (max(shape), 6), True
    elif len(shape) == 2:
        yield from (((4, shape[0]), False), ((4, shape[1]), False), ((shape[1], 4), True))
        yield from (((shape[1], 1), True), ((2, 4, shape[0]), False))
    elif len(shape) == 1:
        yield from (((6, *shape), False), ((3, *shape, 4, 5), False), ((2, 4, *shape), False))
    elif len(shape) == 4:  # (F, C, kernel), (kernel, C, F), (F, kernel, C)
        yield (2, shape[1], *_room(shape[2:])), False
        yield (2, *_room(shape[:2]), shape[2]), False
        yield (2, *_room(shape[1:3]), shape[3]), False
    elif len(shape) > 2:  # (F, C, kernel), (kernel, C, F), (F, kernel, C)
        yield (2, shape[1], *_room(shape[2:])), False
        yield (2, *_room(shape[1:2]), shape[2]), False
        yield (2, *_room(shape[:1]), shape[1]), False


def _room(kernel: Shape) -> Shape:
    """Return sides with room for a few positions of a kernel."""
    return tuple(side + 3 + axis for axis, side in enumerate(kernel))


def masks_beside(x: Shape) -> tuple[Any, ...]:
    """Return what may be given for a mask of a sequence: what comes before, or all; or none."""
    N, T = x[0], x[1] if len(x) > 1 else x[0]
    before = np.tri(T, dtype=int)
    return before, np.array([before] * N), np.ones((N, 1, T), dtype=int), None


def axes_pooled(case: AdaptedCase) -> Shape:
    """Return the order that brings (N, C, H, W) to where a pooling has its H and W, if elsewhere.

    They are the axes that its output is shorter along.
    """
    x, out = case.variables[case.inputs[0]].shape, case.run().outputs[0].shape
    shorter = tuple(k for k, (a, b) in enumerate(zip(x, out, strict=False)) if a != b)
    orders: dict[Shape, Shape] = {(0, 1): (2, 3, 1, 0), (1, 2): (0, 2, 3, 1)}
    return orders.get(shorter, ()) if len(x) == 4 else ()


def are_columns(x: Shape, out: Shape) -> bool:
    """Return whether rows and columns went in of which the columns were the samples, as it seems.

    >>> are_columns((4, 5), (3, 5)), are_columns((4, 5), (4, 3))
    (True, False)
    """
    return len(x) == len(out) == 2 and x[1] == out[1] > 1 and x[0] != out[0]
