"""Each mistake is named by its code, with the numbers that show it."""

import json

import numpy as np
import pytest
from counting import forward_runs

from minnet.gradcheck import check_functions, check_gradient, check_layer, check_loss


def rng():
    return np.random.default_rng(0)


def affine(backward, *, N=5, D=4, M=3, **options):
    """Check y = xW + b with a backward of the form ``backward(dout, x, W) -> dx, dW, db``."""

    def affine_forward(x, W, b):
        return x @ W + b, (x, W)

    def affine_backward(dout, cache):
        return backward(dout, *cache)

    r = rng()
    arrays = r.normal(size=(N, D)), r.normal(size=(D, M)), r.normal(size=M)
    return check_functions(affine_forward, affine_backward, *arrays, **options)


def elementwise(f, slope, x=None, **options):
    """Check y = f(x) with backward dout * slope(x, y)."""

    class Layer:
        def forward(self, x):
            self.x, self.y = x, f(x)
            return self.y

        def backward(self, dout):
            return dout * slope(self.x, self.y)

    return check_layer(Layer(), rng().normal(size=(5, 4)) if x is None else x, **options)


def first(report, wrt=None):
    """Return the first diagnosis of the one gradient that is wrong (or of `wrt`)."""
    wrong = [g for g in report.gradients if g.verdict != "pass" and wrt in (None, g.wrt)]
    assert len(wrong) == 1, [(g.wrt, g.verdict) for g in report.gradients]
    return wrong[0].diagnosis[0]


def right(dout, x, W):
    return dout @ W.T, x.T @ dout, dout.sum(axis=0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# --- a constant factor ----------------------------------------------------------------------


def test_right_gradients_have_no_diagnosis():
    assert all(g.diagnosis == () for g in affine(right).gradients)


def test_a_mean_for_a_sum_is_one_over_the_batch_size():
    found = first(affine(lambda dout, x, W: (dout @ W.T, x.T @ dout, dout.mean(axis=0))))
    assert (found.code, found.evidence["factor"]) == ("scale", 0.2)
    assert found.evidence["equals"][0] == "1/batch size"


def test_two_at_a_batch_of_two_is_told_from_the_batch_size():
    constant = lambda dout, x, W: (dout @ W.T, 2 * x.T @ dout, dout.sum(axis=0))  # noqa: E731
    follows = lambda dout, x, W: (dout @ W.T, len(x) * x.T @ dout, dout.sum(axis=0))  # noqa: E731
    assert first(affine(constant, N=2)).evidence["equals"] == []
    assert first(affine(follows, N=2)).evidence["equals"] == ["the batch size"]


def test_of_several_numbers_that_fit_only_the_one_that_the_factor_follows_is_named():
    unscaled = elementwise(
        lambda x: x / np.sqrt(x.shape[1]), lambda x, y: 1.0, rng().normal(size=(2, 4))
    )
    assert first(unscaled).evidence["equals"] == ["the square root of the number of features"]

    class Pool:
        kernel = 2

        def __init__(self):
            self.keep = 0.5

        def forward(self, x):
            return x * self.keep

        def backward(self, dout):
            return dout * self.keep**2

    found = first(check_layer(Pool(), rng().normal(size=(2, 2))))
    assert found.evidence["equals"] == ["self.keep"]


def test_a_factor_that_follows_no_size_is_told_as_a_number_alone():
    found = first(elementwise(np.sin, lambda x, y: np.cos(x) / 3, rng().normal(size=(3, 3))))
    assert found.evidence["equals"] == []
    assert found.message.endswith(
        "0.3333 times what it should be, on every element. 0.3333 is 1/3."
    )


def test_a_factor_as_close_to_one_as_the_bars_resolve_is_a_scale():
    found = first(affine(lambda dout, x, W: (dout @ W.T, x.T @ dout * (1 + 1e-7), dout.sum(0))))
    assert found.code == "scale"
    assert abs(found.evidence["factor"] - (1 + 1e-7)) < 1e-10
    assert "dW is 1.0000001 times what it should be, on every element." in found.message
    assert "small constant" in found.evidence["hint"] and "equals" not in found.evidence


def test_a_region_too_is_never_1_times_what_it_should_be():
    def backward(dout, x, W):
        dx, dW, db = right(dout, x, W)
        dx[-1] *= 1 + 3e-6
        return dx, dW, db

    assert "there it is 1.000003 times what it should be" in first(affine(backward)).message


def test_minus_one_is_a_sign_and_zero_is_zero():
    assert first(elementwise(np.tanh, lambda x, y: y**2 - 1)).code == "sign"
    assert first(elementwise(np.tanh, lambda x, y: 0 * y)).code == "zero"


# --- places ---------------------------------------------------------------------------------


def test_a_square_weight_that_is_not_transposed_is_named_for_dx_and_for_dW():
    untransposed = lambda dout, x, W: (dout @ W, (x.T @ dout).T, dout.sum(axis=0))  # noqa: E731
    report = affine(untransposed, D=3, M=3)
    dx, dW = first(report, "x"), first(report, "W")
    assert (dx.code, dx.evidence["of"]) == ("transpose", "W")
    assert (dW.code, dW.evidence["axes"]) == ("transpose", [1, 0])


def test_two_mistakes_in_different_gradients_are_both_named():
    report = affine(lambda dout, x, W: (-dout @ W.T, x.T @ dout, dout[0]))
    assert first(report, "x").code == "sign" and first(report, "b").code == "one_sample"


@pytest.mark.parametrize("shape", [(2, 3, 4, 4), (2, 4, 3, 2), (1, 1, 2, 3)])
def test_a_crop_that_starts_at_0_is_a_shift_in_the_smallest_picture_too(shape):
    H, W = shape[2:]
    kernel = rng().normal(size=(3, 3))

    class Blur:
        def forward(self, x):
            xp = np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)])
            return sum(
                kernel[i, j] * xp[:, :, i : i + H, j : j + W] for i in range(3) for j in range(3)
            )

        def backward(self, dout):
            dxp = np.zeros((*shape[:2], H + 2, W + 2))
            for i in range(3):
                for j in range(3):
                    dxp[:, :, i : i + H, j : j + W] += kernel[i, j] * dout
            return dxp[:, :, :H, :W]

    found = first(check_layer(Blur(), rng().normal(size=shape)))
    assert found.code == "permuted"
    assert "shifted by +1 along axis 2 and +1 along axis 3" in found.message
    assert "padded" in found.evidence["hint"]


