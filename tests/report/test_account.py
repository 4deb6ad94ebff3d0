"""What is said of the results, however it is laid out."""

from dataclasses import replace

import numpy as np
import pytest
from reports import check, gradient, report, wrong_conv

from minnet.report.account import accounts_of, headline
from minnet.report.digits import digits_of
from minnet.report.page import page
from minnet.report.results import (
    VERDICTS,
    CaseResult,
    CheckResult,
    Finding,
    Forward,
    SourceLine,
    TargetResult,
)
from minnet.report.summary import outcome, summary
from minnet.report.text import render
from minnet.report.words import WORDS, ranges

SIGN, SCALE = Finding("sign", "the wrong sign"), Finding("scale", "twice as large")
CRASH, SLOW = Finding("crash", "forward raised"), Finding("overflow", "exp overflows")


def bad(wrt="w", *diagnosis, verdict="fail"):
    return gradient(wrt, (2,), wrong=[0], verdict=verdict, diagnosis=diagnosis)


def function(*cases, name="f", verdict="fail"):
    return CheckResult(name, "any", verdict, cases)


def told(*checks):
    """Return of each account whose it is, the code, and the first case."""
    return [(*a.variables, a.finding.code, a.case) for a in accounts_of(report(*checks))]


def at_line(finding, number, **more):
    return replace(finding, line=SourceLine("layers.py", number, "dx = dout"), **more)


def test_every_verdict_has_its_words():
    assert set(WORDS) == set(VERDICTS)
    assert len({words.label for words in WORDS.values()}) == len(VERDICTS)


def test_a_variable_is_told_once_by_the_code_of_its_first_case():
    found = function(
        CaseResult("one", "fail", (bad("w", SIGN), bad("b", SCALE))),
        CaseResult("two", "fail", (bad("w", SCALE), bad("b", SCALE))),
    )
    assert told(found) == [("w", "sign", "one"), ("b", "scale", "one")]


def test_gradients_of_which_the_same_is_said_are_told_together():
    each = [bad(n, Finding("scale", f"d{n} is twice too large")) for n in ("x", "w", "b")]
    found = function(CaseResult("one", "fail", tuple(each)))
    (account,) = accounts_of(report(found))
    assert account.variables == ("x", "w", "b") and account.message == "each is twice too large"
    (other,) = accounts_of(report(function(CaseResult("one", "fail", (each[0],)))))
    assert other.message == "dx is twice too large"


def test_what_differs_in_the_shapes_alone_is_told_together_of_the_first():
    each = [
        bad(n, Finding("shape", f"The gradient of {n} has shape ({size},)"))
        for n, size in (("b1", 4), ("b2", 3))
    ]
    (account,) = accounts_of(report(function(CaseResult("one", "fail", tuple(each)))))
    assert account.variables == ("b1", "b2")
    assert account.message == "of b1: The gradient of b1 has shape (4,)"


def test_gradients_of_which_different_things_are_said_are_told_apart():
    twice, thrice = Finding("scale", "dx is 2 times"), Finding("scale", "dw is 3 times")
    found = function(CaseResult("one", "fail", (bad("x", twice), bad("w", thrice))))
    assert told(found) == [("x", "scale", "one"), ("w", "scale", "one")]


def test_a_sentence_that_speaks_of_the_variable_again_is_said_of_one():
    each = [bad(n, Finding("region", f"d{n} is wrong where {n} is 0")) for n in ("x", "w")]
    (account,) = accounts_of(report(function(CaseResult("one", "fail", tuple(each)))))
    assert account.message == "of x: dx is wrong where x is 0"


def test_one_line_is_one_cause_in_all_checks_and_codes():
    wrong, elsewhere = at_line(SCALE, 7), at_line(Finding("unexplained", "dx is wrong"), 7)
    found = report(
        function(CaseResult("one", "fail", (bad("x", elsewhere), bad("w", wrong))), name="norm"),
        function(CaseResult("one", "fail", (bad("x", elsewhere),)), name="spatial"),
        function(CaseResult("one", "fail", (bad("x", at_line(SCALE, 8)),)), name="other"),
    )
    first, second = accounts_of(found)
    assert (first.check, first.variables, first.also) == ("norm", ("w",), ("x", "spatial: x"))
    assert (second.check, second.also) == ("other", ())
    text = render(found)
    assert text.count("FAIL[") == 2 and "also: spatial: x" in text
    html = page(found)
    assert "The same cause as in norm, line 7; it is told there." in html


def test_two_named_mistakes_in_one_line_are_both_told():
    found = function(
        CaseResult("one", "fail", (bad("x", at_line(SIGN, 7)), bad("w", at_line(SCALE, 7))))
    )
    (account,) = accounts_of(report(found))
    assert account.variables == ("x",) and account.also == ("w: twice as large [scale]",)


def network(*wrong, code=("net",), verdict="fail", names=("W1", "b1", "W2", "b2", "W3", "b3")):
    gradients = tuple(
        bad(n, Finding("unexplained", f"d{n} is wrong in {i} elements")) if n in wrong
        else gradient(n, (2,))
        for i, n in enumerate(names)
    )  # fmt: skip
    return function(CaseResult("one", verdict, gradients, code=code), name="Net")


