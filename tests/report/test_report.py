"""The report: its questions, its JSON, and its text in a terminal."""

import io
import json
import os

import numpy as np
import pytest
from reports import HOSTILE, check, elements, gradient, hostile, large, report, wrong_conv

from minnet.report import text
from minnet.report.account import where_wrong
from minnet.report.report import Report
from minnet.report.results import (
    CaseResult,
    CheckResult,
    Factor,
    Finding,
    GradientResult,
    TargetResult,
    Worst,
    matching_digits,
)
from minnet.report.terminal import Style, wrap

PLAIN = Style(unicode=True)


def test_a_report_is_true_only_when_everything_passed():
    assert report(check("relu", gradient("x", (2,))))
    for verdict in ("fail", "inconclusive", "not_implemented", "error"):
        assert not report(check("relu", gradient("x", (2,), verdict=verdict)))


def test_the_verdict_is_the_worst_of_all_targets():
    targets = tuple(TargetResult(name, name) for name in ("pass", "fail", "inconclusive"))
    assert Report(targets).verdict == "fail"


def test_gradients_know_their_check_and_case():
    found = wrong_conv().gradients
    assert [g.name for g in found] == ["conv.x", "conv.w", "relu.x", "softmax.x"]
    assert found[1].case == "x (2,3,7,5), w (2,3,3,3), stride 2, pad 1"
    assert (found[1].verdict, found[1].target) == ("fail", "layers.py")


def test_elements_finds_the_worst_gradient_of_a_name():
    found = report(check("a", gradient("w", (2, 2))), check("b", gradient("w", (3,), wrong=[1])))
    assert len(found.elements("w")) == 3
    assert len(found.elements("a.w")) == 4
    assert found.elements().title == found.elements("b.w").title
    with pytest.raises(KeyError, match="it has: a.w, b.w"):
        found.elements("c.w")


def test_a_row_of_elements_says_all_that_is_asked_of_it():
    row = list(report(check("f", gradient("x", (2, 2), wrong=[3]))).elements("x"))[3]
    assert row.index == (1, 1) and row.wrong and not row.at_kink
    assert row.difference == pytest.approx(1.0)
    assert row.analytic - row.numeric == row.difference
    assert row.same_sign == (np.sign(row.analytic) == np.sign(row.numeric))
    assert row.matching_digits == 0


@pytest.mark.parametrize(
    ("a", "n", "digits"),
    [(1.0, 1.0, 16), (1.0, 1.001, 3), (1.0, 1.0011, 2), (1.0, -1.0, 0), (0.0, 0.0, 16),
     (np.nan, 1.0, 0), (np.inf, 1.0, 0), (0.0, 1e-300, 0), (1e300, -1e300, 0)],
)  # fmt: skip
def test_matching_digits(a, n, digits):
    assert matching_digits(a, n) == digits


# --- JSON ------------------------------------------------------------------------------------


def test_json_has_exactly_the_fields_of_the_design():
    data = json.loads(wrong_conv().to_json())
    assert list(data) == ["minnet", "verdict", "seed", "targets"]
    (target,) = data["targets"]
    assert list(target) == ["target", "verdict", "checks", "skipped"]
    assert target["skipped"] == [{"name": "helper", "reason": "no backward of this name"}]
    conv = target["checks"][0]
    assert list(conv) == ["name", "convention", "verdict", "forward", "cases"]
    assert conv["forward"] == {"verdict": "not_compared", "against": None}
    (case,) = conv["cases"]
    assert list(case) == ["case", "verdict", "warnings", "gradients"]
    assert case["warnings"][0]["code"] == "mutates_upstream"
    w = case["gradients"][1]
    assert list(w) == [
        "wrt", "shape", "verdict", "relative_error", "error_bar", "digits", "elements_checked",
        "elements_wrong", "at_kink", "worst", "diagnosis",
    ]  # fmt: skip
    assert w["shape"] == [2, 3, 3, 3] and w["elements_wrong"] == 18
    assert list(w["worst"]) == ["index", "analytic", "numeric", "error_bar"]
    assert list(w["diagnosis"][0]) == ["code", "message", "evidence"]
    assert w["diagnosis"][0]["evidence"]["line"]["number"] == 412


