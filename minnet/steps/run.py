"""A case run twice, as it is and on numbers that know where they come from: its trace."""

from __future__ import annotations

import copy
import os
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.importing import TargetError
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.nested import rebuilt
from minnet.gradcheck.under_test.parameters import all_arrays, held_arrays
from minnet.tracing.cells import cells, holds_objects
from minnet.tracing.recording import Event, Recording, TooMuch
from minnet.tracing.running import sources_that_run
from minnet.tracing.source import Source
from minnet.tracing.trace import Trace, Writer

#: so many numbers are followed from one to the next
MOST_FOLLOWED = 20_000
#: said where there are no lines to show
NO_SOURCE = "the code has no lines that can be stepped through (a lambda, or not from a file)"
_MINNET = str(Path(__file__).resolve().parents[1])
#: the parts of minnet that are looked into like anyone's code
_SHOWN = (["layers"], ["losses"], ["steps"])
#: and what in them is no layer's maths
_HIDDEN = ("base.py", "passes.py", "storage.py", "formulas.py", "forgotten.py", "summary.py")
#: what looks at the bytes of numbers, to be fast
_FAST = ("add_rows",)
_LIBRARIES = tuple(
    os.path.abspath(path)
    for name in ("stdlib", "platstdlib", "purelib", "platlib")
    if (path := sysconfig.get_path(name))
)


@dataclass(frozen=True, eq=False)
class Passes:
    """A trace, what backward was given, and what it claims.

    Attributes
    ----------
    trace : Trace
    upstream : tuple of array
    outputs : tuple of array
    claims : dict of str to anything
        What backward gives for each variable.
    crash : CodeError, optional
        What the code raised, after what the trace shows.
    """

    trace: Trace
    upstream: tuple[Array, ...]
    outputs: tuple[Array, ...]
    claims: Mapping[str, Any]
    crash: CodeError | None = None


def is_shown(file: str) -> bool:
    """Return whether a file is stepped through: it is no library's, nor of minnet's checker."""
    if not file or file.startswith("<frozen") or file == "<__array_function__ internals>":
        return False
    path = os.path.abspath(file)
    if path.startswith(_MINNET + os.sep):
        *rooms, name = os.path.relpath(path, _MINNET).split(os.sep)
        return rooms[:1] in _SHOWN and name not in _HIDDEN
    return not path.startswith(_LIBRARIES) and "site-packages" not in Path(path).parts


def passes_of(
    case: AdaptedCase,
    upstream: Sequence[Array],
    ends: Mapping[str, Sequence[str]],
    then: str = "",
) -> Passes:
    """Return the trace of forward and backward of a case.

    Parameters
    ----------
    case : AdaptedCase
    upstream : sequence of array
        What backward is given; of a loss, 1.
    ends : dict of str to sequence of str
        What each pass returns at last, by name.
    then : str
        A method of the object under test that is called after backward: "update".
    """
    given = {name: np.array(value) for name, value in case.originals().items()}
    sources = _sources(case, upstream, then)
    plain = _recorded(case, given, tuple(upstream), Recording(sources), then)
    follows = sum(value.size for value in given.values()) <= MOST_FOLLOWED
    made = {name: cells(value) if follows else value for name, value in given.items()}
    arriving = tuple(cells(np.array(dout)) if follows else dout for dout in upstream)
    writer = Writer({n: (v, made[n]) for n, v in given.items()}, case.parameters)
    douts = _names_of_upstream(len(upstream))
    followed, lost = _Recorded(), ""
    try:
        if not follows:
            lost = f"more than {MOST_FOLLOWED:,} numbers are handed over: choose a smaller case"
        else:
            followed = _recorded(case, made, arriving, Recording(sources, following=True), then)
    except Exception as error:  # whatever code does with numbers that are objects
        lost = " ".join(f"{type(error).__name__}: {error}".split())
    finally:
        case.restore()
    functions = {name: getattr(code, "__func__", code) for name, code in case.code.items()}
    names = tuple(ends.get("forward", ()))
    writer.phase("forward", plain.forward, followed.forward, names, functions.get("forward"))
    for name, dout, cell in () if case.is_loss else zip(douts, upstream, arriving, strict=True):
        writer.hand_over(name, dout, cell, "upstream")
    names = tuple(ends.get("backward", ()))
    writer.phase("backward", plain.backward, followed.backward, names, functions.get("backward"))
    if then:
        writer.phase(then, plain.then, followed.then, ())
    trace = writer.trace
    if lost or (followed.crash is not None and plain.crash is None):
        trace.lost = lost or " ".join(str(followed.crash).split())
    elif not trace.operations and plain.crash is None:
        trace.lost = NO_SOURCE
    return Passes(trace, tuple(upstream), plain.outputs, plain.claims, plain.crash)


@dataclass
class _Recorded:
    forward: Sequence[Event] = ()
    backward: Sequence[Event] = ()
    then: Sequence[Event] = ()
    outputs: tuple[Array, ...] = ()
    claims: Mapping[str, Any] = ()  # type: ignore[assignment]
    crash: CodeError | None = None


def _recorded(
    case: AdaptedCase,
    values: Mapping[str, Array],
    upstream: tuple[Array, ...],
    recording: Recording,
    then: str,
) -> _Recorded:
    found = _Recorded(claims={})
    case.restore()
    chosen = copy.copy(case)
    chosen._arguments = {n: rebuilt(n, v, values) for n, v in case.arguments.items()}
    try:
        with _parameters_of(case, values):
            with recording.running() as events:
                found.forward = events
                copies = {name: value.copy() for name, value in values.items()}
                run = chosen.run(copies, as_given=True, restore=False)
            found.outputs = run.outputs
            with recording.running() as events:
                found.backward = events
                found.claims = run.backward(tuple(dout.copy() for dout in upstream))
            if then:
                with recording.running() as events:
                    found.then = events
                    getattr(case.thing, then)()
    except CodeError as error:
        found.crash = error
        if isinstance(error.original, TooMuch):
            raise TargetError(
                f"{case.name} runs too many statements, or on too many numbers, to be stepped "
                "through: give it a smaller case (--case N, or minnet_cases in the file)"
            ) from None
    return found


@contextmanager
def _parameters_of(case: AdaptedCase, values: Mapping[str, Array]) -> Iterator[None]:
    """Run the block with arrays of cells where parameters are held: they cannot be copied in."""
    before: list[tuple[Any, Any]] = []
    if any(holds_objects(value) for value in values.values()):
        places = (*all_arrays(case.thing).values(), *held_arrays(case.thing))
        for parameter in case.found_parameters:
            held, new = parameter.read(), cells(values[parameter.name]).copy()
            holders = [place for place in places if place.read() is held]
            before += [(place, held) for place in (parameter, *holders)]
            for place in (parameter, *holders):
                _put(place, new)
    try:
        yield
    finally:
        for place, held in before:
            _put(place, held)


def _put(parameter: Any, value: Any) -> None:
    if isinstance(parameter.owner, dict | list):
        parameter.owner[parameter.key] = value
    else:
        setattr(parameter.owner, parameter.key, value)


def _sources(case: AdaptedCase, upstream: Sequence[Array], then: str) -> tuple[Source, ...]:
    def passes() -> None:
        try:
            case.run().backward(tuple(upstream))
            if then:
                getattr(case.thing, then)()
        except CodeError:
            return

    found = sources_that_run(passes, is_shown)
    return tuple(source for source in found if source.tree.name not in _FAST)


def _names_of_upstream(count: int) -> list[str]:
    return ["dout"] if count == 1 else [f"dout[{i}]" for i in range(count)]
