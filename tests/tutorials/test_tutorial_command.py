"""``minnet tutorial`` as a learner uses it, the right way and the wrong ways."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lesson_text import TEXT

from minnet.cli import main
from minnet.lessons import progress, scripts
from minnet.lessons.lesson import read_lesson
from minnet.lessons.pictures import take_backend
from minnet.lessons.prose import laid_out
from minnet.lessons.stepping import Walk
from minnet.report.terminal import Style


@pytest.fixture(autouse=True)
def course(tmp_path, monkeypatch):
    """Two tutorials of the tests' own, a folder to work in, and a fresh learner."""
    folder = tmp_path / "scripts"
    folder.mkdir()
    (folder / "01_twice.py").write_text(TEXT, encoding="utf-8")
    (folder / "02_again.py").write_text(TEXT.replace("title: Twice", "title: Again"), "utf-8")
    monkeypatch.setattr(scripts, "_PLACES", (folder,))
    monkeypatch.setenv(progress.VARIABLE, str(tmp_path / "progress.json"))
    monkeypatch.chdir(tmp_path)


def run(capsys, *arguments):
    status = main(["tutorial", *arguments])
    told = capsys.readouterr()
    return status, told.out, told.err


def test_the_list_says_what_each_teaches_and_how_far_one_is(capsys):
    status, out, _ = run(capsys)
    assert status == 0 and "1  Twice" in out and "doubling" in out and "5 min" in out
    assert "progress.json" not in out
    progress.save(progress.progress_file(), "01_twice", progress.Progress(3, False, ["step"]))
    assert "1 of 2 right" in run(capsys)[1] and "progress.json" in run(capsys)[1]


