"""`minnet check` and its surroundings: files not to be touched, streams that close, processes."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from minnet.cli import main

RIGHT = (
    "import numpy as np\n"
    "def relu_forward(x): return np.maximum(0, x), x\n"
    "def relu_backward(dout, cache): return dout * (cache > 0)\n"
)
FOREVER = (
    RIGHT + "def tanh_forward(x): return np.tanh(x), x\n"
    "def tanh_backward(dout, cache):\n"
    "    while True: pass\n"
)
posix = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


@pytest.fixture
def layers(tmp_path):
    file = tmp_path / "layers.py"
    file.write_text(RIGHT, encoding="utf-8")
    return file


def command(*arguments):
    return [sys.executable, "-m", "minnet", "check", *map(str, arguments)]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--json", "layers.py"], "layers.py is code, and would be overwritten"),
        (["--html", "other.ipynb"], "other.ipynb is code, and would be overwritten"),
        (["--json", "r.txt", "--html", "r.txt"], "r.txt is what --json writes"),
        (["--json", "-", "--html", "-"], "cannot both be written to standard output"),
        (["--json", "no/r.json"], "there is no folder"),
        (["--html", "."], "is a folder; name a file"),
        (["--json", "n" * 300], "cannot"),
    ],
)
def test_a_report_is_never_written_over_code_or_another(layers, capsys, monkeypatch, options, says):
    monkeypatch.chdir(layers.parent)
    status = main(["check", "layers.py", *options])
    err = capsys.readouterr().err
    assert (status, err.count("\n")) == (2, 1) and says in err
    assert layers.read_text(encoding="utf-8") == RIGHT


@pytest.mark.parametrize(
    "target", [".", "layers.py:nope", "nope.py", "data.txt", "nope", "layers.py:relu:x"]
)
def test_a_target_that_is_not_there_is_the_command_lines_mistake(
    layers, capsys, monkeypatch, target
):
    monkeypatch.chdir(layers.parent)
    (layers.parent / "data.txt").write_text("1 2 3", encoding="utf-8")
    assert main(["check", target]) == 2
    assert "could not be checked" in capsys.readouterr().out


@pytest.mark.parametrize("target", ["layers", "layers:relu", "layers.py::relu"])
def test_a_module_here_and_a_name_as_pytest_has_it(layers, capsys, monkeypatch, target):
    monkeypatch.chdir(layers.parent)
    assert main(["check", target]) == 0
    assert "1 right" in capsys.readouterr().out


def test_several_names_with_commas(layers, capsys):
    assert main(["check", str(layers), "--only", "nope,relu"]) == 0
    assert main(["check", str(layers), "--only", "nope"]) == 2


@posix
def test_a_reader_that_has_enough_does_not_change_the_verdict(layers):
    read, write = os.pipe()
    with subprocess.Popen(command(layers), stdout=write, stderr=subprocess.PIPE) as process:
        os.close(write)
        os.close(read)
        assert process.stderr.read() == b""
    assert process.returncode == 0


@posix
def test_a_closed_standard_error_does_not_change_the_verdict(layers):
    line = " ".join(f"'{part}'" for part in command(layers)) + " 2>&-"
    assert subprocess.run(line, shell=True, stdout=subprocess.DEVNULL).returncode == 0


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_the_checker(tmp_path, number):
    file = tmp_path / "forever.py"
    mark = tmp_path / "worker"
    file.write_text(f"import os\nopen({str(mark)!r}, 'w').write(str(os.getpid()))\n" + FOREVER)
    with subprocess.Popen(command(file), stdout=subprocess.DEVNULL) as process:
        until = time.monotonic() + 60
        while not (mark.exists() and mark.read_text()) and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(number)
    worker = int(mark.read_text())
    until = time.monotonic() + 20
    while _is_alive(worker) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _is_alive(worker)


def _is_alive(number):
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    with (
        open(f"/proc/{number}/stat", encoding="utf-8")
        if os.path.isdir("/proc/1")
        else open(os.devnull, encoding="utf-8") as file
    ):
        return " Z " not in file.read()


@posix
def test_ctrl_c_keeps_what_was_found(tmp_path):
    file, mark = tmp_path / "forever.py", tmp_path / "begun"
    text = FOREVER.replace("    while", f"    open({str(mark)!r}, 'w').close()\n    while")
    file.write_text(text, encoding="utf-8")
    with subprocess.Popen(command(file, "--json", "-"), stdout=subprocess.PIPE) as process:
        until = time.monotonic() + 60
        while not mark.exists() and time.monotonic() < until:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        found = json.loads(process.stdout.read())
    assert process.returncode == 130
    (target,) = found["targets"]
    assert [(check["name"], check["verdict"]) for check in target["checks"]] == [("relu", "pass")]
    assert target["error"].startswith("interrupted")


@posix
def test_code_under_test_does_not_end_the_checker_by_a_signal(tmp_path, capsys):
    file = tmp_path / "killer.py"
    file.write_text(
        RIGHT.replace("return np.max", "import os; os.kill(os.getppid(), 9); return np.max"),
        encoding="utf-8",
    )
    assert main(["check", str(file)]) == 1
    assert "must not signal other processes" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["random", "types", "copy", "json", "queue", "numpy", "inspect"])
def test_a_file_named_like_pythons_own_does_not_break_the_checker(layers, name):
    (layers.parent / f"{name}.py").write_text("x = 1\n", encoding="utf-8")
    path = os.pathsep.join(p for p in sys.path if p)
    run = subprocess.run(
        [sys.executable, "-P", "-m", "minnet", "check", "layers.py"],
        cwd=layers.parent,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_time_limit_that_is_no_number_is_told(layers, capsys, monkeypatch):
    monkeypatch.setenv("MINNET_TIME_LIMIT", "abc")
    assert main(["check", str(layers)]) == 2
    assert "MINNET_TIME_LIMIT is 'abc'" in capsys.readouterr().err


def test_a_notebook_is_checked_and_places_are_told_by_cell(tmp_path, capsys):
    source = RIGHT.replace("cache > 0", "cache > 0) * (cache < 2")
    cells = [
        {"cell_type": "markdown", "source": ["# homework"]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "import numpy as np"]},
        {"cell_type": "code", "source": "undefined_name"},
        {"cell_type": "code", "source": source.splitlines(keepends=True)},
    ]
    file = tmp_path / "homework.ipynb"
    file.write_text(json.dumps({"cells": cells, "nbformat": 4}), encoding="utf-8")
    assert main(["check", str(file)]) == 1
    out = capsys.readouterr().out
    assert "homework.ipynb, cell 3, line 3" in out and "relu" in out
    file.write_text("not json", encoding="utf-8")
    assert main(["check", str(file)]) == 1
    assert "cannot be read as a notebook" in " ".join(capsys.readouterr().out.split())
