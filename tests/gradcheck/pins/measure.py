"""What pins the constants of minnet.gradcheck.measure."""

import numpy as np

from minnet import check_functions
from minnet.gradcheck.measure.bars import Slope, gather
from minnet.gradcheck.measure.differences import slope
from minnet.gradcheck.measure.noise import noise_floor
from minnet.gradcheck.measure.probe import Probe
from minnet.gradcheck.measure.staircase import without_jumps
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
        x, w = rng(seed).normal(size=(3000, 2)), rng(seed).normal(size=(2, 3))
        passes(product(x.astype(np.float32), w.astype(np.float32)))


def two_ten_thousandths_are_seen_in_float32():
    for seed in range(4):
        x, w = rng(seed).normal(size=(6, 5)), rng(seed).normal(size=(5, 4))
        fails(product(x.astype(np.float32), w.astype(np.float32), 1.0002))


def as_float16(f):
    """Return what f returns, rounded to float16 on the way."""
    return lambda *args: f(*args).astype(np.float16).astype(float)


def within(reach, f, slope, x):
    """Check f and its slope at x, where forward refuses to go further away."""

    def forward(given):
        if np.abs(given - x).max() > reach:
            raise ValueError("out of the domain")
        return f(given), given

    return check_functions(forward, lambda dout, x: dout * slope(x), x)


def nothing_is_said_of_a_gradient_below_the_noise():
    x = rng(1).uniform(-0.4, 0.4, (30, 4))
    report = within(1.0, as_float16(lambda x: 100 + 0.2 * np.sin(x)), lambda x: 0.2 * np.cos(x), x)
    assert report.verdict == "inconclusive"


def a_square_rounded_to_float16_passes():
    for seed in range(4):
        x = rng(seed).uniform(0.5, 2, (4, 3))
        passes(elementwise(as_float16(lambda x: x * x), lambda x: 2 * x, x))


def nothing_is_said_of_a_zero_that_may_be_a_millionth():
    f, x = lambda x: 1 + 1e-6 * np.sin(x), rng(1).uniform(-0.4, 0.4, (5, 4))
    assert within(3e-10, f, np.zeros_like, x).verdict == "inconclusive"


def a_zero_that_may_be_no_more_than_a_ten_millionth_passes():
    x = rng(1).uniform(-1, 1, (5, 4))
    passes(within(3e-8, lambda given: 1 + (given - x) ** 2, np.zeros_like, x))


def rounded_to(step):
    """The remark on a sine that is rounded to a step."""
    x = rng().uniform(1, 2, (4, 3))
    report = elementwise(lambda x: np.round(np.sin(x) / step) * step, np.cos, x)
    return report.gradients[0].note


def eleven_digits_are_nothing_to_remark_on():
    assert rounded_to(1e-11) == ""


def ten_digits_are_remarked_on():
    assert "digits" in rounded_to(1e-10)


# --- differences -----------------------------------------------------------------------------


def bars_cover_their_errors():
    for seed in range(40):
        x = rng(seed).normal(size=30)
        found, _ = measured(lambda t, x=x: np.tanh(np.sin(x + t) * 3) * np.exp(x), 0.0)
        y = np.sin(x)
        true = (1 - np.tanh(3 * y) ** 2) * 3 * np.cos(x) * np.exp(x)
        assert np.all(np.abs(found.value - true) <= found.error_bar)


POINTS = np.array([0.3, 1.1, -0.4])


def calls_for(f):
    return measured(lambda t: f(POINTS + t))[1]


def widest_bar(f):
    found, _ = measured(lambda t: f(POINTS + t))
    return float((found.error_bar / np.abs(found.value)).max())


def the_slope_of_a_sine_takes_thirty_calls_or_fewer():
    assert calls_for(np.sin) <= 30


def the_slope_of_a_tanh_takes_forty_calls_or_fewer():
    assert calls_for(np.tanh) <= 40


def the_slope_of_a_fast_sine_takes_forty_calls_or_fewer():
    assert calls_for(lambda t: np.sin(40 * t)) <= 40


def the_slope_of_a_sine_has_eleven_digits():
    assert widest_bar(np.sin) <= 1e-11


def the_slope_of_a_tanh_has_ten_digits():
    assert widest_bar(np.tanh) <= 3e-11


def the_slope_of_a_fast_sine_has_ten_digits():
    assert widest_bar(lambda t: np.sin(40 * t)) <= 3e-11


def a_linear_slope_takes_fifteen_calls_or_fewer():
    x = rng().normal(size=(30, 7))
    assert measured(lambda t: x @ (np.arange(7) * 0.37 + t))[1] <= 15


def an_infinite_slope_takes_115_calls_or_fewer():
    assert measured(lambda t: np.sqrt(np.abs(np.zeros(3) + t)))[1] <= 115


