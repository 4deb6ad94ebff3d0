"""What pins the constants of what looks into the user's functions while they run."""

import importlib.util
import tempfile
from pathlib import Path

import numpy as np
from counting import calls, forward_runs

from minnet.gradcheck.diagnosis.first_wrong import first_wrong
from minnet.gradcheck.diagnosis.suspects import suspects
from minnet.gradcheck.under_test.functions import FunctionsCase
from minnet.tracing.taps import Taps
from pins import Pin

SIZES = """
def forward(x):
    return 2 * x, x.shape


def backward(dout, cache):
    a, b, c, d = cache
    left = 3
    while left != 0:
        left -= 1
    if (a, b, c) != dout.shape[:3]:
        raise ValueError(a, b, c)
    return 2 * dout + (d - 4)


def many(dout, cache):
    {names} = tuple(range(60))
    return 2 * dout * (None if {first} else 1)
"""
NAMES = [f"n{k}" for k in range(60)]


def case_of(backward):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sizes.py"
        text = SIZES.format(names=", ".join(NAMES), first=NAMES[0])
        path.write_text(text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location("sizes", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        case = FunctionsCase(module.forward, getattr(module, backward), (np.ones((2, 3, 2, 4)),))
        return suspects(case, np.ones(48))


def a_size_that_alone_can_change_is_seen():
    found = {s.number: s for s in case_of("backward")}
    assert found[7].changed and found[7].reaches == {"x"}


def of_many_numbers_only_some_are_changed_one_by_one():
    with forward_runs() as runs:
        case_of("many")
    assert runs() < 60, runs()


def a_loop_may_take_a_little_longer():
    assert case_of("backward")


def a_loop_that_never_ends_is_ended_soon():
    with calls(Taps, "_tap") as passed:
        case_of("backward")
    assert passed() < 5_000, passed()


LAYER = """
import numpy as np


def forward(x):
    mean = x.mean(axis=1, keepdims=True)
    return np.tanh(x - mean), x


def backward(dout, x):
    mean = x.mean(axis=1, keepdims=True)
    y = np.tanh(x - mean)
    dy = dout * (1 - y)
    shift = dy.mean(axis=1, keepdims=True)
    return dy - shift
"""


def line_of(x):
    """The line named for a wrong factor, and the passes that it took."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "layer.py"
        path.write_text(LAYER, encoding="utf-8")
        spec = importlib.util.spec_from_file_location("layer", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        case = FunctionsCase(module.forward, module.backward, (x,))
        dy = 1 - module.forward(x)[0] ** 2
        wrong = {"x": (dy - dy.mean(axis=1, keepdims=True), np.full(x.shape, 1e-12))}
        with forward_runs() as runs:
            found = first_wrong(case, np.ones(x.size), wrong, {})
        return (None if found is None else found.line.number), runs()


def a_small_layer_is_within_the_effort():
    assert line_of(np.random.default_rng(0).normal(size=(3, 4)))[0] == 13


def a_large_one_takes_no_more_than_some_thousand_passes():
    assert line_of(np.random.default_rng(0).normal(size=(40, 50)))[1] < 6000


PINS = [
    Pin(
        "diagnosis.traced",
        "EFFORT",
        a_small_layer_is_within_the_effort,
        a_large_one_takes_no_more_than_some_thousand_passes,
    ),
    Pin(
        "diagnosis.suspects",
        "FEW",
        a_size_that_alone_can_change_is_seen,
        of_many_numbers_only_some_are_changed_one_by_one,
    ),
    Pin(
        "diagnosis.traced",
        "LONGER",
        a_loop_may_take_a_little_longer,
        a_loop_that_never_ends_is_ended_soon,
    ),
]
