"""Every tuning constant of the checker is felt: far too small or far too large, a claim fails."""

import pytest
from pins import constants, fails
from pins.contract import PINS as CONTRACT
from pins.cure import PINS as CURE
from pins.customs import PINS as CUSTOMS
from pins.diagnosis import PINS as DIAGNOSIS
from pins.measure import PINS as MEASURE
from pins.under_test import PINS as UNDER_TEST
from pins.verdict import PINS as VERDICT

PINS = [*UNDER_TEST, *MEASURE, *VERDICT, *CONTRACT, *DIAGNOSIS, *CUSTOMS, *CURE]
#: numbers that tune nothing: what they are follows from something else
NO_TUNING: dict[str, str] = {
    "contract.upstream.COMPARED": "how many gradients the longest comparison is made of",
    "cure.edits.EXPONENTS": "the exponents that derivatives have",
    "cure.edits.FACTORS": "the factors that derivatives have",
    "cure.echoes.ALIKE": "an order: what is less alike is tried as something else",
    "cure.echoes.MOST": "an order: of what is alike, the likest is tried",
    "cure.scope.MOST_PARTS": "the sizes that an image has",
    "cure.trial.SAME": "rounding, of one factor seen along several directions",
    "cure.search.IN_FORWARD": "an order: the same edits are tried, those of forward later",
    "cure.search.TERMS": "of several terms of one value the first will do",
    "cure.search.LINEAR": "sorts out early: what is looked up is tried, and believed only then",
    "cure.search.NEGLIGIBLE": "rounding, of a value that does nothing there",
    "cure.slicing.CHANGED": "any factor near one shows what depends on a value",
    "cure.slicing.MOVED": "any small step shows what depends on a value",
    "cure.terms.CONSTANT": "sorts out early: what is looked up is tried, and believed only then",
    "diagnosis.fits.LARGEST": "beyond it a wider error, which takes less memory",
    "diagnosis.precision.LARGE": "any large factor makes nothing of what integers drop",
    "diagnosis.quantities.SAMPLE": "sorts out early: what is left is looked at in full",
    "diagnosis.quantities.MOST": "what a formula is compared with: more would only cost memory",
    "measure.bars.EPS": "the format of the numbers",
    "measure.bars.TINY": "the format of the numbers",
    "measure.bars.LEAST_SQUARE": "the format of the numbers: where squares underflow",
    "measure.bars.LAST_PLACE": "the root of 12, from the spread of an even distribution",
    "measure.bars.MOST": "a majority is more than half",
    "measure.differences.RUNGS": "the method: five uneven steps",
    "measure.groups.MANY": "time alone: signs are signs, however they are drawn",
    "measure.probe.TYPICAL": "any large sample tells the spread, and what half of the elements are",
    "measure.staircase.PLACES": "the method: near and far, on both sides",
    "measure.noise.PLACES": "the method (ECnoise): eight points, no two gaps alike",
    "measure.probe.TELLING": "any step between the last places of float32 and of float64",
    "measure.probe.TOLD": "any short step above the last place of float32",
    "measure.noise.ORDER": "the method (ECnoise): fourth differences",
    "randomness.STREAM": "any number keeps the random numbers apart",
    "under_test.losses.BESIDE": "any short step tells the sum of the losses from their mean",
    "under_test.parameters.PROBE_RATE": "any power of two beside which W is nothing",
    "under_test.calling.TRIAL_SEED": "any seed will do to try whether an output moves",
    "under_test.resizing.STRETCH": "any factor that makes no tie",
    "under_test.signatures._OPEN": "kinds of arguments, which happen to be numbers",
    "under_test.signatures.POSITIONAL": "kinds of arguments, which happen to be numbers",
    "under_test.signatures._MORE": "kinds of arguments, which happen to be numbers",
    "under_test.signatures._MORE_NAMED": "kinds of arguments, which happen to be numbers",
    "under_test.remedies._MISSPELT": "how alike two words are of which one is the other misspelt",
    "diagnosis.customs.neighbours._MOST_FILES": "an outer limit: a package of more is read in part",
}


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
