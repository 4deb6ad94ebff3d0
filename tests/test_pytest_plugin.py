"""What a layer author sees in pytest."""

pytest_plugins = ["pytester"]

LAYER = """
import numpy as np
import pytest
from minnet import check_cases, check_layer


class Softsign:
    def forward(self, x):
        self.x = x
        return x / (1 + np.abs(x))

    def backward(self, dout):
        return dout / (1 + np.abs(self.x)) ** {power}

    @classmethod
    def examples(cls, rng):
        yield cls(), rng.normal(size=(4, 3))
        yield cls(), rng.normal(size=(1, 2))


def test_softsign():
    assert check_layer(Softsign(), np.linspace(-3, 3, 7))


@pytest.mark.parametrize("report", list(check_cases(Softsign)))
def test_example(report):
    assert report
"""


def test_a_failing_assertion_shows_the_report(pytester):
    pytester.makepyfile(LAYER.format(power=3))
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(["*FAIL*Softsign*x wrong*", "*element*analytic*numeric*"])


def test_every_example_is_a_test_of_its_own_named_by_its_case(pytester):
    pytester.makepyfile(LAYER.format(power=2))
    result = pytester.runpytest_subprocess("-v", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["*test_example?Softsign x (4,3)?*", "*Softsign x (1,2)?*"])


def test_another_failure_shows_no_report(pytester):
    pytester.makepyfile(
        "from minnet import check_layer\n\ndef test_other():\n    assert 1 == 2\n",
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*FAIL  *")
