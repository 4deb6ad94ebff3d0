"""When a gradient is called right, wrong or not to be told."""

import numpy as np
import pytest

from minnet.gradcheck.checks import check_functions, check_gradient, check_loss


def elementwise(f, derivative, x, **options):
    """Check a function that acts on each element with the derivative claimed for it."""
    return check_functions(
        lambda x: (f(x), x), lambda dout, x: dout * derivative(x), x, seed=1, **options
    )


def affine_with(mistake):
    """Check tanh(x W + b) whose gradients (dx, dW, db) have gone through `mistake`."""
    rng = np.random.default_rng(0)

    def forward(x, W, b):
        return np.tanh(x @ W + b), (x, W, b)

    def backward(dout, cache):
        x, W, b = cache
        dout = dout * (1 - np.tanh(x @ W + b) ** 2)
        gradients = [dout @ W.T, x.T @ dout, dout.sum(axis=0)]
        mistake(gradients)
        return tuple(gradients)

    args = rng.normal(size=(6, 5)), rng.normal(size=(5, 4)), rng.normal(size=4)
    return check_functions(forward, backward, *args)


@pytest.mark.parametrize("error", [1e-2, 1e-4, 1e-6, 1e-8])
@pytest.mark.parametrize("k", [0, 1, 2])
def test_a_small_wrong_factor_fails_the_gradient_that_has_it(k, error):
    def mistake(gradients):
        gradients[k] *= 1 + error

    verdicts = [gradient.verdict for gradient in affine_with(mistake).gradients]
    assert verdicts == ["fail" if i == k else "pass" for i in range(3)]


@pytest.mark.parametrize("k", [0, 1, 2])
def test_one_wrong_element_fails(k):
    def mistake(gradients):
        gradients[k].flat[3] *= 1 + 1e-6

    report = affine_with(mistake)
    assert [g.verdict for g in report.gradients].count("fail") == 1
    assert report.gradients[k].elements_wrong == 1
    assert np.ravel_multi_index(report.gradients[k].worst.index, report.gradients[k].shape) == 3


def test_one_wrong_element_among_a_hundred_thousand_fails():
    x = np.random.default_rng(0).normal(size=(1000, 100))

    def derivative(x):
        right = np.cos(x)
        right[417, 3] *= 1.01
        return right

    assert elementwise(np.sin, derivative, x).verdict == "fail"


RELU = (lambda x: np.maximum(x, 0), lambda x: (x > 0) * 1.0)


def with_zeros(rng, shape=(20, 10)):
    return rng.normal(size=shape) * (rng.random(shape) < 0.7)


def test_exact_zeros_into_a_relu_are_no_failure_and_are_counted():
    x = with_zeros(np.random.default_rng(0))
    report = elementwise(*RELU, x, elements="all")
    assert report.verdict == "pass"
    assert report.gradients[0].at_kink == np.count_nonzero(x == 0)


@pytest.mark.parametrize("error", [1e-3, 1e-6])
def test_a_mistake_beside_exact_zeros_is_still_seen(error):
    x = with_zeros(np.random.default_rng(0))
    assert elementwise(RELU[0], lambda x: (x > 0) * (1 + error), x).verdict == "fail"


@pytest.mark.parametrize(("at_zero", "verdict"), [(0.3, "pass"), (-1, "pass"), (1.01, "fail")])
def test_at_a_kink_anything_between_the_two_slopes_is_right(at_zero, verdict):
    x = with_zeros(np.random.default_rng(0), (4, 5))
    claimed = lambda x: np.where(x == 0, at_zero, np.sign(x))  # noqa: E731
    assert elementwise(np.abs, claimed, x).verdict == verdict


def test_ties_in_a_max_are_no_failure():
    x = np.round(np.random.default_rng(0).normal(size=(8, 6)))
    x[0] = 1.0

    def backward(dout, x):
        first = np.zeros_like(x)
        first[np.arange(8), x.argmax(axis=1)] = dout
        return first

    report = check_functions(lambda x: (x.max(axis=1), x), backward, x)
    assert report.verdict == "pass" and report.gradients[0].at_kink > 0


