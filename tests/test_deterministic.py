"""The same seed gives the same report, however slow the code under test is."""

import re
import time

import numpy as np
import pytest
from corpus.right import RIGHT
from corpus.wrong import WRONG

from minnet.conventions.minnet_layers import own_subjects
from minnet.gradcheck.under_test.calling import AdaptedCase

#: right and wrong, smooth and at kinks, in float32, a loss, loops whose screen fails
ENTRIES = (
    "base_affine", "max_pool_with_ties_to_the_first", "batchnorm_in_float32",
    "affine_db_is_a_mean", "conv_dx_not_added_up", "one_entry_slightly_wrong", "bce_without_minus",
)  # fmt: skip
BY_NAME = {entry.name: entry for entry in [*RIGHT, *WRONG]}


def told(name, seed=0):
    """Everything that a report says, but for the folder and the number of the file it is on."""
    report = BY_NAME[name].call(seed).report(seed)
    text = re.sub(r"[^\s\"]*corpus_[^/\\]*[/\\]+", "", str(report) + report.to_json())
    return re.sub(r"\b((cs231n|nnfs|mytorch|tutorial)_[a-z]+)_\d+", r"\1", text)


@pytest.mark.parametrize("name", ENTRIES)
def test_a_slow_forward_gives_the_same_report(name, monkeypatch):
    quick, run = told(name), AdaptedCase.run

    def slow(self, *args, **keywords):
        time.sleep(0.002)  # a hundred times what these take
        return run(self, *args, **keywords)

    monkeypatch.setattr(AdaptedCase, "run", slow)
    assert told(name) == quick


def test_another_seed_gives_another_report():
    assert told("affine_db_is_a_mean", 1) != told("affine_db_is_a_mean", 0)


def test_the_examples_of_every_layer_follow_their_generator():
    for subject in own_subjects():
        one, other = (list(subject.build(np.random.default_rng(0))) for _ in range(2))
        for case, again in zip(one, other, strict=True):
            for name, value in case.variables.items():
                assert np.array_equal(value, again.variables[name]), (subject.name, name)