def test_a_gradient_in_fortran_order_is_permuted():
    report = affine(
        lambda dout, x, W: (
            (dout @ W.T).ravel().reshape(x.shape, order="F"),
            *right(dout, x, W)[1:],
        )
    )
    assert first(report).code == "permuted"


def test_one_wrong_element_is_no_threshold():
    x = np.clip(rng().normal(size=(5, 4)), -1, 1)
    x[2, 1] = 3.0

    class Cube:
        def forward(self, x):
            self.x = x
            return x**3

        def backward(self, dout):
            dx = 3 * self.x**2 * dout
            dx[2, 1] *= 2
            return dx

    assert first(check_layer(Cube(), x)).evidence["where"] == "at the one element (2, 1)"


def test_elements_that_are_negative_by_chance_in_one_row_are_no_row():
    x = np.abs(rng().normal(size=(3, 2)))
    x[1] *= -1  # and the row has no part in the mistake
    slope = lambda x, y: np.where(x < 0, 2.0, 1.0) * np.exp(x)  # noqa: E731
    assert first(elementwise(np.exp, slope, x)).evidence["where"] == "where x < 0"


def test_rows_are_told_by_their_mask_and_not_by_their_number():
    keep = np.array([True, False, True, True])

    forward = lambda x: (keep * (x**2).sum(axis=1)).sum()  # noqa: E731
    found = first(check_gradient(forward, lambda x: 2 * x, rng().normal(size=(4, 3))))
    assert found.code == "wrong_factor" and "lacks the factor keep" in found.message


def test_a_row_that_a_label_chose_is_not_told_by_its_number():
    def forward(centres, y):
        return centres[y].sum(), (centres, y)

    def backward(dout, cache):
        centres, y = cache
        count = np.bincount(y, minlength=len(centres))
        return np.broadcast_to(dout * np.minimum(count, 1)[:, None], centres.shape)

    found = first(
        check_functions(forward, backward, rng().normal(size=(4, 3)), np.array([2, 2, 1]))
    )
    assert found.code != "region" or "rows that y names more than once" in found.evidence["where"]


