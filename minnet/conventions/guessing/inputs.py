"""Find inputs for a layer of unknown origin: what its name suggests, or else what it accepts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.guessing.kinds import (
    CHANNELS_IN,
    FEATURES_IN,
    FEATURES_OUT,
    RECURRENT,
    VOCABULARY,
    WIDTH,
)
from minnet.conventions.subject import ENABLE, Unfit
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.under_test.layer import LayerCase
from minnet.gradcheck.under_test.parameters import find_parameters
from minnet.gradcheck.under_test.passes import expect_passes, input_names
from minnet.gradcheck.under_test.signatures import has_default, method_signature
from minnet.gradcheck.under_test.spellings import TRAINING_FLAGS

Rng = np.random.Generator
Shape = tuple[int, ...]

#: what a forward may be given, by the kind of layer, the most ordinary first
_SHAPES: dict[str, tuple[Shape, ...]] = {
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
_DEFAULT = ((4, FEATURES_IN), (1, FEATURES_IN))
#: what else to try where these do not fit: rows, a column, images, one image, a sequence
_FALLBACK: tuple[Shape, ...] = (
    (4, FEATURES_IN), (3, 4), (1, FEATURES_IN), (FEATURES_IN, 1), (2, CHANNELS_IN, 5, 4),
    (CHANNELS_IN, 5, 4), (2, 4, FEATURES_IN), (FEATURES_IN,),
)  # fmt: skip
#: shapes of several inputs: all alike, a row for each, a product, a sequence
_TOGETHER: tuple[tuple[Shape, ...], ...] = (
    ((4, 5),),
    ((4, 5), (5,)),
    ((4, 5), (5, 3)),
    ((4, 5), (4, 3)),
    ((2, 4, 5),),
    ((2, 4, WIDTH),),
)


@dataclass(frozen=True)
class Fitting:
    """A layer for which inputs are sought, and what all of its cases have in common.

    Attributes
    ----------
    layer : object
    kind : str
        As `kind_of` tells.
    convention : str
    rng : Generator
        Of the inputs, and of the values that parameters are given.
    remark : str
        Stands at the end of the description of each case.
    """

    layer: Any
    kind: str
    convention: str
    rng: Rng
    remark: str = ""

    def cases(self) -> Iterator[LayerCase]:
        """Yield cases with the inputs that the layer accepts; of the fallbacks only the first."""
        if self._count > 1 and self.kind not in RECURRENT:
            yield from self._several()
            return
        inputs = list(self._usual_inputs())
        usual = [case for values in inputs if (case := self._try(values))]
        if any(case.updates_itself for case in usual):
            usual = self._one_at_a_time(usual)
        found = usual or self._first_accepted()
        if found and (more := found[0].unexplained()):
            raise Unfit(f"its backward also takes {more}, which no convention explains; {ENABLE}")
        for case in found:
            yield self._randomised(case)

    def first_try(self) -> LayerCase:
        """Return the case of the most ordinary inputs, whether or not the layer accepts them."""
        return self._case(next(self._usual_inputs()))

    @cached_property
    def _count(self) -> int:
        """How many inputs forward takes."""
        return len(input_names(self.layer))

    @cached_property
    def _flags(self) -> tuple[bool, ...]:
        """What forward is given behind its inputs: that this is training."""
        wanted = method_signature(self.layer, expect_passes(self.layer).forward).parameters
        return tuple(
            True
            for p in wanted
            if p.name in TRAINING_FLAGS and (not has_default(p) or self.kind in ("dropout", "norm"))
        )

    def _several(self) -> Iterator[LayerCase]:
        """Yield cases of a layer with several inputs, of the first shapes for which all fits.

        Only where backward gives each input a gradient of its shape is it known that the shapes
        are meant so; otherwise nothing is yielded.
        """
        for shapes in _TOGETHER:
            padded = (*shapes, *[shapes[-1]] * self._count)[: self._count]
            case = self._try(self._normal(*padded))
            if case and _fits(case):
                yield self._randomised(case)
                alone = self._normal(*((1, *shape[1:]) for shape in padded))
                if padded[0] == padded[-1] and (second := self._try(alone)):
                    yield self._randomised(second)
                return

    def _one_at_a_time(self, usual: list[LayerCase]) -> list[LayerCase]:
        """Return the cases of a layer that updates itself, which may be meant for one sample only.

        Such layers are often written for a single row or a single column; where both passes run
        with one of these, that is how the layer is meant.
        """
        found = [case for case in usual if _gradients(case) is not None]
        for shape in ((1, FEATURES_IN), (FEATURES_IN, 1)):
            if not found and (case := self._try(self._normal(shape))):
                found = [case] if _gradients(case) is not None else []
        return found or usual

    def _usual_inputs(self) -> Iterator[tuple[Any, ...]]:
        count = max(1, self._count)
        if self.kind == "embedding":
            yield (self.rng.integers(VOCABULARY, size=(3, 4)),)
            return
        if self.kind == "cell" or (self.kind == "sequence" and count > 1):
            for N in (3, 1):
                hidden = self._normal(*[(N, FEATURES_OUT)] * (count - 1))
                yield (*self._normal((N, FEATURES_IN)), *hidden)
            return
        given = getattr(self.layer, "input_shape", None)
        shapes = (given,) if isinstance(given, tuple) else _SHAPES.get(self.kind, _DEFAULT)
        for shape in shapes:
            yield self._normal(*[shape] * count)
        if self.kind == "activation":
            zeros = self.rng.standard_normal((3, 7))
            zeros[self.rng.random(zeros.shape) < 0.3] = 0
            yield (zeros,)
            yield (8 * self.rng.standard_normal((2, 6)),)

    def _first_accepted(self) -> list[LayerCase]:
        if self._count > 1:  # a cell for one sample at a time
            hidden = self._normal(*[(FEATURES_OUT,)] * (self._count - 1))
            alone = self._try((*self._normal((FEATURES_IN,)), *hidden))
            return [alone] if alone else []
        for shape in (*_shapes_of_parameters(self.layer), *_FALLBACK):
            if case := self._try(self._normal(shape)):
                return [case]
        return []

    def _try(self, values: tuple[Any, ...]) -> LayerCase | None:
        """Return the case if forward accepts these inputs and gives finite numbers, else None."""
        case = self._case(values)
        try:
            outputs = case.run().outputs
        except CodeError as error:
            return case if isinstance(error.original, NotImplementedError) else None
        return case if all(np.isfinite(out).all() for out in outputs) else None

    def _case(self, values: tuple[Any, ...]) -> LayerCase:
        given = (*values, *self._flags)
        return LayerCase(self.layer, given, convention=self.convention, remark=self.remark)

    def _normal(self, *shapes: Shape) -> tuple[Array, ...]:
        return tuple(self.rng.standard_normal(shape) for shape in shapes)

    def _randomised(self, case: LayerCase) -> LayerCase:
        """Return the case with random parameters: the zeros of a fresh bias hide mistakes."""
        rng, fresh = self.rng, dict[str, Array]()
        for name in case.parameters:
            old = case.variables[name]
            value = rng.uniform(0.3, 1.2, old.shape) * rng.choice([-1, 1], old.shape)
            fresh[name] = value.astype(old.dtype)
        return case.with_variables(fresh)


def _fits(case: LayerCase) -> bool:
    """Return whether backward gives every input a gradient of its own shape."""
    claimed = _gradients(case)
    if claimed is None:
        return False
    inputs = [name for name in case.variables if name not in case.parameters]
    return all(np.shape(claimed[name]) == case.variables[name].shape for name in inputs)


def _gradients(case: LayerCase) -> dict[str, Any] | None:
    """Return what backward gives, or None where the two passes do not run."""
    try:
        run = case.run()
        return run.backward(tuple(np.ones_like(out) for out in run.outputs))
    except CodeError:
        return None


def _shapes_of_parameters(layer: Any) -> Iterator[Shape]:
    """Yield inputs that the first parameter of a layer, or of the layers in it, may want."""
    shapes = [np.shape(parameter.read()) for parameter in find_parameters(layer)]
    for shape in shapes[:1]:
        if len(shape) == 2:
            yield from ((4, shape[0]), (4, shape[1]), (shape[1], 1))
        elif len(shape) == 1:
            yield from ((6, *shape), (3, *shape, 4, 5))
        elif len(shape) > 2:  # (F, C, kernel): room for a few positions of the kernel
            yield (2, shape[1], *(side + 3 + axis for axis, side in enumerate(shape[2:])))