def test_many_kinks_in_one_output_are_no_failure():
    # A row of zeros meets the kinks of all hidden units at once.
    rng = np.random.default_rng(1)
    x, W, V = rng.normal(size=(6, 10)), rng.normal(size=(10, 5)), rng.normal(size=(5, 2))
    x[[1, 4]] = 0

    def forward(x, W, V):
        h = np.maximum(x @ W, 0)
        return h @ V, (x, W, V, h)

    def backward(dout, cache):
        x, W, V, h = cache
        dh = dout @ V.T * (h > 0)
        return dh @ W.T, x.T @ dh, h.T @ dout

    for seed in range(4):
        assert check_functions(forward, backward, x, W, V, seed=seed).verdict == "pass"


# --- what is computed coarsely ------------------------------------------------------------


def test_float32_inside_gets_wider_bars_and_a_note_not_a_failure():
    x = np.random.default_rng(0).normal(size=(5, 4))
    report = elementwise(lambda x: np.sin(x.astype("f4")).astype(float), np.cos, x)
    assert report.verdict == "pass"
    assert 1e-9 < report.gradients[0].error_bar < 1e-2
    assert "digits" in report.gradients[0].note


def test_a_mistake_above_the_precision_of_float32_fails():
    x = np.random.default_rng(0).normal(size=(5, 4)).astype("f4")
    assert elementwise(np.sin, lambda x: np.float32(1.01) * np.cos(x), x).verdict == "fail"


def test_where_the_precision_says_nothing_the_verdict_is_inconclusive():
    x = np.random.default_rng(1).uniform(-0.4, 0.4, (30, 4))

    def forward(given):
        if np.abs(given - x).max() > 1:
            raise ValueError("out of the domain")
        return (100 + 0.2 * np.sin(given)).astype(np.float16).astype(float), given

    report = check_functions(forward, lambda dout, x: 0.2 * dout * np.cos(x), x)
    assert report.verdict == "inconclusive"
    row = report.gradients[0]
    assert row.worst.error_bar == row.elements.error_bar.max()  # the one that is least certain


# --- staircases ---------------------------------------------------------------------------

STAIRCASES = {
    "floor": np.floor,
    "round": np.round,
    "astype(int)": lambda x: x.astype(int).astype(float),
    "// 0.3": lambda x: x // 0.3,
    "to hundredths": lambda x: np.round(x * 100) / 100,
    "8 bits": lambda x: np.round((x + 8) / 16 * 255) / 255 * 16 - 8,
    "to 16ths": lambda x: np.floor(x * 16) / 16,
    "sign": np.sign,
}


@pytest.mark.parametrize("scale", [1, 100])
@pytest.mark.parametrize("name", STAIRCASES)
def test_a_staircase_has_the_derivative_zero(name, scale):
    x = 2 * scale * np.random.default_rng(1).normal(size=(4, 5))
    f = STAIRCASES[name]
    assert elementwise(f, np.zeros_like, x).verdict == "pass"
    wrong = elementwise(f, np.ones_like, x).gradients[0]
    assert wrong.verdict == "fail"
    assert wrong.worst.numeric == 0 and wrong.worst.error_bar < 1e-6


@pytest.mark.parametrize("name", STAIRCASES)
def test_beside_a_smooth_term_only_that_has_a_derivative(name):
    x = 2 * np.random.default_rng(1).normal(size=(4, 5))
    f = STAIRCASES[name]
    assert elementwise(lambda x: x + 0.1 * f(x), np.ones_like, x).verdict == "pass"
    wrong = elementwise(lambda x: x + 0.1 * f(x), lambda x: np.full(x.shape, 1.1), x)
    assert wrong.verdict == "fail"


