"""Every tuning constant of the checker is felt: far too small or far too large, a claim fails."""

import pytest
from pins import constants, fails
from pins.contract import PINS as CONTRACT
from pins.diagnosis import PINS as DIAGNOSIS
from pins.measure import PINS as MEASURE
from pins.verdict import PINS as VERDICT

PINS = [*MEASURE, *VERDICT, *CONTRACT, *DIAGNOSIS]
#: numbers that tune nothing: what they are follows from something else
NO_TUNING: dict[str, str] = {}


@pytest.mark.parametrize("pin", PINS, ids=lambda pin: pin.label)
def test_the_claims_hold_at_the_constant_s_own_value(pin):
    pin.small()
    pin.large()


@pytest.mark.parametrize("pin", PINS, ids=lambda pin: pin.label)
def test_a_constant_far_too_small_is_felt(pin):
    assert fails(pin.small, pin, 1 / pin.factor)


@pytest.mark.parametrize("pin", PINS, ids=lambda pin: pin.label)
def test_a_constant_far_too_large_is_felt(pin):
    assert fails(pin.large, pin, pin.factor)


def test_every_constant_of_the_checker_is_pinned_or_tunes_nothing():
    pinned = {f"{pin.module}.{pin.name}" for pin in PINS}
    assert set(constants()) - pinned - set(NO_TUNING) == set()
