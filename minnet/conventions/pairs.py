"""Function pairs and loss functions, by their names and signatures.

``X_forward`` belongs to ``X_backward``; a variant is named behind it (``conv_forward_naive``,
``batchnorm_backward_alt``), and a backward whose variant has no forward of its own is checked
with the plain one.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minnet.conventions.blame import refusal
from minnet.conventions.convention import Convention
from minnet.conventions.guessing.functions import samples_that_fit
from minnet.conventions.guessing.reads import as_spelled_by
from minnet.conventions.layouts import (
    FITS,
    REFUSED,
    CaseOf,
    agrees,
    as_given,
    chosen_layout,
    fit,
    shapes_in,
)
from minnet.conventions.recognise import (
    bare_forwards,
    convention_of_function,
    samples_of_loss,
    samples_of_pair,
)
from minnet.conventions.references.reading import Reference
from minnet.conventions.samples import (
    SHAPES_SEED,
    Rng,
    Sample,
    Samples,
    data_first,
    number_of_arguments,
    with_float32,
)
from minnet.conventions.subject import Subject, Unfit, enabling, enabling_calls
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.describe import describe_arguments
from minnet.gradcheck.under_test.functions import FunctionsCase
from minnet.gradcheck.under_test.losses import LossFunctionCase
from minnet.gradcheck.under_test.signatures import signature_of
from minnet.gradcheck.under_test.spellings import BACKWARD_SUFFIXES, FORWARD_SUFFIXES
from minnet.patterns import pattern
from minnet.records import NamedTuple
from minnet.report.results import Skipped

Function = Callable[..., Any]

_PASS = "|".join((*FORWARD_SUFFIXES, *BACKWARD_SUFFIXES))
_PAIR = pattern(rf"(?P<stem>\w+?)_(?P<pass>{_PASS})(?:_(?P<variant>\w+))?$")
#: the first samples that even a variant which is particular about its sizes should accept
_FOR_EVERY_VARIANT = 2
#: a backward pass by its name, and what only has to do with one
_BACKWARD = pattern(r"\w*back_?prop\w*|backward_\w+|\w+_(grad|gradient|prime|deriv(ative)?)")
_NO_BACKWARD = pattern(r"num|check|approx|clip|plot|test|zero|update|descent")
_PLAIN_VARIANTS = ("", "naive", "alt")
#: so much any backward takes
_CACHE_AND_UPSTREAM = 2


class Pair(NamedTuple):
    """A backward function and the forward that it belongs to."""

    name: str
    stem: str
    variant: str
    forward: Function
    backward: Function
    bare: bool = False  # whether forward has the name of the pair, and may be something else


def find_functions(functions: Mapping[str, Function]) -> Iterator[Subject | Skipped]:
    """Yield what can be checked among `functions`, and what cannot, in their order."""
    pairs = {
        name: pair
        for pair in _pairs(functions)
        for name in functions
        if functions[name] is pair.backward
    }
    forwards = {name for name in functions for p in pairs.values() if functions[name] is p.forward}
    for name, function in functions.items():
        match = _PAIR.match(name)
        if name in pairs:
            yield pair_subject(pairs[name])
        elif match and name not in forwards:
            other = "forward" if match["pass"] in BACKWARD_SUFFIXES else "backward"
            yield Skipped(name, f"there is no {match['stem']}_{other} to go with it")
        elif not match and "loss" in name.split("_"):
            yield _loss_subject(name, function)
        elif not match and name not in forwards and _is_lonely(name):
            wanted = signature_of(function).names
            yield Skipped(name, f"its forward pass was not found; {enabling_calls(wanted)}")


def _is_lonely(name: str) -> bool:
    """Return whether a function is a backward pass by its name, which tells of no forward.

    >>> [_is_lonely(name) for name in ("back_prop", "relu_grad", "gradient_check", "background")]
    [True, True, False, False]
    """
    return bool(_BACKWARD.fullmatch(name) and not _NO_BACKWARD.search(name))


def forwards_lacking(names: Collection[str]) -> set[str]:
    """Return what the forward passes are called of the backward passes that have none.

    >>> sorted(forwards_lacking(["conv_backward", "relu_forward", "relu_backward_naive"]))
    ['conv_forward', 'conv_fwd']
    """
    matches = [match for name in names if (match := _PAIR.match(name))]
    forward = {m["stem"] for m in matches if m["pass"] in FORWARD_SUFFIXES}
    backward = {m["stem"] for m in matches if m["pass"] in BACKWARD_SUFFIXES}
    lacking = {stem for stem in backward - forward if stem not in names}
    return {f"{stem}_{ending}" for stem in lacking for ending in FORWARD_SUFFIXES}


def pair_named(name: str, functions: Mapping[str, Function]) -> list[Pair]:
    """Return the pairs that `name` means: a pair's name, or either of its functions."""
    return [
        pair
        for pair in _pairs(functions)
        if name in (pair.name, pair.stem, pair.forward.__name__, pair.backward.__name__)
    ]


