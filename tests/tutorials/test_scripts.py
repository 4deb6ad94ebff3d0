"""The tutorials themselves: their form, both of their versions, and every stated mistake."""

from __future__ import annotations

import ast
import json
import os

import pytest
from playing import SCRIPTS, outcomes_of_mistakes, python

from minnet.assignments.notebook import cells
from minnet.lessons.checking import check_file
from minnet.lessons.exercises import find_exercises
from minnet.lessons.lesson import read_lesson
from minnet.lessons.running import parsed

LESSONS = [read_lesson(path) for path in SCRIPTS]
#: a longer cell is no step
CELL_LINES = 25
every_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)


# --- their form -------------------------------------------------------------------------------


@every_lesson
def test_a_script_begins_with_its_header_and_a_cell_of_text_with_its_question(lesson):
    assert 5 <= lesson.minutes <= 60
    first = lesson.cells(lesson.source)[0]
    assert first.kind == "markdown" and first.source.startswith(f"# {lesson.title}")
    assert lesson.question.endswith("?")


@every_lesson
def test_every_cell_is_marked_and_holds_a_step_and_no_magic(lesson):
    code = [cell for cell in lesson.cells(lesson.student) if cell.kind == "code"]
    for cell in code:
        lines = cell.source.split("\n")
        assert len(lines) <= CELL_LINES, f"{lesson.file}, line {cell.line}: {len(lines)} lines"
        assert not [s for s in lines if s.lstrip().lstrip("#").lstrip().startswith(("%", "!"))]


@every_lesson
def test_a_formula_is_written_as_a_terminal_can_show_it(lesson):
    """What stands between dollars is set by a notebook, and raw everywhere else."""
    for cell in lesson.cells(lesson.source):
        assert cell.kind == "code" or "$" not in cell.source, f"{lesson.file}, line {cell.line}"


@every_lesson
def test_what_is_to_be_seen_is_printed(lesson):
    """A value that stands alone in the last line is shown by a notebook, and by nothing else."""
    for cell in lesson.cells(lesson.solution):
        body = parsed(cell).body if cell.kind == "code" else []
        last = body[-1] if body else None
        if isinstance(last, ast.Expr):
            assert isinstance(last.value, ast.Call), f"{lesson.file}, line {last.lineno}"


@every_lesson
def test_every_hole_strips_clean_and_has_a_check_below_it(lesson):
    assert lesson.places
    assert lesson.student.count("raise NotImplementedError") >= len(lesson.places)
    for version in (lesson.student, lesson.solution):
        for exercise in find_exercises(lesson.places, lesson.cells(version)):
            assert exercise.lines[0] and exercise.checks, exercise


@every_lesson
def test_a_script_ends_with_its_answers(lesson):
    last = lesson.cells(lesson.source)[-1]
    assert last.kind == "markdown" and "answers" in last.source.lower()


# --- both versions ----------------------------------------------------------------------------


@every_lesson
def test_the_solution_runs_to_its_end(lesson, tmp_path):
    path = tmp_path / lesson.file
    path.write_text(lesson.solution, encoding="utf-8")
    ended = python(str(path), folder=tmp_path)
    assert ended.returncode == 0, ended.stderr[-2000:]


@every_lesson
def test_what_learners_get_runs_to_its_end_and_says_what_is_to_be_done(lesson, tmp_path):
    path = tmp_path / lesson.file
    path.write_text(lesson.student, encoding="utf-8")
    ended = python(str(path), folder=tmp_path)
    assert ended.returncode == 0, ended.stderr[-2000:]
    for outcome in check_file(lesson, path):
        assert outcome.standing == "todo", outcome
        assert outcome.text, f"the check of {outcome.exercise.name} did not say so"


@every_lesson
def test_the_checks_of_a_solution_pass(lesson, tmp_path):
    path = tmp_path / lesson.file
    path.write_text(lesson.solution, encoding="utf-8")
    for outcome in check_file(lesson, path):
        assert outcome.standing == "right", outcome


# --- every stated mistake ---------------------------------------------------------------------

MISTAKES = [
    pytest.param(lesson, mistake, id=f"{lesson.name}-{hole.place}-{mistake.line}-{mistake.code}")
    for lesson in LESSONS
    for hole in lesson.marked.holes
    for mistake in hole.mistakes
]


#: where the line told is another than that of the mistake: what stands there; "" where none is
#: told, since no edit of one line that the checker tries cures it
TOLD_ELSEWHERE = {
    ("01_slope", "dx = dout * x * (1 - x)"): "",
    ("05_softmax", "shifted = logits"): "e = np.exp(shifted)",
    ("07_batchnorm", "dmean = np.zeros(D)"): "",
    ("07_batchnorm", "dx = self.gamma / self.sigma * dout"): "",
    ("07_batchnorm", "dx = self.gamma / self.sigma * (dout - self.dbeta / N)"): "",
    ("07_batchnorm", "dx = self.gamma / self.sigma * (dout - xhat * self.dgamma / N)"): "",
    ("08_convolution", "dx = dpadded[:, :, pad:-pad, pad:-pad]"): "",
    ("09_fast_convolution", "d = dout.reshape(-1, F)"): "",
    (
        "09_fast_convolution",
        "dwindows = drows.reshape(N, C, oh, ow, kh, kw).transpose(0, 2, 3, 1, 4, 5)",
    ): "",
    ("12_transformer", "dx = dout"): "",
    ("12_transformer", "pass"): "",
}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="copies its process by fork")
@pytest.mark.parametrize(("lesson", "mistake"), MISTAKES)
def test_a_stated_mistake_is_named_first_and_with_its_line(lesson, mistake):
    path = next(path for path in SCRIPTS if path.stem == lesson.name)
    said = outcomes_of_mistakes(path)[mistake.line]
    assert said["text"] and (said["standing"] == "wrong" or said["findings"])  # or a warning
    if said["findings"]:  # a check of the script's own may say it in a sentence, without a code
        first = said["findings"][0]
        assert first["code"] == mistake.code, said["text"]
        if first["line"] is not None:
            assert first["line"] == line_to_tell(lesson, mistake), said["text"]


def line_to_tell(lesson, mistake):
    elsewhere = TOLD_ELSEWHERE.get((lesson.name, mistake.replacement))
    if not elsewhere:
        return mistake.first if elsewhere is None else 0
    lines = [line.strip() for line in lesson.marked.with_mistake(mistake).split("\n")]
    return 1 + lines.index(elsewhere)


# --- as notebooks -----------------------------------------------------------------------------


@every_lesson
def test_a_notebook_holds_the_cells_of_the_script_and_is_always_the_same(lesson):
    text = lesson.notebook(lesson.student)
    data = json.loads(text)
    assert [(cell["cell_type"], "".join(cell["source"])) for cell in data["cells"]] == [
        (cell.kind, cell.source) for cell in lesson.cells(lesson.student)
    ]
    ids = [cell["id"] for cell in data["cells"]]
    assert len(set(ids)) == len(ids) and text == lesson.notebook(lesson.student)


@every_lesson
def test_a_notebook_is_what_jupytext_makes_of_the_script(lesson):
    jupytext = pytest.importorskip("jupytext")
    body = lesson.student.split("# ---\n", 2)[2]
    theirs = jupytext.reads(body, fmt="py:percent").cells
    ours = cells(body, lesson.file)
    assert [(c.kind, c.source) for c in ours] == [(c.cell_type, c.source) for c in theirs]


@every_lesson
def test_a_notebook_runs_to_its_end(lesson, tmp_path):
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    notebook = nbformat.reads(lesson.notebook(lesson.solution), as_version=4)
    nbclient.NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