def a_kink_close_by_is_told_apart():
    x = 1e-8 * np.array([1.0, -1.0, 1.5, -1.2, 1.1, -1.4])
    found = slope(lambda t: np.maximum(x + t, 0), np.maximum(x, 0), 1.0, np.full(6, 1e-17))
    assert not found.at_kink.any()
    assert np.all(np.abs(found.value - (x > 0)) <= found.error_bar)


# --- noise -----------------------------------------------------------------------------------


def noise_of(f):
    """Return the relative noise of a function, and how often it was called."""
    x, calls = rng(2).uniform(0.5, 2, 60), []

    def line(t):
        calls.append(t)
        return f(x + t)

    base = line(0.0)
    return float(np.median(noise_floor(line, base, 1.0) / np.abs(base))), len(calls)


def the_noise_of_a_fast_sine_is_that_of_its_arguments():
    assert noise_of(lambda x: 2 + np.sin(1e8 * x))[0] <= 1e8 * 1e-16


def the_noise_of_a_rather_fast_sine_is_that_of_its_arguments():
    assert noise_of(lambda x: 2 + np.sin(1e6 * x))[0] <= 1e6 * 1e-16


def the_noise_of_a_fast_sine_with_four_digits_is_that_of_the_fourth():
    assert 1e-6 <= noise_of(lambda x: (2 + np.sin(1e6 * x) + 1e12) - 1e12)[0] <= 1e-3


def the_noise_of_a_few_lost_digits_takes_ten_calls_or_fewer():
    assert noise_of(lambda x: (x + 1000) - 1000)[1] <= 10


def the_noise_of_float32_is_found():
    assert noise_of(lambda x: np.sin(x).astype(np.float32).astype(float))[0] >= 1e-9


def the_noise_of_ten_thousandths_takes_thirty_calls_or_fewer():
    assert noise_of(lambda x: np.round(x * 1e4) / 1e4)[1] <= 30


# --- staircases ------------------------------------------------------------------------------


def single_precision_inside_has_its_slope():
    x, w = rng().normal(size=(5, 4)), rng(1).normal(size=(4, 3))
    for seed in range(3):  # too small a constant is felt at half of them
        passes(
            check_functions(
                lambda x, w: (1.7 * (100 + x @ w).astype(np.float32).astype(float), (x, w)),
                lambda dout, cache: (1.7 * dout @ cache[1].T, 1.7 * cache[0].T @ dout), x, w,
                seed=seed,
            )
        )  # fmt: skip


def steep_single_precision_is_no_staircase():
    line = lambda t: np.tan(np.tan(np.float32([t - 1.5, t + 1.5625]))) / 3.0  # noqa: E731
    noise = np.full(2, 5e-3)
    assert np.array_equal(without_jumps(noise, line, line(0.0), 1.0), noise)


def ten_thousandths_have_no_slope():
    passes(elementwise(lambda x: np.round(x * 1e4) / 1e4, np.zeros_like, rng().normal(size=(5, 4))))


def what_is_left_of_ten_thousand_has_its_slope():
    x = rng().normal(size=(5, 4))
    passes(elementwise(lambda x: (1e4 + 1e-8 * x) - 1e4, lambda x: np.full(x.shape, 1e-8), x))


def small_steps_have_no_slope():
    x = rng().normal(size=(5, 4))
    passes(elementwise(lambda x: 1e-9 * np.round(x * 10) / 10, np.zeros_like, x))


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


def looking_for_what_is_apart_costs_less_than_it_saves():
    """Only the two ends of x move an output of their own."""
    sums = lambda x: np.array([x[0], np.sin(x[1:-1]).sum(), x[-1]])  # noqa: E731
    check = lambda: check_functions(  # noqa: E731
        lambda x: (sums(x), x), lambda dout, x: np.cos(x), rng().normal(size=2000), hints="none"
    )
    assert runs_of(check) <= 3600


def all_of_a_wrong_layer_is_measured():
    x, w = rng().normal(size=(6, 10)), rng(1).normal(size=(10, 12))
    report = product(x, w, 1.5)
    assert report.gradient("w").elements_checked == w.size


def a_wrong_layer_takes_four_thousand_passes_or_fewer():
    x = rng().normal(size=4000)
    wrong = lambda: elementwise(np.cumsum, np.ones_like, x, hints="none")  # noqa: E731
    assert runs_of(wrong) <= 8000


# --- effort ----------------------------------------------------------------------------------


