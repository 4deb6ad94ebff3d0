"""The functions a user calls: a `Report` or one clear line, whatever they are handed."""

import random
import warnings

import numpy as np
import pytest

from minnet.gradcheck.checks import (
    check_cases,
    check_functions,
    check_gradient,
    check_layer,
    check_loss,
)
from minnet.gradcheck.under_test.sandbox import global_state

X = np.random.default_rng(0).normal(size=(3, 4))


class Dense:
    def __init__(self):
        self.W = np.random.default_rng(1).normal(size=(4, 2))

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.dW = self.x.T @ dout
        return dout @ self.W.T


def raising(error):
    def passes(*_):
        raise error

    return passes


class Speechless(Exception):
    def __str__(self):
        raise RuntimeError("no words")


ERRORS = [
    ValueError("bad"),
    Speechless(),
    SystemExit(3),
    RecursionError(),
    MemoryError(),
    StopIteration(),
    ExceptionGroup("several", [ValueError(1)]),
    BaseException("base"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("name", ["forward", "backward"])
def test_whatever_the_code_raises_becomes_a_report_that_names_it(name, error):
    report = check_layer(type("Raising", (Dense,), {name: raising(error)})(), X)
    assert report.verdict == "error"
    assert type(error).__name__ in str(report)


def test_not_implemented_is_not_an_error():
    layer = type("Todo", (Dense,), {"backward": raising(NotImplementedError())})()
    assert check_layer(layer, X).verdict == "not_implemented"


def test_the_user_can_always_stop_the_program():
    layer = type("Slow", (Dense,), {"backward": raising(KeyboardInterrupt())})()
    with pytest.raises(KeyboardInterrupt):
        check_layer(layer, X)


def test_warnings_turned_into_errors_do_not_end_a_check():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        steep = check_gradient(lambda x: np.exp(30 * x).sum(), lambda x: 30 * np.exp(30 * x), X)
        huge = check_gradient(lambda x: (x**2).sum(), lambda x: 2 * x, 1e100 * X)
        tiny = check_gradient(lambda x: x.sum(), np.ones_like, 1e-300 * X)
    assert steep.verdict == "pass"
    assert {huge.verdict, tiny.verdict} <= {"pass", "inconclusive"}


def test_the_layer_is_left_as_it_was():
    layer = Dense()
    before = layer.W.copy()
    check_layer(layer, X)
    assert set(vars(layer)) == {"W"}
    np.testing.assert_array_equal(layer.W, before)


class Slots:
    __slots__ = ("W", "dW", "x")

    def __init__(self):
        self.W = np.eye(4)

    forward, backward = Dense.forward, Dense.backward


class Property(Dense):
    def __init__(self):
        self._W = np.eye(4)

    @property
    def W(self):
        return self._W

    @W.setter
    def W(self, value):
        self._W = value


class Transposed(Dense):
    def __init__(self):
        self.W = np.random.default_rng(1).normal(size=(2, 4)).T


class ReadOnly(Dense):
    def __init__(self):
        super().__init__()
        self.W.flags.writeable = False


class RunsInInit(Dense):
    def __init__(self):
        super().__init__()
        self.forward(np.ones((1, 4)))


class Cyclic(Dense):
    def __init__(self):
        super().__init__()
        self.me = self


class Unequal(Dense):
    def __eq__(self, other):
        raise ValueError("ambiguous")

    __hash__ = None


@pytest.mark.parametrize("cls", [Slots, Transposed, ReadOnly, RunsInInit, Cyclic, Unequal])
def test_classes_of_every_make_are_checked_with_their_parameter(cls):
    report = check_layer(cls(), X)
    assert report.verdict == "pass"
    assert {"x", "W"} == {g.wrt for g in report.gradients}


@pytest.mark.parametrize("cls", [Slots, Transposed, ReadOnly])
def test_and_a_mistake_in_their_parameter_s_gradient_is_seen(cls):
    def backward(self, dout):
        self.dW = 1.001 * self.x.T @ dout
        return dout @ self.W.T

    report = check_layer(type("Wrong", (cls,), {"__slots__": (), "backward": backward})(), X)
    assert [g.wrt for g in report.gradients if g.verdict == "fail"] == ["W"]


def test_a_parameter_may_be_a_property():
    def backward(self, dout):
        self.dW = 1.001 * self.x.T @ dout
        return dout @ self.W.T

    assert check_layer(Property(), X).verdict == "pass"
    assert check_layer(type("Wrong", (Property,), {"backward": backward})(), X).verdict == "fail"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("seed", -1),
        ("seed", "a"),
        ("seed", 1.5),
        ("elements", -1),
        ("elements", "some"),
        ("step", 0),
        ("step", float("nan")),
        ("step", "a"),
        ("hints", "many"),
    ],
)
def test_an_option_out_of_range_is_named_with_what_it_may_be(option, value):
    with pytest.raises(ValueError, match=f"^{option} is .*; it has to be "):
        check_layer(Dense(), X, **{option: value})


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: check_layer(None, X), "NoneType has no method forward"),
        (lambda: check_loss(None, X, X), "None is no loss"),
        (lambda: next(check_cases(Dense)), r"Dense has no class method examples"),
    ],
)
def test_what_cannot_be_checked_at_all_is_one_clear_line(call, match):
    with pytest.raises(TypeError, match=match):
        call()


def test_numbers_and_integers_may_be_inputs():
    assert check_gradient(lambda x: x**2, lambda x: 2 * x, 3.0).verdict == "pass"
    report = check_layer(Dense(), np.arange(8).reshape(2, 4))
    assert [g.wrt for g in report.gradients] == ["x", "W"]
    assert "x holds int64" in str(report.checks[0].cases[0].notes)


def test_an_output_that_changes_its_shape_does_not_end_the_check():
    def forward(x):
        return np.full(int(abs(x[0, 0]) * 1e3) % 7 + 1, x.sum()), x

    report = check_functions(forward, lambda d, x: np.full_like(x, d.sum()), X)
    assert report.verdict in ("pass", "inconclusive", "fail") and str(report)


def test_a_check_leaves_the_global_generators_where_they_were():
    class Noisy(Dense):
        def __init__(self, error=None):
            super().__init__()
            self.error = error

        def forward(self, x):
            if self.error:
                raise self.error
            return super().forward(x * np.random.rand() * random.random())  # noqa: NPY002

    np.random.randn()  # noqa: NPY002  which keeps the second of two numbers
    before = global_state()
    check_layer(Noisy(), X)
    with pytest.raises(KeyboardInterrupt):
        check_layer(Noisy(KeyboardInterrupt()), X)
    after = global_state()
    assert all(map(np.array_equal, before[0], after[0])) and before[1] == after[1]


def test_cases_gives_one_report_for_each_example():
    class Scaled(Dense):
        @classmethod
        def examples(cls, rng):
            for n in (1, 2, 5):
                yield cls(), rng.normal(size=(n, 4))

    reports = list(check_cases(Scaled))
    assert [r.verdict for r in reports] == ["pass"] * 3
    assert [r.gradients[0].shape for r in reports] == [(1, 4), (2, 4), (5, 4)]
