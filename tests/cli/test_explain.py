"""minnet explain: every diagnosis has a page, and its example gives the report it shows."""

import pytest

from minnet.cli import main
from minnet.gradcheck.diagnosis import CODES, HYPOTHESES
from minnet.gradcheck.diagnosis.manual import comparable, page, report_in, run_example, title


@pytest.mark.parametrize("code", CODES)
def test_the_report_on_a_page_is_the_one_its_example_gives(code):
    shown, made = report_in(page(code)), run_example(code)
    if code == "crash":  # NumPy words its own errors, differently from version to version
        shown, made = (text.split("-->")[1].split("case")[0] for text in (shown, made))
    assert comparable(shown) == comparable(made)


@pytest.mark.parametrize("code", CODES)
def test_the_example_shows_the_mistake_of_its_page(code):
    report = report_in(page(code))
    assert f"[{code}]" in report or code == "not_implemented" and "not implemented" in report


@pytest.mark.parametrize("code", CODES)
def test_a_page_has_every_part_and_fits_the_screen(code):
    text = page(code)
    parts = ("## Symptom", "## The maths", "## An example", "## Finding it in your own code")
    assert [part for part in parts if part not in text] == []
    assert title(code) and max(map(len, text.splitlines())) <= 110


def test_every_hypothesis_has_a_docstring():
    assert all(hypothesis.__doc__ for hypothesis in HYPOTHESES)


def test_without_a_code_all_are_listed(capsys):
    assert main(["explain"]) == 0
    printed = capsys.readouterr().out
    assert all(f"  {code} " in printed for code in CODES)


def test_one_code_prints_its_page_as_text(capsys):
    assert main(["explain", "overwritten"]) == 0
    printed = capsys.readouterr().out
    assert "FAIL[overwritten]" in printed and "```" not in printed and "##" not in printed


def test_a_misspelt_code_is_one_line_with_a_remedy(capsys):
    assert main(["explain", "overwriten"]) == 2
    caught = capsys.readouterr()
    assert caught.out == "" and "did you mean overwritten?" in caught.err
    assert len(caught.err.splitlines()) == 1
