"""What pins the constants of minnet.gradcheck.diagnosis."""

import numpy as np
from counting import calls, forward_runs

from minnet.gradcheck import check_functions, check_gradient, check_layer
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.gradcheck.diagnosis.fits import fitted
from pins import Pin
from pins.contract import SEEDS, layer, normal


def first(report, wrt=None):
    """Return the first diagnosis of the one gradient that is wrong (or of `wrt`)."""
    (wrong,) = [g for g in report.gradients if g.verdict != "pass" and wrt in (None, g.wrt)]
    return wrong.diagnosis[0]


def cube(spoil, x, **options):
    """Check y = x³ with a backward pass whose gradient is spoilt."""

    def backward(dout, x):
        dx = 3 * x**2 * dout
        return spoil(dx)

    return check_layer(layer(lambda x: x**3, backward), x, **options)


# --- what is told -------------------------------------------------------------------------


def every_third_row_wrong(seed):
    def spoil(dx):
        dx[::3] *= 2
        return dx

    return first(cube(spoil, normal(seed, 31, 2), seed=seed)).evidence["where"]


def eight_indices_are_listed():
    for seed in SEEDS:
        assert "0, 3, 6, 9, 12, 15, 18, 21" in every_third_row_wrong(seed)


def a_long_list_of_indices_is_cut():
    for seed in SEEDS:
        assert every_third_row_wrong(seed).endswith("...")


def times(factor, seed):
    return first(cube(lambda dx: factor * dx, normal(seed, 5, 4), seed=seed)).message


def a_thirtieth_is_told_as_a_fraction():
    for seed in SEEDS:
        assert "0.2333 is 7/30." in times(7 / 30, seed)


def what_is_a_fraction_of_large_numbers_only_is_told_in_digits():
    for seed in SEEDS:
        assert times(211 / 613, seed).endswith(
            "is 0.3442 times what it should be, on every element."
        )


def with_epsilon(error):
    """A backward pass that differs from the right one by an epsilon, in a root."""

    def checked(seed):
        backward = lambda dout, x: dout / (2 * np.sqrt(x + error))  # noqa: E731
        x = np.random.default_rng(seed).uniform(0.5, 2, (4, 3))
        return first(check_layer(layer(np.sqrt, backward), x, seed=seed))

    return checked


def a_small_epsilon_is_hinted_at():
    for seed in SEEDS:
        assert "nearly right" in with_epsilon(3e-4)(seed).message


def what_is_off_by_a_hundredth_is_not_nearly_right():
    for seed in SEEDS:
        found = with_epsilon(3e-2)(seed)
        assert found.code == "unexplained" and "nearly right" not in found.message


# --- places -------------------------------------------------------------------------------


def a_cycle_of_three_axes_is_a_transpose():
    for seed in SEEDS:
        found = first(cube(lambda dx: dx.transpose(1, 2, 0), normal(seed, 3, 3, 3), seed=seed))
        assert found.code == "transpose"


def a_gradient_of_six_axes_is_compared_with_less_than_500_others():
    for seed in SEEDS:
        x, noise = normal(seed, 2, 2, 2, 2, 2, 2), normal(seed + 1, 2, 2, 2, 2, 2, 2)
        with calls(Evidence, "agrees") as compared:
            cube(lambda dx, noise=noise: dx * noise, x, seed=seed)
        assert 0 < compared() < 500, compared()


def cropped(seed, shape, by):
    """A backward pass that takes the middle of a padded gradient at the wrong offset."""

    def spoil(dx):
        return np.pad(dx, 2)[2 + by : 2 + by + shape[0], 2:-2]

    found = first(cube(spoil, normal(seed, *shape), seed=seed))
    return found.code, f"{-by:+d} along axis 0" in found.message


def a_crop_that_is_off_by_two_is_a_shift():
    for seed in SEEDS:
        assert cropped(seed, (7, 6), 2) == ("permuted", True)


