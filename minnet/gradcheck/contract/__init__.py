"""What must hold before the numbers mean anything: the contract of forward and backward.

Each `check_...` function puts one question to the code and notes what it finds. Everything
found is reported, not only the first.
"""

from __future__ import annotations

import numpy as np

from minnet.gradcheck.case import Case, CodeError
from minnet.gradcheck.contract.calls import check_calls
from minnet.gradcheck.contract.extremes import check_large_inputs, check_layout
from minnet.gradcheck.contract.findings import Contract, Examination
from minnet.gradcheck.contract.passes import (
    check_finite,
    check_shapes,
    check_unclaimed,
    nondeterministic_output,
    run_backward,
    run_forward,
    shape_mistake,
)
from minnet.gradcheck.contract.randomness import check_randomness
from minnet.gradcheck.randomness import random_upstream
from minnet.gradcheck.verdict.claims import Claims, as_gradients

__all__ = [
    "Contract",
    "begin",
    "examine",
    "nondeterministic_output",
    "shape_mistake",
]

QUESTIONS = (check_randomness, check_calls, check_large_inputs, check_layout)


def begin(case: Case, rng: np.random.Generator) -> Contract:
    """Run both passes: do they run, and do they return what they should?"""
    contract = Contract()
    run = run_forward(case, contract)
    if run is None:
        return contract
    contract.dout = random_upstream(run.outputs, rng, case.is_loss)
    if run_backward(case, run, contract):
        check_unclaimed(case, contract)
        check_shapes(case, contract)
        check_finite(case, contract, as_gradients(contract.raw, case.variables))
    return contract


def examine(claims: Claims, contract: Contract, rng: np.random.Generator) -> None:
    """Put the other questions of the contract, and note in `contract` what is found."""
    case = claims.probe.case
    asked = Examination(claims, contract, as_gradients(contract.raw, case.variables), rng)
    for question in QUESTIONS:
        try:
            if contract.stopped is None:
                question(asked)
        except CodeError:
            continue  # the ordinary call went well; what raised here is not what was asked
