"""What is said of the results, however it is laid out."""

from dataclasses import replace

import numpy as np
import pytest
from reports import check, gradient, report, wrong_conv

from minnet.report.account import accounts_of, briefly, headline, outcome, summary
from minnet.report.digits import digits_of
from minnet.report.page import page
from minnet.report.results import (
    VERDICTS,
    CaseResult,
    CheckResult,
    Finding,
    TargetResult,
)
from minnet.report.words import WORDS, ranges

SIGN, SCALE = Finding("sign", "the wrong sign"), Finding("scale", "twice as large")
CRASH, SLOW = Finding("crash", "forward raised"), Finding("overflow", "exp overflows")


def bad(wrt="w", *diagnosis, verdict="fail"):
    return gradient(wrt, (2,), wrong=[0], verdict=verdict, diagnosis=diagnosis)


def function(*cases):
    return CheckResult("f", "any", "fail", cases)


def told(accounts):
    return [(account.wrt, account.finding.code, account.case) for account in accounts]


def test_every_verdict_has_its_words():
    assert set(WORDS) == set(VERDICTS)
    assert len({words.label for words in WORDS.values()}) == len(VERDICTS)


def test_a_variable_is_told_once_for_each_code_and_briefly_once_at_all():
    found = function(
        CaseResult("one", "fail", (bad("w", SIGN), bad("b", SIGN))),
        CaseResult("two", "fail", (bad("w", SCALE), bad("b", SIGN))),
    )
    assert told(accounts_of(found)) == [
        ("w", "sign", "one"), ("b", "sign", "one"), ("w", "scale", "two")
    ]  # fmt: skip
    assert told(briefly(accounts_of(found))) == [("w", "sign", "one"), ("b", "sign", "one")]


def test_warnings_are_told_once_and_briefly_last():
    found = function(
        CaseResult("one", "fail", (bad("w", SIGN),), warnings=(SLOW,)),
        CaseResult("two", "error", warnings=(SLOW,), findings=(CRASH,)),
    )
    assert [account.finding.code for account in accounts_of(found)] == ["sign", "overflow", "crash"]
    brief = list(briefly(accounts_of(found)))
    assert [account.finding.code for account in brief] == ["sign", "crash", "overflow"]
    assert brief[-1].verdict is None


def test_what_stopped_a_case_is_not_told_again_for_each_gradient():
    stopped = gradient("w", (2,), verdict="error", diagnosis=(CRASH,))
    found = function(CaseResult("one", "error", (stopped,), findings=(CRASH,)))
    assert told(accounts_of(found)) == [("", "crash", "one")]


def test_it_is_counted_in_how_many_cases_the_same_variable_is_wrong():
    right = gradient("w", (2,))
    cases = (
        CaseResult("one", "pass", (right,)),
        CaseResult("two", "fail", (bad("w", SIGN),)),
        CaseResult("three", "fail", (bad("w"),)),
    )
    (account,) = briefly(accounts_of(function(*cases)))
    assert (account.case, account.affected, account.cases) == ("two", 2, 3)


def test_an_account_shows_the_worst_elements_and_where_they_lie():
    g = gradient("w", (3, 4), wrong=[3, 7, 11], diagnosis=(SIGN, SCALE))
    g.elements.analytic[7] += 5
    (account,) = accounts_of(function(CaseResult("one", "fail", (g,))))
    assert [worst.index for worst in account.worst] == [(1, 3), (0, 3), (2, 3)]
    assert account.worst[0].analytic == g.elements.analytic[7]
    assert account.where.startswith("3 of 12 measured elements are wrong")
    assert account.others == (SCALE,)


def test_where_no_element_was_measured_the_finding_says_where():
    g = replace(bad("w", replace(SIGN, where="in the last row")), elements=None)
    (account,) = accounts_of(function(CaseResult("one", "fail", (g,))))
    assert account.where == "in the last row" and account.worst == (g.worst,)


def test_what_is_not_written_yet_needs_no_account():
    todo = CheckResult("f", "any", "not_implemented", (CaseResult("one", "fail", (bad(),)),))
    assert list(accounts_of(todo)) == [] and outcome(todo) == "not implemented yet"


def test_a_doubt_is_no_failure_on_the_page_even_beside_one():
    doubt = gradient("b", (2,), verdict="inconclusive", note="computed in float16")
    found = report(function(CaseResult("one", "fail", (bad("w", SIGN), doubt))))
    assert page(found).count('class="finding fail"') == 1
    assert page(found).count('class="finding"') == 1


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("pass", "w · 1 case · 11 digits agree"),
        ("fail", "w wrong"),
        ("inconclusive", "w not certain"),
        ("error", "w an error"),
        ("not_implemented", "not implemented yet"),
    ],
)
def test_the_outcome_of_a_check_in_a_line(verdict, said):
    assert outcome(check("f", gradient("w", (2,), verdict=verdict))) == said


def test_the_summary_counts_the_worst_first():
    assert summary(wrong_conv()) == (
        "5 checked: 1 wrong, 1 with an error, 1 not certain, 1 not implemented, 1 right (seed 3; "
        "forward not compared)"
    )
    assert summary(report()) == "nothing was checked"
    two = report(check("f", gradient("x", (2,))), check("g", gradient("x", (2,))))
    assert summary(two) == "all 2 right (2 gradients, seed 3; forward not compared)"


def test_the_headline_is_the_first_mistake_of_the_worst_kind():
    assert headline(wrong_conv()) == "max_pool: forward raised IndexError: 3"
    broken = TargetResult("no.py", "error", error="there is no file no.py")
    assert headline(replace(wrong_conv(), targets=(broken,))) == "no.py: there is no file no.py"


@pytest.mark.parametrize(
    ("error", "digits"),
    [(3e-9, 8), (0.5, 0), (2.0, 0), (0.0, 16), (1e-30, 16), (np.inf, 0), (np.nan, 0)],
)
def test_the_digits_of_a_relative_error(error, digits):
    assert digits_of(error) == digits and isinstance(digits_of(error), int)


def test_neighbouring_numbers_are_joined():
    assert ranges([0, 3, 4, 5, 9, 10]) == "0, 3-5, 9-10" and ranges([]) == ""


def test_of_a_gradient_that_is_zero_no_digit_is_counted():
    zero = replace(gradient("b"), digits=0, error_bar=40.0)  # of its own size, which is round-off
    said = "b is zero but for round-off"
    both = outcome(check("dense", gradient("w"), zero))
    assert both == f"w and b · 1 case · 11 digits agree · {said}"
    assert outcome(check("dense", zero)) == f"b · 1 case · {said}"


@pytest.mark.parametrize(
    ("bar", "said"),
    [
        (2e-3, "only 2 digits of w could be verified"),
        (4e-2, "only 1 digit of w could be verified"),
        (0.2, "not one digit of w could be verified"),
    ],
)
def test_few_digits_are_said(bar, said):
    few = replace(gradient("w"), digits=16, error_bar=bar)
    assert outcome(check("f", few)) == f"w · 1 case · {said}"
    assert outcome(check("f", few, gradient("b"))) == f"w and b · 1 case · 11 digits agree · {said}"


def test_in_an_empty_array_there_is_nothing_to_check():
    empty = replace(gradient("x"), digits=0, error_bar=np.inf, note="nothing to check: x is empty")
    assert outcome(check("f", empty)) == "x · 1 case · nothing to check in x"


def test_a_failure_shows_no_element_where_none_is_wrong():
    right = gradient("w", (2,), verdict="fail", diagnosis=(SIGN,))
    (account,) = accounts_of(function(CaseResult("one", "fail", (right,))))
    assert account.worst == ()