def pair_subject(pair: Pair) -> Subject | Skipped:
    """Return what to check a pair by, or why it is not known how."""
    names = signature_of(pair.forward).names
    if more := _asked_beside(pair):
        said = f"its backward also takes {more}, and {pair.forward.__name__} gives nothing such"
        return Skipped(pair.name, f"{said}; {enabling_calls(names)}")
    return _subject_of(pair, convention_of_function([names[k] for k in data_first(names)]))


def _subject_of(pair: Pair, convention: Convention) -> Subject:
    signature = signature_of(pair.forward)
    made = convention.composed(pair.stem, signature.wanted)
    choices = made.choices() if made else convention.samples_of_pair(pair.stem)
    if not choices:
        return _guessed(pair, convention, _unknown(pair.forward))
    taken = [one for one in choices if signature.accepts(number_of_arguments(one))]
    if not taken:
        said = _other_signature(pair.forward, convention.name, number_of_arguments(choices[0]))
        return _guessed(pair, convention, said)
    own = signature.argument_names(number_of_arguments(taken[0]))
    order = data_first(own)
    names = [own[k] for k in order]  # as in the tables

    def spelled(value: Any) -> Any:
        return as_spelled_by([pair.forward], value) if isinstance(value, str) else value

    def case_of(sample: Sample) -> AdaptedCase:
        return FunctionsCase(
            pair.forward,
            pair.backward,
            tuple(spelled(sample.args[k]) for k in order),  # which is its own inverse
            name=pair.name,
            convention=convention.name,
            batched=[names[i] for i in sample.batched],
            quantities=sample.quantities,
            remark=sample.note,
        )

    def build(rng: np.random.Generator) -> Iterator[AdaptedCase]:
        particular = pair.variant not in _PLAIN_VARIANTS
        documented = inspect.getdoc(pair.forward) is not None
        samples = _first_taken(taken, case_of)
        try:
            laid_out = list(_laid_out(pair.forward, samples, case_of, convention, rng, names))
        except Unfit as error:
            yield from _guessed_cases(pair, str(error))(rng)
            return
        for index, sample in enumerate(laid_out):
            case = case_of(sample)
            if index and sample.is_flattened and not documented and refusal(case):
                continue  # that it flattens anything is promised nowhere
            must_run = (index < _FOR_EVERY_VARIANT or not particular) and not sample.optional
            case.ordinary = must_run and sample.as_in_table
            if must_run or _runs(case):
                yield case

    references, divide = references_of(pair), convention.layers_divide
    forward_only = _of_forward_only(pair, references)
    return Subject(pair.name, convention.name, build, divide, references, forward_only)


def _of_forward_only(
    pair: Pair, references: Sequence[Reference]
) -> Callable[[Rng], Iterator[AdaptedCase]]:
    def build(rng: Rng) -> Iterator[AdaptedCase]:
        given = (reference.samples for reference in references if reference.samples)
        for args in (args for samples in given for args in samples(rng)):
            yield FunctionsCase(pair.forward, pair.backward, args, name=pair.name)

    return build


def _first_taken(choices: Sequence[Samples], case_of: CaseOf) -> Samples:
    """Return the first of several that forward does not refuse."""

    def is_taken(samples: Samples) -> bool:
        return fit(case_of(next(samples(np.random.default_rng(SHAPES_SEED))))) != REFUSED

    return next(filter(is_taken, choices), choices[0]) if len(choices) > 1 else choices[0]


def _asked_beside(pair: Pair) -> str:
    """Return what a variant's backward takes beyond any other's, where forward is the plain one."""
    wanted = signature_of(pair.backward).required or ()
    known = {*signature_of(pair.forward).names}
    is_own = pair.variant in _PLAIN_VARIANTS or not known.isdisjoint(wanted)
    return "" if is_own else ", ".join(wanted[_CACHE_AND_UPSTREAM:])


def _guessed(pair: Pair, convention: Convention, said: str) -> Subject:
    """Return what to check a pair by that no table has; where nothing fits, it `said` is so."""
    return Subject(pair.name, "any", _guessed_cases(pair, said), convention.layers_divide)


