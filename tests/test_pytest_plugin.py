"""What a layer author sees in pytest."""

pytest_plugins = ["pytester"]

LAYER = """
import numpy as np
import pytest
from minnet import check_cases, check_layer


class Softsign:
    power = 2

    def forward(self, x):
        self.x = x
        return x / (1 + np.abs(x))

    def backward(self, dout):
        return dout / (1 + np.abs(self.x)) ** self.power

    @classmethod
    def examples(cls, rng):
        yield cls(), rng.normal(size=(4, 3))
        yield cls(), rng.normal(size=(1, 2))


class WrongSoftsign(Softsign):
    power = 3


RIGHT, WRONG = Softsign(), WrongSoftsign()
x = np.linspace(-3, 3, 7)
"""

PARAMETRISED = """
@pytest.mark.parametrize("report", list(check_cases({layer})))
def test_example(report):
    assert report
"""

#: forms that people write, and of whose assertions it can be known which report they ask
SHOWN = {
    "a call": "assert check_layer(WRONG, x)",
    "a call over several lines": "assert check_layer(\n        WRONG, x\n    ), 'a message'",
    "a variable": "report = check_layer(WRONG, x)\n    assert report",
    "a variable of another scope": "report = check_layer(WRONG, x)\n"
    "    def inner():\n        assert report\n    inner()",
    "an attribute": "class Kept:\n        report = check_layer(WRONG, x)\n    assert Kept.report",
    "an item": "reports = [check_layer(WRONG, x)]\n    assert reports[0]",
    "its verdict": "report = check_layer(WRONG, x)\n    assert report.verdict == 'pass'",
    "its gradients": "report = check_layer(WRONG, x)\n"
    "    assert report.gradients[0].verdict == 'pass'",
    "the verdict of a call": "assert check_layer(WRONG, x).verdict == 'pass'",
    "bool": "assert bool(check_layer(WRONG, x))",
    "one of two": "assert check_layer(RIGHT, x) and check_layer(WRONG, x)",
    "a name on the way": "assert (report := check_layer(WRONG, x))",
    "a loop": "for layer in (RIGHT, WRONG):\n        assert check_layer(layer, x)",
    "a helper function": "def assert_right(layer):\n        assert check_layer(layer, x)\n"
    "    assert_right(WRONG)",
    "a list of named reports": "first, second = check_layer(RIGHT, x), check_layer(WRONG, x)\n"
    "    assert all([first, second])",
}

#: where it cannot be known, or where the report that there is has not failed the test
SILENT = {
    "something else": "assert 1 == 2",
    "something else, a wrong report at hand": "report = check_layer(WRONG, x)\n    assert 1 == 2",
    "something else, in a helper function": "def equal(a, b, report):\n        assert a == b\n"
    "    equal(1, 2, check_layer(WRONG, x))",
    "a report that passed": "report = check_layer(RIGHT, x)\n    assert not report",
    "the verdict of a report that passed": "assert check_layer(RIGHT, x).verdict == 'fail'",
    "a generator": "assert all(check_layer(layer, x) for layer in (RIGHT, WRONG))",
    "a generator whose variable has a namesake": "report = check_layer(WRONG, x)\n"
    "    assert all(report for report in [0])",
    "an attribute that has a namesake": "report = check_layer(WRONG, x)\n"
    "    class Other:\n        report = 0\n    assert Other.report == 1",
    "the message": "report = check_layer(WRONG, x)\n    assert 1 == 2, report",
    "an assertion that was caught before": "with pytest.raises(AssertionError):\n"
    "        assert bool(bool(check_layer(WRONG, x)))\n    assert not 1",
    "a failure without an assertion": "report = check_layer(WRONG, x)\n"
    "    raise AssertionError('no')",
    "another exception": "report = check_layer(WRONG, x)\n    report.gradients[7]",
    "an assertion of NumPy's": "report = check_layer(WRONG, x)\n"
    "    np.testing.assert_equal(report.verdict, 'pass')",
}


def reports_shown(pytester, source, *options):
    """Run the tests of a file, all of which have to fail; return what minnet adds to each."""
    path = pytester.makepyfile(source)
    record = pytester.inline_run(path, "-p", "no:cacheprovider", *options)
    failed = [r for r in record.getreports("pytest_runtest_logreport") if r.when == "call"]
    assert failed and all(r.failed for r in failed)
    return [[text for title, text in r.sections if title == "minnet"] for r in failed]


def file_of(forms):
    tests = (f"def test_{place}():\n    {body}\n" for place, body in enumerate(forms.values()))
    return "\n\n".join([LAYER, *tests])


def test_a_failing_assertion_shows_the_report_once_and_none_that_passed(pytester):
    shown = dict(zip(SHOWN, reports_shown(pytester, file_of(SHOWN)), strict=True))
    assert {form for form, texts in shown.items() if len(texts) != 1} == set()
    for form, (text,) in shown.items():
        assert "FAIL    WrongSoftsign  x wrong" in text, form
        assert "element" in text and "analytic" in text and "numeric" in text, form


def test_no_report_is_shown_that_the_assertion_did_not_refuse(pytester):
    shown = dict(zip(SILENT, reports_shown(pytester, file_of(SILENT)), strict=True))
    assert {form for form, texts in shown.items() if texts} == set()


def test_the_report_stands_below_the_traceback(pytester):
    pytester.makepyfile(file_of({"a call": SHOWN["a call"]}))
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [">*assert check_layer(WRONG, x)", "*- minnet -*", "*FAIL*WrongSoftsign*x wrong*"]
    )


def test_where_assertions_are_not_rewritten_only_a_variable_is_known(pytester):
    pytester.makepyfile(file_of({form: SHOWN[form] for form in ("a call", "a variable")}))
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "--assert=plain")
    result.assert_outcomes(failed=2)
    assert result.stdout.str().count("- minnet -") == 1
    result.stdout.fnmatch_lines(["*_ test_1 _*", "*- minnet -*"])


def test_assert_true_of_unittest_shows_the_report(pytester):
    method = "class TestIt(unittest.TestCase):\n    def test_it(self):\n"
    method += "        self.assertTrue(check_layer(WRONG, x))\n"
    (texts,) = reports_shown(pytester, f"import unittest\n{LAYER}\n\n{method}")
    assert len(texts) == 1 and "FAIL    WrongSoftsign  x wrong" in texts[0]


def test_a_parametrised_report_that_fails_is_shown_and_no_other(pytester):
    first, second = reports_shown(pytester, LAYER + PARAMETRISED.format(layer="WrongSoftsign"))
    assert len(first) == len(second) == 1
    assert "case: x (4,3)" in first[0] and "case: x (1,2)" in second[0]


def test_every_example_is_a_test_of_its_own_named_by_its_case(pytester):
    pytester.makepyfile(LAYER + PARAMETRISED.format(layer="Softsign"))
    result = pytester.runpytest_subprocess("-v", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*test_example?Softsign x (4,3)?*", "*Softsign x (1,2)?*"])