def test_quantised_weights_have_no_gradient_and_the_input_has_one():
    rng = np.random.default_rng(0)

    def report(straight_through):
        return check_functions(
            lambda x, w: (x @ (np.round(w * 1e3) / 1e3), (x, w)),
            lambda dout, cache: (
                dout @ (np.round(cache[1] * 1e3) / 1e3).T,
                straight_through * cache[0].T @ dout,
            ),
            rng.normal(size=(4, 5)),
            rng.normal(size=(5, 3)),
        )

    assert [g.verdict for g in report(0).gradients] == ["pass", "pass"]
    assert [g.verdict for g in report(1).gradients] == ["pass", "fail"]


def test_right_on_the_edge_of_a_step_its_neighbourhood_decides():
    x = np.arange(6.0).reshape(2, 3)
    assert elementwise(np.floor, np.zeros_like, x).verdict == "pass"
    assert elementwise(np.floor, np.ones_like, x).verdict == "fail"


@pytest.mark.parametrize("short", [np.float16, np.float32])
def test_rounding_to_a_number_format_is_no_staircase(short):
    x = np.random.default_rng(1).normal(size=(4, 5))
    rounded = elementwise(lambda x: np.sin(x).astype(short).astype(float), np.cos, x)
    assert rounded.verdict == "pass"
    flat = elementwise(lambda x: np.sin(x).astype(short).astype(float), np.zeros_like, x)
    assert flat.verdict == "fail"


# --- very large, very small ---------------------------------------------------------------


@pytest.mark.parametrize("exponent", [-150, -100, -30, 100, 154, 160, 200, 300])
def test_no_scale_hides_a_wrong_factor(exponent):
    scale, x = 10.0**exponent, np.random.default_rng(0).normal(size=(3, 4))
    for f, slope, at in (
        (lambda x: 3 * x, lambda x: np.full(x.shape, 3.0), scale * x),
        (lambda x: scale * np.sin(x), lambda x: scale * np.cos(x), x),
    ):
        assert elementwise(f, slope, at).verdict == "pass"
        assert elementwise(f, lambda x: 1.01 * slope(x), at).verdict == "fail"  # noqa: B023


@pytest.mark.parametrize("exponent", [-8, -15, -30, -100])
def test_inputs_too_small_to_be_seen_are_moved_further(exponent):
    x = 10.0**exponent * np.random.default_rng(0).normal(size=(3, 4))
    for f, slope in ((np.exp, np.exp), (lambda x: x + 1, np.ones_like)):
        assert elementwise(f, slope, x).verdict == "pass"
        assert elementwise(f, lambda x: 1.5 * slope(x), x).verdict == "fail"  # noqa: B023


def test_outputs_that_cancel_to_zero_are_no_measure_of_the_precision():
    x = np.pi * np.arange(1.0, 7).reshape(2, 3)
    assert elementwise(np.sin, np.cos, x).verdict == "pass"
    assert elementwise(np.sin, lambda x: 1.001 * np.cos(x), x).verdict == "fail"


@pytest.mark.parametrize("seed", range(5))
def test_a_sigmoid_out_of_tanh_may_be_saturated_all_over(seed):
    x = 300 * np.random.default_rng(seed).normal(size=(4, 5))
    sigmoid = lambda x: 0.5 * (1 + np.tanh(x / 2))  # noqa: E731
    slope = lambda x: sigmoid(x) * (1 - sigmoid(x))  # noqa: E731
    assert elementwise(sigmoid, slope, x).verdict == "pass"
    assert elementwise(sigmoid, lambda x: slope(x) + 0.1, x).verdict == "fail"


# --- ties, jumps and elements that cannot be told -----------------------------------------


@pytest.mark.parametrize("share", ["one", "all"])
def test_of_three_equal_values_in_a_median_any_may_have_the_gradient(share):
    x = np.array([[1.0, 1, 1], [0, 2, 2]])

    def report(factor):
        def backward(dout, x):
            middle = x == np.median(x, axis=1, keepdims=True)
            if share == "one":
                middle &= np.cumsum(middle, axis=1) == 1
            return factor * dout[:, None] * middle / middle.sum(axis=1, keepdims=True)

        return check_functions(lambda x: (np.median(x, axis=1), x), backward, x)

    assert report(1).verdict == "pass"
    assert report(1.5).verdict == "fail"


