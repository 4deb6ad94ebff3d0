"""The corpus has enough of every diagnosis; whether each is named, test_corpus_wrong says."""

import collections

import pytest
from corpus.wrong import WRONG

#: the codes of the design's table
ALL_CODES = (
    "not_implemented missing shape zero sign scale transpose flip permuted swapped "
    "upstream_ignored nonlinear_upstream local_derivative_missing local_derivative_of_input "
    "overwritten one_sample statistic_constant weight_decay region accumulates stale_cache "
    "mutates_input mutates_upstream mutates_parameter nondeterministic non_finite overflow "
    "precision crash unexplained wrong_factor extra_term wrong_axis jacobian_diagonal "
    "jacobian_transposed truncated_time wrong_carry"
)


def test_every_code_has_at_least_four_entries():
    count = collections.Counter(
        code for entry in WRONG for code in {c for codes in entry.codes.values() for c in codes}
    )
    assert {code: count[code] for code in ALL_CODES.split() if count[code] < 4} == {}


@pytest.mark.parametrize("kind", ["two_gradients", "same_gradient"])
def test_there_are_entries_with_two_mistakes(kind):
    assert sum(entry.name.startswith(kind) for entry in WRONG) >= 4