def test_what_stopped_a_case_is_in_its_json():
    data = json.loads(wrong_conv().to_json())
    pool = data["targets"][0]["checks"][3]["cases"][0]
    assert pool["diagnosis"][0]["code"] == "crash" and pool["gradients"] == []


def test_json_is_strict():
    facts = {"axes": (np.int64(1),), "bad": np.nan}
    finding = Finding("scale", "m", facts, factor=Factor(np.float64(0.5)))
    worst = Worst((0,), float("nan"), float("inf"), 1e-3)
    g = GradientResult("w", (1,), "fail", worst=worst, diagnosis=(finding,))
    found = report(check("f\udcff", g)).to_json()

    def refuse(name):
        raise AssertionError(f"{name} is not strict JSON")

    data = json.loads(found, parse_constant=refuse)
    written = data["targets"][0]["checks"][0]["cases"][0]["gradients"][0]
    assert written["relative_error"] is None and written["worst"]["analytic"] is None
    assert written["diagnosis"][0]["evidence"] == {"factor": 0.5, "axes": [1], "bad": None}
    found.encode("utf-8")  # an undecodable file name does not stop the file from being written


# --- text ------------------------------------------------------------------------------------


def test_a_right_function_takes_one_line_with_the_digits_that_agree():
    lines = text.render(report(check("relu", gradient("x", (2,)))), PLAIN).splitlines()
    assert lines[0] == "layers.py"
    assert lines[1] == "  ok      relu  x · 1 case · 11 digits agree"
    assert lines[3] == "1 right (1 gradient, seed 3; forward not compared)"


def test_a_failure_is_told_in_full():
    told = text.render(wrong_conv(), PLAIN)
    for part in (
        "FAIL    conv",
        "FAIL[region] conv: gradient of w: dw is wrong in the last column",
        "--> layers.py:412",
        "412 │   dw[f] += patch[:, :, :-1]",
        "case: x (2,3,7,5), w (2,3,3,3), stride 2, pad 1",
        "± 1.0e-11",
        "where: 18 of 54 measured elements are wrong: all those with index 2 on axis 3",
        "hint: does the loop stop one too early?",
        "more: minnet explain region",
        "warning[mutates_upstream] conv: backward changes dout",
        "ERROR[crash] max_pool: forward raised IndexError: 3",
        "unsure[inconclusive] softmax: gradient of x: computed in float16",
        "skip    helper",
    ):
        assert part in told, part
    assert told.count("computed in float16") == 1


def test_a_table_that_is_cut_keeps_the_wrong_elements():
    shown = str(report(check("f", gradient("w", (100,), wrong=[97]))).elements())
    assert "(97)" in shown and "and 40 more" in shown
    assert shown.splitlines()[2].startswith("(97)") and shown.count("\n(") == text.ROWS_SHOWN


def test_the_worst_elements_come_first_with_digits_enough_to_see_them_differ():
    g = gradient("w", (3,), wrong=[0, 1, 2])
    g.elements.analytic[:] = [1.0, 1.0, 1.0]
    g.elements.numeric[:] = [1.0000000123, 3.0, 1.5]
    told = text.render(report(check("f", g)), PLAIN).splitlines()
    start = next(i for i, line in enumerate(told) if "analytic" in line)
    assert [line.split()[0] for line in told[start + 1 : start + 4]] == ["(1)", "(2)", "(0)"]
    assert "1.0000000123" in told[start + 3] or "1.00000001" in told[start + 3]


def test_nothing_is_wider_than_80_columns():
    for found in (wrong_conv(), large(3)):
        for line in text.render(found, PLAIN).splitlines():
            assert len(line) <= 80, line


def test_without_unicode_the_text_is_ascii():
    assert text.render(wrong_conv(), Style(unicode=False)).isascii()


