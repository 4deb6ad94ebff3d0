"""A learner's file is checked in a process of its own, whatever it does there."""

from __future__ import annotations

import pytest
from lesson_text import TEXT
from playing import outcomes_of_mistakes

from minnet.lessons.checking import check_file
from minnet.lessons.lesson import LessonError, read_lesson


@pytest.fixture
def lesson(tmp_path):
    path = tmp_path / "scripts" / "01_twice.py"
    path.parent.mkdir()
    path.write_text(TEXT, encoding="utf-8")
    return read_lesson(path)


def standings(lesson, tmp_path, *edits, start="solution"):
    text = getattr(lesson, start)
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "mine.py"
    path.write_text(text, encoding="utf-8")
    return {o.exercise.name: (o.standing, o.text) for o in check_file(lesson, path)}


def line_of(lesson, text):
    return 1 + lesson.solution[: lesson.solution.index(text)].count("\n")


def test_what_learners_get_is_all_to_do_and_the_solution_is_right(lesson, tmp_path):
    found = standings(lesson, tmp_path, start="student")
    assert [standing for standing, _ in found.values()] == ["todo", "todo"]
    assert set(standings(lesson, tmp_path).values()) == {("right", "")}


def test_a_mistake_is_told_with_its_line_in_the_learner_s_own_file(lesson, tmp_path):
    found = standings(lesson, tmp_path, ("dx = dout + dout", "dx = 3 * dout"))
    standing, text = found["double_backward"]
    assert standing == "wrong" and "FAIL[scale]" in text
    assert f"mine.py:{line_of(lesson, 'dx = ')}\n" in text and found["step"] == ("right", "")


def test_a_check_of_the_script_s_own_is_heard(lesson, tmp_path):
    found = standings(lesson, tmp_path, ("new = W - dW", "new = W + dW"))
    line = line_of(lesson, "new = ")
    said = f"FAIL[sign] step: from 3 against 1 to 4.0\n  --> mine.py:{line}"
    assert found["step"] == ("wrong", said)


def test_a_sentence_is_given_no_line_where_several_may_be_the_wrong_one(lesson, tmp_path):
    found = standings(lesson, tmp_path, ("new = W - dW", "sum = W + dW; new = sum"))
    assert found["step"] == ("wrong", "FAIL[sign] step: from 3 against 1 to 4.0")


def test_what_is_written_but_gives_nothing_back_is_wrong_and_not_to_do(lesson, tmp_path):
    found = standings(lesson, tmp_path, ("    return dx\n", ""))
    line = line_of(lesson, "dx = dout")
    said = f"line {line}: it ends without a return, so it gives nothing back"
    assert found["double_backward"] == ("wrong", said)


def test_numbers_that_the_text_tells_and_the_check_cannot_know_are_right_too(lesson, tmp_path):
    """A gradient may fit a forward that is not the one asked for."""
    claim = "print(report)\nassert double_backward(1.0, None) == 5"
    found = standings(lesson, tmp_path, ("print(report)", claim))
    standing, text = found["double_backward"]
    assert standing == "wrong" and text.endswith("AssertionError: " + claim.split("\n")[1])


def test_a_warning_that_is_of_no_line_of_the_learner_s_is_not_told(lesson, tmp_path):
    edit = "return 2 * x, None", "x *= 2; return x, None"
    assert set(standings(lesson, tmp_path, edit).values()) == {("right", "")}


def test_a_mistake_in_another_exercise_is_not_told_as_one_of_this(lesson, tmp_path):
    uses = ("new = W - dW", "new = W - double_backward(dW, None) / 2")
    check = (
        "minnet.check_gradient(lambda W: W * W / 2, lambda W: W - step(W, W) + 0, np.array(3.0))"
    )
    edits = uses, ("dx = dout + dout", "dx = 3 * dout"), ("check_step() or", f"{check} and")
    found = standings(lesson, tmp_path, *edits)
    assert found["double_backward"][0] == "wrong"
    assert found["step"] == ("unknown", "its check needs double_backward to be right")


def test_one_may_ask_for_the_edit_that_cures_it(lesson, tmp_path):
    path = tmp_path / "mine.py"
    wrong = lesson.solution.replace("dx = dout + dout", "dx = dout - dout")
    path.write_text(wrong, encoding="utf-8")
    text = next(o.text for o in check_file(lesson, path, hints="fix") if o.text)
    assert "dout + dout" in text
    assert "dout + dout" not in next(o.text for o in check_file(lesson, path) if o.text)


def test_what_is_right_but_changes_the_caller_s_array_is_right_with_a_warning(lesson, tmp_path):
    found = standings(lesson, tmp_path, ("dx = dout + dout", "dout *= 2; dx = dout.copy()"))
    standing, text = found["double_backward"]
    assert standing == "right" and "mutates_upstream" in text


def test_a_loop_without_end_is_told_in_one_line_and_stops(lesson, tmp_path, monkeypatch):
    monkeypatch.setenv("MINNET_TIME_LIMIT", "3")
    found = standings(lesson, tmp_path, ("new = W - dW", "while True:\n        new = W - dW"))
    standing, text = found["step"]
    assert standing == "wrong" and "\n" not in text
    line = line_of(lesson, "new = ")
    told = [f"line {n} was still running after 3 s: an endless loop?" for n in (line, line + 1)]
    assert text in told
    assert found["double_backward"][0] == "right"


def test_the_end_of_the_process_is_told_in_one_line(lesson, tmp_path):
    found = standings(lesson, tmp_path, ("new = W - dW", "import os; os._exit(3); new = 0"))
    standing, text = found["step"]
    assert standing != "right" and "ended the Python process (status 3)" in text


def test_an_exception_in_an_exercise_is_told_with_its_line(lesson, tmp_path):
    found = standings(lesson, tmp_path, ("new = W - dW", "new = W - dw"))
    assert found["step"] == (
        "wrong",
        f"line {line_of(lesson, 'new = ')}: NameError: name 'dw' is not defined",
    )
    assert found["double_backward"][0] == "right"


def test_an_exception_elsewhere_does_not_hide_what_is_right(lesson, tmp_path):
    found = standings(lesson, tmp_path, ("seen = []", "seen = 1 / 0"))
    assert {standing for standing, _ in found.values()} == {"right"}


def test_exit_in_the_file_does_not_end_the_check(lesson, tmp_path):
    found = standings(lesson, tmp_path, ("seen = []", "raise SystemExit"))
    assert {standing for standing, _ in found.values()} == {"right"}


def test_a_check_that_is_gone_is_missed(lesson, tmp_path):
    found = standings(lesson, tmp_path, ('print(check_step() or "step is right")', "pass"))
    assert found["step"][0] == "unknown" and "not in mine.py any more" in found["step"][1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def f(:\n", "mine.py, line 1: this does not compile"),
        ("# %%\nx = 1\n", "is it of another tutorial"),
    ],
)
def test_a_file_that_is_no_version_of_it_is_refused_in_one_line(lesson, tmp_path, text, said):
    path = tmp_path / "mine.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LessonError, match=said) as refused:
        check_file(lesson, path)
    assert "\n" not in str(refused.value)


def test_the_player_of_mistakes_says_what_the_check_says(lesson, tmp_path):
    said = outcomes_of_mistakes(tmp_path / "scripts" / "01_twice.py")
    codes = [outcome["findings"][0]["code"] for outcome in said.values()]
    assert codes == ["scale", "sign"]
