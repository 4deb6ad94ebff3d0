"""A class is graded to its end, whatever is in it, and goes on after a kill where it was."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from puppets import AFFINE, assignment_in

import minnet
from minnet.assignments import classes
from minnet.assignments.classes import file_in, grade_class, handed_in
from minnet.assignments.grade import Flag, Grade, ItemGrade
from minnet.assignments.overview import histogram, mistakes_in, overview, page
from minnet.assignments.records import Records, as_record, digest_of, from_record
from minnet.cli import main

RIGHT, HALF = AFFINE, AFFINE.replace("cache > 0", "cache > 0.5")
HANGS = AFFINE.replace("out = np.maximum(x, 0)", "while True: pass")
ENDS = "import os\nos._exit(3)\n"


@pytest.fixture
def assignment(tmp_path):
    return assignment_in(tmp_path / "assignment", seconds=6)


@pytest.fixture
def folder(tmp_path):
    """Five students: two files, a folder, one that hangs, one that ends the process."""
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "ada.py").write_text(RIGHT, encoding="utf-8")
    (folder / "bob.py").write_text(HALF, encoding="utf-8")
    (folder / "cy").mkdir()
    (folder / "cy" / "layers.py").write_text(RIGHT, encoding="utf-8")
    (folder / "dan.py").write_text(HANGS, encoding="utf-8")
    (folder / "eve.py").write_text(ENDS, encoding="utf-8")
    (folder / "fay").mkdir()
    (folder / ".hidden").mkdir()
    (folder / "notes.txt").write_text("x", encoding="utf-8")
    return folder


EXPECTED = {"ada": "100", "bob": "70", "cy": "100", "dan": "60", "eve": "0", "fay": "0"}


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def command(assignment, folder, table, *more):
    return ["grade", "--class", str(folder), "--assignment", str(assignment.folder),
            "--csv", str(table), *map(str, more)]  # fmt: skip


def test_a_class_is_graded_to_its_end(assignment, folder, tmp_path, capsys):
    table, pages = tmp_path / "grades.csv", tmp_path / "pages"
    assert main(command(assignment, folder, table, "--jobs", 2, "--html", pages)) == 0
    found = rows(table)
    assert {row["student"]: row["score"] for row in found} == EXPECTED
    assert [row["student"] for row in found] == sorted(EXPECTED)
    said = {row["student"]: row["message"] for row in found}
    assert "exit status 3" in said["eve"] and "there is no layers.py" in said["fay"]
    assert sorted(path.stem for path in pages.iterdir()) == sorted(EXPECTED)
    out, err = capsys.readouterr()
    assert "6 submissions" in out and "relu, gradient of x: region" in out and "6/6" in err


def start(assignment, folder, table):
    environment = {**os.environ, "PYTHONPATH": str(Path(minnet.__file__).parents[1])}
    return subprocess.Popen(
        [sys.executable, "-m", "minnet", *command(assignment, folder, table, "--jobs", 1)],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.skipif(os.name != "posix", reason="there is no such kill")
def test_after_a_kill_it_goes_on_and_no_grade_is_lost_or_made_again(assignment, folder, tmp_path):
    table = tmp_path / "grades.csv"
    progress = tmp_path / "grades.csv.progress"
    running = start(assignment, folder, table)
    limit = time.monotonic() + 60
    while not progress.exists() or progress.read_bytes().count(b"\n") < 2:
        assert time.monotonic() < limit
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert not table.exists()
    kept = [line for line in progress.read_bytes().splitlines(True) if line.endswith(b"\n")]
    assert 2 <= len(kept) < 6
    progress.write_bytes(b"".join(kept) + kept[-1][:40])  # and a line that was cut off
    resumed = start(assignment, folder, table)
    assert resumed.wait(timeout=120) == 0
    assert {row["student"]: row["score"] for row in rows(table)} == EXPECTED
    lines = progress.read_bytes().splitlines()
    assert lines[: len(kept)] == [line.rstrip() for line in kept]
    whole = [json.loads(line)["student"] for line in lines if line.endswith(b"}")]
    assert sorted(whole) == sorted(EXPECTED)


def test_what_is_graded_is_not_graded_again_unless_it_was_changed(assignment, folder, tmp_path):
    told: list[str] = []

    def again():
        told.clear()
        records = Records(tmp_path / "progress", assignment)
        return grade_class(
            assignment, submissions, records, progress=lambda student, *_: told.append(student)
        )

    for name in ("dan.py", "eve.py"):
        (folder / name).unlink()
    submissions = handed_in(folder, assignment)
    first = again()
    assert sorted(told) == ["ada", "bob", "cy", "fay"]
    assert again() == first and not told
    (folder / "bob.py").write_text(RIGHT, encoding="utf-8")
    assert dict(again())["bob"].score == 100 and told == ["bob"]
    toml = assignment.folder / "assignment.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace("30", "40"), encoding="utf-8")
    again()
    assert len(told) == 4


class Stuck(classes._Grader):
    """A grader whose process ends when it is asked, as when the machine runs out of memory."""

    deaths = 1

    def begin(self, handed):
        super().begin(handed)
        if handed.student == "bob" and Stuck.deaths:
            Stuck.deaths -= 1
            self._process.kill()


@pytest.mark.parametrize("deaths, score", [(1, 70), (2, 0)])
def test_a_grader_that_ends_is_replaced(deaths, score, assignment, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(classes, "_Grader", Stuck)
    monkeypatch.setattr(Stuck, "deaths", deaths)
    for name in ("dan.py", "eve.py"):
        (folder / name).unlink()
    records = Records(tmp_path / "progress", assignment)
    graded = dict(grade_class(assignment, handed_in(folder, assignment), records))
    assert graded["bob"].score == score and graded["ada"].score == 100
    kept = (tmp_path / "progress").read_text(encoding="utf-8")
    assert ('"bob"' in kept) is (score == 70)  # what is nobody's fault is tried again


def test_the_file_of_a_folder_is_found(tmp_path):
    folder = tmp_path / "student"
    (folder / "inner").mkdir(parents=True)
    assert file_in(folder, "layers.py") == folder / "layers.py"
    (folder / "my_layers.py").write_text("x = 1", encoding="utf-8")
    assert file_in(folder, "layers.py").name == "my_layers.py"
    (folder / "inner" / "layers.py").write_text("x = 1", encoding="utf-8")
    assert file_in(folder, "layers.py") == folder / "inner" / "layers.py"
    (folder / "layers.py").write_text("x = 1", encoding="utf-8")
    assert file_in(folder, "layers.py") == folder / "layers.py"


NAMES = ["..", "a b", "x;touch mark", "<script>alert(1)</script>", "=1+1", "$(id)", "a\nb", "ä"]


@pytest.mark.skipif(os.name != "posix", reason="no such names elsewhere")
def test_a_name_is_only_a_name(assignment, tmp_path, capsys):
    folder, table, pages = tmp_path / "class", tmp_path / "g.csv", tmp_path / "pages"
    folder.mkdir()
    for name in NAMES:
        (folder / f"{name.replace('/', '')}.py").write_text("x = 1\n", encoding="utf-8")
    assert main(command(assignment, folder, table, "--html", pages)) == 0
    made = sorted(path.name for path in pages.iterdir())
    assert len(made) == len(NAMES) - 1 == len(rows(table))  # what begins with a dot is hidden
    assert all("/" not in name and not name.startswith(".") for name in made)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "assignment", "class", "g.csv", "g.csv.progress", "pages"]  # fmt: skip
    text = "".join(path.read_text(encoding="utf-8") for path in pages.iterdir())
    assert "<script>" not in text
    assert "\n=" not in table.read_text(encoding="utf-8")


@pytest.mark.skipif(os.name != "posix", reason="there are no such links elsewhere")
def test_a_link_to_another_s_work_is_not_followed(assignment, tmp_path):
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "ada.py").write_text(RIGHT, encoding="utf-8")
    (folder / "mallory.py").symlink_to(folder / "ada.py")
    (folder / "trent").symlink_to(assignment.folder)
    graded = dict(grade_class(assignment, handed_in(folder, assignment),
                              Records(tmp_path / "p", assignment)))  # fmt: skip
    assert graded["ada"].score == 100
    assert graded["mallory"].score == 0 and "link" in graded["mallory"].message
    assert "trent" not in graded


def test_a_column_of_a_canvas_export_is_filled(assignment, folder, tmp_path, capsys):
    for name in ("dan.py", "eve.py"):
        (folder / name).unlink()
    export = tmp_path / "export.csv"
    export.write_text(
        "Student,ID,SIS Login ID,Section,Affine and ReLU (77)\n"
        "    Points Possible,,,,100\nAda,1,ada,A,\nBob,2,bob,A,5\nZoe,9,zoe,A,3\n",
        encoding="utf-8",
    )
    before = export.read_text(encoding="utf-8")
    assert main(command(assignment, folder, tmp_path / "g.csv", "--canvas", export)) == 0
    filled = (tmp_path / "export-graded.csv").read_text(encoding="utf-8").splitlines()
    assert filled[2:] == ["Ada,1,ada,A,100", "Bob,2,bob,A,70", "Zoe,9,zoe,A,3"]
    assert export.read_text(encoding="utf-8") == before
    assert "Zoe" in capsys.readouterr().out


# --- one submission on the command line ----------------------------------------------------------


def test_the_command_gives_a_grade_whatever_it_is(assignment, folder, tmp_path, capsys):
    for name, score in (("ada.py", 100.0), ("eve.py", 0.0), ("cy", 100.0), ("fay", 0.0)):
        out = tmp_path / "result.json"
        arguments = ["grade", str(folder / name), "--assignment", str(assignment.folder)]
        assert main([*arguments, "--format", "json", "--out", str(out)]) == 0
        assert json.loads(out.read_text(encoding="utf-8"))["score"] == score
    assert capsys.readouterr() == ("", "")
    assert main(arguments[:1] + [str(folder / "bob.py")] + arguments[2:]) == 0
    assert "70 of 100" in capsys.readouterr().out


@pytest.mark.skipif(os.name != "posix", reason="there is no such kill")
def test_killed_at_any_moment_it_leaves_a_complete_result(assignment, folder, tmp_path):
    out = tmp_path / "result.json"
    environment = {**os.environ, "PYTHONPATH": str(Path(minnet.__file__).parents[1])}
    running = subprocess.Popen(
        [sys.executable, "-m", "minnet", "grade", folder / "dan.py", "--assignment",
         assignment.folder, "--format", "gradescope", "--out", out], env=environment,
    )  # fmt: skip
    while not out.exists():
        time.sleep(0.01)
    time.sleep(0.3)
    running.kill()
    running.wait()
    result = json.loads(out.read_text(encoding="utf-8"))
    assert sum(test["score"] for test in result["tests"]) == 0
    assert sum(test["max_score"] for test in result["tests"]) == 100


@pytest.mark.parametrize("arguments, said", [
    ([], "--assignment"),
    (["x.py", "--assignment", "nowhere"], "there is no nowhere"),
    (["--assignment", "A"], "either one SUBMISSION or --class"),
    (["x.py", "--class", "C", "--assignment", "A"], "either one SUBMISSION or --class"),
    (["--class", "C", "--assignment", "A"], "--csv"),
    (["--class", "nowhere", "--assignment", "A", "--csv", "g.csv"], "there is no folder"),
    (["x.py", "--assignment", "A", "--csv", "g.csv"], "--csv goes with --class"),
    (["x.py", "--assignment", "A", "--out", "no/where.json"], "there is no folder no"),
    (["--class", "C", "--assignment", "A", "--csv", "g.csv", "--jobs", "0"], "--jobs"),
    (["x.py", "--assignment", "A", "--format", "word"], "invalid choice"),
])  # fmt: skip
def test_a_wrong_command_line_is_one_clear_line(
    arguments, said, assignment, folder, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    places = {"A": str(assignment.folder), "C": str(folder)}
    assert main(["grade", *(places.get(a, a) for a in arguments)]) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1 and "Traceback" not in err


def test_a_broken_assignment_is_one_clear_line(assignment, folder, capsys):
    assignment.solution.write_text("def f(:\n", encoding="utf-8")
    arguments = ["grade", str(folder / "ada.py"), "--assignment", str(assignment.folder)]
    assert main(arguments) == 1
    err = capsys.readouterr().err
    assert "the solution cannot be imported" in err and err.count("\n") == 1


def test_what_cannot_be_shut_in_well_enough_is_not_graded(assignment, folder, monkeypatch, capsys):
    monkeypatch.setattr("minnet.assignments.grading.level_here", lambda assignment: "process")
    arguments = ["grade", str(folder / "ada.py"), "--assignment", str(assignment.folder)]
    assert main([*arguments, "--require-isolation", "full"]) == 1
    assert "nothing was graded" in capsys.readouterr().err


def test_the_command_knows_every_format():
    from minnet.assignments.writers import FORMATS
    from minnet.cli import grade

    assert set(grade.FORMATS) == set(FORMATS)


# --- records and the overview --------------------------------------------------------------------


def made(score, code="", seconds=1.0, **more):
    points = Fraction(score)
    codes = (code,) if code else ()
    item = ItemGrade("relu", "backward", "x", "hard", points, Fraction(100, 3), "fail", codes)
    return Grade("A", "layers.py", (item,), "full", seconds, **more)


def test_a_grade_is_kept_exactly():
    grade = made(Fraction(10, 3), "scale", flags=(Flag("inconclusive", "look"),), message="ä\n")
    assert from_record(json.loads(json.dumps(as_record(grade)))) == grade


def test_the_overview_counts_students_not_items(assignment):
    two = replace(made(0, "scale"), items=made(0, "scale").items * 2)
    graded = [("a", two), ("b", made(0, "scale")), ("c", made(Fraction(100, 3)))]
    assert mistakes_in(graded) == ["     2  relu, gradient of x: scale"]
    lines = histogram(graded)
    assert len(lines) == 10
    assert lines[0].split()[3] == "1" and lines[-1].split()[3] == "2"
    assert "3 submissions; median 0 of" in overview(graded)
    assert overview([]) == "there are no submissions\n"


def test_a_page_says_what_a_student_is_told_and_runs_nothing():
    grade = replace(made(0), message="<img src=x onerror=alert(1)>")
    text = page("<b>", grade)
    assert "&lt;img" in text and "<img" not in text and "<b>" not in text


def test_a_digest_follows_the_bytes(tmp_path):
    file = tmp_path / "a.py"
    assert digest_of(file) == digest_of(file)
    before = digest_of(file)
    file.write_text("x = 1", encoding="utf-8")
    assert digest_of(file) != before
