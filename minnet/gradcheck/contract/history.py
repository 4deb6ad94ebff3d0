"""Does a gradient belong to its own forward pass, whatever was called before?"""

from __future__ import annotations

import numpy as np

from minnet.gradcheck.case import Case, output_vector, split_like
from minnet.gradcheck.contract.findings import (
    Contract,
    Gradients,
    close,
    gradients_of,
    other_values,
)


def check_history(
    case: Case, contract: Contract, given: Gradients, rng: np.random.Generator
) -> None:
    """Does a second forward and backward on the same object give the second gradient?"""
    runs, gradients = [], []
    for k in range(3):
        run = case.run(restore=k == 0)
        runs.append(output_vector(run).copy())
        gradients.append(gradients_of(case, run, contract.weight))
    if all(np.array_equal(runs[0], out) for out in runs[1:]):
        for name, gradient in given.items():
            if not all(name in g for g in gradients):
                continue
            first, second, third = (g[name] for g in gradients)
            if close(second, first, floor=contract.floor[name]):
                continue
            if close(second - first, third - second) and close(second - first, gradient):
                contract.blame(
                    [name],
                    "accumulates",
                    "The gradient of {wrt} grows at each call of backward: it is added to that "
                    "of the call before. backward must overwrite it (= where += stands).",
                )
            else:
                _blame_stale(contract, name, "an earlier call")
    _second_input(case, contract, given, rng)


def _second_input(
    case: Case, contract: Contract, given: Gradients, rng: np.random.Generator
) -> None:
    """Forward A, backward, forward B, backward on one object: is it the gradient at B?"""
    values = other_values(case, rng)
    fresh = case.run(values)
    wanted_output = output_vector(fresh).copy()
    wanted = gradients_of(case, fresh, contract.weight)
    before = case.run()
    first_output = output_vector(before).copy()
    before.backward(split_like(contract.weight, before.outputs))
    second = case.run(values, restore=False)
    output = output_vector(second).copy()
    got = gradients_of(case, second, contract.weight)
    same_output = np.array_equal(output, wanted_output)
    repeated = np.array_equal(output, first_output) and not same_output
    for name in given:
        if _already(contract, name, "accumulates") or not (name in got and name in wanted):
            continue
        if repeated or (
            same_output and not close(got[name], wanted[name], floor=contract.floor[name])
        ):
            _blame_stale(contract, name, "the forward pass before")


def check_other_instance(
    case: Case, contract: Contract, given: Gradients, rng: np.random.Generator
) -> None:
    """Forward on this object, forward on another, backward on this: is the cache shared?"""
    other = case.another()
    if other is case:
        return
    run = case.run()
    other.run(other_values(case, rng))
    got = gradients_of(case, run, contract.weight)
    for name, gradient in given.items():
        if name in got and not close(got[name], gradient, floor=contract.floor[name]):
            _blame_stale(contract, name, "another forward pass, made in between")


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