def _guessed_cases(pair: Pair, said: str) -> Callable[[Rng], Iterator[AdaptedCase]]:
    names = signature_of(pair.forward).wanted

    def case_of(sample: Sample) -> AdaptedCase:
        case = FunctionsCase(
            pair.forward,
            pair.backward,
            sample.args,
            name=pair.name,
            batched=[names[i] for i in sample.batched],
        )
        case.notes += (sample.note,) if sample.note else ()
        case.ordinary = False  # what its name means elsewhere, it does not mean here
        return case

    def build(rng: Rng) -> Iterator[AdaptedCase]:
        if not names:
            raise Unfit(said)
        try:
            cases = list(map(case_of, samples_that_fit(names, case_of, rng)))
        except Unfit:
            raise Unfit(said) from None
        if pair.bare and fit(cases[0]) != FITS:
            raise Unfit(f"there is no {pair.stem}_forward to go with it")
        yield from cases

    return build


def references_of(pair: Pair) -> tuple[Reference, ...]:
    """Return what the forward of a pair is compared with; nothing where its name is not known."""
    signature = signature_of(pair.forward)
    if data_first(signature.names)[:1] == (1,):
        return ()  # the arguments lie otherwise than those of a reference
    convention = convention_of_function(signature.names)
    made = convention.composed(pair.stem, signature.wanted)
    return made.references if made else convention.references.get(pair.stem, ())


def _laid_out(
    function: Function, samples: Samples, case_of: CaseOf, convention: Convention, rng: Rng,
    names: Sequence[str],
) -> Iterator[Sample]:  # fmt: skip
    """Yield the samples of a function in the layout that it is written for.

    Raises
    ------
    Unfit
        When it refuses every layout, and is not known to take this one.
    """
    given = list(with_float32(samples, rng))
    docstring = inspect.getdoc(function) or ""
    layout = chosen_layout(given[0], case_of, docstring, names)
    if layout is as_given and not convention.argument_names.issuperset(names):
        why = refusal(case_of(given[0]))
        if why:
            shapes = describe_arguments(dict(zip(names, given[0].args, strict=True)))
            raise Unfit(
                f"{function.__name__} refuses the arguments that were guessed, {shapes} ({why}), "
                f"and every other layout; {enabling(function.__name__, names)}"
            )
    laid_out = [sample for sample in map(layout, given) if sample is not None]
    said = shapes_in(docstring, names)
    if not agrees(said, names, laid_out[0]):
        said = {}  # it is not true of this code
    yield from (sample for sample in laid_out if agrees(said, names, sample))


def _loss_subject(name: str, function: Function) -> Subject | Skipped:
    signature = signature_of(function)
    known = samples_of_loss(name, signature.names)
    if known is None:
        return Skipped(name, _unknown(function))
    convention, samples = known
    count = number_of_arguments(samples)
    if not signature.accepts(count):
        return Skipped(name, _other_signature(function, convention.name, count))
    names = signature.argument_names(count)

    def case_of(sample: Sample) -> AdaptedCase:
        return LossFunctionCase(
            function,
            sample.args,
            name=name,
            convention=convention.name,
            batched=[names[i] for i in sample.batched],
            remark=sample.note,
        )

    def build(rng: np.random.Generator) -> Iterator[AdaptedCase]:
        yield from map(case_of, _laid_out(function, samples, case_of, convention, rng, names))

    references = convention.loss_references(name, signature.names)
    return Subject(name, convention.name, build, references=references)


def _pairs(functions: Mapping[str, Function]) -> Iterator[Pair]:
    forwards: dict[tuple[str, str], Function] = {}
    backwards: dict[tuple[str, str], Function] = {}
    for name, function in functions.items():
        if match := _PAIR.match(name):
            side = forwards if match["pass"] in FORWARD_SUFFIXES else backwards
            side[match["stem"], match["variant"] or ""] = function
    bare = bare_forwards()
    for (stem, variant), backward in backwards.items():
        choices = [(stem, v) for v in (variant, "", "naive") if (stem, v) in forwards]
        choices += [key for key in forwards if key[0] == stem]
        if not choices and stem in bare and stem in functions:  # Z -> A, cache
            forwards[stem, ""] = functions[stem]
            choices = [(stem, "")]
        elif not choices and stem in functions and not samples_of_pair(stem):
            yield Pair(stem, stem, variant, functions[stem], backward, bare=True)
        if choices:
            plain = variant in ("", "naive") and not (variant and (stem, "") in backwards)
            name = stem if plain else f"{stem}_{variant}"
            yield Pair(name, stem, variant, forwards[choices[0]], backward)


def _runs(case: AdaptedCase) -> bool:
    try:
        case.run()
    except CodeError:
        return False
    return True


def _unknown(function: Function) -> str:
    names = signature_of(function).names
    return f"no convention knows this name; {enabling(function.__name__, names)}"


def _other_signature(function: Function, convention: str, count: int) -> str:
    names = signature_of(function).names
    return (
        f"{function.__name__}({', '.join(names)}) takes other arguments than {convention}'s "
        f"({count} of them); {enabling(function.__name__, names)}"
    )
