"""`minnet check`: exit statuses, JSON, files written, and refusals in one line."""

import itertools
import json
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from minnet.cli import COMMANDS, main

RIGHT = (
    "def square_forward(x): return x * x, x\ndef square_backward(dout, x): return dout * 2 * x\n"
)
WRONG = RIGHT.replace("dout * 2 * x", "dout * x")


@pytest.fixture
def files(tmp_path):
    (tmp_path / "right.py").write_text(RIGHT, encoding="utf-8")
    (tmp_path / "wrong.py").write_text(WRONG, encoding="utf-8")
    return tmp_path


def run(capsys, *arguments):
    status = main([str(a) for a in arguments])
    return status, *capsys.readouterr()


def test_exit_status_0_when_all_passes_and_1_when_not(files, capsys):
    status, out, err = run(capsys, "check", files / "right.py")
    assert (status, err) == (0, "")
    assert "square" in out
    status, out, _ = run(capsys, "check", files / "right.py", files / "wrong.py")
    assert status == 1
    assert "FAIL[scale] square: gradient of x" in out


def test_a_target_that_does_not_exist_is_status_2_and_the_others_are_checked(
    files, capsys, monkeypatch
):
    monkeypatch.chdir(files)
    status, out, _ = run(capsys, "check", "nosuch.py", "right.py")
    assert status == 2
    assert "nosuch.py does not exist" in out
    assert "1 right" in out


def test_json_on_standard_output_is_nothing_but_json(files, capsys):
    noisy = files / "noisy.py"
    noisy.write_text("print('noise')\n" + WRONG, encoding="utf-8")
    status, out, _ = run(capsys, "check", noisy, "--json", "-", "--seed", 3)
    data = json.loads(out)
    assert status == 1
    assert (data["verdict"], data["seed"]) == ("fail", 3)
    (check,) = data["targets"][0]["checks"]
    assert (check["name"], check["convention"], check["verdict"]) == ("square", "cs231n", "fail")
    gradient = check["cases"][0]["gradients"][0]
    assert gradient["diagnosis"][0]["code"] == "scale"
    assert gradient["diagnosis"][0]["evidence"]["factor"] == pytest.approx(0.5)


def test_the_same_seed_prints_the_same_byte_for_byte_however_long_it_takes(
    files, capsys, monkeypatch
):
    first = run(capsys, "check", files / "wrong.py", "--seed", 7)
    slow = SimpleNamespace(perf_counter=itertools.count(step=1000).__next__)
    monkeypatch.setattr("minnet.cli.live.time", slow)
    assert run(capsys, "check", files / "wrong.py", "--seed", 7) == first
    assert first[2] == ""


def test_how_long_it_took_is_said_on_a_terminal_and_not_among_the_results(
    files, capsys, monkeypatch
):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    _, out, err = run(capsys, "check", files / "right.py")
    assert re.search(r"(^|\r|\n|\x1b\[J)\d+\.\d s\n$", err)
    assert out.endswith("1 right (5 gradients, seed 0; forward not compared)\n")


def test_json_to_a_file_in_utf_8(files, capsys):
    path = files / "out.json"
    status, out, _ = run(capsys, "check", files / "right.py", "--json", path)
    assert status == 0
    assert "square" in out
    assert json.loads(path.read_text(encoding="utf-8"))["verdict"] == "pass"


def test_every_element_on_request(files, capsys):
    _, out, _ = run(capsys, "check", files / "right.py", "--elements", "all", "--json", "-")
    case = json.loads(out)["targets"][0]["checks"][0]["cases"][0]
    assert case["gradients"][0]["elements_checked"] == 20


def test_hints_can_be_turned_down(files, capsys):
    _, full, _ = run(capsys, "check", files / "wrong.py")
    _, none, _ = run(capsys, "check", files / "wrong.py", "--hints", "none")
    assert "FAIL[scale]" in full
    assert "scale" not in none
    assert "FAIL" in none


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chekc"], "did you mean check?"),
        (["check", "--bogus"], "unrecognized arguments: --bogus"),
        (["check", "--seed", "x"], "'x' is not a whole number"),
        (["check", "--seed", "-1"], "--seed"),
        (["check", "--elements", "some"], "neither a number nor 'all'"),
        (["check", "--json", "/no/such/folder/x.json"], "there is no folder"),
        (["check", "--html", "."], "is a folder"),
        (["check", "--hints", "all"], "--hints"),
        (["--bogus"], "unrecognized arguments"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_status_2(capsys, arguments, said):
    status, out, err = run(capsys, *arguments)
    assert status == 2
    assert out == ""
    assert said in err
    assert err.count("\n") == 1


def test_help_lists_every_command_and_imports_none(capsys):
    status, out, _ = run(capsys, "--help")
    assert status == 0
    assert all(name in out for name in COMMANDS)
    code = (
        "import sys, minnet.cli; minnet.cli.main(['--help']); "
        "sys.exit(any(m.startswith('minnet.cli.') or m == 'matplotlib' for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_without_a_target_minnets_own_layers_and_losses_are_checked(capsys):
    status, out, _ = run(capsys, "check", "--json", "-")
    names = {check["name"] for check in json.loads(out)["targets"][0]["checks"]}
    assert status == 0, out
    assert {"Conv2D", "BatchNorm", "SoftmaxCrossEntropy", "Sequential"} <= names


def test_python_m_minnet_is_the_same_command(files):
    command = [sys.executable, "-m", "minnet", "check", str(files / "wrong.py")]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 1
    assert "FAIL[scale]" in done.stdout
    assert done.stderr == ""


def test_plot_draws_what_the_report_begins_with(files, capsys):
    picture = files / "wrong.svg"
    status, _, err = run(capsys, "check", files / "wrong.py", "--plot", picture)
    assert status == 1 and f"wrote {picture}" in err
    assert picture.read_text(encoding="utf-8").startswith("<?xml")
    status, out, err = run(capsys, "check", files / "wrong.py", "--plot", files / "wrong.docx")
    assert status == 2 and "is no picture format" in err and "FAIL[scale]" in out
