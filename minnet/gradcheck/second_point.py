"""A second, unfriendly point: ones, zeros, identities and symmetric values hide mistakes.

A gamma that is forgotten in dx does not show while gamma is 1, an untransposed W not while W is
symmetric, and a `self.WT` that the constructor made not while W is what it was then. So what is
right where the user put it is looked at once more elsewhere: the same shapes, other values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError, output_vector, split_like
from minnet.gradcheck.measure.groups import random_signs
from minnet.gradcheck.measure.probe import Probe, element_sizes, some_of
from minnet.gradcheck.options import Options
from minnet.gradcheck.randomness import random_upstream, stream
from minnet.gradcheck.verdict.claims import Claims, as_gradients
from minnet.gradcheck.verdict.question import Question
from minnet.gradcheck.verdict.screen import agree_at_a_glance, screen_alone, screen_together
from minnet.records import replace
from minnet.report.results import CaseResult, Finding

HIDDEN = "The values that were given hide this mistake; others show it."
IN_USE = "The first call on the object is right; this shows after an earlier one."
#: by how much of its size an element is moved
MOVED = 0.4
#: an array with so large a share of equal elements is friendly
EQUAL = 0.5


def check_elsewhere(
    case: Case,
    options: Options,
    check: Callable[[Case, Options], CaseResult],
    remembers: bool = True,
    right_elsewhere: bool = False,
) -> tuple[Case, CaseResult] | None:
    """Return a point where a gradient is wrong and what `check` says there; None: all is right.

    What is special (all ones, mostly zeros, symmetric) is moved, and the parameters that are not.
    Where that shows a mistake, each is moved without the other: what was it that hid it? A point
    that the code refuses, or where the output is not finite, says nothing. What `remembers` no
    call is the same after one; what was seen to be `right_elsewhere`, with everything moved, is
    not moved again.
    """
    if case.at_one_point or (right_elsewhere and not remembers):
        return None
    friendly = [name for name, x in case.variables.items() if is_friendly(x)]
    friendly += [name for name in _repeats(case) if name not in friendly]
    others = [name for name in case.variables if name not in (*friendly, *case.inputs)]
    groups = [group for group in (friendly, others) if group]
    if len(groups) == 2 and _right_at(_moved(case, friendly + others, options), options):
        groups = []
    for moving in groups:
        there = _moved(case, moving, options)
        if _right_at(there, options) is not False:
            continue
        result = check(there, options)
        if result.verdict == "fail":
            if moving is friendly:
                return there, _with_notes(result, HIDDEN)
            return there, _stale(case, there, result)
    return _after_a_call(case, options, check) if remembers else None


def _repeats(case: Case) -> list[str]:
    """Return the variables that are given the same values as one before."""
    values = list(case.variables.items())
    return [
        name
        for i, (name, x) in enumerate(values)
        if x.size > 1 and any(np.array_equal(x, other) for _, other in values[:i])
    ]


def _after_a_call(
    case: Case, options: Options, check: Callable[[Case, Options], CaseResult]
) -> tuple[Case, CaseResult] | None:
    """Return a layer with a state once it has been called before, and what `check` says of it."""
    rng = stream(options.seed, "an earlier call")
    values = {name: unfriendly(x, rng) for name, x in case.variables.items() if name in case.inputs}
    try:
        there = case.after_a_call(values)
        if there is None or np.array_equal(output_vector(there.run()), output_vector(case.run())):
            return None  # it keeps nothing that the output depends on
        if looks_right(there, options):
            return None
    except CodeError:
        return None
    there.description = f"{case.description}, after an earlier call"
    result = check(there, options)
    return (there, _with_notes(result, IN_USE)) if result.verdict == "fail" else None


def _moved(case: Case, moving: Sequence[str], options: Options) -> Case:
    """Return the case with some variables elsewhere."""
    rng = stream(options.seed, "another point")
    there = case.with_variables({name: unfriendly(case.variables[name], rng) for name in moving})
    there.description = f"{case.description}, at other values of {', '.join(moving)}"
    return there


def _right_at(there: Case, options: Options) -> bool | None:
    """Return whether everything looks right at a point; None where the code does not run."""
    try:
        if _at_a_glance(there, options):
            return True
        if not np.isfinite(output_vector(there.run())).all():
            return None
        return len(that_look_right(there, options)) == len(there.variables)
    except CodeError:
        return None


def looks_right(case: Case, options: Options) -> bool:
    """Return whether random directions see nothing wrong in any gradient."""
    right = _at_a_glance(case, options)
    return right or len(that_look_right(case, options)) == len(case.variables)


def _at_a_glance(case: Case, options: Options) -> bool:
    """Return whether all gradients agree at a glance, if that may be."""
    rng = stream(options.seed, "a glance at another point")
    probe = Probe(case.seeded(options.seed), rng, glance=True)
    if not probe.base.size or options.step is not None:
        return False
    dout = random_upstream(probe.outputs, rng, case.is_loss)
    raw = probe.run.backward(split_like(dout, probe.outputs))
    return agree_at_a_glance(probe, as_gradients(raw, case.variables), dout)


def that_look_right(case: Case, options: Options) -> set[str]:
    """Return the variables in whose gradients random directions see nothing wrong."""
    rng = stream(options.seed, "directions at another point")
    probe = Probe(case.seeded(options.seed), rng, options.step)
    claims = Claims(probe)
    dout = random_upstream(probe.outputs, rng, case.is_loss)
    seen, claimed = screen_together(probe, claims, dout), claims.at(dout)
    return {
        name
        for name in case.variables
        if name in seen
        or (name in claimed and screen_alone(Question(probe, claims, name, dout)).verdict != "fail")
    }


def _with_notes(result: CaseResult, note: str) -> CaseResult:
    gradients = (replace(g, note=note) if g.verdict == "fail" else g for g in result.gradients)
    return replace(result, gradients=tuple(gradients))


def _stale(case: Case, there: Case, result: CaseResult) -> CaseResult:
    """Say which gradients were right and stay as they were, though the parameters changed."""
    before, after = claims_of(case), claims_of(there)
    gradients = []
    for g in result.gradients:
        claimed = g.wrt in before and g.wrt in after
        kept = claimed and np.array_equal(before[g.wrt], after[g.wrt])
        named = any(found.code == "local_derivative_missing" for found in g.diagnosis)
        if kept and g.verdict == "fail" and g.diagnosis and not named:
            g = replace(g, diagnosis=(_not_renewed(g.wrt), *g.diagnosis))
        gradients.append(g)
    return replace(result, gradients=tuple(gradients))


def claims_of(case: Case) -> dict[str, Array]:
    """Return the gradients that backward claims, for the same dout each time."""
    run = case.run()
    dout = random_upstream(run.outputs, stream(0, "the same dout"), case.is_loss)
    return as_gradients(run.backward(split_like(dout, run.outputs)), case.variables)


def _not_renewed(name: str) -> Finding:
    message = (
        f"The gradient of {name} stays as it was when the parameters change: backward uses "
        "something that was computed from their old values (in the constructor?)."
    )
    return Finding("stale_cache", message)


def is_friendly(x: Array) -> bool:
    """Return whether the values of an array are so special that they may hide a mistake.

    A single number always is: a gradient that was worked out by hand for it is right there.

    >>> [is_friendly(np.array(x)) for x in ([1.0, 1.0], [0.0, 2.0], [0.3, -1.2], 7.0)]
    [True, True, False, True]
    """
    if x.size <= 1:
        return bool(x.size)
    few = some_of(x)
    share = EQUAL * few.size
    counts = np.unique(np.abs(few), return_counts=True)[1]
    repeated = counts.max() > share or len(counts) <= share or np.sum(few == 0) >= share
    return bool(repeated) or _is_symmetric(x) or _is_even(x)


def unfriendly(x: Array, rng: np.random.Generator) -> Array:
    """Return values of the same shape, dtype and size, of which none is special.

    Signs stay, for what has to be positive; a covariance stays symmetric.
    """
    away = random_signs(x.shape, rng) * rng.uniform(0.5 * MOVED, MOVED, x.shape)
    if is_positive_definite(x):
        away = (away + away.T) / (2 * len(x))
    moved = x * (1 + away)
    if (zero := x == 0).any():
        moved = np.where(zero, away * element_sizes(x), moved)
    if _is_even(x):
        moved = np.sort(moved)[:: 1 if x[1] > x[0] else -1]  # what is in order stays so
    return np.asarray(moved.astype(x.dtype))


def _is_symmetric(x: Array) -> bool:
    square = x.ndim == 2 and x.shape[0] == x.shape[1] > 1
    return bool(square and np.array_equal(x, x.T))


def _is_even(x: Array) -> bool:
    """Return whether these are steps of one length, as of `np.linspace`."""
    steps = np.diff(x.astype(np.float64)) if x.ndim == 1 and x.size > 2 else np.zeros(0)
    return bool(steps.size and steps[0] and np.allclose(steps, steps[0], rtol=1e-6, atol=0))


def is_positive_definite(x: Array) -> bool:
    """Return whether this may be a covariance: symmetric, positive definite, and not diagonal."""
    if not _is_symmetric(x) or np.array_equal(x, np.diag(np.diag(x))):
        return False
    return bool(np.linalg.eigvalsh(x.astype(np.float64)).min() > 0)
