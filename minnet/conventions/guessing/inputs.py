"""Find inputs for a layer of unknown origin: what its name suggests, or else what it accepts."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.blame import ABOUT_ARGUMENTS, excuse, in_words, raised_by, refusal
from minnet.conventions.guessing.functions import MOST, shapes_named
from minnet.conventions.guessing.kinds import (
    FEATURES_IN,
    FEATURES_OUT,
    RECURRENT,
    VOCABULARY,
    is_of_positive,
)
from minnet.conventions.guessing.preparing import (
    can_be_set_up,
    is_emptied,
    prepared,
    told_again,
    without_penalty,
)
from minnet.conventions.guessing.shapes import (
    ALL_TOKENS,
    ALONE,
    ANY_KIND,
    FALLBACK,
    SHAPE_KEPT,
    TOGETHER,
    USUAL,
    WITH_TOKENS,
    Shape,
    are_columns,
    axes_pooled,
    masks_beside,
    shape_in,
    shapes_asked_for,
    shapes_of_parameters,
    usual_shapes,
)
from minnet.conventions.layouts import (
    FITS,
    NO_BACKWARD,
    REFUSED,
    answers_with_a_list,
    fit,
    gradients_of,
    inputs_fit,
    is_mistaken,
    is_widened,
)
from minnet.conventions.samples import SHAPES_SEED
from minnet.conventions.subject import Unfit, enabling_object
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.under_test.describe import About
from minnet.gradcheck.under_test.layer import LayerCase
from minnet.gradcheck.under_test.passes import expect_passes, input_names
from minnet.gradcheck.under_test.signatures import has_default, method_signature, signature_of
from minnet.gradcheck.under_test.spellings import is_training_flag
from minnet.gradcheck.under_test.unwritten import hands_on, leaves_it_elsewhere, waits_to_be_written
from minnet.records import dataclass, replace

Rng = np.random.Generator


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
    told : tuple of int, optional
        The shape of a sample, where the constructor was told one.
    """

    layer: Any
    kind: str
    convention: str
    rng: Rng
    remark: str = ""
    told: Shape | None = None

    def cases(self, as_it_is: bool = True) -> Iterator[LayerCase]:
        """Yield cases with the inputs that the layer accepts; of the fallbacks only the first.

        A layer that is not as its author made it has to fit them altogether.

        Raises
        ------
        Unfit
        """
        trial = replace(self, rng=np.random.default_rng(SHAPES_SEED)).first_try()
        ready = prepared(self.layer, trial) if as_it_is else self.layer
        refused, found = None, list[LayerCase]()
        try:
            found = list(replace(self, layer=ready)._cases(as_it_is))
        except Unfit as error:
            refused = error
        if not found and as_it_is and can_be_set_up(self.layer):
            found = list(itertools.islice(self._set_up_for_others(), 1))
        if refused is not None and not found:
            raise refused
        yield from found

    def _set_up_for_others(self) -> Iterator[LayerCase]:
        """Yield cases of the layer made ready for less usual inputs, which both passes take."""
        for shape in FALLBACK:
            trial = self._case(self._normal(shape))
            other = replace(self, layer=prepared(self.layer, trial))
            case = other._try(tuple(trial.arguments.values()))
            if other.layer is not self.layer and case is not None and fit(case) == FITS:
                yield self._randomised(case)

    def _cases(self, as_it_is: bool) -> Iterator[LayerCase]:
        if self._count > 1 and self.kind not in RECURRENT:
            yield from self._several()
            return
        tried = [self._try(values) for values in self._usual_inputs()]
        if self.kind == "pool" and (order := tried[0] and axes_pooled(tried[0])):
            tried = [self._try((values[0].transpose(order),)) for values in self._usual_inputs()]
        usual = list(filter(None, tried))
        if any(case.updates_itself for case in usual):
            usual = self._one_at_a_time(usual)
        found = self._that_fit(usual, sure=tried[0] is not None)
        if found:
            self._may_be_judged(found[0], sure=tried[0] is not None)
        yield from (self._randomised(c) for c in found if as_it_is or fit(c) == FITS)

    def _that_fit(self, usual: list[LayerCase], sure: bool) -> list[LayerCase]:
        """Return the usual cases if both passes take them, or else the first other that fits.

        `sure` is whether the most usual is among them.
        """
        if usual and self._count == 1 and answers_with_a_list(usual[0]):
            listed = self._try(self._in_a_list())
            if listed is not None and fit(listed) == FITS:
                return [listed]
        if usual and fit(usual[0]) < NO_BACKWARD and not is_mistaken(usual[0], sure):
            return usual
        others = list(self._others())
        return [case for case in others if fit(case) == FITS][:1] or usual or others[:1]

    def _may_be_judged(self, case: LayerCase, sure: bool = True) -> None:
        """Make sure that what is wrong in a case is no fault of the guesses that it is made of.

        Raises
        ------
        Unfit
        """
        enabled = enabling_object(self.layer, ", ".join(input_names(self.layer)))
        raised = getattr(raised_by(case), "original", None)
        if isinstance(raised, NotImplementedError) and leaves_it_elsewhere(case.code["forward"]):
            raise Unfit(f"its forward returns nothing, and what it leaves is not known; {enabled}")
        if fit(case) < REFUSED and (more := case.unexplained()):
            raise Unfit(f"its backward also takes {more}, which no convention explains; {enabled}")
        if lacks := excuse(case):
            raise Unfit(f"{lacks}; {enabled}")
        if why := refusal(case, ABOUT_ARGUMENTS if self.kind else (Exception,)):
            raise Unfit(
                f"its passes refuse all inputs that were tried, such as {case.description}: "
                f"{why}; {enabled}"
            )
        if not case.parameters and hands_on(case.code["backward"]):
            raise Unfit(f"its gradients stay in layers, of which it was given none; {enabled}")
        if is_emptied(self.layer) and fit(case) == NO_BACKWARD:
            raise Unfit(f"its backward needs what it kept in calls before; {enabled}")
        about_shapes = isinstance(raised, ValueError | IndexError)
        guessed = not sure or (not self.kind and (self.remark or self._count > 1))
        if raised and guessed and fit(case) == NO_BACKWARD and about_shapes:
            tried = f"{case.description}: {in_words(raised)}"
            raise Unfit(f"its backward refuses what was tried, {tried}; {enabled}")
        if is_mistaken(case, sure):
            raise Unfit(
                f"no input was found to which backward gives a gradient of its shape, such as "
                f"{case.description}; {enabled}"
            )

    def first_try(self) -> LayerCase:
        """Return the case of the most ordinary inputs, whether or not the layer accepts them."""
        return self._case(next(self._usual_inputs()))

    def first_try_or_unfit(self) -> LayerCase:
        """Return that case where what forward raises has nothing to do with its inputs.

        Raises
        ------
        Unfit
            When all inputs were only guessed wrong, as far as that shows.
        """
        case = self.first_try()
        self._may_be_judged(case)
        enabled = enabling_object(self.layer, ", ".join(input_names(self.layer)))
        with contextlib.suppress(CodeError):
            if not all(out.size for out in case.run().outputs):
                raise Unfit(f"no input was found for which forward gives anything; {enabled}")
        return case

    def of_tokens(self) -> Iterator[LayerCase]:
        """Yield the first case of integers alone, which a network begins and ends with.

        Each may stand for a word, or the words be written out with a 1 each.
        """
        one_hot = np.eye(VOCABULARY, dtype=int)
        for shapes, written_out in itertools.product(ALL_TOKENS, (False, True)):
            padded = (*shapes, *[shapes[-1]] * self._count)[: self._count]
            tokens = (self.rng.integers(VOCABULARY, size=shape) for shape in padded)
            case = self._try(tuple(one_hot[t] if written_out else t for t in tokens))
            claimed = gradients_of(case) if case is not None else None
            if (
                case is not None
                and claimed
                and fit(case) == FITS
                and any(map(np.any, claimed.values()))
            ):
                yield self._randomised(case)
                return

    def of_words(self) -> LayerCase | None:
        """Return the case of words in one row, some of them repeated, if it is taken."""
        case = self._try((self.rng.integers(VOCABULARY, size=2 * VOCABULARY),))
        return self._randomised(case) if case is not None else None

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
            if is_training_flag(p.name) and (not has_default(p) or self.kind in ("dropout", "norm"))
        )

    def _several(self) -> Iterator[LayerCase]:
        """Yield cases of a layer with several inputs, of the first shapes for which all fits.

        Only where backward gives each input a gradient of its shape is it known that the shapes
        are meant so; otherwise nothing is yielded.
        """
        refused = True
        for shapes in (*TOGETHER, *itertools.islice(shapes_named(input_names(self.layer)), MOST)):
            padded = (*shapes, *[shapes[-1]] * self._count)[: self._count]
            taken = [c for c in map(self._try, self._with_masks(self._normal(*padded))) if c]
            refused = refused and not taken
            if case := next(filter(inputs_fit, taken), None):
                yield self._randomised(case)
                alone = self._normal(*((1, *shape[1:]) for shape in padded))
                if padded[0] == padded[-1] and (second := self._try(alone)):
                    yield self._randomised(second)
                return
        with_tokens = (self._try(values) for values in self._with_tokens() if refused)
        if found := next((case for case in with_tokens if case and inputs_fit(case)), None):
            yield self._randomised(found)

    def _with_masks(self, values: tuple[Array, ...]) -> Iterator[tuple[Any, ...]]:
        """Yield inputs with what may be given for those that are called masks."""
        places = [i for i, name in enumerate(input_names(self.layer)) if "mask" in name.lower()]
        for mask in masks_beside(values[0].shape) if places else ():
            yield tuple(mask if i in places else value for i, value in enumerate(values))
        yield values

    def _with_tokens(self) -> Iterator[tuple[Any, ...]]:
        """Yield inputs of which one is an array of integers."""
        for shapes in WITH_TOKENS:
            padded = (*shapes, *[shapes[-1]] * self._count)[: self._count]
            for place, shape in enumerate(padded):
                values: list[Any] = [*self._normal(*padded)]
                values[place] = self.rng.integers(FEATURES_OUT, size=shape)
                yield tuple(values)

    def _one_at_a_time(self, usual: list[LayerCase]) -> list[LayerCase]:
        """Return the cases of a layer that updates itself, which is often meant for one sample.

        Where both passes run with a single row or column, that is how the layer is meant.
        """
        found = [case for case in usual if gradients_of(case) is not None]
        found = [case for case in found if fit(case) == FITS] or found
        for shape in ((1, FEATURES_IN), (FEATURES_IN, 1)):
            if not found and (case := self._try(self._normal(shape))):
                found = [case] if gradients_of(case) is not None else []
        return found or usual

    def _usual_inputs(self) -> Iterator[tuple[Any, ...]]:
        count = max(1, self._count)
        if count == 1 and not self.kind and is_of_positive(type(self.layer).__name__):
            yield from self._of_a_smaller_domain()
            return
        if self.kind == "embedding":
            tokens = self.rng.integers(VOCABULARY, size=(3, 4))
            beside = self._normal(*[(3, 4)] * (count - 1))
            yield (*beside, tokens[:, 0]) if beside else (tokens,)
            return
        if self.kind == "cell" or (self.kind == "sequence" and count > 1):
            for N in (4, 1):  # no other size is 4
                hidden = self._normal(*[(N, FEATURES_OUT)] * (count - 1))
                yield (*self._normal((N, FEATURES_IN)), *hidden)
            return
        shapes = usual_shapes(self.layer, self.kind)
        if (given := shape_in(vars(self.layer)) or self.told) is not None:
            wanted = signature_of(type(self.layer)).required or ()
            told = any(map(SHAPE_KEPT.fullmatch, wanted))
            case = self._try(self._normal(given)) if told else None
            alone = case is not None and fit(case) == FITS
            shapes = (given,) if alone else ((3, *given), (1, *given))
        for shape in shapes:
            yield self._normal(*[shape] * count)
        if self.kind == "activation":
            zeros = self.rng.standard_normal((3, 7))
            zeros[self.rng.random(zeros.shape) < 0.3] = 0
            yield (zeros,)
            yield (8 * self.rng.standard_normal((2, 6)),)

    def _others(self) -> Iterator[LayerCase]:
        """Yield cases with less usual inputs that forward accepts."""
        if self._count > 1:  # a cell for one sample at a time
            hidden = self._normal(*[(FEATURES_OUT,)] * (self._count - 1))
            tried = [self._try((*self._normal((FEATURES_IN,)), *hidden))]
        else:
            shapes = [*shapes_of_parameters(self.layer), *shapes_asked_for(self.first_try())]
            shapes += [(shape, False) for shape in (*FALLBACK, *ALONE.get(self.kind, ()))]
            tried = [self._try(values) for values in self._of_a_smaller_domain()]
            found = (self._try(self._normal(shape), turned) for shape, turned in shapes)
            tried += [case for case in found if case and _is_no_luck(case)]
            tried.append(self._try(self._in_a_list()))
            if not any(tried):  # forward refuses numbers
                tried.append(self._try((self.rng.integers(FEATURES_OUT, size=(2, 4)),)))
        yield from (case for case in tried if case and not is_widened(case))

    def _of_a_smaller_domain(self) -> Iterator[tuple[Any, ...]]:
        """Yield the first usual input made positive, as a logarithm wants it, and a probability."""
        (shape, *_) = USUAL.get(self.kind, ANY_KIND)
        yield (self.rng.uniform(0.4, 2.0, shape),)
        yield (self.rng.uniform(0.1, 0.9, shape),)

    def _in_a_list(self) -> tuple[Any, ...]:
        """Return a single input that is a list of arrays."""
        width = FEATURES_OUT if self.kind in RECURRENT else FEATURES_IN
        return (list(self._normal((4, FEATURES_IN), (4, width))),)

    def _try(self, values: tuple[Any, ...], in_columns: bool = False) -> LayerCase | None:
        """Return the case if forward accepts these inputs and gives finite numbers, else None."""
        case = self._case(values, in_columns)
        try:
            outputs = case.run().outputs
        except CodeError as error:
            return case if waits_to_be_written(error.original) else None
        if not in_columns and are_columns(getattr(values[0], "shape", ()), outputs[0].shape):
            return self._try(values, in_columns=True)
        return case if all(out.size and np.isfinite(out).all() for out in outputs) else None

    def _case(self, values: tuple[Any, ...], in_columns: bool = False) -> LayerCase:
        about = About(convention=self.convention, remark=self.remark)
        if in_columns:
            features, *_, size = map(float, np.shape(values[0]))
            sizes = {"the batch size": size, "the number of features": features}
            about |= About(batched=(), quantities=sizes)
        return LayerCase(told_again(self.layer, *values[:1]), (*values, *self._flags), **about)

    def _normal(self, *shapes: Shape) -> tuple[Array, ...]:
        return tuple(self.rng.standard_normal(shape) for shape in shapes)

    def _randomised(self, case: LayerCase) -> LayerCase:
        """Return the case with random parameters: the zeros of a fresh bias hide mistakes."""
        case = without_penalty(case)
        rng, fresh = self.rng, dict[str, Array]()
        for name in case.parameters:
            old = case.variables[name]
            value = rng.uniform(0.3, 1.2, old.shape) * rng.choice([-1, 1], old.shape)
            fresh[name] = value.astype(old.dtype)
        return case.with_variables(fresh)


def _is_no_luck(case: LayerCase) -> bool:
    """Return whether a case that fits does so with the opposite numbers as well."""
    inputs = {n: x for n, x in case.variables.items() if n in case.inputs}
    return fit(case) != FITS or case.with_inputs({n: -x for n, x in inputs.items()}) is not None
