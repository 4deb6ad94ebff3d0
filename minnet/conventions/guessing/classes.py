"""What to check a class or an object by that says nothing of itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from minnet.conventions.blame import in_words, raised_by, refused_arguments
from minnet.conventions.convention import Convention
from minnet.conventions.guessing.constructing import (
    Candidate,
    CannotConstruct,
    candidates,
    is_empty,
    is_large,
    made_of,
)
from minnet.conventions.guessing.descent import descending
from minnet.conventions.guessing.inputs import Fitting
from minnet.conventions.guessing.kinds import kind_of
from minnet.conventions.guessing.preparing import (
    as_prepared,
    emptied_before,
    told_the_shape,
    with_columns,
)
from minnet.conventions.guessing.shapes import shape_in
from minnet.conventions.guessing.stand_ins import Spread
from minnet.conventions.guessing.targets import loss_cases
from minnet.conventions.guessing.trials import trials
from minnet.conventions.layouts import FITS, fit, gradients_of, inputs_fit
from minnet.conventions.quick_look import is_right
from minnet.conventions.references.classes import forward_only, of_class
from minnet.conventions.samples import SHAPES_SEED
from minnet.conventions.subject import Subject, Unfit, enabling_object
from minnet.gradcheck.diagnosis.customs.neighbours import (
    layers_divide_beside,
    losses_leave_it_out_beside,
)
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.layer import LayerCase
from minnet.gradcheck.under_test.loss_roles import is_loss
from minnet.gradcheck.under_test.passes import passes_of
from minnet.gradcheck.under_test.signatures import method_signature, signature_of, unwrapped
from minnet.gradcheck.under_test.spellings import LOSS_PASSES, is_learning_rate
from minnet.patterns import pattern
from minnet.report.results import Skipped

Rng = np.random.Generator
#: how a constructor calls as many layers as it is given
_LAYERS = pattern(r"layers|modules|blocks|children")


def class_subject(cls: Any, convention: Convention) -> Subject | Skipped:
    """Return what to check a class by: what its convention has for it, or guesses."""
    return (convention.subject or guessed_subject)(cls, convention)


def guessed_subject(cls: Any, convention: Convention) -> Subject | Skipped:
    """Return what to check a class by, guessed from names."""
    build = lambda rng: _cases(cls, convention, rng)  # noqa: E731
    divides = convention.layers_divide or _takes_the_step(cls) or _is_made_up_for(cls)
    try:
        for _ in candidates(cls, np.random.default_rng(SHAPES_SEED)):
            pass
    except CannotConstruct as error:
        said = f"{error}; {enabling_object(cls)}"
        tried = lambda rng: _tried_cases(cls, convention, rng, Unfit(said))  # noqa: E731
        return Subject(cls.__name__, convention.name, tried, divides)

    def of_forward(rng: Rng) -> Iterator[AdaptedCase]:
        layer = cls(**next(candidates(cls, rng.spawn(1)[0])).arguments)
        for inputs in forward_only(cls, layer, rng):
            yield LayerCase(told_the_shape(layer, inputs[0]), inputs, convention=convention.name)

    return Subject(
        cls.__name__,
        convention.name,
        build,
        divides,
        of_class(cls, convention.name),
        of_forward,
    )


def _takes_the_step(cls: Any) -> bool:
    """Return whether backward is told a learning rate: its step may be the mean."""
    passes = passes_of(cls)
    names = method_signature(cls, passes.backward).names if passes is not None else []
    return any(is_learning_rate(name, position) for position, name in enumerate(names))


def _is_made_up_for(cls: Any) -> bool:
    """Return whether what a loss leaves out, or a layer divides by, is made up for beside it."""
    passes = passes_of(cls, LOSS_PASSES)
    if passes is None:
        return False
    backward = unwrapped(getattr(cls, passes.backward))
    beside = layers_divide_beside if is_loss(cls) else losses_leave_it_out_beside
    return beside(backward)


def object_subject(thing: Any, convention: Convention, name: str = "") -> Subject:
    """Return what to check an object by that has been constructed: inputs that fit it."""
    kind = kind_of(type(thing).__name__)

    def build(rng: Rng) -> Iterator[AdaptedCase]:
        if is_loss(thing):
            yield from loss_cases(thing, convention, rng)
            return
        fitting = Fitting(descending(emptied_before(thing)), kind, convention.name, rng)
        yield from list(fitting.cases()) or [fitting.first_try_or_unfit()]

    references, divide = of_class(type(thing), convention.name), convention.layers_divide
    return Subject(name or type(thing).__name__, convention.name, build, divide, references)


def _cases(cls: Any, convention: Convention, rng: Rng) -> Iterator[AdaptedCase]:
    """Yield cases of `cls` over the ways to construct it and the inputs that fit.

    Raises
    ------
    Unfit
        Where nothing fits, and no fault of the code itself is known: that of the likeliest guess.
    """
    wanted = signature_of(cls).parameters
    if any(p.kind is p.VAR_POSITIONAL and _LAYERS.fullmatch(p.name) for p in wanted):
        raise Unfit(f"it is made of layers, which are not known; {enabling_object(cls)}")
    plain = list(candidates(cls, rng.spawn(1)[0]))
    odd = [way for way in map(Candidate.with_odd_sides, plain) if way is not None]
    paired = [way for way in map(Candidate.in_pairs, plain) if way is not None]
    small, filled = ([way for way in candidates(cls, np.random.default_rng(SHAPES_SEED), also)
                      if way.arguments.keys() != plain[0].arguments.keys()]
                     for also in (is_large, is_empty))  # fmt: skip
    refused: Unfit | None = None
    for ways in filter(None, (small, plain, paired, odd, filled)):
        try:
            own = rng if ways in (plain, paired, odd) else rng.spawn(1)[0]
            found = list(_cases_of(list(_made(cls, ways)), cls, convention, own))
        except Unfit as error:
            refused = error if isinstance(refused, _NotMade) else refused or error
            continue
        except Exception:
            if ways is plain:
                raise
            continue  # its author makes it with other arguments
        if ways in (plain, paired) or all(map(_is_taken, found)):
            yield from found
            return
    if refused is not None:
        try:
            yield from _tried_cases(cls, convention, rng, refused)
        except Unfit:
            raise refused from None


class _NotMade(Unfit):
    """Raised where no object could be made: why one that could does not fit says more."""


def _tried_cases(cls: Any, convention: Convention, rng: Rng, said: Unfit) -> Iterator[AdaptedCase]:
    """Yield the cases of the first trial to construct `cls` that fits altogether.

    Raises
    ------
    Unfit
        Where none does: why the first does not that can be constructed; else `said`.
    """
    refused: Unfit | None = None
    in_vain = set[str]()
    for way in trials(cls, np.random.default_rng(SHAPES_SEED)):
        try:
            made = list(_made(cls, [way]))
        except Exception as error:  # arguments that were only tried may be refused
            in_vain.add(in_words(error.__cause__ or error))
            continue
        try:
            found = list(_cases_of(made, cls, convention, rng.spawn(1)[0]))
        except Unfit as error:
            refused = refused or error
            continue
        if found and all(map(_is_taken, found)):
            yield from found
            return
        if found and (raised := raised_by(found[0])):
            refused = refused or Unfit(
                f"its {raised.stage} refuses what was tried, {found[0].description}: "
                f"{in_words(raised.original)}; {enabling_object(cls)}"
            )
    if refused is None and len(in_vain) == 1:
        raise Unfit(f"its constructor raises {in_vain.pop()}, in each way that was tried")
    raise refused or said


def _is_taken(case: AdaptedCase) -> bool:
    """Return whether the passes run, each input gets a gradient of its shape, and all get some."""
    if not (inputs_fit(case) if isinstance(case, LayerCase) else fit(case) == FITS):
        return False
    claimed = gradients_of(case) or {}
    given = (np.any(claimed.get(name)) for name in case.variables)
    return all(given) and all(out.size for out in case.run().outputs)


def _cases_of(
    made: list[tuple[Candidate, Any]], cls: Any, convention: Convention, rng: Rng
) -> Iterator[AdaptedCase]:
    """Yield the cases of objects that differ in how they were constructed."""
    first = made[0][1]
    alike = rng.spawn(1)[0].standard_normal((2, 4, 5))
    if is_loss(cls) or is_loss(first, *alike):
        try:
            yield from list(loss_cases(first, convention, rng))
        except Unfit:
            fitting = Fitting(first, made[0][0].kind, convention.name, rng, made[0][0].words())
            if not (of_tokens := list(fitting.of_tokens())):
                raise
            yield from of_tokens
        return
    refused: Unfit | None = None
    # what initializers give was guessed, and with it the shapes of parameters
    guessed = any(isinstance(value, Spread) for value in made[0][0].arguments.values())
    best: list[AdaptedCase] = []
    for change in (_unchanged, *([as_prepared] if guessed else []), with_columns):
        fittings = [
            Fitting(
                change(layer), way.kind, convention.name, rng, way.words(), shape_in(way.arguments)
            )
            for way, layer in made
        ]
        cases: list[AdaptedCase] = []
        for fitting in fittings:
            try:
                cases += fitting.cases(change is _unchanged)
            except Unfit as error:
                refused = refused or error
        if cases and (not guessed or all(fit(case) == FITS for case in cases)):
            yield from _of_vectors(fittings[0], cases)
            return
        best = best or cases
    if best:
        yield from best
    elif refused is not None:
        raise refused
    else:
        yield Fitting(first, made[0][0].kind, convention.name, rng).first_try_or_unfit()


def _of_vectors(fitting: Fitting, cases: list[AdaptedCase]) -> list[AdaptedCase]:
    """Return the cases of an embedding; of vectors of words where only such are meant, it seems.

    It gives each word of a sequence its vector, and may be called with one step of it at a time.
    """
    if fitting.kind != "embedding" or all(map(is_right, cases)):
        return cases
    alone = fitting.of_words()
    if alone is None or not is_right(alone):
        return cases
    alone.notes += ("words were given in one row: in several rows, backward gives other numbers",)
    return [alone]


def _made(cls: Any, ways: list[Candidate]) -> Iterator[tuple[Candidate, Any]]:
    """Yield the objects that the ways to construct `cls` make; of the ways that it takes.

    Raises
    ------
    Unfit
        Where it takes none, and what it raises is about the arguments, which were guessed.
    """
    first: Exception | None = None
    found = False
    for way in ways:
        try:
            layer = made_of(cls, way.arguments)
        except Exception as error:
            first = first or error
        else:
            found = True
            yield way, descending(emptied_before(layer))
    if first is None or found:
        return
    if signature_of(cls).named and (why := refused_arguments(first, cls)):
        words = ways[0].words()
        given = (
            f"the arguments that were guessed, {words}"
            if words
            else "to be called without arguments"
        )
        raise _NotMade(f"its constructor refuses {given}: {why}; {enabling_object(cls)}") from first
    raise first


def _unchanged(layer: Any) -> Any:
    return layer
