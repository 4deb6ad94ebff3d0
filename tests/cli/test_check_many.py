"""`minnet check` on many things: at a time, for a time, in few words, for a machine."""

from __future__ import annotations

import io
import json
import sys
from xml.etree import ElementTree

import pytest

import minnet
from minnet.cli import main
from minnet.cli.live import Live
from minnet.report.results import CheckResult

LAYERS = """
import numpy as np

def relu_forward(x):
    return np.maximum(x, 0), x

def relu_backward(dout, x):
    return dout * (x > 0)

def tanh_forward(x):
    return np.tanh(x), x

def tanh_backward(dout, x):
    return 2 * dout * (1 - np.tanh(x) ** 2)

def sigmoid_forward(x):
    return 1 / (1 + np.exp(-x)), x

def sigmoid_backward(dout, x):
    raise ValueError("\\x1b[2J not so")

class Widget:
    def __init__(self, blob):
        self.blob = blob.root

    def forward(self, x):
        return x

    def backward(self, dout):
        return dout
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "layers.py").write_text(LAYERS, encoding="utf-8")
    (tmp_path / "right.py").write_text(LAYERS.partition("def tanh")[0], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys, *arguments):
    status = main([str(argument) for argument in arguments])
    return status, *capsys.readouterr()


def test_many_at_a_time_find_what_one_after_the_other_finds(folder):
    one = minnet.check("layers.py", "right.py", jobs=1)
    for jobs in (2, 6):
        many = minnet.check("layers.py", "right.py", jobs=jobs)
        assert str(many) == str(one)
        assert many.to_json() == one.to_json()


def test_quiet_is_a_line_for_each_target(folder, capsys):
    status, out, err = run(capsys, "check", "-q", "right.py", "layers.py", "no.py")
    assert status == 2 and err == ""
    first, second, third = out.splitlines()
    assert first.startswith("right.py: 1 right")
    assert second.startswith("layers.py: 3 checked: 1 wrong, 1 with an error, 1 right")
    assert third.startswith("no.py: no.py does not exist")


def test_an_empty_name_is_no_target(folder, capsys):
    status, out, _ = run(capsys, "check", "", "-q")
    assert status == 2 and "minnet" not in out.partition(":")[0]


def test_ci_gets_a_test_for_each_check(folder, capsys):
    status, _, err = run(capsys, "check", "layers.py", "--junit", "out.xml")
    assert status == 1 and "wrote out.xml" in err
    (suite,) = ElementTree.parse(folder / "out.xml").getroot()
    counted = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counted == {"tests": "4", "failures": "1", "errors": "1", "skipped": "1"}
    found = {test.get("name"): [child.tag for child in test] for test in suite}
    assert found == {"relu": [], "tanh": ["failure"], "sigmoid": ["error"], "Widget": ["skipped"]}
    assert "twice what it should be" in suite.find(".//failure").get("message")
    assert "layers.py:14" in suite.find(".//failure").text


def test_a_file_that_cannot_be_read_is_an_error_for_ci(folder, capsys):
    (folder / "bad.py").write_text("import numpy as np\n1 / 0\n", encoding="utf-8")
    _, out, _ = run(capsys, "check", "bad.py", "--junit", "-")
    (suite,) = ElementTree.fromstring(out.encode())
    assert "ZeroDivisionError" in suite.find(".//error").get("message")


def test_what_the_time_did_not_suffice_for_is_named(folder, capsys):
    slow = LAYERS.replace("return np.tanh(x), x", "import time; time.sleep(600)")
    (folder / "slow.py").write_text(slow, encoding="utf-8")
    status, out, _ = run(capsys, "check", "slow.py", "--total-time-limit", "12", "--json", "-")
    (target,) = json.loads(out)["targets"]
    assert status == 1 and target["verdict"] == "error"
    assert target["error"].startswith("stopped after 12 seconds, the limit for all together; not")
    assert target["error"].endswith("not checked to the end: tanh, sigmoid and Widget")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "layers.py:Relu"], "did you mean relu?"),
        (["check", "layers.py", "--only", "Tahn"], "did you mean tanh?"),
        (["check", "--only", "GEUL"], "did you mean GELU?"),
        (["check", "--jsn", "x"], "did you mean --json?"),
        (["check", "layes.py"], "did you mean layers.py?"),
        (["explain", "SGIN"], "did you mean sign?"),
        (["demo", "cn"], "did you mean cnn?"),
        (["tutorial", "Atention"], "did you mean"),
        (["step", "DESNE"], "did you mean Dense?"),
        (["Chek"], "did you mean check?"),
    ],
)
def test_every_name_can_be_mistyped(folder, capsys, arguments, said):
    status, out, err = run(capsys, *arguments)
    assert status == 2
    assert said in " ".join((out + err).split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--jobs", "0"], "'0' is not a whole number of 1 or more"),
        (["--total-time-limit", "soon"], "'soon' is not a number of seconds above 0"),
        (["--total-time-limit", "inf"], "above 0"),
        (["--junit", "right.py"], "right.py is code, and would be overwritten"),
        (["--junit", "-", "--json", "-"], "cannot both be written to standard output"),
        (["--junit", "a.xml", "--html", "a.xml"], "a.xml is what"),
    ],
)
def test_an_option_given_wrongly_is_one_line(folder, capsys, arguments, said):
    status, out, err = run(capsys, "check", "right.py", *arguments)
    assert (status, out) == (2, "")
    assert said in err and err.count("\n") == 1


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_on_a_terminal_results_show_as_they_come_and_give_way_to_the_report(monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("minnet.cli.live.PATIENCE", 0.0)
    live = Live()
    live.found("layers.py", CheckResult("relu", "any", "pass"))
    assert "relu" in terminal.getvalue()
    live.busy("tanh", 2, 5.0)
    assert "checking tanh: 2 cases done, 5 s" in terminal.getvalue()
    live.clear()
    assert terminal.getvalue().endswith("\x1b[1F\x1b[J")
    quiet = Live(quiet=True)
    before = terminal.getvalue()
    quiet.found("layers.py", CheckResult("relu", "any", "pass"))
    quiet.finish()
    assert terminal.getvalue() == before
