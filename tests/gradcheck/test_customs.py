"""A convention of a course is named as that, and a mistake beside it is still a mistake."""

import numpy as np
import pytest

from minnet.gradcheck import check_functions, check_layer, check_loss


def case_of(report):
    (case,) = report.checks[0].cases
    return case


def codes(report):
    return [warning.code for warning in case_of(report).warnings]


def wrong(report):
    """Return the first diagnosis of each gradient that fails, by its variable."""
    return {g.wrt: g.diagnosis[0].code for g in report.gradients if g.verdict == "fail"}


X = np.random.default_rng(0).normal(size=(4, 3))
P = np.random.default_rng(1).uniform(0.1, 0.9, size=(4, 3))


class Linear:
    factor = 1.0

    def __init__(self):
        self.W = np.random.default_rng(2).normal(size=(3, 2))
        self.zero_grad()

    def zero_grad(self):
        self.dW = np.zeros_like(self.W)

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.dW += self.factor * self.x.T @ dout
        return dout @ self.W.T


class Doubled(Linear):
    factor = 2.0


def test_gradients_that_a_zero_grad_clears_may_be_added_up():
    report = check_layer(Linear(), X)
    assert report and codes(report) == ["convention"]
    assert "W is added up" in case_of(report).warnings[0].message


def test_beside_a_zero_grad_the_mistake_in_what_is_added_is_the_one_named():
    assert wrong(check_layer(Doubled(), X)) == {"W": "scale"}


def log_forward(p):
    return np.log(p + 1e-7), p


def log_backward(dout, p):
    return dout / p


def negative_log_backward(dout, p):
    return -dout / p


def norm_forward(x):
    length = np.sqrt((x**2).sum(axis=1, keepdims=True))
    return x / (length + 1e-8), (x, length)


def norm_backward(dout, cache):
    x, length = cache
    return dout / length - x * (dout * x).sum(axis=1, keepdims=True) / length**3


def guarded_backward(dout, p):
    return dout / (p + EPS)


def plain_log_forward(p):
    return np.log(p), p


EPS = 1e-6


@pytest.mark.parametrize(
    ("forward", "backward", "x", "where"),
    [
        (log_forward, log_backward, P, "1e-07 stands in forward only"),
        (norm_forward, norm_backward, X, "1e-08 stands in forward only"),
        (plain_log_forward, guarded_backward, P, "EPS stands in backward only"),
        (log_forward, guarded_backward, P, "in different places"),
    ],
)
def test_an_epsilon_that_only_one_pass_has_is_named(forward, backward, x, where):
    report = check_functions(forward, backward, x)
    assert report and codes(report) == ["convention"]
    assert where in case_of(report).warnings[0].message


def test_beside_an_epsilon_another_mistake_is_one():
    assert set(wrong(check_functions(log_forward, negative_log_backward, P))) == {"p"}


def tanh_forward(x):
    y = np.tanh(x)
    return y, y


def tanh_backward(dout, y):
    return dout * (1 - y**2 + 1e-6)


def test_a_small_number_that_keeps_nothing_finite_is_a_mistake():
    assert set(wrong(check_functions(tanh_forward, tanh_backward, X))) == {"x"}


class MyLoss:
    def forward(self, p, t):
        self.p, self.t = p, t
        return -np.sum(t * np.log(p + 1e-9) + (1 - t) * np.log(1 - p + 1e-9))

    def backward(self):
        return (self.p - self.t) / (self.p * (1 - self.p))


def test_two_epsilons_of_one_pass_are_taken_out_together():
    t = (np.random.default_rng(3).random((4, 3)) < 0.5).astype(float)
    report = check_loss(MyLoss(), 1e-3 * P, t)
    assert report and codes(report) == ["convention"]


class SignSTE:
    slope = 1.0

    def forward(self, x):
        self.x = x
        return np.sign(x)

    def backward(self, dout):
        return self.slope * dout * (np.abs(self.x) <= 1)


class Sign:
    def forward(self, x):
        self.x = x
        return np.sign(x)

    def backward(self, dout):
        return dout * (np.abs(self.x) <= 1)


class SteepSTE(SignSTE):
    slope = 2.0


class Step:
    """A straight-through estimator: the step is skipped on the way back."""

    def forward(self, x):
        return (x > 0).astype(float)

    def backward(self, dout):
        return dout


class GradientReversal:
    sign = -1.0

    def forward(self, x):
        return x.copy()

    def backward(self, dout):
        return self.sign * 0.7 * dout


class GradientReversalTurnedRound(GradientReversal):
    sign = 1.0


@pytest.mark.parametrize("layer", [SignSTE(), Step(), GradientReversal()])
def test_what_says_so_by_its_name_may_differ_from_the_derivative(layer):
    report = check_layer(layer, X)
    assert report and codes(report) == ["convention"]


@pytest.mark.parametrize("layer", [Sign(), SteepSTE(), GradientReversalTurnedRound()])
def test_what_does_not_say_so_or_does_something_else_fails(layer):
    assert set(wrong(check_layer(layer, X))) == {"x"}


def test_how_much_is_told_changes_no_verdict():
    for hints in ("none", "code", "full"):
        assert check_layer(SignSTE(), X, hints=hints)
        assert not check_layer(Doubled(), X, hints=hints)