def test_a_gradient_at_one_point_is_explained_where_many_numbers_say_the_same():
    x = rng().normal(size=(4, 3))
    g = np.cos(x)
    told = lambda gradient, x=x: first(check_gradient(lambda x: np.sin(x).sum(), gradient, x)).code  # noqa: E731
    assert [told(2 * g), told(-g), told(0 * g), told(g[::-1])] == ["scale", "sign", "zero", "flip"]
    row, one = g.copy(), g.copy()
    row[-1], one[1, 2] = 0, 7
    assert [told(row), told(one)] == ["region", "region"]
    assert told(1.3 * g[0, :1], x[0, :1]) == "unexplained"  # any number is some other one times c


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda dx: dx[:, -1], "in the last column"),
        (lambda dx: dx[1::2], "in the odd rows"),
        (lambda dx: dx[2:4, 1:2], "in rows 2, 3, in column 1"),
    ],
)
def test_a_region_is_described_in_words(spoil, words):
    class Layer:
        def forward(self, x):
            self.x = x
            return x**3

        def backward(self, dout):
            dx = 3 * dout * self.x**2
            spoil(dx)[...] *= 2
            return dx

    found = first(check_layer(Layer(), rng().normal(size=(5, 4))))
    assert (found.code, found.evidence["where"]) == ("region", words)
    assert (found.evidence["there"], found.evidence["factor"]) == ("scale", 2.0)


def test_a_branch_at_zero_is_a_region_where_x_is_negative():
    found = first(elementwise(lambda x: np.where(x > 0, x, 0.1 * x), lambda x, y: x > 0))
    assert (found.code, found.evidence["where"]) == ("region", "where x < 0")


# --- derivatives ----------------------------------------------------------------------------


def test_a_missing_slope_is_not_called_a_region():
    found = first(elementwise(lambda x: np.maximum(x, 0), lambda x, y: np.ones_like(x)))
    assert found.code == "local_derivative_missing"


@pytest.mark.parametrize(
    ("f", "slope", "point"),
    [
        (sigmoid, lambda x, y: x * (1 - x), "input for output"),
        (np.tanh, lambda x, y: 1 - x**2, "input for output"),
        (sigmoid, lambda x, y: sigmoid(y) * (1 - sigmoid(y)), "output for input"),
        (np.exp, lambda x, y: np.exp(y), "output for input"),
        (np.square, lambda x, y: 2 * y, "output for input"),
    ],
)
def test_a_slope_at_the_wrong_point(f, slope, point):
    found = first(elementwise(f, slope))
    assert (found.code, found.evidence["point"]) == ("local_derivative_of_input", point)


def test_half_of_a_product_rule_is_no_wrong_point_and_no_factor():
    found = first(elementwise(lambda x: x * np.tanh(np.sin(x)), lambda x, y: x * np.cos(x)))
    assert found.code == "unexplained" and found.evidence["worst"]


# --- sums -----------------------------------------------------------------------------------


def normalised(keep_mean, keep_variance, sign_of_mean=1.0):
    class Normalise:
        def forward(self, x):
            self.std = x.std(axis=0)
            self.y = (x - x.mean(axis=0)) / self.std
            return self.y

        def backward(self, dout):
            dx = dout - sign_of_mean * keep_mean * dout.mean(axis=0)
            return (dx - keep_variance * self.y * (dout * self.y).mean(axis=0)) / self.std

    return check_layer(Normalise(), rng().normal(size=(6, 3)))


@pytest.mark.parametrize(
    ("keep", "lost"),
    [
        ((0, 0), ["the mean", "the variance"]),
        ((0, 1), ["the mean"]),
        ((1, 0), ["the variance"]),
    ],
)
def test_the_statistic_that_is_treated_as_constant_is_named(keep, lost):
    found = first(normalised(*keep))
    assert (found.code, found.evidence["statistic"]) == ("statistic_constant", lost)


@pytest.mark.parametrize("mean_square", [lambda x: (x**2).sum(-1), lambda x: (x**2).mean(-1)])
def test_a_norm_is_not_called_a_mean_and_a_variance(mean_square):
    root = lambda x: np.sqrt(mean_square(x))[:, None]  # noqa: E731
    found = first(elementwise(lambda x: x / root(x), lambda x, y: 1 / root(x)))
    assert found.evidence["statistic"] == ["the norm or mean square"]


def test_where_only_an_invariance_is_known_no_statistic_is_named():
    weights = np.arange(20.0).reshape(5, 4)
    centred = lambda z: z - z.mean(axis=1, keepdims=True)  # noqa: E731
    loss = lambda z: (weights * centred(z) ** 2).sum()  # noqa: E731
    gradient = lambda z: 2 * weights * centred(z)  # noqa: E731
    found = first(check_gradient(loss, gradient, rng().normal(size=(5, 4))))
    assert (found.code, found.evidence["statistic"]) == ("statistic_constant", ["a statistic"])
    assert "shifted by one number, so sum(dz) over them has to be 0" in found.message


