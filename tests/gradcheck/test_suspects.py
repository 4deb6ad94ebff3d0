"""A statement is a suspect of the gradients that come out otherwise when its value is changed."""

import importlib.util

import numpy as np
import pytest

from minnet.gradcheck.diagnosis.suspects import suspects
from minnet.gradcheck.under_test.functions import FunctionsCase
from minnet.gradcheck.under_test.layer import LayerCase

DENSE = """
import numpy as np


def forward(x, w, b):
    out = x @ w + b
    unused = x.sum()
    cache = (x, w, len(x))
    return out, cache


def helper(dout, w):
    wt = w.T
    return dout @ wt


def backward(dout, cache):
    x, w, n = cache
    dx = helper(dout, w)
    dw = np.zeros_like(w)
    for k in range(n):
        dw += np.outer(x[k], dout[k])
    if n > 100:
        dw = 2 * dw
    db = np.empty(dout.shape[1])
    np.sum(dout, axis=0, out=db)
    seen = dout > 0
    return dx, dw, db
"""

POOL = """
class Pool:
    def forward(self, x):
        self.x = x
        return x.max(axis=1)

    def backward(self, dout):
        dx = 0 * self.x
        view = dx[:]
        k = 0
        while k < len(dout):
            j = self.x[k].argmax()
            view[k, j] = dout[k]
            k += 1
        return dx
"""


def module_of(folder, text):
    path = folder / "code.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("code_under_test", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def dense(tmp_path):
    module = module_of(tmp_path, DENSE)
    rng = np.random.default_rng(0)
    arrays = rng.normal(size=(4, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)
    found = suspects(FunctionsCase(module.forward, module.backward, arrays), np.ones(8))
    return {s.source.segment(s.statement).splitlines()[0]: s for s in found}


def reach(found, text):
    return "".join(sorted(found[text].reaches))


def test_a_statement_reaches_the_gradients_that_it_is_used_for(dense):
    assert reach(dense, "dx = helper(dout, w)") == "x"
    assert reach(dense, "dw += np.outer(x[k], dout[k])") == "w"
    assert reach(dense, "return dx, dw, db") == "bwx"
    assert reach(dense, "x, w, n = cache") == "wx"
    assert reach(dense, "seen = dout > 0") == ""


def test_a_statement_of_a_helper_is_among_them(dense):
    assert reach(dense, "wt = w.T") == reach(dense, "return dout @ wt") == "x"


def test_what_a_call_writes_into_counts(dense):
    assert reach(dense, "np.sum(dout, axis=0, out=db)") == "b"
    assert reach(dense, "db = np.empty(dout.shape[1])") == ""  # every number is written again


def test_of_forward_there_is_only_what_serves_backward_alone(dense):
    assert dense["cache = (x, w, len(x))"].phase == "forward"
    assert "out = x @ w + b" not in dense
    assert "unused = x.sum()" not in dense


def test_a_loop_has_no_value_and_reaches_what_is_in_it(dense):
    loop = dense["for k in range(n):"]
    assert not loop.changed and loop.ran and loop.reaches == {"w"}


def test_how_often_a_statement_ran_is_told(dense):
    assert dense["dw += np.outer(x[k], dout[k])"].count == 4
    assert not dense["dw = 2 * dw"].ran and dense["dw = 2 * dw"].reaches == set()


def test_a_mistake_is_explained_by_what_reaches_all_that_is_wrong_and_nothing_right(dense):
    explaining = {text for text, s in dense.items() if s.explains({"x"}, {"w", "b"})}
    computing = {"dx = helper(dout, w)", "wt = w.T", "return dout @ wt"}
    handing_on = {"cache = (x, w, len(x))", "x, w, n = cache", "return dx, dw, db"}
    assert explaining == computing | handing_on


def test_indices_views_and_counters_count(tmp_path):
    module = module_of(tmp_path, POOL)
    case = LayerCase(module.Pool(), np.random.default_rng(0).normal(size=(3, 4)))
    found = {s.source.segment(s.statement): s for s in suspects(case, np.ones(3))}
    for text in ("view = dx[:]", "j = self.x[k].argmax()", "view[k, j] = dout[k]", "k += 1"):
        assert found[text].reaches == {"x"} and found[text].changed, text


def test_nothing_is_said_of_code_without_a_source():
    space = {}
    exec(DENSE, space)
    arrays = np.ones((4, 3)), np.ones((3, 2)), np.ones(2)
    assert suspects(FunctionsCase(space["forward"], space["backward"], arrays), np.ones(8)) == ()


def test_the_case_is_left_as_it_was(tmp_path):
    module = module_of(tmp_path, POOL)
    case = LayerCase(module.Pool(), np.random.default_rng(0).normal(size=(3, 4)))
    before = case.run().backward((np.ones(3),))["x"]
    suspects(case, np.ones(3))
    assert np.array_equal(case.run().backward((np.ones(3),))["x"], before)
