"""`hints` bounds what is told of a mistake, wherever it is told."""

from __future__ import annotations

import re

import numpy as np
import pytest

import minnet
from minnet import check_functions
from minnet.conventions.isolated.process import Watch

LAYERS = """
import numpy as np

def affine_forward(x, w, b):
    return x.reshape(len(x), -1) @ w + b, (x, w, b)

def affine_backward(dout, cache):
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    dout *= -1
    return dx, x.reshape(len(x), -1).T @ dout, -dout.sum(axis=0) / len(x)

def relu_forward(x):
    return np.maximum(x, 0), x

def relu_backward(dout, cache):
    raise ValueError("secret")

def sigmoid_forward(x):
    return np.tanh(x), np.tanh(x)

def sigmoid_backward(dout, y):
    return dout * (1 - y * y)

def tanh_forward(x):
    return np.tanh(x), x

def tanh_backward(dout, x):
    return dout * (1 - np.tanh(x) ** 2) + 0.1 * np.sin(7 * dout)
"""
#: what stands beside a code, a table, a line or a remedy in some output
MARKS = ("explain", "-->", "line:", "analytic ", "hint:", "secret", "where:", 'code"', "Hint:")


@pytest.fixture
def layers(tmp_path):
    path = tmp_path / "layers.py"
    path.write_text(LAYERS, encoding="utf-8")
    return path


def dicts(data):
    """Yield every dict in JSON data."""
    if isinstance(data, dict):
        yield data
    for value in data.values() if isinstance(data, dict) else data:
        if isinstance(value, dict | list):
            yield from dicts(value)


def codes(report):
    return [found["code"] for found in dicts(report.to_dict()) if "code" in found]


def test_without_hints_a_report_tells_the_verdicts_and_nothing_else(layers, tmp_path):
    report, full = (minnet.check(layers, hints=hints) for hints in ("none", "full"))
    page = tmp_path / "report.html"
    report.to_html(page)
    body = page.read_text(encoding="utf-8").partition("<body")[2].partition("<script")[0]
    for text in (str(report), repr(report), report.to_json(), report._repr_html_(), body):
        text = re.sub(r"<style.*?</style>|<footer.*?</footer>", "", text, flags=re.DOTALL)
        assert not [
            code for code in {*codes(full)} - {"forward"} if re.search(rf"\b{code}\b", text)
        ]
        assert not [mark for mark in MARKS if mark in text]
    judged = [(g.name, g.case, g.verdict) for g in full.gradients]
    assert [(g.name, g.case, g.verdict) for g in report.gradients] == judged
    assert {check.verdict for check in report.checks} == {"error", "fail"}
    wrong = [g for g in report.gradients if g.verdict != "pass"]
    assert all((g.worst, g.elements, g.diagnosis) == (None, None, ()) for g in wrong)
    assert all(np.isnan(g.relative_error) for g in wrong), "2.0 would tell of a sign"


@pytest.mark.parametrize(("hints", "said"), [("none", set()), ("code", {"crash", "mutates"})])
def test_results_that_are_told_as_they_come_tell_no_more(layers, hints, said):
    class Seen(Watch):
        def __init__(self):
            self.came = []

        def found(self, target, result):
            self.came += [f.code for case in result.cases for f in (*case.findings, *case.warnings)]

    seen = Seen()
    minnet.check(layers, hints=hints, watch=seen)
    assert {code.partition("_")[0] for code in seen.came} - {"forward"} == said


def test_a_bare_code_is_the_one_that_all_hints_tell(layers):
    code, full = (minnet.check(layers, hints=hints) for hints in ("code", "full"))
    assert codes(code) == codes(full)
    assert not any(found.get("evidence") for found in dicts(code.to_dict()))
    assert "FAIL[sign]" in str(code) and "analytic" not in str(code) and "-->" not in str(code)


def test_what_was_not_checked_is_said_without_hints_too():
    class Shifted:
        def __init__(self):
            self.offset = np.array([1.5, -2.5])

        def forward(self, x):
            return x + self.offset

        def backward(self, dout):
            return dout

    report = minnet.check_layer(Shifted(), np.ones((3, 2)), hints="none")
    assert report and "Not checked: self.offset" in str(report)
    assert "not_checked" not in str(report)


def test_a_doubt_is_only_its_verdict_without_hints():
    x = np.random.default_rng(1).uniform(-0.4, 0.4, (30, 4))

    def forward(given):
        if np.abs(given - x).max() > 1:
            raise ValueError("out of the domain")
        return (100 + 0.2 * np.sin(given)).astype(np.float16).astype(float), given

    report = check_functions(forward, lambda dout, x: 0.2 * dout * np.cos(x), x, hints="none")
    assert report.verdict == "inconclusive" and "given not certain" in str(report)
    assert "±" not in str(report) and "inconclusive" not in str(report)
