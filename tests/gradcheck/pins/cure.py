"""What pins the constants of minnet.gradcheck.cure."""

import tempfile
from unittest import mock

import numpy as np
from counting import calls
from spoilt import checked, imported, normal, spoilt

from minnet.gradcheck.cure.meanings import Meaning, Values
from minnet.gradcheck.cure.scope import Scope
from minnet.gradcheck.cure.terms import terms_for
from minnet.gradcheck.cure.trial import Measured, Trial
from minnet.gradcheck.measure.bars import Sums
from minnet.gradcheck.under_test.functions import FunctionsCase
from minnet.tracing.source import exchanged
from pins import Pin

NORM = """
def forward(x):
    mu = x.mean(axis=0)
    xmu = x - mu
    var = np.mean(xmu**2, axis=0)
    std = np.sqrt(var + 0.1)
    return xmu / std, (xmu, var, std)


def backward(dout, cache):
    xmu, var, std = cache
    N = dout.shape[0]
    dvar = np.sum(dout * xmu, axis=0) * -0.5 * (var + 0.1) ** -1.5
    dmu = -np.sum(dout / std, axis=0)
    dx = dout / std + dvar * 2 * xmu / N + dmu / N
    return dx
"""
X = normal((5, 4))


def told(text, *arrays):
    """Check some code from a file; return the first finding of each wrong gradient."""
    with tempfile.TemporaryDirectory() as folder:
        return checked(imported(folder, text), *arrays).findings


def tries(text, *arrays, most):
    """How many edits are tried where none cures; it is an error if they are more than `most`."""
    count = 0

    def cured(trial, wrong, right):
        nonlocal count
        count += 1
        if count > most:
            raise RuntimeError("more are not counted")
        return frozenset()

    with mock.patch.object(Trial, "cured", cured):
        told(text, *arrays)
    assert count <= most
    return count


def trial_of(text, *arrays):
    with tempfile.TemporaryDirectory() as folder:
        module = imported(folder, text)
        return module, Trial(FunctionsCase(module.forward, module.backward, arrays), 0)


# --- what is tried --------------------------------------------------------------------------

FOUR = """
def forward(a, b, c, d):
    return a + 2 * b + 3 * c + 4 * d, None


def backward(dout, cache):
    da = -dout
    db = -2 * dout
    dc = -3 * dout
    dd = -4 * dout
    return da, db, dc, dd
"""


def one_of_two_mistakes_is_not_all():
    text = FOUR.replace("dc = -", "dc = ").replace("dd = -", "dd = ")
    assert [f.line.text[:2] for f in told(text, *normal(*[(2, 3)] * 4)).values()] == ["da", "db"]


def a_fourth_mistake_is_not_looked_for():
    found = told(FOUR, *normal(*[(2, 3)] * 4)).values()
    assert sum(f.fix is not None for f in found) == 3


def a_missing_term_is_found():
    found = told(spoilt(NORM, " + dmu / N", ""), *X)
    assert "dmu" in found["x"].fix.new


NAMES = ", ".join(f"c{k}" for k in range(30))
MANY_NAMES = f"""
def forward(x):
    return x**2, [x + 1] * 30


def backward(dout, cache):
    {NAMES} = cache
    dx = dout * np.cosh({NAMES.replace(",", " +")})
    return dx
"""


def of_what_cannot_be_mended_not_everything_is_tried():
    assert tries(MANY_NAMES, *X, most=3500) > 2500


LOOP = """
def forward(x):
    for _ in range({steps}):
        pass
    return x**2, (x, x + 1, x + 2, x + 3, x + 4, x + 5)


def backward(dout, cache):
    x, a, b, c, d, e = cache
    dx = {factor} * dout * x
    return dx
"""


def a_loop_is_mended():
    assert told(LOOP.format(steps=1500, factor="3"), *X)["x"].fix is not None


def a_long_loop_is_tried_less_often():
    assert tries(LOOP.format(steps=5000, factor="np.cosh(a + b + c + d)"), *X, most=320) > 100


AFFINE = """
def forward(x, w):
    return x @ w, (x, w)


def backward(dout, cache):
    x, w = cache
    dx = dout @ w.T
    dw = {dw}
    return dx, dw
"""
LETTERS = AFFINE.format(dw="np.einsum('ni,no->oi', x, dout)")
SIGN = AFFINE.format(dw="-x.T @ dout")


def a_later_kind_of_edit_may_be_the_better():
    """The product is transposed when it is returned, too, but it is the einsum that is wrong."""
    assert told(LETTERS, *normal((5, 4), (4, 3)))["w"].line.text.startswith("dw = np.einsum")


def with_a_cure_at_hand_the_rarest_edits_are_not_tried():
    with calls(Trial, "cured") as tried:
        told(SIGN, *normal((5, 4), (4, 3)))
    assert tried() < 150, tried()


# --- what is looked up ----------------------------------------------------------------------


def looked_up(one, other, count):
    """Whether a product of two of many arrays is recognised."""
    arrays = normal(*[(3, 2)] * count)
    values = {f"a{k}": array for k, array in enumerate(arrays)}
    missing = arrays[one] * arrays[other]
    bar = np.full(missing.shape, 1e-12)
    return f"a{one} * a{other}" in list(terms_for(missing, bar, values, Scope(values)))


def a_product_of_what_was_computed_last_is_recognised():
    assert looked_up(20, 25, 30)


def of_many_arrays_only_the_last_are_multiplied():
    assert not looked_up(2, 3, 30)