@pytest.mark.parametrize(
    ("keep", "sign", "statistic", "factor"),
    [
        ((1, 1), -1.0, "the mean", -1),
        ((1, 2), 1.0, "the variance", 2),
        ((6, 1), 1.0, "the mean", 6),
    ],
)
def test_the_factor_of_a_statistic_s_share_is_named(keep, sign, statistic, factor):
    found = first(normalised(*keep, sign_of_mean=sign))
    assert found.code == "statistic_constant"
    assert (found.evidence["statistic"], found.evidence["factors"]) == ([statistic], [factor])


def test_two_mistakes_in_one_gradient_are_no_confident_story():
    def backward(dout, x, W):
        dW = -2 * x.T @ dout
        dW[:, -1] = dW[:, -1] ** 2 + 1
        return dout @ W.T, dW, dout.sum(axis=0)

    assert first(affine(backward)).code in ("unexplained", "nonlinear_upstream", "region")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda g, r: g * (1 + 0.3 * r),
        lambda g, r: g + 1e-3 * np.roll(g, 1),
        lambda g, r: g + 0.1 * g.mean(),
    ],
)
@pytest.mark.parametrize("f", [np.tanh, np.abs, sigmoid])
def test_arbitrary_nonsense_gets_no_story(f, spoil):
    class Layer:
        def forward(self, x):
            self.x = x
            return f(x)

        def backward(self, dout):
            slope = (f(self.x + 1e-5) - f(self.x - 1e-5)) / 2e-5
            return spoil(dout * slope, rng().normal(size=dout.shape))

    x = rng().normal(size=(4, 6))
    x[1, 2] = x[2, 4] = 0.0  # kinks of abs, whose error bars are wide
    # each element of the last two is mixed with others, and no output depends on those
    assert first(check_layer(Layer(), x)).code in ("unexplained", "wrong_axis")


def test_a_recurrence_that_keeps_one_step_is_overwritten():
    def forward(x, W, b):
        h, hs = np.zeros((len(x), len(W))), []
        for t in range(x.shape[1]):
            h = np.tanh(x[:, t] + h @ W + b)
            hs.append(h)
        return np.stack(hs, axis=1), (W, hs)

    def backward(dout, cache):
        W, hs = cache
        dx, dh = np.zeros_like(dout), 0.0
        for t in reversed(range(dout.shape[1])):
            da = (dout[:, t] + dh) * (1 - hs[t] ** 2)
            dx[:, t], dh = da, da @ W.T
            dW = (hs[t - 1] if t else 0 * da).T @ da
            db = da.sum(axis=0)
        return dx, dW, db

    r = rng()
    report = check_functions(
        forward, backward, r.normal(size=(2, 4, 3)), r.normal(size=(3, 3)), r.normal(size=3)
    )
    found = first(report, "b")
    assert (found.code, found.evidence["step"]) == ("overwritten", "first")


def test_a_term_proportional_to_the_weights_is_weight_decay_with_its_factor():
    found = first(affine(lambda dout, x, W: (dout @ W.T, x.T @ dout + 0.3 * W, dout.sum(axis=0))))
    assert (found.code, found.evidence["factor"]) == ("weight_decay", 0.3)


def test_a_cast_is_told_from_an_eps_in_the_wrong_place():
    cast = elementwise(np.tanh, lambda x, y: 1 - y.astype(np.float32).astype(float) ** 2)
    shifted = elementwise(np.tanh, lambda x, y: 1 - (1 - 1e-7) * y**2)
    assert first(cast).code == "precision" and first(shifted).code == "extra_term"
    assert "plus 1e-07 * the output**2" in first(shifted).message


def test_a_crop_at_the_wrong_offset_is_a_shift():
    class Layer:
        def forward(self, x):
            self.x = x
            return np.sin(x)

        def backward(self, dout):
            padded = np.pad(dout * np.cos(self.x), 1)
            return padded[2:, 1:-1]

    found = first(check_layer(Layer(), rng().normal(size=(6, 7))))
    assert found.code == "permuted" and "-1 along axis 0" in found.message


def test_a_dout_rolled_along_a_long_batch_is_permuted():
    rolled = lambda dout, x, W: (dout @ W.T, x.T @ np.roll(dout, 5, axis=0), dout.sum(0))  # noqa: E731
    found = first(affine(rolled, N=70))
    assert (found.code, found.evidence["of"]) == ("permuted", "dout")
    assert "a shift of" in found.message and "along axis 0" in found.message


def test_the_same_numbers_in_an_order_without_a_name_are_permuted():
    order = rng().permutation(20)
    found = first(
        affine(
            lambda dout, x, W: ((dout @ W.T).ravel()[order].reshape(5, 4), *right(dout, x, W)[1:])
        )
    )
    assert found.code == "permuted" and found.evidence["moves"]


