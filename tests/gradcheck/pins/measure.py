"""What pins the constants of minnet.gradcheck.measure."""

import numpy as np

from minnet import check_functions
from minnet.gradcheck.measure.bars import Slope, gather
from minnet.gradcheck.measure.differences import slope
from minnet.gradcheck.measure.noise import noise_floor
from minnet.gradcheck.measure.probe import Probe
from minnet.gradcheck.under_test.functions import FunctionsCase
from pins import Pin
from pins.cases import elementwise, fails, passes, product, rng, runs_of


def probe_of(f, *args):
    return Probe(FunctionsCase(lambda x: (f(x), None), lambda dout, _: None, args), rng())


def measured(f, base_at=0.0, size=1.0):
    """Measure the slope of a line with its noise; count how often it is called."""
    calls = []

    def line(t):
        calls.append(t)
        return f(base_at + t)

    base = line(0.0)
    found = slope(line, base, size, noise_floor(line, base, size))
    return found, len(calls)


# --- bars ------------------------------------------------------------------------------------


def many(error_bar=1.0, count=400):
    ones = np.ones(count)
    return gather(Slope(ones, error_bar * ones, ones < 0, ones, ones), ones)


def bars_cover_the_errors_of_many_outputs():
    """400 independent errors as large as their bars add up to 20 of them, more or less."""
    assert many().error_bar[0] >= 20


def errors_of_many_outputs_cancel_in_part():
    assert many().error_bar[0] <= 100


def float32_is_allowed_its_round_off():
    for seed in range(4):
        x, w = rng(seed).normal(size=(6, 50)), rng(seed).normal(size=(50, 4))
        passes(product(x.astype(np.float32), w.astype(np.float32)))


def two_ten_thousandths_are_seen_in_float32():
    for seed in range(4):
        x, w = rng(seed).normal(size=(6, 5)), rng(seed).normal(size=(5, 4))
        fails(product(x.astype(np.float32), w.astype(np.float32), 1.0002))


def noisy(claimed):
    """Check a function that is 1000 but for a noise of a thousandth, where |x| is 1 at most."""

    def forward(x):
        if np.abs(x).max() > 1.0:
            raise ValueError("out of the domain")
        return 1000 + 1e-3 * np.sin(1e9 * x), None

    return check_functions(
        forward, lambda dout, _: claimed * dout, rng(1).uniform(-0.2, 0.2, (3, 4))
    )


def nothing_is_said_of_a_gradient_below_the_noise():
    assert noisy(1e-3).verdict == "inconclusive"


def nothing_is_said_of_a_zero_that_may_be_a_hundred_thousandth():
    assert noisy(0.0).verdict == "inconclusive"


def a_square_in_float16_passes():
    for seed in range(4):
        x = rng(seed).uniform(0.5, 2, (4, 3)).astype(np.float16)
        passes(elementwise(lambda x: x * x, lambda x: 2 * x, x))


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def a_shift_before_a_softmax_has_no_gradient_in_float32():
    for seed in range(4):
        x = rng(seed).normal(size=(5, 4)).astype(np.float32)

        def backward(dout, p):
            dx = p * (dout - (dout * p).sum(axis=1, keepdims=True))
            return dx, dx.sum(axis=1, keepdims=True)

        passes(
            check_functions(
                lambda x, b: (softmax(x + b), softmax(x + b)), backward, x,
                rng(seed).normal(size=(5, 1)).astype(np.float32),
            )
        )  # fmt: skip


def half(x):
    return x.astype(np.float16).astype(float)


def a_backward_in_float16_is_linear():
    for seed in range(4):
        x = rng(seed).uniform(0.5, 2, (4, 3))
        passes(
            check_functions(
                lambda x: (half(half(x) ** 2), x), lambda dout, x: half(half(dout) * half(2 * x)), x
            )
        )


def a_dout_that_is_clipped_fails():
    x = rng().normal(size=(4, 3))
    fails(check_functions(lambda x: (2 * x, None), lambda dout, _: 2 * np.clip(dout, -2, 2), x))


def around(offset):
    """The remark on x with an offset added and taken away, which costs its digits."""
    x = rng().uniform(1, 2, (4, 3))
    return elementwise(lambda x: (x + offset) - offset, np.ones_like, x).gradients[0].note


