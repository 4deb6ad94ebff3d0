"""Layers that another one runs several times in a pass, as at each step of a sequence."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from types import FrameType
from typing import Any

from minnet.gradcheck.under_test.parameters import Parameter, gradient_of_holder, inner_layer
from minnet.gradcheck.under_test.signatures import unwrapped
from minnet.gradcheck.under_test.spellings import gradient_names


@contextlib.contextmanager
def those_run_often(name: str) -> Iterator[set[int]]:
    """Collect which objects have their method of this name run more than once, by their ids."""
    runs: Counter[int] = Counter()
    often: set[int] = set()

    def count(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_name == name:
            runs[id(frame.f_locals.get("self"))] += 1

    before = sys.gettrace()
    sys.settrace(count)  # which is told of calls alone: no line of what is called is followed
    try:
        yield often
    finally:
        sys.settrace(before)
        often |= {thing for thing, times in runs.items() if times > 1}


def is_of_one_step(
    thing: Any, parameter: Parameter, backward: Callable[..., Any], often: Collection[int]
) -> bool:
    """Return whether what an inner layer holds as a gradient is the share of its last run alone.

    The outer `backward` runs it `often`, reads that after each run, and keeps the sum elsewhere.
    """
    if id(inner_layer(thing, parameter)) not in often:
        return False
    last = parameter.name.rpartition(".")[2]
    reads = {*getattr(getattr(unwrapped(backward), "__code__", None), "co_names", ())}
    return not reads.isdisjoint(gradient_names(last)) and (
        gradient_of_holder(thing, parameter) is None
    )