@pytest.mark.parametrize("name", ["1", "01", "twice", "01_twice", "Twice"])
def test_a_tutorial_has_a_number_and_a_name(name):
    assert scripts.find(name, scripts.lessons()).name == "01_twice"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["3"], "there is no tutorial 3; they are numbered 1 to 2"),
        (["twise"], "did you mean twice?"),
        (["--check", "mine.py"], "say which tutorial: minnet tutorial 1 --check"),
        (["1", "--check", "nothing.py"], "nothing.py does not exist; --student nothing.py makes"),
        (["1", "--check", "."], "is a folder"),
        (["1", "--student", "mine.txt"], "mine.txt does not end in .py"),
        (["1", "--notebook", "mine.py"], "mine.py does not end in .ipynb"),
        (["1", "--student", "no/mine.py"], "there is no folder no"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(capsys, arguments, said):
    status, out, err = run(capsys, *arguments)
    assert status == 2 and out == "" and err.count("\n") == 1 and said in err


@pytest.mark.parametrize("option", ["--student", "--notebook"])
def test_no_file_is_ever_overwritten(capsys, option):
    path = Path("mine.py" if option == "--student" else "mine.ipynb")
    path.write_text("a day's work", encoding="utf-8")
    status, _, err = run(capsys, "1", option, str(path))
    assert status == 2 and "is there already, and may hold your work" in err
    assert path.read_text(encoding="utf-8") == "a day's work"


@pytest.mark.parametrize(("option", "file"), [("--student", "my.py"), ("--notebook", "my.ipynb")])
def test_what_is_handed_out_is_checked_hole_by_hole_to_the_next_tutorial(capsys, option, file):
    status, out, _ = run(capsys, "1", option, file)
    assert status == 0 and f"minnet tutorial 1 --check {file}" in out
    status, out, _ = run(capsys, "1", "--check", file)
    assert status == 1 and out.count("to do") == 2 and "Next: write double_backward" in out
    fill(file, "double_backward: dx", "dx = 2 * dout")
    status, out, _ = run(capsys, "1", "--check", file)
    assert status == 1 and "right  double_backward" in out and "Next: write step" in out
    fill(file, "step: new", "new = W + dW")
    status, out, _ = run(capsys, "1", "--check", file)
    assert status == 1 and "FAIL[sign] step: from 3" in out and "Next: mend step" in out
    assert progress.load(Path("progress.json"))["01_twice"].right == ["double_backward"]
    text = Path(file).read_text(encoding="utf-8").replace("new = W + dW", "new = W - dW")
    Path(file).write_text(text, encoding="utf-8")
    status, out, _ = run(capsys, "1", "--check", file)
    assert status == 0 and "All right. Next: minnet tutorial 2 (Again)" in out
    assert "done" in run(capsys)[1]


def fill(file, hole, code):
    path = Path(file)
    text = path.read_text(encoding="utf-8")
    stub = f'raise NotImplementedError("{hole}")'
    stub = json.dumps(stub)[1:-1] if file.endswith("ipynb") else stub
    assert stub in text
    path.write_text(text.replace(stub, code), encoding="utf-8")


def test_without_a_terminal_all_of_it_is_written_and_run(capsys):
    status, out, _ = run(capsys, "1")
    assert status == 0 and "dx = dout + dout" in out and "step is right" in out
    assert "MISTAKE" not in out and "SOLUTION" not in out
    assert not Path("progress.json").exists()


def walk():
    take_backend(interactive=False)
    lesson = read_lesson(Path("scripts", "01_twice.py"))
    return Walk(lesson, Style(width=79), Path("pictures"), shown=False)


def typing(*answers):
    left = iter(answers)
    prompts = []

    def ask(prompt):
        prompts.append(prompt)
        return next(left)

    return ask, prompts


def test_one_steps_through_it_and_sees_the_hole_before_its_solution(capsys):
    ask, prompts = typing(*[""] * 20)
    assert walk().by_steps(ask).cell == 7
    out = capsys.readouterr().out
    hole, solution = out.index("your code: double_backward"), out.index("dx = dout + dout")
    assert hole < solution < out.index("step is right")
    assert any("Enter shows a solution" in prompt for prompt in prompts)


def test_one_leaves_with_q_and_goes_on_there_with_all_names_still_known(capsys):
    ask, _ = typing("", "", "", "what?", "q")
    stop = walk().by_steps(ask)
    assert stop.well and 0 < stop.cell < 7 and "Enter goes on; q leaves" in capsys.readouterr().out
    ask, _ = typing(*[""] * 20)
    assert walk().by_steps(ask, stop.cell).cell == 7
    out = capsys.readouterr().out
    assert "What is twice a number?" not in out and "step is right" in out


def test_a_picture_is_kept_in_a_file_that_is_named(capsys):
    script = Path("scripts", "01_twice.py")
    drawn = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\n"
    script.write_text(TEXT.replace("seen = []\n", drawn), encoding="utf-8")
    walk().all_at_once()
    (picture,) = Path("pictures").glob("*.png")
    assert f"picture: {picture}" in capsys.readouterr().out and picture.stat().st_size > 1000


def test_prose_is_wrapped_and_freed_from_its_marks():
    text = laid_out(
        "Say **so `a * b`** and *this*; `2 * x * y` stays.\n\n- " + "long " * 30, Style()
    )
    lines = text.split("\n")
    assert lines[0] == "Say so `a * b` and this; `2 * x * y` stays."
    assert lines[2].startswith("- long") and lines[3].startswith("  long")
    assert max(map(len, lines)) <= 80


def test_a_broken_progress_file_is_no_progress():
    path = progress.progress_file()
    for text in ("", "[1]", '{"01_twice": 3}', '{"01_twice": {"cell": "x", "right": 1}}'):
        path.write_text(text, encoding="utf-8")
        assert all(it == progress.Progress() for it in progress.load(path).values())


def test_where_progress_cannot_be_kept_it_is_said_and_nothing_is_lost(capsys, monkeypatch):
    Path("file").write_text("", encoding="utf-8")
    monkeypatch.setenv(progress.VARIABLE, str(Path("file", "progress.json")))
    run(capsys, "1", "--student", "mine.py")
    status, out, err = run(capsys, "1", "--check", "mine.py")
    assert status == 1 and "to do" in out and "your progress cannot be kept in" in err