def twelve_digits_are_nothing_to_remark_on():
    assert around(3e3) == ""


def ten_digits_are_remarked_on():
    assert "digits" in around(3e6)


# --- differences -----------------------------------------------------------------------------


def bars_cover_their_errors():
    for seed in range(40):
        x = rng(seed).normal(size=30)
        found, _ = measured(lambda t, x=x: np.tanh(np.sin(x + t) * 3) * np.exp(x), 0.0)
        y = np.sin(x)
        true = (1 - np.tanh(3 * y) ** 2) * 3 * np.cos(x) * np.exp(x)
        assert np.all(np.abs(found.value - true) <= found.error_bar)


def one_in_a_billion_is_seen():
    for seed in range(4):
        fails(elementwise(np.sin, lambda x: np.cos(x) * (1 + 1e-9), rng(seed).normal(size=(4, 3))))


def an_ordinary_slope_takes_sixty_calls_or_fewer():
    for f in (np.sin, np.tanh, lambda t: np.exp(-t)):
        assert measured(lambda t, f=f: f(np.array([0.3, 1.1, -0.4]) + t))[1] <= 60


def a_linear_slope_takes_twenty_calls_or_fewer():
    x = rng().normal(size=(30, 7))
    assert measured(lambda t: x @ (np.arange(7) * 0.37 + t))[1] <= 20


def a_narrow_bump_is_measured():
    x = np.linspace(-2e-4, 2e-4, 9)
    found, _ = measured(lambda t: np.exp(-(((x + t) / 1e-4) ** 2)))
    true = -2 * x / 1e-8 * np.exp(-((x / 1e-4) ** 2))
    assert np.all(np.abs(found.value - true) <= found.error_bar)
    assert found.error_bar.max() <= 1e-6 * np.abs(true).max()


def float32_inputs_are_not_moved_below_their_digits():
    for seed in range(4):
        x = rng(seed).uniform(1, 2, (5, 4)).astype(np.float32)
        passes(elementwise(lambda x: np.sin(30 * x), lambda x: 30 * np.cos(30 * x), x))


def a_kink_close_by_is_told_apart_in_float32():
    x = (1 + 3e-3 * np.array([[1.0, -1.0, 1.5], [-1.2, 1.1, -1.4]])).astype(np.float32)
    report = elementwise(lambda x: np.maximum(x, 1), lambda x: (x > 1).astype(x.dtype), x)
    passes(report)
    assert sum(g.at_kink for g in report.gradients) == 0


# --- noise -----------------------------------------------------------------------------------


def noise_of(f, count=60):
    x = rng(2).uniform(0.5, 2, count)
    line = lambda t: f(x + t)  # noqa: E731
    return float(np.median(noise_floor(line, line(0.0), 1.0) / np.abs(line(0.0))))


def the_noise_of_float16_is_found():
    coarse = noise_of(lambda x: np.sin(x).astype(np.float16).astype(float) + 0 * x)
    assert 3e-5 <= coarse <= 3e-3


def the_noise_of_a_fast_sine_is_that_of_float64():
    assert noise_of(lambda x: 2 + np.sin(3e4 * x)) <= 1e-10


# --- probe -----------------------------------------------------------------------------------


def elements_of_ordinary_sizes_move_alike():
    x = np.exp(rng().normal(size=200))
    assert np.ptp(probe_of(np.sin, x).size["x"]) == 0


def a_tiny_element_beside_a_large_one_moves_by_its_own_size():
    for scale in (1e-4, 1e-3):
        x = np.array([1.0, 1.0, 1.0, scale, scale, scale])
        assert probe_of(np.sin, x).size["x"][3] == scale


def a_jacobian_of_ordinary_size_is_measured():
    assert probe_of(lambda x: np.tanh(x).sum(axis=1), np.ones((300, 2))).jacobian("x").value.any()


def a_jacobian_beyond_memory_is_refused():
    try:
        probe_of(np.tanh, np.ones((3000, 2))).jacobian("x")
    except ValueError:
        return
    raise AssertionError("a Jacobian of 36 million numbers was measured")


def wrong_rows(rows, features=8):
    x = rng().normal(size=(rows, features))
    return lambda: elementwise(np.sin, lambda x: np.sin(x), x, hints="none")


