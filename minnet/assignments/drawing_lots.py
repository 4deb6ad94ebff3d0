"""A forward that draws random numbers: what it gives on average is compared, and how it spreads.

Two that are equally right may draw their numbers in another order, so that no single output of
one has to be that of the other.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from minnet.arrays import Array
from minnet.assignments.judging import PASS, Outcome, distance
from minnet.gradcheck.under_test.calling import AdaptedCase

#: how often each is run
DRAWS = 80
#: mean squares of deviations, in units of what chance makes them: about 1 where all is well
CHANCE, NO_CHANCE = 2.5, 8.0
#: outputs that do not spread are the same, if they differ by less of their size
SAME = 1e-5


def of_random_outputs(yours: AdaptedCase, right: AdaptedCase) -> Outcome:
    """Return what to say of a forward that draws random numbers.

    Raises
    ------
    CodeError
        When it does not run.
    """
    mine, theirs = (np.array(list(_drawn(case))) for case in (yours, right))
    if mine.shape != theirs.shape:
        return Outcome("fail", ("forward",), "forward returns an array of another shape")
    if not np.isfinite(mine).all():
        return Outcome("fail", ("forward",), "forward returns NaN or infinite values")
    worst = max(_deviation(mine**power, theirs**power) for power in (1, 2))
    if worst <= CHANCE:
        return PASS
    said = f"what forward gives on average, in {DRAWS} calls, is not what it should be"
    if worst >= NO_CHANCE:
        return Outcome("fail", ("forward",), said)
    return Outcome("inconclusive", ("forward",), "forward draws random numbers: look at its values")


def _drawn(case: AdaptedCase) -> Iterator[Array]:
    for number in range(DRAWS):
        run = _with_seed(case, number).seeded(number).run()
        yield np.concatenate([np.ravel(out) for out in run.outputs])


def _with_seed(case: AdaptedCase, number: int) -> AdaptedCase:
    """Return the same case with another seed in its settings, where there is one."""
    seeds = [label for label in case.leaves() if label.endswith("['seed']")]
    return case.with_inputs(dict.fromkeys(seeds, number)) or case if seeds else case


def _deviation(mine: Array, theirs: Array) -> float:
    """Return by how much means differ: the mean square, in units of what chance makes it."""
    spread = (mine.var(axis=0) + theirs.var(axis=0)) / len(mine)
    certain = spread == 0
    apart = mine.mean(axis=0) - theirs.mean(axis=0)
    if distance(mine.mean(axis=0)[certain], theirs.mean(axis=0)[certain]) > SAME:
        return float("inf")
    return float(np.mean(apart[~certain] ** 2 / spread[~certain])) if not certain.all() else 0.0
