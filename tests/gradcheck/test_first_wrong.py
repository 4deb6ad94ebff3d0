"""The first wrong line is named where one statement alone can hold the mistake, else none is."""

import importlib.util

import numpy as np
import pytest

from minnet.gradcheck.case import output_vector
from minnet.gradcheck.diagnosis.first_wrong import first_wrong, meaning
from minnet.gradcheck.under_test.functions import FunctionsCase

NORM = """
import numpy as np


def forward(x, gamma, beta):
    mu = x.mean(axis=0)
    xmu = x - mu
    var = np.mean(xmu ** 2, axis=0)
    std = np.sqrt(var + 1e-5)
    xhat = xmu / std
    return gamma * xhat + beta, (xhat, xmu, std, gamma)


def backward(dout, cache):
    xhat, xmu, std, gamma = cache
    N = dout.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dvar = np.sum(dxhat * xmu, axis=0) * -0.5 * std ** -3
    dmu = -np.sum(dxhat / std, axis=0)
    dx = dxhat / std + dvar * 2 * xmu / N + dmu / N
    return dx, dgamma, dbeta
"""
CLAMP = """
def forward(x, w):
    h = x * w
    return h.clip(-1, 1), (h, x, w)


def backward(dout, cache):
    h, x, w = cache
    dh = dout * (abs(h) < 1)
    dw = 3 * dh * x
    dhw = dh * w
    dx = dhw * 2
    return dx, dw
"""


def case_of(folder, text, *arrays):
    path = folder / f"code_{len(list(folder.iterdir()))}.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return FunctionsCase(module.forward, module.backward, arrays)


def norm_arrays(seed=0):
    rng = np.random.default_rng(seed)
    return 2 * rng.normal(size=(5, 4)) + 1, rng.normal(size=4), rng.normal(size=4)


def told(folder, old, new, text=NORM, arrays=None, seed=0):
    """What is told of a mistake: an edit of the text of a right function."""
    assert text.count(old) == 1
    arrays = norm_arrays(seed) if arrays is None else arrays
    right, spoilt = (case_of(folder, t, *arrays) for t in (text, text.replace(old, new)))
    dout = np.random.default_rng(seed + 1).normal(size=output_vector(right.run()).size)
    truth, claimed = (claims(case, dout) for case in (right, spoilt))
    wrong = {n: (g, 1e-11 * np.abs(g).max()) for n, g in truth.items()}
    wrong = {n: (g, np.full(g.shape, bar)) for n, (g, bar) in wrong.items()}
    wrong = {n: m for n, m in wrong.items() if not np.allclose(claimed[n], m[0], rtol=1e-9)}
    assert wrong
    rest = {n: g for n, g in claimed.items() if n not in wrong}
    return first_wrong(spoilt, dout, wrong, rest, seed)


def claims(case, dout):
    run = case.run()
    return run.backward((dout.reshape(run.outputs[0].shape),))


MISTAKES = [
    ("std ** -3", "std ** 3"),
    ("xmu / N", "xmu"),
    ("dvar * 2", "dvar * 3"),
    ("dout * gamma", "dout * dout"),
    ("-np.sum(dxhat / std", "np.sum(dxhat / std"),
    ("(dout * xhat).sum(axis=0)", "(dout * xmu).sum(axis=0)"),
    ("dout.sum(axis=0)", "2 * dout.sum(axis=0)"),
    ("return dx, dgamma, dbeta", "return dx, gamma, dbeta"),
]


@pytest.mark.parametrize(("old", "new"), MISTAKES, ids=[new for _, new in MISTAKES])
@pytest.mark.parametrize("seed", range(2))
def test_the_spoilt_line_is_named(tmp_path, old, new, seed):
    found = told(tmp_path, old, new, seed=seed)
    assert found is not None and new in found.line.text


def test_what_the_value_should_be_is_said_with_numbers(tmp_path):
    found = told(tmp_path, "std ** -3", "std ** -2")
    number = NORM.splitlines().index("    var = np.mean(xmu ** 2, axis=0)") + 1
    assert f"dvar should be dL/d(var) (line {number}): yours at [" in found.sentence
    mine, measured = found.sentence.split("yours at [")[1].split("measured ")
    assert float(mine.split()[1].rstrip(",")) != float(measured.split()[0])
    assert "±" in measured


def test_a_value_that_is_right_is_not_blamed_for_what_is_made_of_it(tmp_path):
    found = told(tmp_path, "dvar * 2 * xmu", "dvar * xmu")
    assert found.line.text.startswith("dx = ")


RIGHT_CLAMP = CLAMP.replace("3 * dh * x", "dh * x").replace("dhw * 2", "dhw * 1")
RNG = np.random.default_rng(0)
INSIDE = RNG.uniform(0.1, 0.9, (3, 4)), RNG.uniform(0.1, 0.9, (3, 4))


def test_where_two_lines_could_be_wrong_none_is_named(tmp_path):
    detour = RIGHT_CLAMP.replace("dhw = dh * w", "dhw = dh * w * w").replace("dhw * 1", "dhw / w")
    assert told(tmp_path, "dhw / w", "dhw / w / w", detour, INSIDE) is None


def test_a_mistake_in_one_gradient_does_not_touch_the_others_line(tmp_path):
    for old, new in (("dw = dh * x", "dw = 3 * dh * x"), ("dx = dhw * 1", "dx = dhw * 2")):
        assert told(tmp_path, old, new, RIGHT_CLAMP, INSIDE).line.text == new


def test_nothing_is_said_of_code_without_a_source():
    space = {}
    exec(NORM, space)
    case = FunctionsCase(space["forward"], space["backward"], norm_arrays())
    dout = np.ones(20)
    wrong = {"x": (np.ones((5, 4)), np.full((5, 4), 1e-9))}
    assert first_wrong(case, dout, wrong, {}) is None


def test_numbers_that_are_a_gradient_are_called_after_it(tmp_path):
    case = case_of(tmp_path, NORM, *norm_arrays())
    dout = np.random.default_rng(1).normal(size=20)
    gamma = norm_arrays()[1]
    found = meaning(case, dout, dout.reshape(5, 4) * gamma, "dxhat")
    assert found.of == "xhat" and found.line.text == "xhat = xmu / std"
    assert meaning(case, dout, dout.reshape(5, 4) ** 2) is None