def entries(count):
    return Scope({"cache": {f"a{k}": np.ones(2) for k in range(count)}}).arrays


def what_a_cache_holds_is_at_hand():
    assert len(entries(10)) == 10


def of_a_huge_dictionary_only_some_entries_are():
    assert len(entries(1000)) <= 100


# --- what the values mean -------------------------------------------------------------------


def what_an_early_value_should_be_is_told():
    reason = told(spoilt(NORM, "-0.5", "-1.5"), *X)["x"].reason
    assert reason.startswith("dvar should be dL/d(var)")


STEPS = "\n".join(f"    y = y * {1 + k / 1000}" for k in range(60))
LONG = f"""
def forward(x):
    y = x
{STEPS}
    return y, x


def backward(dout, x):
    dx = 2 * dout
    return dx
"""


def of_a_long_forward_pass_only_the_end_is_measured():
    with calls(Values, "_along") as measured:
        told(LONG, *X)
    assert measured() < 100, measured()


def means(share):
    """Whether a value is believed that is known to a share of its size."""
    _, trial = trial_of(NORM, *X)
    direction = np.array([1.0])
    sums = Sums(*map(np.array, ([1.0], [share], [False], [1.0])))
    return Meaning("x", -1, (direction,), (sums,)).fits(np.array([1.0]), trial)


def what_is_known_to_four_digits_has_a_meaning():
    assert means(1e-4)


def what_is_known_to_one_digit_may_be_anything():
    assert not means(0.05)


# --- a trial --------------------------------------------------------------------------------


def far(claimed):
    sums = Sums(*map(np.array, ([1.0], [0.0], [False], [1.0])))
    return Measured(np.array([1.0]), sums).is_far(claimed)


def rounding_to_half_a_percent_needs_a_closer_look():
    assert not far(1.005)


def three_times_the_number_needs_none():
    assert far(3.0)


def a_small_gradient_is_measured_as_a_whole():
    assert trial_of(NORM, *X)[1].numeric("x") is not None


def a_large_one_is_not():
    _, trial = trial_of(NORM, *normal((100, 10)))
    assert trial.numeric("x") is None


def one_through_a_very_long_loop_is_not():
    text = spoilt(NORM, "    mu =", "    for _ in range(15_000):\n        pass\n    mu =")
    assert trial_of(text, *X)[1].numeric("x") is None


WHILE = """
def forward(x):
    return 2 * x, None


def backward(dout, cache):
    dx = np.zeros_like(dout)
    n = 0
    while n < {below}:
        n += 1
        dx = dout * (n / 1000)
    return {dx}


def endless(dout, cache):
    n = 0
    while True:
        n += 1
        TICKS.append(n)
"""


def a_long_while_loop_is_mended():
    assert told(WHILE.format(below=2000, dx="-dx"), *X)["x"].fix.new == "return dx"


def a_while_loop_that_did_not_run_is_mended():
    text = WHILE.format(below=-1100, dx="dx").replace("1000", "400").replace("2 * x", "2.75 * x")
    assert told(text, *X)["x"].fix.new == "while n < 1100:"


def an_endless_loop_is_ended_soon():
    module, trial = trial_of(WHILE.format(below=200, dx="dx"), *X)
    module.TICKS, trial.guarded = [], True
    with exchanged({module.backward: module.endless.__code__}):
        assert trial.everything() is None
    assert 0 < len(module.TICKS) < 20_000


PINS = [
    Pin(
        "cure.cases", "MISTAKES", one_of_two_mistakes_is_not_all, a_fourth_mistake_is_not_looked_for
    ),
    Pin(
        "cure.meanings",
        "MOST",
        what_an_early_value_should_be_is_told,
        of_a_long_forward_pass_only_the_end_is_measured,
        factor=20,
    ),
    Pin(
        "cure.meanings",
        "TELLING",
        what_is_known_to_four_digits_has_a_meaning,
        what_is_known_to_one_digit_may_be_anything,
    ),
    Pin(
        "cure.scope",
        "MOST_ENTRIES",
        what_a_cache_holds_is_at_hand,
        of_a_huge_dictionary_only_some_entries_are,
    ),
    Pin(
        "cure.search",
        "TRIES",
        a_missing_term_is_found,
        of_what_cannot_be_mended_not_everything_is_tried,
    ),
    Pin(
        "cure.search",
        "BESIDE",
        a_later_kind_of_edit_may_be_the_better,
        with_a_cure_at_hand_the_rarest_edits_are_not_tried,
    ),
    Pin("cure.search", "LINES", a_loop_is_mended, a_long_loop_is_tried_less_often),
    Pin(
        "cure.terms",
        "MOST",
        a_product_of_what_was_computed_last_is_recognised,
        of_many_arrays_only_the_last_are_multiplied,
        factor=10,
    ),
    Pin(
        "cure.trial",
        "FAR",
        rounding_to_half_a_percent_needs_a_closer_look,
        three_times_the_number_needs_none,
    ),
    Pin("cure.trial", "LARGE", a_small_gradient_is_measured_as_a_whole, a_large_one_is_not),
    Pin(
        "cure.trial",
        "DEAR",
        a_small_gradient_is_measured_as_a_whole,
        one_through_a_very_long_loop_is_not,
    ),
    Pin("cure.trial", "LONGER", a_long_while_loop_is_mended, an_endless_loop_is_ended_soon),
    Pin(
        "cure.trial", "MORE", a_while_loop_that_did_not_run_is_mended, an_endless_loop_is_ended_soon
    ),
]
