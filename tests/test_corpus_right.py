"""Correct code passes, on easy and on hard ground; and nothing is said against it."""

import pytest
from corpus.judging import SEEDS, case_results, report_on
from corpus.right import RIGHT


@pytest.mark.parametrize("entry", RIGHT, ids=lambda entry: entry.name)
def test_correct_code_passes(entry):
    for seed in SEEDS:
        report = report_on(entry, seed)
        assert report.verdict == "pass", f"seed {seed}: {report}"
        for case in case_results(report):
            assert not case.findings, f"seed {seed}: {report}"
            assert not any(g.diagnosis for g in case.gradients), f"seed {seed}: {report}"


def test_the_corpus_is_large_and_its_names_are_different():
    assert len(RIGHT) >= 90
    assert len({entry.name for entry in RIGHT}) == len(RIGHT)
