"""What pins the constants of minnet.gradcheck.contract."""

import numpy as np

from minnet.gradcheck import check_layer
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


PINS = [
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