def cumulated(lines, slope=1.0, count=12, hints="none"):
    """Check a sum that runs so many lines of Python."""

    def forward(x):
        for _ in range(lines // 2):
            pass
        return np.cumsum(x), None

    def backward(dout, _):
        return slope * np.cumsum(dout[::-1])[::-1]

    return check_functions(forward, backward, rng().normal(size=count), hints=hints)


def a_few_thousand_lines_are_nothing_to_save():
    assert cumulated(5_000).gradients[0].elements_checked == 1


def many_thousand_lines_take_no_pass_for_a_mere_example():
    report = cumulated(150_000)
    assert report.gradients[0].elements_checked == 0
    assert "few passes" in str(report)


def elements_of_slow_code_are_measured():
    report = cumulated(150_000, 1.5, hints="full")
    assert report.gradients[0].elements_checked == 12


def a_slow_mistake_takes_two_hundred_passes_or_fewer():
    assert runs_of(lambda: cumulated(150_000, 1.5, 150)) <= 200


PINS: list[Pin] = [
    Pin("measure.effort", "SLOW", a_few_thousand_lines_are_nothing_to_save,
        many_thousand_lines_take_no_pass_for_a_mere_example),
    Pin("measure.probe", "RUNS_IF_SLOW", elements_of_slow_code_are_measured,
        a_slow_mistake_takes_two_hundred_passes_or_fewer, factor=10),
    Pin("measure.bars", "SPREAD", bars_cover_the_errors_of_many_outputs,
        errors_of_many_outputs_cancel_in_part, factor=10),
    Pin("measure.bars", "ROUNDING", float32_is_allowed_its_round_off,
        two_ten_thousandths_are_seen_in_float32),
    Pin("measure.bars", "MEANINGFUL", a_square_rounded_to_float16_passes,
        nothing_is_said_of_a_gradient_below_the_noise),
    Pin("measure.bars", "NEGLIGIBLE", a_zero_that_may_be_no_more_than_a_ten_millionth_passes,
        nothing_is_said_of_a_zero_that_may_be_a_millionth),
    Pin("measure.bars", "COARSE", eleven_digits_are_nothing_to_remark_on,
        ten_digits_are_remarked_on),
    Pin("measure.differences", "EXACT", a_linear_slope_takes_fifteen_calls_or_fewer,
        the_slope_of_a_tanh_takes_forty_calls_or_fewer),
    Pin("measure.differences", "CONFIDENCE", bars_cover_their_errors,
        the_slope_of_a_sine_has_eleven_digits),
    Pin("measure.differences", "FIRST_STEP", the_slope_of_a_sine_has_eleven_digits,
        the_slope_of_a_fast_sine_takes_forty_calls_or_fewer),
    Pin("measure.differences", "LADDER_RATIO", the_slope_of_a_fast_sine_takes_forty_calls_or_fewer,
        the_slope_of_a_fast_sine_has_ten_digits, factor=10),
    Pin("measure.differences", "RESOLUTION", an_infinite_slope_takes_115_calls_or_fewer,
        a_kink_close_by_is_told_apart, factor=10_000),
    Pin("measure.differences", "TARGET", the_slope_of_a_sine_takes_thirty_calls_or_fewer,
        the_slope_of_a_tanh_has_ten_digits),
    Pin("measure.noise", "SPACINGS", the_noise_of_ten_thousandths_takes_thirty_calls_or_fewer,
        the_noise_of_a_fast_sine_is_that_of_its_arguments, factor=10_000),
    Pin("measure.noise", "STUCK", the_noise_of_ten_thousandths_takes_thirty_calls_or_fewer,
        the_noise_of_float32_is_found),
    Pin("measure.noise", "SUSPECT", the_noise_of_a_few_lost_digits_takes_ten_calls_or_fewer,
        the_noise_of_a_rather_fast_sine_is_that_of_its_arguments, factor=10_000),
    Pin("measure.noise", "CLOSER", the_noise_of_a_fast_sine_with_four_digits_is_that_of_the_fourth,
        the_noise_of_a_fast_sine_is_that_of_its_arguments),
    Pin("measure.staircase", "CLOSE", steep_single_precision_is_no_staircase,
        ten_thousandths_have_no_slope),
    Pin("measure.staircase", "SMALLEST_JUMP", single_precision_inside_has_its_slope,
        ten_thousandths_have_no_slope),
    Pin("measure.staircase", "CANCELLED", what_is_left_of_ten_thousand_has_its_slope,
        small_steps_have_no_slope),
    Pin("measure.probe", "WIDE_SPREAD", elements_of_ordinary_sizes_move_alike,
        a_tiny_element_beside_a_large_one_moves_by_its_own_size),
    Pin("measure.probe", "LARGEST_JACOBIAN", a_jacobian_of_ordinary_size_is_measured,
        a_jacobian_beyond_memory_is_refused),
    Pin("measure.probe", "LOOKING", samples_are_measured_together,
        looking_for_what_is_apart_costs_less_than_it_saves),
    Pin("measure.probe", "RUNS", all_of_a_wrong_layer_is_measured,
        a_wrong_layer_takes_four_thousand_passes_or_fewer),
    Pin("measure.probe", "RUNS_PER_ELEMENT", a_wrong_layer_takes_four_thousand_passes_or_fewer,
        all_of_a_wrong_layer_is_measured),
]  # fmt: skip
