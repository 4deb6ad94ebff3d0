"""minnet explain: every diagnosis and every warning has a page, whose example gives its report."""

import ast
import inspect
import re
import warnings

import numpy as np
import pytest

from minnet.cli import main
from minnet.derivative import advice
from minnet.derivative.manual import CALCULATOR
from minnet.gradcheck.diagnosis.diagnose import HYPOTHESES
from minnet.gradcheck.diagnosis.manual import DIAGNOSES, comparable, report_in

PAGES = [(manual, code) for manual in (DIAGNOSES, CALCULATOR) for code in manual.codes]
EVERY_PAGE = pytest.mark.parametrize(("manual", "code"), PAGES, ids=lambda part: str(part)[:30])


@EVERY_PAGE
def test_the_report_on_a_page_is_the_one_its_example_gives(manual, code):
    shown, made = report_in(manual.page(code)), manual.run_example(code)
    if code == "crash":  # NumPy words its own errors, differently from version to version
        shown, made = (text.split("-->")[1].split("case")[0] for text in (shown, made))
    assert comparable(shown) == comparable(made)


@EVERY_PAGE
def test_the_example_shows_the_mistake_of_its_page(manual, code):
    report = report_in(manual.page(code))
    assert f"[{code}]" in report or code == "not_implemented" and "not implemented" in report


@EVERY_PAGE
def test_a_page_has_every_part_and_fits_the_screen(manual, code):
    text = manual.page(code)
    parts = ("## Symptom", "## The maths", "## An example", "## Finding it in your own code")
    assert [part for part in parts if part not in text] == []
    assert manual.title(code) and max(map(len, text.splitlines())) <= 110


@EVERY_PAGE
def test_a_picture_fits_into_80_columns(manual, code):
    for picture in re.findall(r"```picture\n(.*?)```", manual.page(code), re.DOTALL):
        assert max(map(len, picture.splitlines())) <= 76 and picture.isascii()


def test_every_warning_of_the_calculator_has_a_page():
    calls = [n for n in ast.walk(ast.parse(inspect.getsource(advice))) if isinstance(n, ast.Call)]
    said = {n.args[0].value for n in calls if getattr(n.func, "id", "") == "Finding"}
    assert len(said) > 8 and said <= {*DIAGNOSES.codes, *CALCULATOR.codes}
    assert set(CALCULATOR.codes) <= said and "minnet derivative" in DIAGNOSES.page("overflow")


def test_every_hypothesis_has_a_docstring():
    assert all(hypothesis.__doc__ for hypothesis in HYPOTHESES)


def test_without_a_code_all_are_listed(capsys):
    assert main(["explain"]) == 0
    printed = capsys.readouterr().out
    assert all(f"  {code} " in printed for _, code in PAGES)


def test_one_code_prints_its_page_as_text(capsys):
    assert main(["explain", "overwritten"]) == 0
    printed = capsys.readouterr().out
    assert "FAIL[overwritten]" in printed and "```" not in printed and "##" not in printed


def test_a_picture_is_shown_as_it_was_drawn(capsys):
    assert main(["explain", "kink"]) == 0
    printed = capsys.readouterr().out
    assert "\n    _____________/      slope 0 from the left\n" in printed
    assert "picture" not in printed


def test_a_misspelt_code_is_one_line_with_a_remedy(capsys):
    assert main(["explain", "overwriten"]) == 2
    caught = capsys.readouterr()
    assert caught.out == "" and "did you mean overwritten?" in caught.err
    assert len(caught.err.splitlines()) == 1


@EVERY_PAGE
def test_a_page_uses_no_marks_that_a_terminal_does_not_show(manual, code):
    assert "$" not in manual.page(code) and "\\partial" not in manual.page(code)


def test_the_range_of_a_slope_is_that_of_the_slopes_and_not_of_the_zeros_beside_them():
    report = " ".join(report_in(DIAGNOSES.page("local_derivative_missing")).split())
    low, high = map(float, re.search(r"lies between ([\d.]+) and ([\d.]+) here", report).groups())
    slopes = 1 - np.tanh(np.random.default_rng(0).normal(size=(3, 4))) ** 2
    assert (low, high) == pytest.approx((slopes.min(), slopes.max()), rel=1e-2)


def test_an_example_warns_of_nothing_but_by_its_report():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "FAIL[non_finite]" in DIAGNOSES.run_example("non_finite")
