"""Every format is what its platform accepts, whatever a submission has put into a grade."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from grades import ALL, BROKEN, EMPTY, HOSTILE, MANY, ORDINARY, item

from minnet.assignments.failure import UNFINISHED, failed
from minnet.assignments.folder import Assignment, AssignmentError, Item
from minnet.assignments.grade import Grade
from minnet.assignments.writers import FORMATS, actions, autolab, classroom50, deliver
from minnet.assignments.writers.classes import CanvasError, class_csv, fill_canvas

EVERY_GRADE = pytest.mark.parametrize("grade", ALL.values(), ids=ALL)
ASSIGNMENT = Assignment(
    Path("conv"), "Convolution", "layers.py", "code", 60.0, 1024, ("numpy",),
    (Item("conv", Fraction(20), Fraction(40), Fraction(2, 5)),
     Item("max_pool", Fraction(0), Fraction(40), Fraction(0))), "",
)  # fmt: skip


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@EVERY_GRADE
@pytest.mark.parametrize("name", FORMATS)
def test_a_result_is_ascii_json_without_control_characters(name, grade):
    text = FORMATS[name](grade)
    assert text.endswith("\n") and not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text)
    if name not in ("text", "autolab"):
        assert text.isascii() and isinstance(json.loads(text), dict)
    text.encode("utf-8")


# --- minnet's own -----------------------------------------------------------------------------


def test_json_is_as_the_design_states_it():
    read = json.loads(FORMATS["json"](ORDINARY))
    assert list(read) == ["assignment", "submission", "score", "max_score", "isolation",
                          "seconds", "items", "flags"]  # fmt: skip
    assert (read["score"], read["max_score"], read["seconds"]) == (11.6667, 25.6667, 3.142)
    assert read["items"][1] == {
        "name": "conv", "part": "backward", "wrt": "w", "family": "ordinary", "score": 0.0,
        "max_score": 3.3333, "verdict": "fail", "codes": ["overwritten"],
        "message": "only one of several contributions:\ndw[...] = should be dw[...] +=",
    }  # fmt: skip
    assert read["flags"][0]["code"] == "finite_differences"
    assert json.loads(FORMATS["json"](BROKEN))["message"].startswith("does not compile")


def test_text_shows_points_verdict_and_message():
    text = FORMATS["text"](ORDINARY)
    assert text.startswith("Convolution: 11.67 of 25.67 points\n")
    assert "0 / 3.33  conv: gradient of w\n" in text and "wrong (overwritten)" in text
    assert "1 item could not be told and cost nothing" in text
    assert "to look at (finite_differences)" in text


# --- Gradescope -------------------------------------------------------------------------------

FORMATS_OF_OUTPUT = {"text", "html", "simple_format", "md", "ansi"}
VISIBILITY = {"hidden", "after_due_date", "after_published", "visible"}


@EVERY_GRADE
def test_gradescope_accepts_the_result(grade):
    read = json.loads(FORMATS["gradescope"](grade))
    assert is_number(read["score"]) and is_number(read["execution_time"])
    assert isinstance(read["output"], str) and isinstance(read["extra_data"], dict)
    for key in ("output_format", "test_output_format", "test_name_format"):
        assert read[key] in FORMATS_OF_OUTPUT
    assert {read["visibility"], read["stdout_visibility"]} <= VISIBILITY
    for test in read["tests"]:
        assert is_number(test["score"]) and is_number(test["max_score"])
        assert test["status"] in ("passed", "failed") and re.fullmatch(r"\d+\.\d+", test["number"])
        assert all(isinstance(test[key], str) for key in ("name", "output"))
        assert all(isinstance(tag, str) for tag in test["tags"])
        assert test["visibility"] == "visible"  # else students see no total


def test_gradescope_gets_the_exact_total_and_numbers_by_function():
    read = json.loads(FORMATS["gradescope"](ORDINARY))
    assert read["score"] == 11.6667
    assert [test["number"] for test in read["tests"]] == ["1.1", "1.2", "1.3", "2.1", "2.2"]
    assert [test["status"] for test in read["tests"]] == [
        "passed", "failed", "failed", "passed", "failed",
    ]  # fmt: skip


def test_students_are_not_shown_what_is_flagged_for_a_person():
    assert "finite_differences" not in json.loads(FORMATS["gradescope"](ORDINARY))["output"]
    for name in ("prairielearn", "autolab", "classroom50", "actions"):
        assert "finite_differences" not in FORMATS[name](ORDINARY)


# --- PrairieLearn -----------------------------------------------------------------------------


@EVERY_GRADE
def test_prairielearn_accepts_the_result(grade):
    text = FORMATS["prairielearn"](grade)
    assert len(text.encode("utf-8")) <= 1024 * 1024
    read = json.loads(text)
    if read["gradable"]:
        assert 0.0 <= read["score"] <= 1.0
        for test in read["tests"]:
            assert is_number(test["points"]) and is_number(test["max_points"])
            assert isinstance(test["name"], str) and isinstance(test["message"], str)
    else:
        assert read["format_errors"] and "score" not in read


def test_what_cannot_be_graded_uses_up_no_attempt():
    assert json.loads(FORMATS["prairielearn"](BROKEN))["gradable"] is False
    read = json.loads(FORMATS["prairielearn"](ORDINARY))
    assert read["gradable"] and read["score"] == pytest.approx(35 / 77, abs=1e-6)


def test_long_messages_are_cut_rather_than_refused():
    assert len(json.loads(FORMATS["prairielearn"](MANY))["tests"]) == 600


# --- Autolab ----------------------------------------------------------------------------------


def parse_autoresult(output: str) -> dict[str, float]:
    """Read the last line as Autolab does: quotes are put around every word before a colon."""
    last = output.rstrip().splitlines(keepends=True)[-1]
    return json.loads(re.sub(r"([a-zA-Z0-9]+):", r'"\1":', last))["scores"]


@EVERY_GRADE
def test_autolab_reads_the_last_line_and_the_table_before_it(grade):
    output = FORMATS["autolab"](grade)
    scores = parse_autoresult(output)
    assert all(is_number(score) for score in scores.values())
    assert sum(scores.values()) == pytest.approx(float(grade.score), abs=1e-3)
    table = json.loads(output.rstrip().splitlines()[-2])
    assert table["_presentation"] == "semantic" and table["stages"] == ["Tests"]
    assert all(isinstance(test["passed"], bool) for test in table["Tests"].values())


def test_the_trap_is_one():
    with pytest.raises(json.JSONDecodeError):
        parse_autoresult('{"scores": {"conv: backward": 5}}')


def test_autolab_s_problems_are_those_that_get_scores():
    grade = failed(ASSIGNMENT, "layers.py")
    assert set(parse_autoresult(FORMATS["autolab"](grade))) == set(autolab.problems(ASSIGNMENT))
    assert autolab.problems(ASSIGNMENT) == {
        "conv forward": 20, "conv backward": 40, "max_pool backward": 40,
    }  # fmt: skip


# --- Classroom 50 -----------------------------------------------------------------------------

RUNNER = {
    "CLASSROOM": "dl", "ASSIGNMENT": "conv", "SUBMISSION_TAG": "submit/2026-11-22T10-00-00Z-abc",
    "COMMIT_URL": "c", "RELEASE_URL": "r", "REVIEW_URL": "v",
}  # fmt: skip


def is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


@EVERY_GRADE
def test_classroom50_accepts_the_result(grade):
    read = classroom50.result(grade, RUNNER, datetime(2026, 11, 22, 9, 5, 3, tzinfo=UTC))
    stamped = {"owner", "assignment_type"}  # by the runner
    required = {"schema", "classroom", "assignment", "submission", "commit", "release", "review",
                "datetime", "score", "max-score", "tests"}  # fmt: skip
    assert set(read) == required and not stamped & set(read)
    assert read["schema"] == "classroom50/result/v1"
    assert all(read[key] for key in ("classroom", "assignment", "commit", "release", "review"))
    assert read["submission"].startswith("submit/")
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ", read["datetime"])
    assert is_whole(read["score"]) and is_whole(read["max-score"])
    assert read["score"] <= read["max-score"]
    for test in read["tests"]:
        assert is_whole(test["score"]) and is_whole(test["max-score"])
        assert test["score"] <= test["max-score"] and isinstance(test["passed"], bool)
        assert test["test-name"]


def test_all_submissions_of_an_assignment_have_the_same_whole_points():
    read = classroom50.result(ORDINARY, RUNNER, datetime.now(UTC))
    assert read["max-score"] == 77 and [t["max-score"] for t in read["tests"]] == [
        12,
        10,
        10,
        18,
        27,
    ]
    assert read["score"] == 35  # five thirds of ten thirds are five of ten


def test_a_part_of_a_whole_point_is_rounded_down_and_told():
    grade = Grade("A", "a.py", (item(score=Fraction(7, 3), max_score=4),), "full", 1.0)
    (test,) = classroom50.result(grade, RUNNER, datetime.now(UTC))["tests"]
    assert (test["score"], test["exact-score"], test["passed"]) == (2, "2.33", False)


def test_points_that_are_never_whole_are_refused():
    classroom50.refuse_unless_whole(ASSIGNMENT)
    odd = Item("conv", Fraction("3.14159"), Fraction(1), Fraction(2, 7))
    with pytest.raises(AssignmentError, match="takes whole points alone"):
        classroom50.refuse_unless_whole(
            Assignment(*[*vars(ASSIGNMENT).values()][:7], items=(odd,), secret="")
        )


# --- GitHub Actions and CodeRunner --------------------------------------------------------------


@EVERY_GRADE
def test_the_reporter_of_actions_accepts_the_result(grade):
    read = json.loads(FORMATS["actions"](grade))
    assert read["version"] == 1 and read["status"] in ("pass", "fail", "error")
    assert sum(test["score"] for test in read["tests"]) == pytest.approx(
        float(grade.score), abs=0.1
    )
    for test in read["tests"]:
        assert is_number(test["score"]) and test["status"] in ("pass", "fail", "error")
        assert {"name", "message", "test_code", "filename", "line_no", "execution_time"} <= set(
            test
        )


@EVERY_GRADE
def test_the_junit_file_is_xml_with_every_item(grade):
    suite = ElementTree.fromstring(actions.junit(grade))
    cases = suite.findall("testcase")
    assert len(cases) == len(grade.items) == int(suite.attrib["tests"])
    failures = [case for case in cases if case.find("failure") is not None]
    assert len(failures) == int(suite.attrib["failures"])


def test_a_submission_puts_no_markup_into_the_page():
    page = actions.markdown(HOSTILE)
    assert not re.search(r"<(?!br>)|`|\]\(|!\[", page)
    rows = [line for line in page.splitlines() if line.startswith("| na")]
    assert len(rows) == 2 and all(row.count("|") == 4 for row in rows)


@EVERY_GRADE
def test_coderunner_accepts_the_result(grade):
    text = FORMATS["coderunner"](grade)
    assert text.count("\n") == 1  # one object, and nothing else
    read = json.loads(text)
    assert 0.0 <= read["fraction"] <= 1.0
    head, *rows = read["testresults"]
    shown = [name for name in head if name not in ("iscorrect", "ishidden")]
    assert len(read["columnformats"]) == len(shown)
    assert all(len(row) == len(head) and row[0] in (0, 1) for row in rows)
    assert "<b>" not in read["prologuehtml"] + read["instructorhtml"]


# --- delivered whole or not at all --------------------------------------------------------------


def test_a_result_replaces_the_old_one_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "results.json"
    deliver(path, "old")
    deliver(str(path), "new ± \ud800")
    assert path.read_bytes() == "new ± ?".encode() and list(tmp_path.iterdir()) == [path]


def test_a_link_is_replaced_and_not_followed(tmp_path):
    target, path = tmp_path / "secret", tmp_path / "results.json"
    target.write_text("untouched", encoding="utf-8")
    try:
        path.symlink_to(target)
    except OSError:
        pytest.skip("no symbolic links here")
    deliver(path, "grade")
    assert target.read_text(encoding="utf-8") == "untouched" and not path.is_symlink()


def test_what_cannot_be_replaced_stays_and_nothing_is_left_behind(tmp_path):
    path = tmp_path / "folder"
    (path / "inside").mkdir(parents=True)
    with pytest.raises(OSError):
        deliver(path, "grade")
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


PROGRAM = """
import json, sys
from minnet.assignments.writers import deliver
n = 0
while True:
    n += 1
    deliver(sys.argv[1], json.dumps({"n": n, "long": "x" * 500_000}))
    if n == 1:
        print("begun", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill is another thing there")
def test_a_kill_at_any_moment_leaves_a_whole_result(tmp_path):
    path = tmp_path / "results.json"
    for delay in (0.0, 0.003, 0.011, 0.017, 0.031):
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(path)], stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        )  # fmt: skip
        with process:
            assert process.stdout is not None and process.stdout.readline() == b"begun\n"
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
        assert json.loads(path.read_text(encoding="utf-8"))["n"] >= 1