def test_a_network_with_one_mistake_is_one_block_that_says_where_it_begins():
    found = network("W1", "b1", "W2", "b2")
    (account,) = accounts_of(report(found))
    assert account.message == (
        "each is wrong, in a way that none of the known mistakes explains. W3 and b3 are right, "
        "W2 and b2 and all before wrong: look between the two."
    )
    assert outcome(found) == "W1, b1, W2 and b2 wrong; W3 and b3 right"


@pytest.mark.parametrize(
    "wrong",
    [
        ("W1", "b1", "W3", "b3"),  # right in between
        ("W2", "b2"),  # right before
        ("W1", "W2"),  # of each layer only one, and that may be wrong by itself
        ("W1", "b1", "W2", "b2", "W3", "b3"),  # nothing is right
    ],
)
def test_it_is_not_said_to_lie_between_where_that_is_not_known(wrong):
    (account,) = accounts_of(report(network(*wrong)))
    assert "between" not in account.message


def test_an_input_that_is_right_leaves_nothing_between():
    (account,) = accounts_of(report(network("W1", "b1", names=("x", "W1", "b1", "W2", "b2"))))
    assert "between" not in account.message


def test_what_uses_a_wrong_function_is_told_with_it():
    helper = CaseResult("one", "fail", (bad("x", SIGN),), code=("affine",))
    found = report(network("W1", "b1", code=("net", "affine")), function(helper, name="affine"))
    (account,) = accounts_of(found)
    assert account.check == "affine" and account.finding.code == "sign"
    assert account.also == ("Net, which uses affine: W1 and b1",)


def test_a_setting_is_no_mistake_of_its_own_in_what_uses_a_wrong_function():
    when = Finding("wrong_case", "dW1 is wrong in every case with more than one sample")
    helper = CaseResult("one", "fail", (bad("x", SIGN),), code=("relu",))
    own = CaseResult("one", "fail", (bad("W1", when),), code=("net", "relu"))
    (account,) = accounts_of(report(function(own, name="Net"), function(helper, name="relu")))
    assert account.check == "relu" and account.also == ("Net, which uses relu: W1",)


def test_what_uses_a_right_function_or_has_a_mistake_of_its_own_is_told_by_itself():
    right = CaseResult("one", "pass", (gradient("x", (2,)),), code=("affine",))
    passed = function(right, name="affine", verdict="pass")
    assert len(accounts_of(report(network("W1", code=("net", "affine")), passed))) == 1
    helper = function(CaseResult("one", "fail", (bad("x", SIGN),), code=("affine",)), name="affine")
    own = CaseResult("one", "fail", (bad("W1", SCALE),), code=("net", "affine"))
    found = accounts_of(report(helper, function(own, name="Net")))
    assert [account.check for account in found] == ["affine", "Net"]


def test_functions_that_use_each_other_are_both_told():
    one = CaseResult("one", "fail", (bad("x"),), code=("f", "g"))
    other = CaseResult("one", "fail", (bad("x"),), code=("g", "f"))
    found = accounts_of(report(function(one, name="f"), function(other, name="g")))
    assert [account.check for account in found] == ["f", "g"]


def test_the_named_come_first_then_the_unexplained_the_doubts_and_the_warnings():
    doubt = gradient("x", (2,), verdict="inconclusive", note="computed in float16")
    found = report(
        function(CaseResult("one", "inconclusive", (doubt,)), name="a"),
        function(CaseResult("one", "fail", (bad("w"),), warnings=(SLOW,)), name="b"),
        function(CaseResult("one", "error", findings=(CRASH,)), name="c"),
        function(CaseResult("one", "fail", (bad("w", SIGN),)), name="d"),
    )
    assert [account.check for account in accounts_of(found)] == ["c", "d", "b", "a", "b"]


def test_warnings_are_told_once_and_last():
    found = function(
        CaseResult("one", "fail", (bad("w", SIGN),), warnings=(SLOW,)),
        CaseResult("two", "error", warnings=(SLOW,), findings=(CRASH,)),
    )
    accounts = accounts_of(report(found))
    assert [account.finding.code for account in accounts] == ["sign", "crash", "overflow"]
    assert accounts[-1].verdict is None


def test_what_stopped_a_case_is_not_told_again_for_each_gradient():
    stopped = gradient("w", (2,), verdict="error", diagnosis=(CRASH,))
    found = function(CaseResult("one", "error", (stopped,), findings=(CRASH,)))
    assert told(found) == [("crash", "one")]


def test_where_some_cases_are_wrong_and_some_stop_both_are_said():
    stopped = gradient("w", (2,), verdict="error", diagnosis=(CRASH,))
    found = function(
        CaseResult("one", "fail", (bad("w", SIGN), gradient("b", (2,)))),
        CaseResult("two", "error", (stopped,), findings=(CRASH,)),
        verdict="error",
    )
    assert (
        outcome(found) == "w wrong, in 1 of 2 cases; an error, in 1 of 2 cases; b right elsewhere"
    )
    assert told(found) == [("w", "sign", "one"), ("crash", "two")]