def test_one_element_that_cannot_be_told_leaves_the_others_to_decide():
    x = np.random.default_rng(0).normal(size=5)

    def report(factor):
        def forward(x):
            out = x.copy()
            out[0] = np.sin(1e14 * x[0])
            return out, x

        slope = np.array([0.0, factor, factor, factor, factor])
        return check_functions(forward, lambda dout, x: dout * slope, x)

    assert report(1).verdict == "pass"
    assert report(1.5).verdict == "fail"


# --- short formats ------------------------------------------------------------------------


def network(dtype, seed, mistake=1.0):
    rng = np.random.default_rng(seed)
    shapes = (5, 6), (6, 8), (8,), (8, 3), (3,)

    def forward(x, W1, b1, W2, b2):
        h = np.maximum(x @ W1 + b1, 0)
        return h @ W2 + b2, (x, W1, W2, h)

    def backward(dout, cache):
        x, W1, W2, h = cache
        da = (dout @ W2.T) * (h > 0)
        gradients = da @ W1.T, mistake * (x.T @ da), da.sum(axis=0), h.T @ dout, dout.sum(axis=0)
        return tuple(g.astype(dtype) for g in gradients)

    args = [rng.normal(size=shape).astype(dtype) for shape in shapes]
    return check_functions(forward, backward, *args, seed=seed)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_a_network_in_a_short_format_is_judged(dtype, seed):
    assert network(dtype, seed).verdict == "pass"
    assert network(dtype, seed, 1.1).gradient("W1").verdict == "fail"


@pytest.mark.parametrize("factor", [0.98, 1.02])
def test_a_fiftieth_is_seen_of_an_output_in_float16(factor):
    x = np.random.default_rng(3).uniform(-1, 1, (4, 5))
    f = lambda x: np.sin(x).astype(np.float16).astype(float)  # noqa: E731
    assert elementwise(f, np.cos, x).verdict == "pass"
    report = elementwise(f, lambda x: factor * np.cos(x), x)
    assert report.verdict == "fail"
    assert "along many directions taken together it is off by" in report.gradients[0].note
    assert report.gradients[0].worst is None  # no single element shows it


# --- gradients that are nearly nothing ----------------------------------------------------


def saturated_cross_entropy(margin, factor):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 5, 6)
    logits = rng.normal(size=(6, 5))
    logits[np.arange(6), labels] += margin

    def loss(prediction, target):
        z = prediction - prediction.max(axis=1, keepdims=True)
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        gradient = p.copy()
        gradient[np.arange(6), target] -= 1
        return -np.log(p[np.arange(6), target]).mean(), factor * gradient / 6

    return check_loss(loss, logits, labels)


@pytest.mark.parametrize("margin", [20, 36, 40, 60, 200])
def test_a_loss_of_samples_beyond_doubt_passes(margin):
    assert saturated_cross_entropy(margin, 1).verdict == "pass"


@pytest.mark.parametrize("margin", [0, 5, 15])
def test_a_wrong_factor_fails_however_small_the_gradient(margin):
    assert saturated_cross_entropy(margin, 2).verdict == "fail"


def test_a_tiny_gradient_that_both_passes_compute_exactly_may_not_be_wrong():
    x = 40 + np.random.default_rng(0).normal(size=(4, 5))
    assert elementwise(lambda x: np.exp(-x), lambda x: -np.exp(-x), x).verdict == "pass"
    assert elementwise(lambda x: np.exp(-x), lambda x: -2 * np.exp(-x), x).verdict == "fail"