def test_a_kink_at_the_output_is_no_wrong_point():
    """f'(f(x)) of a relu is anything between 0 and 1 where f(x) is 0: that explains nothing."""
    found = first(elementwise(lambda x: np.maximum(x, 0), lambda x, y: np.where(x > 0, 1, 0.01)))
    assert (found.code, found.evidence["where"]) == ("region", "where x < 0")


def test_a_gradient_computed_after_dout_was_changed_names_the_change():
    def forward(x, b):
        return np.maximum(x, 0) + b, x

    def backward(dout, x):
        dx = dout
        dx[x < 0] = 0
        return dx, dout.sum(axis=0)

    report = check_functions(forward, backward, rng().normal(size=(6, 3)), rng().normal(size=3))
    found = first(report, "b")
    assert (found.code, found.evidence["array"]) == ("mutates_upstream", "dout")


def test_a_large_weight_is_diagnosed_from_some_of_its_elements():
    def spoil(dout, x, W):
        dW = x.T @ dout
        dW[:, -1] = 0
        return dout @ W.T, dW, dout.sum(axis=0)

    found = first(affine(spoil, N=8, D=600, M=80))
    assert (found.code, found.evidence["where"]) == ("region", "in the last column")
    scaled = affine(
        lambda dout, x, W: (dout @ W.T, x.T @ dout / len(x), dout.sum(axis=0)), N=8, D=600, M=80
    )
    assert first(scaled).evidence["equals"] == ["1/batch size"]


# --- what is told ---------------------------------------------------------------------------


def squared_error(prediction, target):
    return np.mean((prediction - target) ** 2), prediction - target


def test_the_line_shown_is_the_users_own():
    found = first(check_loss(squared_error, rng().normal(size=(3, 2)), np.zeros((3, 2))))
    assert found.evidence["line"]["text"].startswith("return np.mean((prediction")
    assert found.evidence["line"]["file"] == __file__


def loop_backward(dout, cache):
    x, W = cache
    dW = np.zeros_like(W)
    for n in range(1, len(x)):
        dW += np.outer(x[n], dout[n])
    dx = dout @ W.T
    db = np.zeros(W.shape[1])
    for n in range(len(x)):
        db = dout[n]
    return dx, dW, db


def test_the_line_is_the_loop_or_the_assignment_that_loses_samples():
    r = rng()
    arrays = r.normal(size=(5, 4)), r.normal(size=(4, 3)), r.normal(size=3)
    report = check_functions(lambda x, W, b: (x @ W + b, (x, W)), loop_backward, *arrays)
    lines = {wrt: first(report, wrt).evidence["line"]["text"] for wrt in ("W", "b")}
    assert lines == {"W": "for n in range(1, len(x)):", "b": "db = dout[n]"}


def test_hints_can_be_turned_down_to_the_code_and_to_nothing():
    wrong = lambda dout, x, W: (dout @ W.T, 2 * x.T @ dout, dout.sum(axis=0))  # noqa: E731
    code = first(affine(wrong, hints="code"))
    assert (code.code, code.evidence) == ("scale", {})
    silent = [g for g in affine(wrong, hints="none").gradients if g.verdict == "fail"]
    assert [g.diagnosis for g in silent] == [()]


def test_a_diagnosis_of_naive_loops_takes_a_thousand_runs_or_fewer():
    def forward(x, w):
        out = np.zeros((len(x), 3, 5, 4))
        for n, f, i, j in np.ndindex(out.shape):
            out[n, f, i, j] = np.sum(x[n, :, i : i + 3, j : j + 3] * w[f])
        return out, (x, w)

    def backward(dout, cache):
        x, w = cache
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        for n, f, i, j in np.ndindex(dout.shape):
            dx[n, :, i : i + 3, j : j + 3] = dout[n, f, i, j] * w[f]
            dw[f] = dout[n, f, i, j] * x[n, :, i : i + 3, j : j + 3]
        return dx, dw

    arrays = rng().normal(size=(2, 3, 7, 6)), rng().normal(size=(3, 3, 3, 3))

    with forward_runs() as runs:
        check_functions(forward, backward, *arrays, hints="none")
        verdict = runs()
        report = check_functions(forward, backward, *arrays, hints="code")
        diagnosis = runs() - 2 * verdict
    assert {first(report, "x").code, first(report, "w").code} == {"overwritten"}
    assert 0 < diagnosis <= 1000, diagnosis


def test_evidence_is_plain_json():
    for report in (affine(lambda dout, x, W: (dout @ W.T, x.T @ dout, dout[0])), normalised(0, 0)):
        found = first(report)
        assert json.loads(json.dumps(found.evidence)) == found.evidence
