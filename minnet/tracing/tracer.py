"""Follow Python code as it runs; another tracer, a debugger's or a coverage report's, is paused."""

from __future__ import annotations

import sys
from collections.abc import Callable
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
