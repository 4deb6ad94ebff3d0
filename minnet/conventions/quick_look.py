"""A quick look at whether gradients are right: by it a reading is recognised, never judged."""

from __future__ import annotations

from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.under_test.calling import AdaptedCase

Rng = np.random.Generator
_STEP, _ALIKE, _DIRECTIONS = 1e-5, 1e-4, 3


def is_right(case: AdaptedCase) -> bool:
    """Return whether the gradients are right as far as a quick look tells; it is no verdict."""
    rng = np.random.default_rng(0)
    try:
        run = case.run()
        dout = tuple(np.asarray(rng.standard_normal(np.shape(out))) for out in run.outputs)
        if case.is_loss:
            dout = tuple(np.ones_like(out) for out in run.outputs)
        claimed = run.backward(dout)
        return all(
            _is_along(case, name, claimed[name], dout, rng)
            for name in case.variables
            for _ in range(_DIRECTIONS)
        )
    except (CodeError, TypeError, ValueError):
        return False


def _is_along(case: AdaptedCase, name: str, claim: Any, dout: tuple[Array, ...], rng: Rng) -> bool:
    """Return whether a claimed gradient fits the outputs a step to either side."""
    x = case.variables[name]
    move = np.asarray(_STEP * rng.standard_normal(x.shape))
    ahead, behind = case.run({name: x + move}).outputs, case.run({name: x - move}).outputs
    triples = zip(dout, ahead, behind, strict=True)
    with np.errstate(invalid="ignore"):
        moved = sum(float(np.sum(d * (a - b))) for d, a, b in triples) / 2
    expected = float(np.sum(np.asarray(claim) * move))
    size = float(np.linalg.norm(np.asarray(claim, float)) * np.linalg.norm(move))
    return abs(moved - expected) <= _ALIKE * size + 1e-12
