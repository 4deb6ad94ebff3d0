"""What a forward of a known name may give: the right answer, right variants of it, known slips."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

import numpy as np

from minnet.arrays import Array
from minnet.records import NamedTuple, dataclass, field

#: computes the outputs of a reading; a fitted one from the outputs that the code gave
Compute = Callable[[tuple[Array, ...]], Any]


class Reading(NamedTuple):
    """One answer that a forward may give.

    Attributes
    ----------
    role : "right", "variant" or "slip"
        A variant is right elsewhere (another reduction, another eps): no verdict is based on it.
    words : str
        What it is, as the end of a sentence: "the bias is left out".
    compute : callable
        Of the outputs; a reading that does not apply to the case may raise.
    fitted : bool
        Whether a constant is read off the outputs that the code gave.
    """

    role: Literal["right", "variant", "slip"]
    words: str
    compute: Compute
    fitted: bool = False

    def values(self, yours: tuple[Array, ...]) -> tuple[Array, ...] | None:
        """Return what forward should have given by this reading; None where it does not apply."""
        try:
            with np.errstate(all="ignore"):
                found = self.compute(yours)
        except Exception:  # it was tried on shapes that it is not meant for
            return None
        return tuple(map(np.asarray, found if isinstance(found, tuple) else (found,)))


Readings = Iterator[Reading]
#: the readings of a layer by its input and its own arguments
Stage = Callable[..., Readings]


def right(outputs: Any, *arguments: Any) -> Reading:
    """Return a reading that is right: `outputs`, or what they are of these arguments."""
    return Reading("right", "", _computing(outputs, arguments))


def variant(words: str, outputs: Any, *arguments: Any) -> Reading:
    """Return a reading that is right elsewhere."""
    return Reading("variant", words, _computing(outputs, arguments))


def slip(words: str, outputs: Any, *arguments: Any) -> Reading:
    """Return a mistake that is often made."""
    return Reading("slip", words, _computing(outputs, arguments))


def _computing(outputs: Any, arguments: tuple[Any, ...]) -> Compute:
    return lambda _: outputs(*arguments) if callable(outputs) else outputs


def whatever(why: str) -> Reading:
    """Return a variant that any output is: it cannot be judged."""
    return Reading("variant", why, lambda yours: yours, fitted=True)


def fitted(compute: Callable[[Array], Any]) -> Reading:
    """Return a right reading with a constant that only the output tells."""
    return Reading("right", "", lambda yours: compute(yours[0]), fitted=True)


@dataclass(frozen=True)
class Seen:
    """One forward pass that has been run: what it was given, and what it gave.

    Attributes
    ----------
    given : tuple
        The arguments as they were before, arrays in double precision.
    after : tuple
        The arguments as they are now.
    outputs : tuple of array
    parameters : dict
        Of an object, by name.
    settings, settings_after : dict
        The attributes of an object as they were before, and as they are now.
    constructor : tuple of str
        What the constructor of an object takes.
    flags : tuple of str
        Arguments that are True.
    prediction : int
        The position of the first argument that is differentiated.
    documentation : str
        What the author says of the function.
    """

    given: tuple[Any, ...]
    after: tuple[Any, ...]
    outputs: tuple[Array, ...]
    parameters: Mapping[str, Array] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    settings_after: Mapping[str, Any] = field(default_factory=dict)
    constructor: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    prediction: int = 0
    documentation: str = ""


class Reference(NamedTuple):
    """What a forward of a known name is compared with.

    Attributes
    ----------
    against : str
        "minnet.Dense".
    readings : callable
        ``readings(seen)`` yields the readings at one case, right ones first.
    yours : callable
        ``yours(seen)`` returns the arrays to compare; by default the outputs.
    parts : tuple of str
        What these are called in a sentence.
    samples : callable, optional
        More arguments for a function, to run forward alone with.
    """

    against: str
    readings: Callable[[Seen], Iterable[Reading]]
    yours: Callable[[Seen], tuple[Array, ...]] = lambda seen: seen.outputs
    parts: tuple[str, ...] = ("output", "second output", "third output")
    samples: Callable[[np.random.Generator], Iterator[tuple[Any, ...]]] | None = None


def of_arguments(against: str, stage: Stage, **more: Any) -> Reference:
    """Return the reference for a function whose arguments are those of a stage."""
    return Reference(against, lambda seen: stage(*seen.given), **more)


def first_right(stage: Stage, *arguments: Any) -> Any:
    """Return the output by a stage's own first reading."""
    return next(iter(stage(*arguments))).compute(())


def chain(x: Any, *steps: tuple[Any, ...]) -> Readings:
    """Yield the readings of layers one after the other; each step is (words, stage, *arguments).

    A mistake is made in one layer at a time, or one layer is left out.
    """

    def through(x: Any, steps: tuple[tuple[Any, ...], ...]) -> Any:
        for _, stage, *own in steps:
            x = first_right(stage, x, *own)
        return x

    yield right(lambda: through(x, steps))
    for position, (words, stage, *own) in enumerate(steps):
        after = steps[position + 1 :]
        before = through(x, steps[:position])
        for reading in stage(before, *own):
            if not (reading.fitted and after):
                yield reading._replace(compute=_then(reading.compute, after, through))
        yield slip(f"the {words} is left out", through, x, steps[:position] + after)


def _then(compute: Compute, after: tuple[Any, ...], through: Callable[..., Any]) -> Compute:
    return lambda yours: through(compute(yours), after)
