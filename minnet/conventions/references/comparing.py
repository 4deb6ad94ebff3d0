"""Compare what forward gives with what it should give, and say in a sentence what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from inspect import getdoc, isfunction
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.references.reading import Reading, Reference, Seen, whatever
from minnet.conventions.references.settling import NOTHING, SLIPS
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.contract import shape_mistake
from minnet.gradcheck.options import Options
from minnet.gradcheck.own_failure import own_failure
from minnet.gradcheck.under_test.calling import AdaptedCase, AdaptedRun
from minnet.gradcheck.under_test.copying import private_copy
from minnet.gradcheck.under_test.signatures import signature_of
from minnet.records import replace
from minnet.report.results import (
    FORWARD_VERDICTS,
    Finding,
    Forward,
    furthest_first,
)
from minnet.report.words import index_text, numbers

#: outputs that differ by less, as a share of their size, are the same: eps, float32 inside
CLOSE = 1e-4
#: outputs that differ by more are another function; what lies between is not judged
APART = 1e-2
#: what `shape_mistake` says of gradients that holds of outputs too
_SAID_OF_SHAPES = ("transposed", "in another order", "flattened", "reshaped", "of length 1")


def compare(references: Iterable[Reference], case: AdaptedCase, options: Options) -> Forward:
    """Return what comes of comparing a case's forward with all of its references."""
    references = tuple(references)
    if not references or not case.ordinary or case.unclaimed:  # what it is made of is not known
        return Forward()
    try:
        with np.errstate(all="ignore"):
            seen = see(case, options.seed)
            found = [_compared(reference, seen) for reference in references]
    except CodeError:  # that it raises is told by the check itself
        return Forward()
    except Exception as error:
        return Forward("not_compared", references[0].against, own_failure(error).message)
    known = [forward for forward in found if forward.against]
    worst = min(
        known, key=lambda forward: FORWARD_VERDICTS.index(forward.verdict), default=Forward()
    )
    return replace(worst, findings=tuple(f for forward in known for f in forward.findings))


def see(case: AdaptedCase, seed: int) -> Seen:
    """Run forward once and return what it was given and what it gave."""
    case.restore()
    before = private_copy(_settings(case.thing))
    run = case.seeded(seed).run()
    assert isinstance(run, AdaptedRun)
    given = case.arguments
    return Seen(
        given=tuple(exact(value) for value in given.values()),
        after=tuple(run.arguments.values()),
        outputs=tuple(exact(out) for out in run.outputs),
        parameters={name: exact(case.variables[name]) for name in case.parameters},
        settings=before,
        settings_after=_settings(case.thing),
        constructor=() if isfunction(case.thing) else signature_of(type(case.thing)).names,
        flags=tuple(name for name, value in given.items() if value is True),
        prediction=next((k for k, name in enumerate(given) if name in case.variables), 0),
        documentation=str(getdoc(case.code["forward"]) or ""),
    )


def _settings(thing: Any) -> dict[str, Any]:
    """Return the attributes of an object, and the numbers among those of its class."""
    if isfunction(thing):
        return {}
    shared = {name: value for cls in type(thing).__mro__[::-1] for name, value in vars(cls).items()}
    plain = {n: v for n, v in shared.items() if isinstance(v, bool | int | float | str | tuple)}
    return plain | getattr(thing, "__dict__", {})


def exact(value: Any) -> Any:
    """Return a floating-point array in double precision, anything else as it is."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value.astype(np.float64)
    return value


def _compared(reference: Reference, seen: Seen) -> Forward:
    """Compare with one reference, at one case."""
    try:
        yours = tuple(exact(np.asarray(array)) for array in reference.yours(seen))
        readings = iter(reference.readings(seen))
    except Exception:  # the arguments are not those that the reference is for
        return Forward()
    if not all(np.isfinite(array).all() for array in yours if array.dtype.kind == "f"):
        return Forward()  # the check itself tells of it
    expected = None
    slips: set[str] = set()
    doubtful = ""
    for reading in _as_far_as_they_go(readings):
        values = reading.values(yours)
        if values is None or len(values) != len(yours):
            continue
        as_variant = reading.role == "variant" and expected is not None
        if reading.role == "right" and expected is None:
            expected = values
        elif as_variant and _shapes(expected) != _shapes(yours) == _shapes(values):
            expected = values  # the other layout is the one that is meant
        fit = _distance(yours, values)
        if fit <= CLOSE:
            if reading.role == "right":
                return Forward("pass", reference.against)
            if reading.role == "variant":
                doubtful = doubtful or reading.words
            else:
                slips.add(reading.words)
        elif fit <= APART and reading.role == "right":
            doubtful = "it differs by less than a hundredth of its size"
    if expected is None:
        return Forward()
    if doubtful:
        return Forward("not_compared", reference.against, doubtful)
    return Forward(
        "fail", reference.against, findings=(_finding(reference, yours, expected, slips),)
    )


def _shapes(arrays: Sequence[Array] | None) -> list[tuple[int, ...]]:
    return [array.shape for array in arrays or ()]


def _as_far_as_they_go(readings: Iterator[Reading]) -> Iterator[Reading]:
    """Yield readings; where one cannot be made for this case, nothing is certain any more."""
    try:
        yield from readings
    except Exception:
        yield whatever("it cannot be told at this case what is right")


def _distance(yours: Sequence[Array], values: Sequence[Array]) -> float:
    """Return how far two sets of outputs are apart, as a share of their size."""
    furthest = 0.0
    for mine, other in zip(yours, values, strict=True):
        if mine.shape != other.shape or not np.isfinite(other).all():
            return np.inf
        if mine.size:
            typical = np.sqrt(np.mean(np.square(other)))
            size = np.maximum(np.abs(other), typical) + np.finfo(float).tiny
            furthest = max(furthest, float(np.max(np.abs(mine - other) / size)))
    return furthest


def _finding(
    reference: Reference, yours: Sequence[Array], expected: Sequence[Array], slips: set[str]
) -> Finding:
    """Return the mistake in a sentence: the shape, or the element that is furthest off."""
    parts = list(zip(yours, expected, strict=True))
    number = next((k for k, pair in enumerate(parts) if _distance(*([a] for a in pair)) > CLOSE), 0)
    mine, other = parts[number]
    facts: dict[str, Any] = {"against": reference.against, SLIPS: sorted(slips)}
    facts[NOTHING] = not any(array.any() for array in yours)
    gives = f"{reference.against} give{'' if ' and ' in reference.against else 's'}"
    if mine.shape != other.shape:
        facts |= {"shape": list(mine.shape), "expected": list(other.shape)}
        why = shape_mistake(mine.shape, other.shape, {})
        told = f": {why}" if any(word in why for word in _SAID_OF_SHAPES) else ""
        said = f"has shape {mine.shape}, and {gives} {other.shape}{told}"
    else:
        index = tuple(int(i) for i in np.unravel_index(_worst(mine, other), mine.shape))
        pair = float(mine[index]), float(other[index])
        facts |= {"index": list(index), "yours": pair[0], "expected": pair[1]}
        shown = numbers(pair)
        place = f"at {index_text(index)} " if index else ""
        said = f"{place}is {shown[0]}, and {gives} {shown[1]}"
    message = f"The {reference.parts[number]} of forward {said}."
    return Finding("forward", message, facts, about=("forward", reference.parts))


def _worst(mine: Array, other: Array) -> int:
    return int(furthest_first(np.abs(mine - other).ravel())[0])
