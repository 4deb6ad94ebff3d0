"""Follow Python code as it runs; another tracer, a debugger's or a coverage report's, is paused."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")


def traced(call: Callable[[], T], note: Callable[..., Any]) -> T:
    """Return what a call returns, `note` being called for what runs in it as by `sys.settrace`.

    >>> seen = []
    >>> traced(lambda: 3, lambda frame, event, argument: seen.append(event)), seen
    (3, ['call'])
    """
    before = sys.gettrace()
    sys.settrace(note)
    try:
        return call()
    finally:
        sys.settrace(before)


class TooLong(BaseException):
    """Raised in code that runs too many lines of Python; its ``except Exception`` lets it by."""


@contextlib.contextmanager
def at_most(lines: int) -> Iterator[None]:
    """Let what is called run so many lines of Python; like `traced`, and without a clock.

    Raises
    ------
    TooLong
        In the line after these, in the code that was called.

    >>> def endless():
    ...     while True:
    ...         pass
    >>> try:
    ...     with at_most(1000):
    ...         endless()
    ... except TooLong:
    ...     print("stopped")
    stopped
    """
    left = lines

    def count(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal left
        left -= event == "line"
        if left < 0:
            raise TooLong
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        yield
    finally:
        sys.settrace(before)
