"""What must hold before the numbers mean anything: the contract of forward and backward.

Each `check_...` function puts one question to the code and notes what it finds. Everything
found is reported, not only the first.
"""

from __future__ import annotations

import numpy as np

from minnet.gradcheck.case import Case, CodeError, output_vector
from minnet.gradcheck.contract.extremes import check_large_inputs, check_layout
from minnet.gradcheck.contract.findings import Contract
from minnet.gradcheck.contract.history import check_history, check_other_instance
from minnet.gradcheck.contract.passes import (
    check_finite,
    check_shapes,
    nondeterministic_output,
    run_backward,
    run_forward,
    shape_mistake,
)
from minnet.gradcheck.contract.upstream import check_upstream, random_upstream
from minnet.gradcheck.verdict.claims import as_gradients

__all__ = ["Contract", "examine", "nondeterministic_output", "random_upstream", "shape_mistake"]

#: what is below this share of the outputs' size is round-off of a gradient that is zero
ROUND_OFF = 1e-12


def examine(case: Case, rng: np.random.Generator) -> Contract:
    """Put the questions of the contract to `case`.

    Returns
    -------
    Contract
    """
    contract = Contract()
    first = run_forward(case, contract)
    if first is None:
        return contract
    contract.weight = random_upstream(first.outputs, rng, case.is_loss)
    could_be = ROUND_OFF * float(np.abs(contract.weight * output_vector(first)).sum())
    for name, x in case.variables.items():
        contract.floor[name] = could_be / float(np.abs(x).mean() or 1.0) if x.size else 0.0
    if not run_backward(case, contract):
        return contract
    check_shapes(case, contract)
    given = as_gradients(contract.raw, case.variables)
    check_finite(contract, given)
    for question in (
        check_upstream,
        check_history,
        check_other_instance,
        check_large_inputs,
        check_layout,
    ):
        try:
            question(case, contract, given, rng)
        except CodeError:
            continue  # the ordinary call went well; what raised here is not what was asked
    return contract
