"""Numeric derivatives: the error bar holds the error, and is no wider than it has to be."""

import numpy as np
import pytest

from minnet.gradcheck.measure.differences import glanced, slope
from minnet.gradcheck.measure.noise import SPACINGS, noise_floor

SMOOTH = {
    "sin": (np.sin, np.cos),
    "exp": (np.exp, np.exp),
    "tanh": (np.tanh, lambda x: 1 / np.cosh(x) ** 2),
    "square": (lambda x: x * x, lambda x: 2 * x),
    "inverse": (lambda x: 1 / x, lambda x: -1 / x**2),
    "log": (lambda x: np.log(np.abs(x)), lambda x: 1 / x),
    "bell": (lambda x: np.exp(-x * x), lambda x: -2 * x * np.exp(-x * x)),
    "softplus": (lambda x: np.logaddexp(0, x), lambda x: 1 / (1 + np.exp(-x))),
}
STEEP = {
    "fast wave": (lambda x: np.sin(200 * x), lambda x: 200 * np.cos(200 * x)),
    "steep": (lambda x: np.arctan(50 * x), lambda x: 50 / (1 + (50 * x) ** 2)),
    "peak": (lambda x: 1 / (1e-4 + x * x), lambda x: -2 * x / (1e-4 + x * x) ** 2),
}
BENT = {
    "relu": (lambda x: np.maximum(x, 0), lambda x: (x > 0) * 1.0),
    "abs": (np.abs, np.sign),
    "huber": (
        lambda x: np.where(np.abs(x) < 1, x * x / 2, np.abs(x) - 0.5),
        lambda x: np.clip(x, -1, 1),
    ),
    "cubic spline": (lambda x: np.abs(x) ** 3, lambda x: 3 * x * np.abs(x)),
}
COARSE = {
    "computed in float32": (lambda x: np.sin(x.astype(np.float32)).astype(float), np.cos),
    "plus a million": (lambda x: np.sin(x) + 1e6, np.cos),
    "float32 after a sum": (lambda x: (np.float32(100) + x.astype(np.float32)) * 1.0, np.ones_like),
}


ALL = SMOOTH | STEEP | BENT | COARSE


def measure(f, x, d):
    """Return what `slope` finds for f along d, each element being an output of its own."""
    line = lambda t: f(x + t * d)  # noqa: E731
    with np.errstate(all="ignore"):
        return slope(line, f(x), 1.0, noise_floor(line, f(x), 1.0))


def ratios_and_bars(f, derivative, scale=1.0, seeds=25, m=8):
    """Return |error| / error bar, and error bars relative to the derivatives."""
    ratios, bars = [], []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        x = scale * rng.standard_normal(m)
        d = scale * rng.choice([-1, 1], m) * rng.uniform(0.7, 1.3, m)
        found, true = measure(f, x, d), derivative(x) * d
        told = ~found.at_kink & np.isfinite(found.error_bar)
        error = np.abs(found.value - true)[told]
        ratios.append(error / (found.error_bar[told] + 4e-16 * np.abs(true[told])))
        bars.append(found.error_bar[told] / np.maximum(np.abs(true[told]), 1e-300))
    return np.concatenate(ratios), np.concatenate(bars)


@pytest.mark.parametrize("name", ALL)
def test_the_error_is_within_the_error_bar(name):
    ratios, _ = ratios_and_bars(*ALL[name])
    assert len(ratios) >= 190
    assert ratios.max() < 1


@pytest.mark.parametrize("name", SMOOTH)
def test_in_float64_the_error_bar_is_narrow(name):
    _, bars = ratios_and_bars(*SMOOTH[name])
    assert np.median(bars) < 1e-10


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1e3, 1e9])
@pytest.mark.parametrize("name", ["square", "inverse", "log"])
def test_the_scale_of_the_input_does_not_matter(name, scale):
    ratios, bars = ratios_and_bars(*SMOOTH[name], scale=scale, seeds=10)
    assert ratios.max() < 1
    assert np.median(bars) < 1e-10


@pytest.mark.parametrize("frequency", [1e4, 1e6, 1e7])
def test_a_wave_much_faster_than_the_first_step_is_not_noise(frequency):
    wave, derivative = lambda x: np.sin(frequency * x), lambda x: frequency * np.cos(frequency * x)
    ratios, bars = ratios_and_bars(wave, derivative, seeds=5)
    assert ratios.max() < 1
    assert np.median(bars) < 1e-6


def test_an_output_may_need_a_short_step_where_its_neighbour_takes_a_long_one():
    both = lambda t: np.array([3 * (1 + t), np.sin(1e5 * (1 + t))])  # noqa: E731
    found = slope(both, both(0.0), 1.0, noise_floor(both, both(0.0), 1.0))
    true = np.array([3, 1e5 * np.cos(1e5)])
    assert np.all(np.abs(found.value - true) <= found.error_bar)
    assert found.step[1] < 1e-3 * found.step[0]


def test_at_a_kink_the_bar_reaches_from_one_slope_to_the_other():
    found = measure(lambda x: np.where(x > 0, 3 * x, -x), np.zeros(2), np.ones(2))
    assert found.at_kink.all()
    np.testing.assert_allclose(found.value, 1, rtol=1e-9)
    np.testing.assert_allclose(found.error_bar, 2, rtol=1e-6)


