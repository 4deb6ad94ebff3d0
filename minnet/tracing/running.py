"""Which of the user's functions run while something is called."""

from __future__ import annotations

import gc
import types
from collections.abc import Callable, Iterator, Sequence

from minnet.tracing.source import Source, source_of
from minnet.tracing.tracer import traced


def sources_that_run(
    call: Callable[[], object], wanted: Callable[[str], bool]
) -> tuple[Source, ...]:
    """Run a call and return the sources of the functions that ran, in the order they began.

    Another tracer, that of a debugger or of a coverage report, is paused meanwhile.

    Parameters
    ----------
    call : callable
        What it raises is passed on.
    wanted : callable
        Says of the name of a file whether its functions are.

    Returns
    -------
    tuple of Source
        A function defined inside another that ran is a part of that one's tree, and not listed.
        A function without a source is left out.

    Examples
    --------
    >>> import textwrap
    >>> (ran,) = sources_that_run(lambda: textwrap.indent("a", ""), textwrap.__file__.__eq__)
    >>> ran.tree.name
    'indent'
    """
    return sources_of([code for code in _codes_that_run(call) if wanted(code.co_filename)])


def sources_of(codes: Sequence[types.CodeType]) -> tuple[Source, ...]:
    """Return the sources of the functions that have some codes; those inside others are theirs."""
    inner = {id(one) for code in codes for one in inside(code)}
    outermost = [code for code in codes if id(code) not in inner]
    functions = functions_of(outermost)
    found = (source_of(f) for code in outermost for f in functions if f.__code__ is code)
    return tuple(source for source in found if source is not None)


def functions_of(codes: Sequence[types.CodeType]) -> list[types.FunctionType]:
    """Return the functions that have some codes.

    A decorator's closure is reached by no name: the collector knows every function.
    """
    gc.unfreeze()  # also those that it was told to leave alone
    known = {id(code) for code in codes}
    return [
        thing
        for thing in (gc.get_referrers(*codes) if codes else ())
        if isinstance(thing, types.FunctionType) and id(thing.__code__) in known
    ]


def _codes_that_run(call: Callable[[], object]) -> list[types.CodeType]:
    seen: dict[int, types.CodeType] = {}  # equal code of two files is not the same

    def note(frame: types.FrameType, event: str, argument: object) -> None:
        if event == "call":
            seen[id(frame.f_code)] = frame.f_code

    traced(call, note)
    return list(seen.values())


def inside(code: types.CodeType) -> Iterator[types.CodeType]:
    """Yield the codes of what is defined in a function, at any depth."""
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            yield const
            yield from inside(const)
