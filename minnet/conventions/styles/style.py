"""A style: how something that is written in it is called, as a pair of functions with inputs.

A style finds what is written so and gives each as a `Styled`: names, the user's code, and the
ways to call it. All of them become cases of one kind, for the checker's usual machinery.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Self

import numpy as np

from minnet.arrays import Array
from minnet.conventions.blame import calls_its_own_wrongly, raised_by
from minnet.conventions.layouts import FITS, NO_BACKWARD, REFUSED, fit
from minnet.conventions.quick_look import is_right
from minnet.conventions.samples import SHAPES_SEED, Rng, Sample
from minnet.conventions.subject import Subject, Unfit, enabling_calls
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.under_test.calling import AdaptedCase, AdaptedRun
from minnet.gradcheck.under_test.nested import leaves
from minnet.gradcheck.under_test.returned import listed, times_each
from minnet.gradcheck.under_test.sharing import share_out
from minnet.patterns import pattern
from minnet.records import NamedTuple

_END = "the upstream gradient of the one number that it gives is taken to be 1: a convention"


class Way(NamedTuple):
    """One way to call something, and what to call it with.

    Attributes
    ----------
    forward : callable
        ``forward(*arguments)`` returns a tuple of outputs, and what backward needs of it.
    backward : callable
        ``backward(upstream, memory)`` returns the gradients, in the order of the arguments.
    samples : tuple of Sample
        The arguments to sweep; whether the first is accepted says whether this is the way.
    convention : str
        In words, where the author means something else by the gradient than the plain one:
        such a way is taken where the gradients are right by it, and by no way before it.
    of : tuple of int, optional
        Which of the arguments are differentiated, with all that is nested in them; by default
        those that get a gradient.
    guessed : str
        In words, what is supposed here that the code does not show: nothing is wrong by it.
    unclaimed : tuple of str
        As in `Case`.
    """

    forward: Callable[..., tuple[tuple[Any, ...], Any]]
    backward: Callable[[tuple[Array, ...], Any], Any]
    samples: tuple[Sample, ...]
    convention: str = ""
    of: tuple[int, ...] | None = None
    guessed: str = ""
    unclaimed: tuple[str, ...] = ()


#: what is raised where an array stands in the place of a tensor, whose class would not be made
_WANTS_ANOTHER = pattern(r"'(numpy\.ndarray|types\.SimpleNamespace)' object has no attribute")


class Styled(NamedTuple):
    """Something written in a style that is known.

    Attributes
    ----------
    name : str
        As reports call it.
    style : str
        The name of the style.
    code : dict of str to callable
        The user's functions, "forward" and "backward".
    arguments : callable
        ``arguments(count)`` returns the names of so many arguments.
    ways : callable
        ``ways(rng)`` yields the ways to call it, the likeliest first.
    claims : tuple of str
        The names in the file that are spoken for by this.
    is_loss : bool
        Whether it gives one number, and its gradients take no upstream gradient.
    sure : bool
        Whether the first way is how it is meant, so that raising there is a mistake.
    layers_divide : bool
        As in `Convention`.
    in_tensors : bool
        As in `Case`.
    """

    name: str
    style: str
    code: Mapping[str, Callable[..., Any]]
    arguments: Callable[[int], list[str]]
    ways: Callable[[Rng], Iterable[Way]]
    claims: tuple[str, ...] = ()
    is_loss: bool = False
    sure: bool = False
    layers_divide: bool = False
    in_tensors: bool = False


def plain_or_last(
    forward: Callable[..., Any], backward: Callable[..., Any], samples: tuple[Sample, ...]
) -> Iterator[Way]:
    """Yield how a pair is called: as it is, then as what a graph ends in, if it gives a number."""

    def of_the_end(upstream: tuple[Array, ...], memory: Any) -> Any:
        if np.size(upstream[0]) > 1:
            raise ValueError("it gives more than one number")
        return times_each(upstream[0], backward((np.ones_like(upstream[0]),), memory))

    yield Way(forward, backward, samples)
    yield Way(forward, of_the_end, samples, _END)


class StyledCase(AdaptedCase):
    """A `Styled` called in one way with one sample."""

    def __init__(self, styled: Styled, way: Way, sample: Sample) -> None:
        self._way, self.is_loss, self.in_tensors = way, styled.is_loss, styled.in_tensors
        self.code = dict(styled.code)
        names = styled.arguments(len(sample.args))
        numbers = [f"{n} {v:g}" for n, v in zip(names, sample.args, strict=True) if _is_number(v)]
        super().__init__(
            dict(zip(names, sample.args, strict=True)),
            roots=(way.forward, way.backward),
            called=styled.name,
            differentiate=None
            if way.of is None
            else [label for i in way.of for label in leaves(names[i], sample.args[i])],
            batched=[names[i] for i in sample.batched],
            convention=styled.style,
            quantities=sample.quantities,
            remark=", ".join(filter(None, (*numbers, sample.note))),
        )
        self.unclaimed = way.unclaimed
        if way.convention:
            self._note(way.convention)

    def with_integers(self, change: Callable[[Array], Array]) -> Self | None:
        other = super().with_integers(change)
        if other is None:
            return None
        shapes = ([out.shape for out in case.run().outputs] for case in (self, other))
        return other if next(shapes) == next(shapes) else None  # an order of axes is a setting

    def _probe(self) -> None:
        super()._probe()
        if (run := self._latest[0]) is not None and self._way.of is None:
            self._settle(self._answer(run))

    def _forward(self, arguments: dict[str, Any]) -> tuple[tuple[Any, ...], Any]:
        return self._way.forward(*arguments.values())

    def _backward(self, run: AdaptedRun, upstream: tuple[Array, ...]) -> dict[str, Any]:
        run.answer = listed(self._way.backward(upstream, run.memory))
        given = share_out(run.answer, self._arguments, self.inputs).inputs
        return {name: given.get(name) for name in self.variables}


def _is_number(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim == 0


def subject_of(styled: Styled) -> Subject:
    """Return what to check something by that is written in a known style."""

    def build(rng: Rng) -> Iterator[AdaptedCase]:
        way = _chosen(styled, rng)
        for index, sample in enumerate(way.samples):
            case = StyledCase(styled, way, sample)
            case.ordinary = not sample.optional
            if index == 0 or not sample.optional or how_well(case) == FITS:
                yield case

    return Subject(styled.name, styled.style, build, styled.layers_divide)


def runs(styled: Styled) -> bool:
    """Return whether there is a way to call something in which both its passes run."""
    ways = styled.ways(np.random.default_rng(SHAPES_SEED))
    return any(_how_well_all(styled, way) < NO_BACKWARD for way in ways)


def _chosen(styled: Styled, rng: Rng) -> Way:
    """Return the way in which something is meant to be called.

    Raises
    ------
    Unfit
        When it takes no way, as far as that was a guess.
    """
    ways = list(styled.ways(rng))
    if not ways:
        raise Unfit(f"it wants what is not known; {enabling_calls(['x'])}")
    fits = []
    for index, plain in enumerate(ways):
        fits.append(_how_well_all(styled, plain))
        if fits[-1] == NO_BACKWARD and _calls_its_own_wrongly(_worst(styled, plain)):
            return plain  # whatever else its backward takes
        if fits[-1] == FITS:
            same = (
                way
                for way in ways[index + 1 :]
                if way.convention
                and way.samples is plain.samples
                and _how_well_all(styled, way) == FITS
            )
            right = next((w for w in (plain, *same) if _is_right_in_all(styled, w)), None)
            if right is None and plain.guessed:
                raise Unfit(f"{plain.guessed}; {enabling_calls(styled.arguments(1))}")
            return right or plain
    best = min(fits)
    likeliest = ways[fits.index(best)]
    case = _worst(styled, likeliest)
    why = _refused(case)
    sure = styled.sure and not (styled.in_tensors and _WANTS_ANOTHER.search(why))
    if not why or (best < REFUSED and sure):
        return likeliest
    said = enabling_calls(styled.arguments(len(likeliest.samples[0].args)))
    raise Unfit(
        f"it fits none of the inputs that were tried, such as {case.description}: {why}; {said}"
    )


def _calls_its_own_wrongly(case: StyledCase) -> bool:
    error = raised_by(case)
    return error is not None and calls_its_own_wrongly(error.original)


def _how_well_all(styled: Styled, way: Way) -> int:
    return how_well(_worst(styled, way))


def _worst(styled: Styled, way: Way) -> StyledCase:
    """Return the case that fits worst, of the samples that have to fit."""
    given = (sample for sample in way.samples if not sample.optional)
    return max((StyledCase(styled, way, sample) for sample in given), key=how_well)


def how_well(case: AdaptedCase) -> int:
    """Return how well a case fits its code; an output that is not finite does not."""
    try:
        if not all(np.isfinite(out).all() for out in case.run().outputs):
            return REFUSED
    except CodeError:
        pass
    except Exception:  # what comes back is of no form that is known
        return REFUSED
    return fit(case)


def _refused(case: AdaptedCase) -> str:
    """Return in words what the passes make of arguments that may be guessed wrong, or ""."""
    error = raised_by(case)
    if error is None:
        return "the gradients have other shapes than the inputs"
    if isinstance(error.original, UnboundLocalError):  # a flag may be none that it knows
        return str(error)
    divides = isinstance(error.original, ZeroDivisionError) and error.stage == "backward"
    return (
        "" if divides or isinstance(error.original, NameError | NotImplementedError) else f"{error}"
    )


def _is_right_in_all(styled: Styled, way: Way) -> bool:
    given = (sample for sample in way.samples if not sample.optional)
    return all(is_right(StyledCase(styled, way, sample)) for sample in given)
