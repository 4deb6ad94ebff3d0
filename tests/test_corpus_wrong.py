"""A mistake is caught, whatever it is and wherever it sits, and the first diagnosis names it."""

import numpy as np
import pytest
from corpus.audit import symptom
from corpus.judging import SEEDS, caught, misnamed, report_on
from corpus.wrong import WRONG


@pytest.mark.parametrize("entry", WRONG, ids=lambda entry: entry.name)
def test_wrong_code_is_caught_and_named(entry):
    for seed in SEEDS:
        report = report_on(entry, seed)
        assert caught(entry, report), f"seed {seed}: {report}"
        assert misnamed(entry, report) == [], f"seed {seed}: {report}"


@pytest.mark.parametrize("entry", WRONG, ids=lambda entry: entry.name)
def test_the_mistake_is_one(entry):
    """The corpus itself: the entry behaves otherwise than the correct code it was made of."""
    rng = np.random.default_rng([1, 99])
    assert symptom(entry.call(1), entry.right(1), rng), "no difference from correct code"


def test_the_corpus_is_large_and_its_names_are_different():
    assert len(WRONG) >= 180
    assert len({entry.name for entry in WRONG}) == len(WRONG)
