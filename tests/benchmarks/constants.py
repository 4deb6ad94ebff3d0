"""The mutation table of the checker's constants: ``python tests/benchmarks/constants.py``.

For each, the claim that fails when it is divided by the factor, and when it is multiplied by it.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "gradcheck"))

from pins import Pin, fails
from test_constants import PINS


def row(pin: Pin) -> str:
    felt = [
        f"{sign}{pin.factor:g} {claim.__name__}{'' if fails(claim, pin, by) else ' (NOT FELT)'}"
        for sign, claim, by in (("/", pin.small, 1 / pin.factor), ("x", pin.large, pin.factor))
    ]
    return f"{pin.label:<44} {felt[0]:<70} {felt[1]}"


if __name__ == "__main__":
    print("\n".join(row(pin) for pin in PINS))
