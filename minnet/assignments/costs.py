"""What a backward pass costs beside its forward: one that measures its gradient is dear.

Its numbers may be right to the last digit. But a measurement runs forward for every element, so
that its cost beside that of forward grows with the size of the input, and that of a backward pass
does not. What is found is a flag for a person: nothing is deducted.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from minnet.assignments.isolation.remote import Function, asked
from minnet.assignments.isolation.session import Session
from minnet.assignments.mirror import mirrored
from minnet.assignments.plan import Asked
from minnet.gradcheck.under_test.calling import AdaptedCase

#: how many times as many samples the measurements have
BATCHES = (1, 4, 16, 64, 256)
#: a measurement runs forward at least so often for each element of the input
PER_ELEMENT = 1.0
#: a call is repeated more and more often, until all calls take so many seconds
REPEATS, LONG = (1, 5, 25, 125, 625, 3125), 0.004
#: how often each is timed: the least of them is the one that no other process has held up
TIMED = 6
#: no pass is quicker: a few calls of NumPy
QUICKEST = 1e-6
#: no larger batch is tried once a backward pass takes so many seconds
ENOUGH = 0.25


def measures_itself(asked_at: Asked, session: Session) -> bool:
    """Return whether backward seems to run forward for every element of the input.

    Loops in Python behind a forward of NumPy are dear too, but no longer beside the number of
    elements where the batch is large.

    Raises
    ------
    SubmissionError, CodeError, Raised, Ended
        When a pass does not run at a larger batch.
    """
    for times in BATCHES:
        case = asked_at.case.with_batch(times * _batch(asked_at.case))
        if not isinstance(case, AdaptedCase):
            return False
        forward, backward = _costs(case, session)
        size = max(case.variables[name].size for name in case.inputs)
        if backward < PER_ELEMENT * size * forward:
            return False
        if backward > ENOUGH:
            break
    return True


def _batch(case: AdaptedCase) -> int:
    return int(case.quantities.get("the batch size", 1))


def _costs(case: AdaptedCase, session: Session) -> tuple[float, float]:
    """Return the seconds of a forward and of a backward pass."""
    mirror = mirrored(case, session)
    run = mirror.run()
    rng = np.random.default_rng(0)
    upstream = [rng.standard_normal(out.shape) for out in run.outputs]
    forward, backward = _asked(mirror.code["forward"]), _asked(mirror.code["backward"])
    spent = _seconds(forward, list(mirror.arguments.values()), session)
    return spent, _seconds(backward, [*upstream, run.memory], session)


def _asked(function: Any) -> Function:
    assert isinstance(function, Function)
    return function


def _seconds(function: Function, args: Sequence[Any], session: Session) -> float:
    """Return the seconds that a call takes, without those of asking for it."""
    asking = _least(function, args, session, 0)
    for times in REPEATS:
        spent = _least(function, args, session, times) - asking
        if spent > LONG:
            break
    return max(spent / times, QUICKEST)


def _least(function: Function, args: Sequence[Any], session: Session, times: int) -> float:
    least = np.inf
    for _ in range(TIMED):
        operations = function.meaning.operations(args, times)
        start = time.perf_counter()
        asked(session, operations)
        least = min(least, time.perf_counter() - start)
        if least > ENOUGH:
            break  # one that long tells enough
    return least
