"""The README shows what happens."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from minnet.cli import main
from minnet.gradcheck.diagnosis.manual import comparable

README = Path(__file__).resolve().parents[1] / "README.md"
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", README.read_text(encoding="utf-8"), re.S | re.M)

HALF_DONE = """import numpy as np


def affine_forward(x, w, b):
    out = x.reshape(len(x), -1) @ w + b
    return out, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout
    db = np.mean(dout, axis=0)
    return dx, dw, db


def relu_forward(x):
    return np.maximum(0, x), x


def relu_backward(dout, cache):
    return dout * (cache > 0)


def conv_forward_naive(x, w, b, conv_param):
    raise NotImplementedError


def conv_backward_naive(dout, cache):
    raise NotImplementedError
"""


def console(command: str) -> str:
    """The output that the README shows for a command."""
    (shown,) = [
        text.split("\n", 1)[1] for kind, text in BLOCKS if text.startswith(f"$ {command}\n")
    ]
    return shown


def test_the_first_two_blocks_are_one_command_each_the_demo_and_the_tests():
    first, second = (text.strip() for _, text in BLOCKS[:2])
    assert "\n" not in first and first.endswith("minnet demo")
    assert "\n" not in second and "-m pytest" in second


def test_checking_the_half_done_assignment_prints_what_is_shown(tmp_path, monkeypatch, capsys):
    (tmp_path / "layers.py").write_text(HALF_DONE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["check", "layers.py"]) == 1
    printed = capsys.readouterr().out
    shown = console("minnet check layers.py")
    assert comparable(printed) == comparable(shown)


def test_the_derivative_prints_what_is_shown(capsys):
    assert main(["derivative", "sigmoid", "--at", "0", "--step", "1e-4"]) == 0
    shown = comparable(console("minnet derivative sigmoid --at 0 --step 1e-4"))
    assert shown in comparable(capsys.readouterr().out)


def test_the_number_that_is_stepped_through_is_made_of_what_is_shown(capsys):
    assert main(["step", "conv", "--plain", "--at", "dx[0,0,1,1]"]) == 0
    assert capsys.readouterr().out == console("minnet step conv --plain --at 'dx[0,0,1,1]'")


@pytest.mark.parametrize("number", range(len([1 for kind, _ in BLOCKS if kind == "python"])))
def test_the_python_runs(number, monkeypatch):
    seeded = np.random.default_rng  # what a reader leaves to chance may come out badly once
    monkeypatch.setattr(
        np.random, "default_rng", lambda rng=None: seeded(0 if rng is None else rng)
    )
    code = [text for kind, text in BLOCKS if kind == "python"][number]
    names: dict[str, object] = {}
    exec(compile(code.replace("epochs=10", "epochs=1"), f"README block {number}", "exec"), names)
    tests = [thing for name, thing in names.items() if name.startswith("test_")]
    for test in tests:
        test()
    assert tests or names["history"].loss[-1] < 2.5
