"""Does a gradient belong to its own forward pass, whatever was called before?"""

from __future__ import annotations

import numpy as np

from minnet.gradcheck.case import output_vector, split_like
from minnet.gradcheck.contract.findings import Contract, Examination, Gradients, other_values


def check_history(asked: Examination) -> None:
    """Does a second forward and backward on the same object give the second gradient?"""
    outputs, gradients = [], []
    for k in range(3):
        run = asked.case.run(restore=k == 0)
        outputs.append(output_vector(run).copy())
        gradients.append(asked.claimed(run))
    if all(np.array_equal(outputs[0], out) for out in outputs[1:]):
        for name in asked.given:
            _compare_calls(asked, name, gradients)
    _second_input(asked)


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
        _blame_stale(asked.contract, name, "an earlier call")


def _second_input(asked: Examination) -> None:
    """Forward A, backward, forward B, backward on one object: is it the gradient at B?"""
    case, contract = asked.case, asked.contract
    values = other_values(case, asked.rng)
    fresh = case.run(values)
    wanted_output = output_vector(fresh).copy()
    wanted = asked.claimed(fresh)
    before = case.run()
    first_output = output_vector(before).copy()
    before.backward(split_like(asked.dout, before.outputs))
    second = case.run(values, restore=False)
    output = output_vector(second).copy()
    got = asked.claimed(second)
    same_output = np.array_equal(output, wanted_output)
    repeated = np.array_equal(output, first_output) and not same_output
    for name in asked.given:
        if _already(contract, name, "accumulates") or not (name in got and name in wanted):
            continue
        if repeated or (same_output and not asked.same(name, got[name], wanted[name])):
            _blame_stale(contract, name, "the forward pass before")


def check_other_instance(asked: Examination) -> None:
    """Forward on this object, forward on another, backward on this: is the cache shared?"""
    other = asked.case.another()
    if other is asked.case:
        return
    run = asked.case.run()
    other.run(other_values(asked.case, asked.rng))
    got = asked.claimed(run)
    for name, gradient in asked.given.items():
        if name in got and not asked.same(name, got[name], gradient):
            _blame_stale(asked.contract, name, "another forward pass, made in between")


def _blame_stale(contract: Contract, name: str, whose: str) -> None:
    if not _already(contract, name, "stale_cache"):
        contract.blame(
            [name],
            "stale_cache",
            f"The gradient of {{wrt}} is computed with values of {whose}: what forward keeps "
            "for backward is not renewed, or is shared (a global, or an attribute of the class).",
        )


def _already(contract: Contract, name: str, code: str) -> bool:
    return any(finding.code == code for finding in contract.gradients.get(name, ()))
