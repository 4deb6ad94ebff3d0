"""What pins the constants of minnet.gradcheck.contract."""

import numpy as np
from counting import calls

from minnet.gradcheck import check_layer
from minnet.gradcheck.second_point import is_friendly
from minnet.gradcheck.under_test.calling import AdaptedRun
from pins import Pin

SEEDS = range(3)


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def layer(forward, backward):
    """Return a layer: y = forward(x) and dx = backward(dout, x)."""

    class Layer:
        def forward(self, x):
            self.x = x
            return forward(x)

        def backward(self, dout):
            return backward(dout, self.x)

    return Layer()


def softmax(x):
    e = np.exp(x)  # without the maximum
    return e / e.sum(axis=1, keepdims=True)


def softmax_backward(dout, x):
    y = softmax(x)
    return y * (dout - (dout * y).sum(axis=1, keepdims=True))


def warnings_of(checked, x):
    (case,) = check_layer(checked, x).checks[0].cases
    return [warning.code for warning in case.warnings]


def code_of(checked, x, seed):
    (gradient,) = check_layer(checked, x, seed=seed).gradients
    return gradient.diagnosis[0].code if gradient.diagnosis else gradient.verdict


# --- large inputs -------------------------------------------------------------------------


def a_softmax_that_overflows_is_warned_of():
    for seed in SEEDS:
        assert warnings_of(layer(softmax, softmax_backward), normal(seed, 3, 4)) == ["overflow"]


def a_softplus_that_overflows_is_warned_of():
    forward = lambda x: np.log(1 + np.exp(x))  # noqa: E731
    backward = lambda dout, x: dout / (1 + np.exp(-x))  # noqa: E731
    for seed in SEEDS:
        assert warnings_of(layer(forward, backward), normal(seed, 3, 4)) == ["overflow"]


def half_precision_is_not_asked_for_numbers_that_it_does_not_hold():
    for seed in SEEDS:
        x = normal(seed, 3, 4).astype(np.float16)
        assert warnings_of(layer(lambda x: 3 * x, lambda dout, x: 3 * dout), x) == []


def an_exponential_may_overflow():
    for seed in SEEDS:
        checked = layer(np.exp, lambda dout, x: dout * np.exp(x))
        assert warnings_of(checked, normal(seed, 3, 4)) == []


def a_cube_may_overflow_in_half_precision():
    for seed in SEEDS:
        x = normal(seed, 3, 4).astype(np.float16)
        assert warnings_of(layer(lambda x: x**3, lambda dout, x: 3 * x**2 * dout), x) == []


# --- the upstream gradient ----------------------------------------------------------------


def a_gradient_clipped_at_100_is_not_linear_in_dout():
    clipped = layer(lambda x: x**3, lambda dout, x: 3 * x**2 * np.clip(dout, -100, 100))
    for seed in SEEDS:
        assert code_of(clipped, normal(seed, 3, 4), seed) == "nonlinear_upstream"


def in_half_precision_too_a_modulus_of_dout_is_seen():
    modulus = layer(lambda x: 3 * x, lambda dout, x: 3 * np.abs(dout))
    for seed in SEEDS:
        x = normal(seed, 3, 4).astype(np.float16)
        assert code_of(modulus, x, seed) == "nonlinear_upstream"


# --- random numbers -----------------------------------------------------------------------


class SecondMask:
    """Drops half of two elements, and in backward half of them anew."""

    def forward(self, x):
        return x * (np.random.rand(*x.shape) < 0.5)  # noqa: NPY002

    def backward(self, dout):
        return dout * (np.random.rand(*dout.shape) < 0.5)  # noqa: NPY002


def a_second_mask_of_two_elements_is_seen_at_every_seed():
    for seed in range(8):
        assert code_of(SecondMask(), np.array([1.0, 2.0]), seed) == "new_random_numbers"


def a_right_dropout_is_not_run_again_and_again():
    class Dropout:
        def forward(self, x):
            self.mask = np.random.rand(*x.shape) < 0.5  # noqa: NPY002
            return x * self.mask

        def backward(self, dout):
            return dout * self.mask

    with calls(AdaptedRun, "backward") as runs:
        assert check_layer(Dropout(), normal(0, 3, 4))
    assert runs() < 100, runs()


# --- another point ------------------------------------------------------------------------


class Scaled:
    """y = gamma x, with gamma left out of dx."""

    def __init__(self, gamma):
        self.gamma = np.array(gamma)

    def forward(self, x):
        self.x = x
        return self.gamma * x

    def backward(self, dout):
        self.dgamma = (dout * self.x).sum(axis=0)
        return dout


class RightScaled(Scaled):
    """The domain ends at twice the gamma that it starts with."""

    def forward(self, x):
        if np.any(self.gamma > 2) or np.any(self.gamma < 0):
            raise ValueError("gamma lies between 0 and 2")
        return super().forward(x)


def a_gamma_of_ones_does_not_hide_that_it_is_left_out():
    report = check_layer(Scaled([1.0, 1.0]), normal(0, 3, 2).astype(np.float32))
    assert report.verdict == "fail"


def a_domain_is_not_left_by_moving_too_far():
    assert check_layer(RightScaled([1.0, 1.0]), normal(0, 3, 2)).verdict == "fail"


def one_zero_among_many_is_not():
    assert is_friendly(np.array([1.0, 1.0, 1.0, 0.5]))
    assert not is_friendly(np.append(normal(0, 99), 0.0))


PINS = [
    Pin(
        "contract.randomness",
        "TURNS",
        a_second_mask_of_two_elements_is_seen_at_every_seed,
        a_right_dropout_is_not_run_again_and_again,
    ),
    Pin(
        "second_point",
        "MOVED",
        a_gamma_of_ones_does_not_hide_that_it_is_left_out,
        a_domain_is_not_left_by_moving_too_far,
        factor=1e7,
    ),
    Pin(
        "second_point",
        "EQUAL",
        one_zero_among_many_is_not,
        one_zero_among_many_is_not,
    ),
    Pin(
        "contract.extremes",
        "LARGE",
        a_softmax_that_overflows_is_warned_of,
        half_precision_is_not_asked_for_numbers_that_it_does_not_hold,
    ),
    Pin(
        "contract.extremes",
        "MODERATE",
        an_exponential_may_overflow,
        a_softmax_that_overflows_is_warned_of,
    ),
    Pin(
        "contract.extremes",
        "GROWTH",
        a_softplus_that_overflows_is_warned_of,
        a_cube_may_overflow_in_half_precision,
    ),
    Pin(
        "contract.upstream",
        "SCALED",
        a_gradient_clipped_at_100_is_not_linear_in_dout,
        in_half_precision_too_a_modulus_of_dout_is_seen,
    ),
]
