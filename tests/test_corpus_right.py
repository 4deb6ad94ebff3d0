"""Correct code passes, on easy and on hard ground; and nothing is said against it."""

import collections

import pytest
from corpus.judging import SEEDS, case_results, report_on
from corpus.right import RIGHT


@pytest.mark.parametrize("entry", RIGHT, ids=lambda entry: entry.name)
def test_correct_code_passes(entry):
    for seed in SEEDS:
        report = report_on(entry, seed)
        assert report.verdict == "pass", f"seed {seed}: {report}"


def test_correct_code_gets_no_diagnosis():
    for entry in RIGHT:
        for seed in SEEDS:
            for case in case_results(report_on(entry, seed)):
                assert not case.findings, entry.name
                assert not any(g.diagnosis for g in case.gradients), entry.name


def test_nothing_in_the_corpus_is_inconclusive(capsys):
    verdicts = collections.Counter(report_on(e, seed).verdict for e in RIGHT for seed in SEEDS)
    with capsys.disabled():
        print(f"\ncorrect code, {len(RIGHT)} entries x {len(SEEDS)} seeds: {dict(verdicts)}")
    assert verdicts["inconclusive"] == 0


def test_the_corpus_is_large_and_its_names_are_different():
    assert len(RIGHT) >= 90
    assert len({entry.name for entry in RIGHT}) == len(RIGHT)