def samples_are_measured_together():
    assert runs_of(wrong_rows(60)) <= 600


def looking_for_samples_costs_less_than_it_saves():
    assert runs_of(wrong_rows(2000)) <= 5000


def all_of_a_wrong_layer_is_measured():
    x, w = rng().normal(size=(6, 10)), rng(1).normal(size=(10, 12))
    report = product(x, w, 1.5, hints="none")
    assert report.gradient("w").elements_checked == w.size


def a_wrong_layer_takes_four_thousand_passes_or_fewer():
    x = rng().normal(size=4000)
    wrong = lambda: elementwise(np.cumsum, np.ones_like, x, hints="none")  # noqa: E731
    assert runs_of(wrong) <= 8000


PINS: list[Pin] = [
    Pin("measure.bars", "SPREAD", bars_cover_the_errors_of_many_outputs,
        errors_of_many_outputs_cancel_in_part, factor=10),
    Pin("measure.bars", "ROUNDING", float32_is_allowed_its_round_off,
        two_ten_thousandths_are_seen_in_float32),
    Pin("measure.bars", "MEANINGFUL", a_square_in_float16_passes,
        nothing_is_said_of_a_gradient_below_the_noise),
    Pin("measure.bars", "NEGLIGIBLE", a_shift_before_a_softmax_has_no_gradient_in_float32,
        nothing_is_said_of_a_zero_that_may_be_a_hundred_thousandth),
    Pin("measure.bars", "ROUGHEST", a_backward_in_float16_is_linear, a_dout_that_is_clipped_fails),
    Pin("measure.bars", "COARSE", twelve_digits_are_nothing_to_remark_on,
        ten_digits_are_remarked_on),
    Pin("measure.differences", "EXACT", a_linear_slope_takes_twenty_calls_or_fewer,
        one_in_a_billion_is_seen),
    Pin("measure.differences", "CONFIDENCE", bars_cover_their_errors, one_in_a_billion_is_seen),
    Pin("measure.differences", "FIRST_STEP", an_ordinary_slope_takes_sixty_calls_or_fewer,
        an_ordinary_slope_takes_sixty_calls_or_fewer),
    Pin("measure.differences", "LADDER_RATIO", an_ordinary_slope_takes_sixty_calls_or_fewer,
        a_narrow_bump_is_measured, factor=10),
    Pin("measure.differences", "RESOLUTION", float32_inputs_are_not_moved_below_their_digits,
        a_kink_close_by_is_told_apart_in_float32),
    Pin("measure.differences", "TARGET", an_ordinary_slope_takes_sixty_calls_or_fewer,
        one_in_a_billion_is_seen),
    Pin("measure.noise", "SPACINGS", the_noise_of_float16_is_found,
        the_noise_of_a_fast_sine_is_that_of_float64, position=2),
    Pin("measure.noise", "STUCK", the_noise_of_float16_is_found, the_noise_of_float16_is_found),
    Pin("measure.noise", "SUSPECT", the_noise_of_a_fast_sine_is_that_of_float64,
        the_noise_of_a_fast_sine_is_that_of_float64),
    Pin("measure.noise", "CLOSER", the_noise_of_a_fast_sine_is_that_of_float64,
        the_noise_of_a_fast_sine_is_that_of_float64, position=0),
    Pin("measure.probe", "WIDE_SPREAD", elements_of_ordinary_sizes_move_alike,
        a_tiny_element_beside_a_large_one_moves_by_its_own_size),
    Pin("measure.probe", "LARGEST_JACOBIAN", a_jacobian_of_ordinary_size_is_measured,
        a_jacobian_beyond_memory_is_refused),
    Pin("measure.probe", "LOOKING", samples_are_measured_together,
        looking_for_samples_costs_less_than_it_saves),
    Pin("measure.probe", "RUNS", all_of_a_wrong_layer_is_measured,
        a_wrong_layer_takes_four_thousand_passes_or_fewer),
    Pin("measure.probe", "RUNS_PER_ELEMENT", a_wrong_layer_takes_four_thousand_passes_or_fewer,
        all_of_a_wrong_layer_is_measured),
]  # fmt: skip