def a_picture_is_compared_with_less_than_160_others():
    for seed in SEEDS:
        x, noise = normal(seed, 9, 8), normal(seed + 1, 9, 8)
        with calls(Evidence, "agrees") as compared:
            cube(lambda dx, noise=noise: dx * noise, x, seed=seed)
        assert 0 < compared() < 160, compared()


def a_row_of_two_is_wrong_by_chance():
    for seed in SEEDS:
        x = normal(seed, 4, 2)
        gradient = 2 * x
        gradient[2] += 1
        report = check_gradient(lambda x: (x**2).sum(), gradient, x, seed=seed)
        assert first(report).code == "unexplained"


def a_threshold_is_seen_among_a_dozen_numbers():
    for seed in SEEDS:
        x = np.concatenate([np.linspace(-2, 0.5, 5), np.linspace(1.5, 3, 7)])
        x = np.random.default_rng(seed).permutation(x).reshape(3, 4)
        forward = lambda x: np.minimum(x, 1) ** 3  # noqa: E731
        checked = layer(forward, lambda dout, x: 3 * x**2 * dout)
        found = first(check_layer(checked, x, seed=seed))
        assert (found.code, found.evidence["where"]) == ("region", "where x > 1")


def a_large_weight(seed, **options):
    def backward(dout, cache):
        x, W = cache
        dW = x.T @ dout
        dW[7] = 0
        return dout @ W.T, dW

    arrays = normal(seed, 4, 300), normal(seed + 1, 300, 40)
    return check_functions(lambda x, W: (x @ W, (x, W)), backward, *arrays, seed=seed, **options)


def a_row_of_a_large_weight_is_seen_to_be_wrong():
    for seed in range(6):  # some see enough of the row in the elements that the verdict chose
        assert first(a_large_weight(seed)).evidence.get("where") == "in row 7"


def the_diagnosis_of_a_large_weight_takes_less_than_500_runs():
    with forward_runs() as runs:
        a_large_weight(0, hints="none")
        verdict = runs()
        a_large_weight(0, hints="code")
        assert verdict < runs() - verdict < verdict + 500, runs()


# --- how well something must be known ------------------------------------------------------


def coarse(offset, backward, *shapes):
    """Return the diagnosis of dW of x W in single precision, behind an offset that costs digits."""

    def forward(x, W):
        return (x @ W + np.float32(offset)) - np.float32(offset), (x, W)

    def diagnosis(seed, **options):
        x, W = (normal(seed + k, *shape).astype(np.float32) for k, shape in enumerate(shapes))
        return first(check_functions(forward, backward, x, W, seed=seed, **options), "W").code

    return diagnosis


def behind_an_offset_too_an_input_that_is_changed_is_named():
    def backward(dout, cache):
        x, W = cache
        x -= x.mean()
        return dout @ W.T, x.T @ dout

    code = coarse(30, backward, (6, 5), (5, 4))
    for seed in SEEDS:
        assert code(seed) == "mutates_input"


def a_change_that_is_too_small_to_be_seen_is_not_blamed():
    def backward(dout, cache):
        x, W = cache
        dW = x.T @ dout
        dW[7, 3] += 0.05 * dW.std()
        x *= 1.001
        return dout @ W.T, dW

    code = coarse(10000, backward, (4, 20), (20, 25))
    for seed in SEEDS:
        assert code(seed, elements="all") != "mutates_input"


def normalised(seed, size):
    """A batch norm over `size` samples whose backward pass treats mean and variance as constant."""

    def forward(x):
        return (x - x.mean(axis=0)) / x.std(axis=0)

    checked = layer(forward, lambda dout, x: dout / x.std(axis=0))
    return first(check_layer(checked, normal(seed, size, 3), seed=seed))


def in_a_batch_of_four_mean_and_variance_are_told():
    for seed in SEEDS:
        assert normalised(seed, 4).evidence["statistic"] == ["the mean", "the variance"]


def two_numbers_are_no_line():
    places, bars = np.array([[1.0, 0.0], [1.0, 1.0]]), np.full(2, 1e-12)
    assert fitted(places, np.array([3.0, 5.0]), bars) is None