@pytest.mark.parametrize("distance", [1e-2, 1e-4, 1e-6, 1e-8])
def test_beside_a_kink_the_step_is_shortened(distance):
    found = measure(np.abs, np.array([distance, -distance]), np.ones(2))
    assert not found.at_kink.any()
    assert np.all(np.abs(found.value - [1, -1]) <= found.error_bar)
    assert found.error_bar.max() < 1e-5


def test_no_ladder_is_taken_that_round_off_or_a_kink_makes_useless():
    x, calls = np.array([3e-4, -2e-4, 0.7]), []
    line = lambda t: calls.append(t) or np.abs(x + t)  # noqa: E731
    found = slope(line, np.abs(x), 1.0, 1e-16 * np.abs(x))
    assert np.all(np.abs(found.value - [1, -1, 1]) <= found.error_bar)
    assert min(map(abs, calls)) > 1e-7  # where no kink is near, and round-off is not yet felt
    assert max(map(abs, calls)) < 0.1


@pytest.mark.parametrize("f", [np.sin, np.exp, np.abs, np.square, lambda x: x**2 * np.abs(x)])
def test_what_is_taken_for_straight_and_is_not_is_measured_as_well(f):
    x = np.array([0.3, -1e-3, 0.7])
    noise = 1e-16 * np.ones(3)
    found = slope(lambda t: f(x + t), f(x), 1.0, noise, straight=True)
    again = slope(lambda t: f(x + t), f(x), 1.0, noise)
    assert np.all(np.abs(found.value - again.value) <= found.error_bar + again.error_bar)
    assert found.error_bar.max() <= 2 * again.error_bar.max()


def test_a_bend_without_a_jump_in_the_slope_is_no_kink():
    found = measure(lambda x: x * np.abs(x), np.zeros(1), np.ones(1))
    assert not found.at_kink.any()
    assert abs(found.value[0]) <= found.error_bar[0] < 1e-6


def test_steps_outside_the_domain_are_left_out():
    found = measure(np.sqrt, np.array([1e-3]), np.ones(1))
    true = 0.5 / np.sqrt(1e-3)
    assert abs(found.value[0] - true) <= found.error_bar[0] < 1e-6 * true


def test_a_fixed_step_is_used_as_it_is():
    line = lambda t: np.array([t**3 + t])  # noqa: E731
    found = slope(line, line(0.0), 1.0, np.array([1e-17]), step=0.25)
    assert found.step[0] == 0.25
    assert abs(found.value[0] - 1) <= found.error_bar[0]


# --- the noise floor ----------------------------------------------------------------------


def floor_of(f, x, d):
    line = lambda t: f(x + t * d)  # noqa: E731
    with np.errstate(all="ignore"):
        return noise_floor(line, f(x), 1.0)


def test_noise_is_measured_not_assumed():
    rng = np.random.default_rng(0)
    x, d = rng.standard_normal(200), rng.choice([-1.0, 1.0], 200)
    double = np.median(floor_of(np.sin, x, d))
    single = np.median(floor_of(lambda x: np.sin(x.astype("f4")).astype(float), x, d))
    offset = np.median(floor_of(lambda x: (np.sin(x) + 1e6) - 1e6, x, d))
    assert 1e-18 < double < 1e-15
    assert 1e-9 < single < 1e-6
    assert 1e-12 < offset < 1e-9


def test_what_steps_evenly_in_a_short_format_is_noisy():
    # each point is one number of float32 further, as good as exactly
    by_one = 2.0**-23 / SPACINGS[0]
    line = lambda t: np.array([0.7 * float(np.float32(1.0 + by_one * t))])  # noqa: E731
    assert noise_floor(line, line(0.0), 1.0)[0] > 1e-9


def test_an_output_at_rest_among_others_has_the_noise_of_its_neighbours():
    x = np.array([0.0, 1.0, 2.0, 3.0])
    noise = floor_of(lambda x: np.maximum(x, -1) * (x > 0), x, np.array([-1.0, 1.0, 1.0, 1.0]))
    assert 1e-18 < noise[0] < 1e-15


def test_a_kink_among_the_points_is_not_noise():
    assert floor_of(np.abs, np.array([1e-7, 2e-7]), np.array([-1.0, -1.0])).max() < 1e-15


def test_a_dead_relu_that_wakes_up_is_not_noise():
    relu = lambda x: np.maximum(x, 0)  # noqa: E731
    assert floor_of(relu, np.array([-0.04, -0.3, -1.0]), np.array([1.0, -1.0, 1.0])).max() < 1e-14


@pytest.mark.parametrize("scale", [1e-9, 1e-12])
def test_an_output_that_sticks_at_zero_has_the_noise_it_shows_where_it_moves(scale):
    # 1 - cos(x) is exactly 0 for small x, its derivative x is not.
    x = scale * np.array([1.0, -2.0, 0.7])
    noise = floor_of(lambda x: 1 - np.cos(x), x, x)
    assert 1e-18 < noise.min() <= noise.max() < 1e-15


def test_saturated_outputs_are_measured_with_longer_steps():
    x = np.array([1.0, -2.0, 0.7])
    found = measure(lambda x: np.exp(x) - 1, 1e-18 * x, 1e-18 * x)
    assert np.all(np.abs(found.value - 1e-18 * x) <= found.error_bar)
    assert found.error_bar.max() < 1e-20


def test_at_a_glance_an_output_that_goes_nowhere_says_nothing():
    found = glanced(lambda t: np.array([1 + abs(t)]), np.ones(1), 1e-5, np.full(1, 1e-16))
    assert np.isinf(found.error_bar[0])
