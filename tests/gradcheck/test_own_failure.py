"""Nothing that foreign code does is told as a failure of minnet's, and none of these loses more."""

from __future__ import annotations

import operator

import numpy as np
import pytest

import minnet
from minnet import check_functions, check_layer
from minnet.gradcheck import engine
from minnet.gradcheck.cure import cases as cures

X = np.random.default_rng(0).normal(size=(3, 2))
GOOD = """import numpy as np
def square_forward(x): return x * x, x
def square_backward(dout, x): return dout * 2 * x
"""


class Dense:
    """A layer with a mistake in dW, to be made hostile."""

    def __init__(self, **held):
        self.W, self.b = np.array([[1.0, 2.0], [-0.5, 0.3]]), np.array([0.1, -0.2])
        vars(self).update(held)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = 3 * self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


def checked(folder, text):
    path = folder / "layers.py"
    path.write_text(GOOD + text, encoding="utf-8")
    report = minnet.check(path)
    assert "minnet itself failed" not in str(report)
    return report, {check.name: check for check in report.checks}


@pytest.mark.parametrize("eps", [1e-300, 1e300, -1e-300, 10**400, np.nan, np.inf, 1j, "abc"])
def test_no_number_that_a_layer_keeps_is_too_much(eps):
    report = check_layer(Dense(eps=eps), X)
    assert [g.diagnosis[0].code for g in report.gradients if g.verdict == "fail"] == ["scale"]


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        ("raise RuntimeError('oops')", "minnet_cases raised RuntimeError: oops"),
        ("return 3", "minnet_cases has to give pairs (what, arguments), not 3"),
        ("return [3]", "each item is a pair (what, arguments), not 3"),
        ("return [('squar', np.ones(3))]", "not in the file; did you mean Square?"),
        ("return [(Square, np.ones(3))]", "Square is a class: give an object of it, Square(...)"),
    ],
)
def test_wrong_cases_of_its_own_cost_a_file_nothing_else(tmp_path, cases, said):
    thing = "class Square:\n  forward = lambda self, x: x\n  backward = lambda self, d: d\n"
    report, found = checked(tmp_path, f"{thing}def minnet_cases(rng):\n    {cases}\n")
    assert said in " ".join(str(report).split())
    assert found["square"].verdict == "pass"


@pytest.mark.parametrize(
    "text",
    [
        "def __getattr__(name): raise ValueError(name)",
        "np.sum = np.abs = np.isfinite = np.random.default_rng = lambda *a, **k: 1 / 0",
        "import builtins, sys\nbuiltins.len = None\nsys.setrecursionlimit(100)",
        "import sys\nsys.path.clear()\nsys.meta_path.clear()\nsys.modules['numpy.ma'] = None",
        "import sys\nfor n in [*sys.modules]:\n    if n.startswith('minnet.'): del sys.modules[n]",
        "np.seterr(all='raise')\nimport warnings\nwarnings.simplefilter('error')",
    ],
)
def test_what_a_file_replaces_is_replaced_for_it_alone(tmp_path, text):
    _, found = checked(tmp_path, text)
    assert found["square"].verdict == "pass"


def test_a_file_has_the_functions_that_it_put_into_numpy(tmp_path):
    text = """
old = np.square
np.square = lambda x: 3 * old(x)
def triple_forward(x): return np.square(x), x
def triple_backward(dout, x): return dout * 6 * x
def minnet_cases(rng): yield "triple", np.ones(3)
"""
    _, found = checked(tmp_path, text)
    assert (found["square"].verdict, found["triple"].verdict) == ("pass", "pass")


def test_an_exception_of_the_user_s_own_is_told_with_its_line():
    class Odd(np.ndarray):
        def copy(self, *_):
            raise ValueError("not to be copied")

    report = check_layer(Dense(kept=np.ones(2).view(Odd)), X)
    assert "ValueError: not to be copied" in str(report) or report.verdict == "fail"
    assert "minnet itself" not in str(report)


def test_a_failure_of_its_own_costs_one_case(monkeypatch):
    monkeypatch.setattr(engine, "_check_point", operator.truediv)
    report = check_layer(Dense(), X)
    assert report.verdict == "error"
    assert "minnet itself failed: TypeError: unsupported operand" in " ".join(str(report).split())


def test_a_failure_in_looking_for_the_line_leaves_the_verdicts(monkeypatch):
    monkeypatch.setattr(cures, "remedies", operator.truediv)
    report = check_functions(lambda x: (x * x, x), lambda dout, x: dout * x, X)
    assert report.gradients[0].diagnosis[0].code == "scale"
    assert "the line was not looked for: minnet itself failed" in " ".join(str(report).split())


def test_nan_in_an_input_is_not_the_gradient_s():
    x = X.copy()
    x[1, 0] = np.nan
    report = check_functions(lambda x: (x * x, x), lambda dout, x: 2 * dout * x, x)
    assert report.verdict == "inconclusive"
    assert "x was given with 1 NaN or infinite value(s) of 6, the first at index (1, 0)" in (
        " ".join(str(report).split())
    )
