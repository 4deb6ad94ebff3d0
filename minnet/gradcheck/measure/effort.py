"""What a pass costs, told without a clock: the same seed gives the same report on any machine.

A pass of vectorised NumPy runs a few lines of Python, a naive convolution hundreds of thousands.
One long NumPy call does not show.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

from minnet.tracing.tracer import traced

#: a pass that runs more lines of Python than this is slow
SLOW = 100_000

T = TypeVar("T")


def with_effort(call: Callable[[], T]) -> tuple[T, bool]:
    """Return what a call returns, and whether it is slow; another tracer is paused meanwhile.

    >>> with_effort(lambda: sum(range(1000)))
    (499500, False)
    """
    lines = 0

    def count(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        if lines <= SLOW:
            return count
        sys.settrace(None)  # this is enough to know
        return None

    return traced(call, count), lines > SLOW