@pytest.mark.parametrize("margin", [20, 36, 40, 200])
def test_round_off_in_backward_is_no_mistake(margin):
    # sigmoid(z) - 1 is computed from two numbers near 1, the loss by log1p exactly.
    rng = np.random.default_rng(0)
    target = rng.integers(0, 2, (6, 2)).astype(float)
    z = rng.normal(size=(6, 2)) + margin * (2 * target - 1)

    def loss(z, t):
        value = np.mean(np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z))))
        return value, (1 / (1 + np.exp(-z)) - t) / z.size

    assert check_loss(loss, z, target).verdict == "pass"


@pytest.mark.parametrize("seed", range(4))
def test_a_dead_relu_passes_and_a_gradient_claimed_for_it_fails(seed):
    x = -1 - np.abs(np.random.default_rng(seed).normal(size=(4, 5)))
    assert elementwise(*RELU, x).verdict == "pass"
    assert elementwise(RELU[0], lambda x: np.full_like(x, 1e-8), x).verdict == "fail"


@pytest.mark.parametrize("bias", [-0.04, -0.3, -1.0])
def test_a_dead_layer_passes(bias):
    rng = np.random.default_rng(0)

    def forward(x, W, b):
        h = x @ W + b
        return np.maximum(h, 0), (x, W, h)

    def backward(dout, cache):
        x, W, h = cache
        dh = dout * (h > 0)
        return dh @ W.T, x.T @ dh, dh.sum(axis=0)

    args = 1e-3 * rng.normal(size=(5, 4)), rng.normal(size=(4, 3)), np.full(3, bias)
    assert check_functions(forward, backward, *args).verdict == "pass"


@pytest.mark.parametrize("scale", [1e-6, 1e-9])
def test_a_value_that_sticks_at_zero_is_no_proof_of_a_zero_derivative(scale):
    x = scale * np.random.default_rng(0).normal(size=(4, 3))
    for elements in (None, "all"):
        report = elementwise(lambda x: np.log(np.cosh(x)), np.tanh, x, elements=elements)
        assert report.verdict == "pass"
    assert elementwise(lambda x: np.log(np.cosh(x)), lambda x: 2 * x, x).verdict == "fail"


def test_a_true_zero_passes_and_a_claim_beside_it_fails():
    rng = np.random.default_rng(0)
    x, b = rng.normal(size=(5, 6)), rng.normal(size=(5, 1))

    def report(db):
        return check_functions(
            lambda x, b: ((x + b) - (x + b).mean(axis=1, keepdims=True), None),
            lambda dout, _: (dout - dout.mean(axis=1, keepdims=True), np.full((5, 1), db)),
            x,
            b,
        )

    assert report(0.0).verdict == "pass"
    assert report(1e-7).verdict == "fail"


# --- numbers that do not fit together -----------------------------------------------------


def test_a_small_gradient_is_seen_beside_a_huge_one():
    scale = np.array([1e6, 1.0, 1e-6])
    x = np.random.default_rng(0).normal(size=(4, 3))

    def report(factor):
        return check_functions(lambda x: (x * scale, 0), lambda d, _: d * scale * factor, x)

    assert report(np.ones(3)).verdict == "pass"
    assert report(np.array([1, 1, 2])).verdict == "fail"


def test_an_empty_batch_passes():
    assert elementwise(np.sin, np.cos, np.zeros((0, 4))).verdict == "pass"


def test_all_elements_are_measured_on_request():
    x = np.random.default_rng(0).normal(size=(7, 5))
    gradient = elementwise(np.sin, np.cos, x, elements="all").gradients[0]
    assert gradient.elements_checked == 35 and gradient.elements_wrong == 0


def test_the_same_seed_gives_the_same_report():
    x = np.random.default_rng(0).normal(size=(30, 5))
    first, second = (elementwise(np.sin, lambda x: 1.1 * np.cos(x), x) for _ in range(2))
    assert first.to_json() == second.to_json()


def test_a_gradient_given_as_an_array_is_judged_at_its_point():
    x = np.array([1.0, 2.0])
    assert check_gradient(lambda x: (x**3).sum(), np.array([3.0, 12.0]), x)
    assert check_gradient(lambda x: (x**3).sum(), np.array([3.0, 12.1]), x).verdict == "fail"
