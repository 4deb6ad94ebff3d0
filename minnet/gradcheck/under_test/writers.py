"""Which line of the user's own writes into an array: the pass is run once more, line by line."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from types import FrameType
from typing import Any

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError, split_like
from minnet.gradcheck.under_test.crash import is_foreign, line_of
from minnet.report.results import SourceLine
from minnet.tracing.tracer import traced


def line_that_changes(case: Case, name: str, dout: Array | None) -> SourceLine | None:
    """Return the line of forward, or of backward for a `dout`, that writes into a variable."""
    original = case.originals()[name]
    if name in case.inputs:
        array = original.copy("K")
        given = {name: array}
    else:  # a parameter is written in place before each run
        array, given = case.run().handed[name], {}

    def both() -> None:
        run = case.run(given, as_given=True)
        if dout is not None:
            run.backward(split_like(dout, run.outputs))

    return line_that_writes(array, original, both)


def line_that_changes_upstream(case: Case, dout: Array, output: int) -> SourceLine | None:
    """Return the line of backward that writes into the upstream gradient of an output."""
    run = case.run()
    upstream = tuple(d.copy() for d in split_like(dout, run.outputs))
    array = upstream[output]
    return line_that_writes(array, array.copy(), lambda: run.backward(upstream))


def line_that_writes(array: Array, original: Array, act: Callable[[], Any]) -> SourceLine | None:
    """Return the first of the user's lines after which an array is no longer the original.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.ones(2)
    >>> line_that_writes(x, x.copy(), lambda: np.negative(x, out=x)).number
    1
    """
    before = original.tobytes()
    last: list[tuple[FrameType, int]] = []
    found: list[tuple[FrameType, int]] = []

    def local(frame: FrameType, event: str, arg: Any) -> Any:
        if not found and array.tobytes() != before:
            found.append(
                last[0] if last else (frame, 0)
            )  # 0: it was not the original to begin with
        at = frame if event == "line" else frame.f_back if event == "return" else None
        if at is not None:
            last[:] = [(at, at.f_lineno)]
        return local

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        return None if found or _is_foreign(frame.f_code.co_filename) else local

    with contextlib.suppress(CodeError):
        traced(act, trace)
    if not found or found[0][1] == 0 or _is_foreign(found[0][0].f_code.co_filename):
        return None
    return line_of(*found[0])


@functools.lru_cache(maxsize=256)
def _is_foreign(file: str) -> bool:
    return is_foreign(file)
