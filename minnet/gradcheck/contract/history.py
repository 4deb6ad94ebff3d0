"""Does a gradient belong to its own forward pass, whatever was called before?"""

from __future__ import annotations

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, output_vector, split_like
from minnet.gradcheck.contract.findings import (
    Contract,
    Examination,
    Gradients,
    other_values,
)
from minnet.gradcheck.randomness import random_upstream
from minnet.gradcheck.verdict.claims import as_gradients
from minnet.report.results import Finding
from minnet.report.words import listed

LEFT_OVER = (
    "The gradient of {wrt} is another one at the second of two equal calls: something of the call "
    "before is left in it (a counter, a running average, or what forward keeps for backward and "
    "does not renew)."
)
NOT_RENEWED = (
    "The gradient of {wrt} is computed with values of the forward pass before: what forward keeps "
    "for backward is not renewed, or is shared (a global, or an attribute of the class)."
)
SHARED = (
    "The gradient of {wrt} is another one when a second object runs forward in between: what "
    "forward keeps for backward is shared (a global, or an attribute of the class)."
)


def check_history(asked: Examination) -> None:
    """Does a second forward and backward on the same object give the second gradient?"""
    calls = [_call(asked, restore=True), _call(asked, restore=False)]
    first, second = (gradients for _, gradients in calls)
    if any(n not in second or not np.array_equal(g, second[n]) for n, g in first.items()):
        calls.append(_call(asked, restore=False))  # at once, before anything else is run
        if all(np.array_equal(calls[0][0], output) for output, _ in calls):
            for name in asked.given:
                _compare_calls(asked, name, [gradients for _, gradients in calls])
    _second_input(asked)


def _call(asked: Examination, restore: bool) -> tuple[Array, Gradients]:
    """Run both passes, with the state put back or as the call before left it."""
    run = asked.case.run(restore=restore)
    return output_vector(run), asked.claimed(run)


def _compare_calls(asked: Examination, name: str, gradients: list[Gradients]) -> None:
    """Compare the gradients of three equal calls, one after the other."""
    if not all(name in g for g in gradients):
        return
    first, second, third = (g[name] for g in gradients)
    if asked.same(name, second, first):
        return
    grows = asked.same(name, second - first, third - second)
    if grows and asked.same(name, second - first, asked.given[name]):
        asked.contract.blame(
            [name],
            "accumulates",
            "The gradient of {wrt} grows at each call of backward: it is added to that "
            "of the call before. backward must overwrite it (= where += stands).",
        )
    else:
        _blame_stale(asked.contract, name, LEFT_OVER)


def _second_input(asked: Examination) -> None:
    """Forward A, backward, forward B, backward on one object: is it the gradient at B?"""
    values, dout = other_values(asked.case, asked.rng), asked.dout
    if not asked.case.is_loss:
        dout = random_upstream((dout,), asked.rng)
    for there in asked.case.with_other_integers(asked.rng):
        fresh = there.run(values)
        wanted_output = output_vector(fresh)
        if wanted_output.shape != asked.dout.shape:
            continue  # no upstream gradient is both one's and the other's
        wanted = asked.claimed(fresh, dout)
        for with_backward, in_place in ((True, False), (False, False), (True, True)):
            got = _second_call(asked, there, values, dout, with_backward, in_place)
            _compare_second(asked, got, (wanted_output, wanted))


def _second_call(
    asked: Examination,
    there: Case,
    values: Gradients,
    dout: Array,
    with_backward: bool,
    in_place: bool,
) -> tuple[Array, Array, Gradients]:
    """Return the first output, and the output and the gradients of the second call.

    A forward for an evaluation has no backward; `in_place`, both calls are handed the same
    arrays, with other contents: a memo that goes by the array would not notice.
    """
    case = asked.case
    buffers = {name: case.variables[name].copy() for name in case.inputs}
    before = case.run(buffers, as_given=in_place)
    first_output = output_vector(before)
    upstream = split_like(asked.dout, before.outputs)
    if with_backward:
        before.backward(upstream)
    if in_place:
        for name, buffer in buffers.items():
            np.copyto(buffer, values[name])
        values = values | buffers
    second = there.run(values, as_given=in_place, restore=False)
    output = output_vector(second)
    new = split_like(dout, second.outputs)
    if in_place:
        for d, other in zip(upstream, new, strict=True):
            np.copyto(d, other)
    raw = second.backward(upstream if in_place else new)
    return first_output, output, as_gradients(raw, case.variables)


def _compare_second(
    asked: Examination, found: tuple[Array, Array, Gradients], wanted: tuple[Array, Gradients]
) -> None:
    first_output, output, got = found
    same_output = np.array_equal(output, wanted[0])
    repeated = np.array_equal(output, first_output) and not same_output
    for name in asked.given:
        if _already(asked.contract, name, "accumulates") or not (name in got and name in wanted[1]):
            continue
        if repeated or (same_output and not asked.same(name, got[name], wanted[1][name])):
            _blame_stale(asked.contract, name, NOT_RENEWED)


def check_second_backward(asked: Examination) -> None:
    """Does a second backward after one forward give the same gradient again?"""
    if any(warning.code.startswith("mutates") for warning in asked.contract.warnings):
        return  # which says why
    run = asked.case.run()
    asked.claimed(run)
    again = asked.claimed(run)
    names = [
        name
        for name, gradient in asked.given.items()
        if name in again
        and np.isfinite(gradient).all()
        and not asked.same(name, again[name], gradient)
        and name not in asked.contract.gradients
    ]
    if names:
        message = (
            f"A second backward after one forward gives another gradient of {listed(names)}. That "
            "is well as long as each forward has one backward."
        )
        asked.contract.warnings.append(Finding("stale_cache", message, about=tuple(names)))


def check_other_instance(asked: Examination) -> None:
    """Forward on this object, forward on another, backward on this: is the cache shared?"""
    other = asked.case.another()
    if other is asked.case:
        return
    run = asked.case.run()
    other.run(other_values(asked.case, asked.rng), restore=False)  # what they share stays
    got = asked.claimed(run)
    for name, gradient in asked.given.items():
        if name in got and not asked.same(name, got[name], gradient):
            _blame_stale(asked.contract, name, SHARED)


def _blame_stale(contract: Contract, name: str, message: str) -> None:
    if not _already(contract, name, "stale_cache"):
        contract.blame([name], "stale_cache", message)


def _already(contract: Contract, name: str, code: str) -> bool:
    return any(finding.code == code for finding in contract.gradients.get(name, ()))
