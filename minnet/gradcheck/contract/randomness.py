"""Does backward use the random numbers that forward drew, or does it draw its own?"""

from __future__ import annotations

import numpy as np

from minnet.gradcheck.case import split_like
from minnet.gradcheck.contract.findings import Examination
from minnet.gradcheck.verdict.claims import as_gradients

#: backward is run with so many other states of the random generators: two small masks may be equal
TURNS = 4


def check_randomness(asked: Examination) -> None:
    """Is the gradient the same wherever the random generators stand when backward begins?"""
    if not asked.case.is_random:
        return
    drawn = set[str]()
    for turn in range(2, 2 + TURNS):
        run = asked.case.run()
        raw = run.backward(split_like(asked.dout, run.outputs), turn)
        there = as_gradients(raw, asked.case.variables)
        drawn |= {
            name
            for name, gradient in asked.given.items()
            if name in there and not np.array_equal(there[name], gradient, equal_nan=True)
        }
    asked.contract.blame(
        [name for name in asked.given if name in drawn],
        "new_random_numbers",
        "The gradient of {wrt} changes with the random numbers that backward draws itself: they "
        "are not those of forward. Keep forward's (the mask, the noise) and use them again.",
    )