def test_a_stream_that_has_no_unicode_is_given_none():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    text.write(wrong_conv(), stream)
    stream.flush()
    assert b"+- 1.0e-11" in stream.buffer.getvalue()


def test_colour_is_only_in_the_coloured_style():
    assert "\x1b" not in text.render(wrong_conv(), PLAIN)
    assert "\x1b[1;31mFAIL" in text.render(wrong_conv(), Style(colour=True))


def test_colour_only_on_a_terminal_and_not_with_no_color(monkeypatch):
    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self):
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert Style.of(Terminal()).colour and not Style.of(io.StringIO()).colour
    monkeypatch.setenv("NO_COLOR", "1")
    assert not Style.of(Terminal()).colour


def test_escape_codes_of_the_user_do_not_reach_the_terminal():
    found = report(check("f\x1b[2J", gradient("x\x07", (2,), wrong=[0])), target="a\rb.py")
    told = text.render(found, PLAIN)
    assert not any(c in told for c in "\x1b\x07\r")
    assert "f\\x1b[2J" in told


def test_the_repr_is_one_line_that_names_the_mistake():
    assert repr(wrong_conv()) == "<Report error: max_pool: forward raised IndexError: 3>"
    assert "\n" not in repr(hostile())


def test_a_target_that_cannot_be_read_says_so():
    told = text.render(report(target="no.py", error="there is no file no.py"), PLAIN)
    assert "ERROR  there is no file no.py" in told
    assert "1 target could not be checked" in told


def test_many_failures_are_cut_and_counted():
    told = text.render(large(200), PLAIN)
    assert told.count("FAIL[") == text.ACCOUNTS_SHOWN
    assert f"and {100 - text.ACCOUNTS_SHOWN} more" in told


def test_the_same_mistake_in_several_cases_is_told_once():
    case = CaseResult("c", "fail", (gradient("w", (2,), wrong=[0]),))
    found = report(CheckResult("f", "any", "fail", (case, case, case)))
    told = text.render(found, PLAIN)
    assert told.count("FAIL[unexplained]") == 1 and "and 2 more of 3 cases" in told


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (range(12), "all 12 measured elements are wrong"),
        ([3, 7, 11], "all those with index 3 on axis 1, and no other"),
        ([4, 5, 6, 7, 8, 9, 10, 11], "all those with index 1-2 on axis 0, and no other"),
        ([4, 6], "only with index 1 on axis 0"),
        ([0, 5, 10, 3], "scattered"),
        ([], ""),
    ],
)
def test_where_the_wrong_elements_lie(wrong, said):
    found = where_wrong(elements((3, 4), wrong))
    assert said in found if said else found == ""


def test_hostile_names_are_shown_as_text():
    assert HOSTILE.split(">")[0] in text.render(hostile(), Style(width=200))


def test_a_terminal_s_width_is_used_as_far_as_text_is_well_read(monkeypatch):
    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self):
            return True

        def fileno(self):
            return 1

    for columns, used in ((40, 60), (72, 72), (200, 100)):
        size = os.terminal_size((columns, 24))
        monkeypatch.setattr("os.get_terminal_size", lambda _, size=size: size)
        assert Style.of(Terminal()).width == used
    assert Style.of(io.StringIO()).width == 80  # a file, or a pipe


def test_of_a_measured_number_no_digit_is_written_that_its_bar_leaves_open():
    g = gradient("w", (2,), wrong=[0])
    g.elements.numeric[:], g.elements.error_bar[:] = [1.23456789, 1e-9], [2e-3, 1e-6]
    table = str(report(check("f", g)).elements())
    assert "1.2346 " in table and "1.23457" not in table and " 0  1.0e-06" in table


def test_words_begin_on_the_next_line_where_a_name_leaves_no_room_for_them():
    lines = wrap("n" * 75 + "  ", "it has to be finished first: that makes its layers", Style(), 20)
    assert lines[0] == "n" * 75
    assert [line.lstrip() for line in lines[1:]] == [
        "it has to be finished first: that makes its layers"
    ]
