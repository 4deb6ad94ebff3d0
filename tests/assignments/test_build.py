"""Each part of a release works as it is, in the way its platform documents."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from minnet.assignments.build import PARTS, build
from minnet.assignments.folder import AssignmentError, read_assignment
from minnet.assignments.holes import HoleError, read_holes
from minnet.assignments.notebook import script
from minnet.assignments.packing import as_tar, as_zip, text
from minnet.assignments.ready_made import begin, ready_made

BASH = pytest.mark.skipif(
    shutil.which("bash") is None or sys.platform == "win32", reason="a shell script"
)
SAMPLES = ready_made()["convolution"].folder / "samples"


@pytest.fixture(scope="module")
def release(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    build(begin(folder / "assignment", "convolution"), folder / "out")
    return folder / "out"


@pytest.fixture(scope="module")
def secret(release) -> str:
    return read_assignment(release.parent / "assignment").secret


def run(command: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a platform's command; minnet is found where the release puts it, and nowhere else."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    environment |= {"MINNET_PYTHON": sys.executable, "OPENBLAS_NUM_THREADS": "1", **variables}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120,
        encoding="utf-8",
    )  # fmt: skip


def files_of(release: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file of a release with its name, those in archives too."""
    for path in sorted(release.rglob("*")):
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                yield from ((f"{path.name}/{n}", archive.read(n)) for n in archive.namelist())
        elif path.suffix == ".tar":
            with tarfile.open(path) as archive:
                for entry in archive.getmembers():
                    stream = archive.extractfile(entry)
                    yield f"{path.name}/{entry.name}", stream.read() if stream else b""
        elif path.is_file():
            yield path.relative_to(release).as_posix(), path.read_bytes()


# --- the whole ----------------------------------------------------------------------------------


def test_every_part_is_there(release):
    assert {path.name for path in release.iterdir()} == {*PARTS, "HOWTO.md"}


def test_a_release_is_the_same_to_the_last_byte_each_time(release, tmp_path):
    build(read_assignment(release.parent / "assignment"), tmp_path / "again")
    assert dict(files_of(release)) == dict(files_of(tmp_path / "again"))
    zips = [(folder / "gradescope.zip").read_bytes() for folder in (release, tmp_path / "again")]
    assert zips[0] == zips[1]


def test_a_new_release_takes_the_place_of_the_old_one(release, tmp_path):
    assignment = read_assignment(release.parent / "assignment")
    build(assignment, tmp_path / "out")
    (tmp_path / "out" / "student" / "left_over.py").write_text("", encoding="utf-8")
    build(assignment, tmp_path / "out")
    assert not (tmp_path / "out" / "student" / "left_over.py").exists()


def test_no_other_folder_is_written_into(release, tmp_path):
    assignment = read_assignment(release.parent / "assignment")
    (tmp_path / "student").mkdir()
    (tmp_path / "student" / "essay.txt").write_text("precious", encoding="utf-8")
    with pytest.raises(AssignmentError, match="holds other things than a release"):
        build(assignment, tmp_path)
    assert (tmp_path / "student" / "essay.txt").is_file()
    with pytest.raises(AssignmentError, match="is the assignment itself"):
        build(assignment, assignment.folder)


def test_no_script_names_a_registry_s_host(release):
    for name, content in files_of(release):
        if "/minnet/" not in f"/{name}":
            assert not re.search(rb"pypi|index-url|https?://", content), name


def test_nothing_tells_students_a_line_of_the_solution(release, secret):
    solution = (release.parent / "assignment" / "layers.py").read_text(encoding="utf-8")
    marked = read_holes(solution)
    public = ("student/", "classroom50/", "actions/")
    names = [name for name, _ in files_of(release) if name.startswith(public)]
    assert len(names) > 200
    for name, content in files_of(release):
        if not name.startswith(public):
            continue
        assert secret.encode() not in content and b"MISTAKE overwritten" not in content, name
        if "/minnet/" not in name:  # minnet's own layers are everybody's
            assert marked.leaks(content.decode("utf-8")) == [], name


SLOPE = """

def slope(x):
    s = np.log1p(np.exp(x))
    return np.tanh(s) + x * (1 - np.tanh(s) ** 2) / (1 + np.exp(-x))
"""


def test_what_fits_no_public_platform_is_left_out_with_a_reason(tmp_path):
    begin(tmp_path / "a")
    path = tmp_path / "a" / "layers.py"
    source = path.read_text(encoding="utf-8").replace("relu_", "mish_")
    source = source.replace("np.maximum(x, 0)", "x * np.tanh(np.log1p(np.exp(x)))")
    path.write_text(source.replace("dx = dout * (x > 0)", "dx = slope(x) * dout") + SLOPE, "utf-8")
    toml = tmp_path / "a" / "assignment.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace("relu", "mish"), encoding="utf-8")
    made = {m.path: m for m in build(read_assignment(tmp_path / "a"), tmp_path / "out")}
    assert not made["classroom50"].there and made["gradescope.zip"].there
    assert "minnet has no mish of its own" in made["classroom50"].told
    assert "minnet has no mish of its own" in (tmp_path / "out/HOWTO.md").read_text("utf-8")


