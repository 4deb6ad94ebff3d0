"""How often something of the checker is called.

The code under test cannot count for itself: whatever it can reach is put back before each run.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

from minnet.gradcheck.under_test.calling import AdaptedCase


@contextlib.contextmanager
def calls(owner: type, name: str) -> Iterator[Callable[[], int]]:
    """Yield a function that says how often a method has been called in this block."""
    count, method = 0, getattr(owner, name)

    def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal count
        count += 1
        return method(*args, **kwargs)

    with mock.patch.object(owner, name, counted):
        yield lambda: count


def forward_runs() -> contextlib.AbstractContextManager[Callable[[], int]]:
    """Count the forward passes of what is checked in this block."""
    return calls(AdaptedCase, "run")