def test_a_crash_that_some_setting_brings_is_one_thing_to_tell():
    when = Finding("wrong_case", "backward raises in every case with pad 0")
    for findings, aside in (((when, CRASH), ("there", CRASH)), ((CRASH, when), ("when", when))):
        (account,) = accounts_of(report(function(CaseResult("one", "error", findings=findings))))
        assert account.finding is findings[0] and account.asides == (aside,)


def test_two_things_that_stop_a_case_are_both_told():
    both = CaseResult("one", "error", findings=(CRASH, Finding("non_finite", "NaN")))
    assert told(function(both)) == [("crash", "one"), ("non_finite", "one")]


def test_the_cases_of_forward_are_counted_apart():
    found = function(
        CaseResult("one", "fail", (bad("w"),), forward=Forward("pass", "minnet.Dense")),
        CaseResult("two", "fail", forward=Forward("fail", "minnet.Dense")),
        CaseResult("three", "pass", forward=Forward("pass", "minnet.Dense")),
    )
    assert outcome(found) == "forward wrong, in 1 of 3 cases; w wrong"


def test_nothing_to_judge_is_not_certain():
    nothing = function(CaseResult("one", "inconclusive"), verdict="inconclusive")
    assert outcome(nothing) == "not certain"


def spread(*diagnoses):
    """Return what is said of the first wrong case, of cases with these diagnoses of w."""
    cases = [
        CaseResult(str(i), "pass", (gradient("w", (2,)),)) if d is None
        else CaseResult(str(i), "fail", (bad("w", d),))
        for i, d in enumerate(diagnoses)
    ]  # fmt: skip
    (account,) = accounts_of(report(function(*cases)))
    return account.spread


@pytest.mark.parametrize(
    ("diagnoses", "said"),
    [
        ((SIGN,), ""),
        ((SIGN, SIGN, None), "and 1 more of 3 cases"),
        ((SIGN, None), "the other case does not show it"),
        ((SIGN, None, None), "the other 2 cases do not show it"),
        ((SIGN, SCALE, None),
         "the other 2 cases do not show it; wrong otherwise in 1: scale"),
        ((SIGN, SIGN, SCALE, SCALE), "and 1 more of 4 cases; wrong otherwise in 2: scale"),
    ],
)  # fmt: skip
def test_only_the_cases_with_this_mistake_are_counted(diagnoses, said):
    assert spread(*diagnoses) == said


def test_a_case_that_stopped_is_none_that_does_not_show_it():
    stopped = gradient("w", (2,), verdict="error", diagnosis=(CRASH,))
    cases = (
        CaseResult("one", "fail", (bad("w", SIGN),)),
        CaseResult("two", "error", (stopped,), findings=(CRASH,)),
    )
    first, second = accounts_of(report(function(*cases)))
    assert first.spread == "" and second.spread == "the other case does not show it"


def test_a_name_that_two_cases_confirm_is_told_before_unexplained_and_one_is_not_enough():
    unclear = Finding("unexplained", "dw is wrong")
    for count, code in ((1, "unexplained"), (2, "sign")):
        cases = [CaseResult("0", "fail", (bad("w", unclear),))]
        cases += [CaseResult(str(i), "fail", (bad("w", SIGN),)) for i in range(count)]
        assert [a.finding.code for a in accounts_of(report(function(*cases)))] == [code]


def test_a_gradient_that_fails_later_is_not_told_by_an_earlier_doubt():
    doubt = gradient("w", (2,), verdict="inconclusive", note="computed in float16")
    found = function(
        CaseResult("1", "inconclusive", (doubt,)), CaseResult("2", "fail", (bad("w", SIGN),))
    )
    assert told(found) == [("w", "sign", "2")]


def test_an_account_shows_the_worst_elements_and_where_they_lie():
    g = gradient("w", (3, 4), wrong=[3, 7, 11], diagnosis=(SIGN, SCALE))
    g.elements.analytic[7] += 5
    (account,) = accounts_of(report(function(CaseResult("one", "fail", (g,)))))
    assert [worst.index for worst in account.worst] == [(1, 3), (0, 3), (2, 3)]
    assert account.worst[0].analytic == g.elements.analytic[7]
    assert account.where.startswith("3 of 12 measured elements are wrong")
    assert account.asides == (("or", SCALE),)


def test_where_no_element_was_measured_the_finding_says_where():
    g = replace(bad("w", replace(SIGN, where="in the last row")), elements=None)
    (account,) = accounts_of(report(function(CaseResult("one", "fail", (g,)))))
    assert account.where == "in the last row" and account.worst == (g.worst,)


def test_what_is_not_written_yet_needs_no_account():
    todo = CheckResult("f", "any", "not_implemented", (CaseResult("one", "fail", (bad(),)),))
    assert accounts_of(report(todo)) == [] and outcome(todo) == "not implemented yet"


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
        ("error", "an error"),
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
    (account,) = accounts_of(report(function(CaseResult("one", "fail", (right,)))))
    assert account.worst == ()