def test_the_result_written_first_is_complete():
    grade = failed(ASSIGNMENT, "layers.py")
    assert grade.max_score == ASSIGNMENT.points == 100 and grade.score == 0
    assert [float(i.max_score) for i in grade.items] == [12, 8, 24, 16, 40]
    assert grade.message == UNFINISHED and {i.verdict for i in grade.items} == {"error"}
    assert json.loads(FORMATS["prairielearn"](grade))["gradable"] is False


# --- a whole class ------------------------------------------------------------------------------


def test_the_table_of_a_class_has_a_row_a_student():
    text = class_csv([("ada", ORDINARY), ("=cmd()", BROKEN), ("evil", HOSTILE), ("none", EMPTY)])
    head, *rows = csv.reader(io.StringIO(text))
    assert head == ["student", "score", "max_score", "conv", "max_pool", "na:me\\n", "codes",
                    "flags", "isolation", "seconds", "message"]  # fmt: skip
    assert rows[0][:5] == ["ada", "11.67", "25.67", "5.67", "6"]
    assert rows[0][6:8] == ["overwritten wrong_case", "finite_differences"]
    assert rows[1][0] == "'=cmd()" and rows[1][-1] == "does not compile: invalid syntax, line 3"
    assert [len(row) for row in rows] == [len(head)] * 4


CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Convolution (77),Quiz (78)\n"
    "    Points Possible,,,,,100.00,5.00\n"
    '"Lovelace, Ada",1001,s1,ada@example.org,A,,4\n'
    '"Turing, Alan",1002,s2,alan,A,EX,3\n'
    '"Hopper, Grace",1003,s3,grace,B,12,5\n'
    '"Noether, Emmy",1004,s4,emmy,B,,5\n'
)


def test_one_column_of_a_canvas_export_is_filled():
    scores = {
        "lovelaceada_LATE_1001_555_layers.py": Fraction(85, 2), "alan": Fraction(10),
        "s3": Fraction(100, 3), "nobody": Fraction(1),
    }  # fmt: skip
    filled = fill_canvas(CANVAS, scores, "Convolution")
    column = [row[5] for row in csv.reader(io.StringIO(filled.text))]
    assert column == ["Convolution (77)", "100.00", "42.5", "EX", "33.33", ""]
    assert filled.without_score == ("Noether, Emmy",) and filled.without_row == ("nobody",)
    before, after = CANVAS.splitlines(), filled.text.splitlines()
    assert before[:2] == after[:2] and before[3] == after[3] and before[5] == after[5]
    assert fill_canvas(CANVAS, scores, "77") == filled


def test_an_export_of_another_country_keeps_its_marks():
    export = "\ufeff" + CANVAS.replace(",", ";").replace("\n", "\r\n")
    filled = fill_canvas(export, {"s1": Fraction(85, 2)}, "77").text
    assert filled.startswith("\ufeffStudent;ID") and ";42,5;4\r\n" in filled


@pytest.mark.parametrize(
    ("export", "column", "said"),
    [("a,b\n1,2\n", "x", "no Canvas gradebook export"), ("", "x", "no Canvas gradebook export"),
     (CANVAS, "Conv", r"no column 'Conv' .*there are Convolution \(77\), Quiz \(78\)")],
)  # fmt: skip
def test_what_cannot_be_filled_is_told(export, column, said):
    with pytest.raises(CanvasError, match=said):
        fill_canvas(export, {}, column)