def test_a_solution_that_cannot_be_stripped_is_not_built(tmp_path):
    begin(tmp_path / "a")
    path = tmp_path / "a" / "layers.py"
    path.write_text(path.read_text("utf-8").replace("# END SOLUTION", "# END", 1), "utf-8")
    with pytest.raises(HoleError, match=r"layers\.py, line"):
        build(read_assignment(tmp_path / "a"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


# --- what students get --------------------------------------------------------------------------


def test_students_get_the_file_the_page_and_a_notebook(release):
    student = release / "student"
    assert {p.name for p in student.iterdir()} == {"layers.py", "layers.ipynb", "README.md"}
    text = (student / "layers.py").read_text(encoding="utf-8")
    assert text.count("raise NotImplementedError") == 4 and "SOLUTION" not in text


def test_what_is_handed_in_from_the_notebook_is_the_file(release):
    notebook = (release / "student" / "layers.ipynb").read_text(encoding="utf-8")
    names: dict = {}
    exec(script(notebook), names)
    functions = {name for name, thing in names.items() if callable(thing)}
    assert functions == {f"{n}_{p}" for n in ("conv", "max_pool") for p in ("forward", "backward")}
    with pytest.raises(NotImplementedError, match="conv_backward: dx, dw, db"):
        names["conv_backward"](
            None, (*[names["np"].zeros((1, 1, 1, 1))] * 3, {"stride": 1, "pad": 0})
        )


def test_the_last_cell_of_the_notebook_writes_the_file_and_checks_it(release, tmp_path):
    source = release / "student" / "layers.ipynb"
    shutil.copy(source, tmp_path)
    cell = json.loads(source.read_text(encoding="utf-8"))["cells"][-1]
    program = "".join(cell["source"]).replace("check(", "print(check(") + ")"
    root = str(Path(__file__).parents[2])
    done = run([sys.executable, "-c", program], tmp_path, PYTHONPATH=root)
    assert done.returncode == 0, done.stderr
    assert "layers.py is written" in done.stdout and "todo" in done.stdout


# --- Gradescope ---------------------------------------------------------------------------------


def unpacked_gradescope(release: Path, root: Path, sample: str | None) -> Path:
    with zipfile.ZipFile(release / "gradescope.zip") as archive:
        archive.extractall(root / "source")
        for entry in archive.infolist():
            (root / "source" / entry.filename).chmod(entry.external_attr >> 16 & 0o777)
    shutil.copy(root / "source" / "run_autograder", root)
    (root / "submission").mkdir()
    if sample:
        shutil.copy(SAMPLES / sample, root / "submission" / "layers.py")
    return root


def test_the_archive_has_both_programs_at_its_root(release):
    with zipfile.ZipFile(release / "gradescope.zip") as archive:
        for name in ("setup.sh", "run_autograder"):
            assert archive.getinfo(name).external_attr >> 16 & 0o111
            assert archive.read(name).startswith(b"#!/usr/bin/env bash\n")
            assert b"\r" not in archive.read(name)


@BASH
@pytest.mark.parametrize(("sample", "score"), [("right.py", 100), ("no_bias.py", 80), (None, 0)])
def test_gradescope_s_archive_grades(release, tmp_path, sample, score):
    root = unpacked_gradescope(release, tmp_path, sample)
    assert run(["bash", "-n", "source/setup.sh"], root).returncode == 0
    done = run(["./run_autograder"], root)
    assert done.returncode == 0, done.stderr
    read = json.loads((root / "results" / "results.json").read_text(encoding="utf-8"))
    assert read["score"] == score and sum(t["max_score"] for t in read["tests"]) == pytest.approx(
        100, abs=0.01
    )


# --- PrairieLearn -------------------------------------------------------------------------------


def test_the_question_says_how_it_is_graded(release):
    (question,) = (release / "prairielearn" / "questions").iterdir()
    info = json.loads((question / "info.json").read_text(encoding="utf-8"))
    options = info["externalGradingOptions"]
    assert info["gradingMethod"] == "External" and options["enabled"] and info["type"] == "v3"
    assert options["entrypoint"] == "/grade/tests/run.sh" and (question / "tests/run.sh").is_file()
    assert options["serverFilesCourse"] == ["minnet/"] and options["timeout"] <= 600
    assert re.fullmatch(r"[0-9a-f-]{36}", info["uuid"])
    page = (question / "question.html").read_text(encoding="utf-8")
    assert '<pl-file-upload file-names="layers.py">' in page and "pl-external-grader" in page


@BASH
@pytest.mark.parametrize(
    ("sample", "expected"),
    [("right.py", 1.0), ("hostile_exit.py", 0.6), ("not_compiling.py", None), (None, None)],
)
def test_prairielearn_s_folder_grades(release, tmp_path, sample, expected):
    (question,) = (release / "prairielearn" / "questions").iterdir()
    shutil.copytree(question / "tests", tmp_path / "tests")
    shutil.copytree(release / "prairielearn/serverFilesCourse", tmp_path / "serverFilesCourse")
    (tmp_path / "student").mkdir()
    if sample:
        shutil.copy(SAMPLES / sample, tmp_path / "student" / "layers.py")
    done = run([str(tmp_path / "tests" / "run.sh")], tmp_path)
    assert done.returncode == 0, done.stderr
    read = json.loads((tmp_path / "results" / "results.json").read_text(encoding="utf-8"))
    assert read["gradable"] is (expected is not None) and read.get("score") == expected
    assert expected is not None or "layers.py" in read["format_errors"][0]


# --- Autolab ------------------------------------------------------------------------------------


@BASH
@pytest.mark.skipif(shutil.which("make") is None, reason="make is not here")
@pytest.mark.parametrize(("sample", "backward"), [("right.py", 40.0), ("bias_mean.py", 26.6667)])
def test_autolab_s_lab_grades(release, tmp_path, sample, backward):
    shutil.copy(release / "autolab" / "autograde-Makefile", tmp_path / "Makefile")
    shutil.copy(release / "autolab" / "autograde.tar", tmp_path)
    shutil.copy(SAMPLES / sample, tmp_path / "layers.py")
    done = run(["make", f"PYTHON={sys.executable}"], tmp_path)
    output = done.stdout + done.stderr
    last = output.rstrip().splitlines()[-1]
    scores = json.loads(re.sub(r"([a-zA-Z0-9]+):", r'"\1":', last))["scores"]
    assert scores == {"conv forward": 20.0, "conv backward": backward,
                      "max_pool forward": 15.0, "max_pool backward": 25.0}  # fmt: skip
    told = (release / "autolab" / "problems.txt").read_text(encoding="utf-8")
    assert all(f"{name}: " in told for name in scores)


# --- Classroom 50 and Actions -------------------------------------------------------------------

RUNNER = {"CLASSROOM": "dl", "ASSIGNMENT": "conv", "SUBMISSION_TAG": "submit/1", "COMMIT_URL": "c",
          "RELEASE_URL": "r", "REVIEW_URL": ""}  # fmt: skip


@pytest.mark.parametrize(("sample", "score"), [("right.py", 300), ("overwritten.py", 260)])
def test_classroom50_s_bundle_grades_a_checkout(release, tmp_path, sample, score):
    shutil.copytree(release / "classroom50", tmp_path / "bundle")
    (tmp_path / "checkout").mkdir()
    shutil.copy(SAMPLES / sample, tmp_path / "checkout" / "layers.py")
    program = str(tmp_path / "bundle" / "autograder.py")
    done = run([sys.executable, program], tmp_path / "checkout", **RUNNER)
    assert done.returncode == 0, done.stderr
    read = json.loads((tmp_path / "checkout" / "result.json").read_text(encoding="utf-8"))
    assert (read["score"], read["max-score"], read["review"]) == (score, 300, "c")
    page = (tmp_path / "checkout" / "release-body.md").read_text(encoding="utf-8")
    assert page.startswith("## Convolution and pooling")


def test_the_workflow_grades_a_push(release, tmp_path):
    shutil.copytree(release / "actions", tmp_path / "checkout")
    checkout = tmp_path / "checkout"
    shutil.copy(SAMPLES / "pool_overlap.py", checkout / "layers.py")
    outputs = {
        "GITHUB_OUTPUT": str(tmp_path / "out"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "page"),
    }
    done = run([sys.executable, ".github/minnet/run.py"], checkout, **outputs)
    assert done.returncode == 0, done.stderr
    name, encoded = (tmp_path / "out").read_text(encoding="utf-8").strip().split("=", 1)
    read = json.loads(base64.b64decode(encoded))
    assert name == "result" and read["status"] == "fail"
    assert sum(test["score"] for test in read["tests"]) == pytest.approx(75, abs=0.01)
    assert "75 of 100 points" in (tmp_path / "page").read_text(encoding="utf-8")
    assert (checkout / "minnet.xml").is_file() and "75 of 100" in done.stdout
    workflow = (checkout / ".github/workflows/minnet.yml").read_text(encoding="utf-8")
    assert "MINNET_RESULTS: ${{ steps.minnet.outputs.result }}" in workflow
    assert "runners: minnet" in workflow and "\t" not in workflow


# --- archives -----------------------------------------------------------------------------------


def test_programs_are_executable_in_both_kinds_of_archive():
    tree = {"b.sh": text("#!", executable=True), "a.txt": text("a")}
    with zipfile.ZipFile(io.BytesIO(as_zip(tree))) as archive:
        modes = {i.filename: i.external_attr >> 16 & 0o777 for i in archive.infolist()}
    assert modes == {"a.txt": 0o644, "b.sh": 0o755}
    with tarfile.open(fileobj=io.BytesIO(as_tar(tree))) as archive:
        assert {e.name: e.mode for e in archive.getmembers()} == modes