def a_triangle_of_two_is_no_sequence():
    """y[0] = x[0]**2 and y[1] = x[0] * x[1]: no state is carried from the one to the other."""

    def forward(x):
        return np.stack([x[:, 0] ** 2, x[:, 0] * x[:, 1]], axis=1)

    def backward(dout, x):
        return dout * np.stack([2 * x[:, 0], x[:, 0]], axis=1)

    for seed in SEEDS:
        found = first(check_layer(layer(forward, backward), normal(seed, 4, 2), seed=seed))
        assert found.code != "truncated_time", found


def five_steps_are_a_sequence():
    def forward(x):
        return np.cumsum(np.sin(x), axis=1)

    for seed in SEEDS:
        cut = layer(forward, lambda dout, x: dout * np.cos(x))
        found = first(check_layer(cut, normal(seed, 3, 5), seed=seed))
        assert found.code == "truncated_time", found


# --- rounding ------------------------------------------------------------------------------


def a_cast_to_single_precision_is_told():
    def backward(dout, x):
        return dout * (1 - np.tanh(x).astype(np.float32).astype(float) ** 2)

    for seed in SEEDS:
        found = first(check_layer(layer(np.tanh, backward), normal(seed, 5, 4), seed=seed))
        assert (found.code, found.evidence.get("dtype")) == ("precision", "float32"), found


def a_formula_that_is_off_by_a_thousandth_is_no_rounding():
    checked = layer(lambda x: x**4, lambda dout, x: dout * (4 * x**3 + 0.002 * np.cosh(3 * x)))
    for seed in SEEDS:
        x = np.random.default_rng(seed).uniform(0.5, 1.5, (5, 4))
        assert first(check_layer(checked, x, seed=seed)).code == "unexplained"


PINS = [
    Pin("diagnosis.common", "LISTED", eight_indices_are_listed, a_long_list_of_indices_is_cut, 8),
    Pin(
        "diagnosis.common",
        "MANY_AXES",
        a_cycle_of_three_axes_is_a_transpose,
        a_gradient_of_six_axes_is_compared_with_less_than_500_others,
        2,
    ),
    Pin(
        "diagnosis.common",
        "EDGE",
        a_crop_that_is_off_by_two_is_a_shift,
        a_picture_is_compared_with_less_than_160_others,
        2,
    ),
    Pin(
        "diagnosis.evidence",
        "PER_LINE",
        a_row_of_a_large_weight_is_seen_to_be_wrong,
        the_diagnosis_of_a_large_weight_takes_less_than_500_runs,
    ),
    Pin(
        "diagnosis.evidence",
        "TELLING",
        behind_an_offset_too_an_input_that_is_changed_is_named,
        a_change_that_is_too_small_to_be_seen_is_not_blamed,
    ),
    Pin(
        "diagnosis.fits",
        "SPARE",
        two_numbers_are_no_line,
        in_a_batch_of_four_mean_and_variance_are_told,
        2,
    ),
    Pin(
        "diagnosis.structure",
        "STEPS",
        a_triangle_of_two_is_no_sequence,
        five_steps_are_a_sequence,
        3,
    ),
    Pin(
        "diagnosis.places",
        "SIDES",
        a_row_of_two_is_wrong_by_chance,
        a_threshold_is_seen_among_a_dozen_numbers,
        3,
    ),
    Pin(
        "diagnosis.precision",
        "MOVED",
        a_cast_to_single_precision_is_told,
        a_formula_that_is_off_by_a_thousandth_is_no_rounding,
    ),
    Pin(
        "diagnosis.precision",
        "ERRATIC",
        a_formula_that_is_off_by_a_thousandth_is_no_rounding,
        a_cast_to_single_precision_is_told,
    ),
    Pin(
        "diagnosis.naming",
        "LARGEST_PART",
        a_thirtieth_is_told_as_a_fraction,
        what_is_a_fraction_of_large_numbers_only_is_told_in_digits,
    ),
    Pin(
        "diagnosis.unexplained",
        "NEARLY_RIGHT",
        a_small_epsilon_is_hinted_at,
        what_is_off_by_a_hundredth_is_not_nearly_right,
    ),
]
