"""What must hold before the numbers: every broken promise is found, and no kept one is."""

import os
import sys

import numpy as np
import pytest

from minnet.gradcheck.checks import check_functions, check_gradient, check_layer, check_loss

X = np.random.default_rng(0).normal(size=(3, 4))


class Right:
    """x W, as it should be; a test changes one thing."""

    def __init__(self):
        self.W = np.random.default_rng(1).normal(size=(4, 2))
        self.dW = np.zeros((4, 2))

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.dW = self.x.T @ dout
        return dout @ self.W.T


def changed(**methods):
    return type("Changed", (Right,), methods)()


def codes(report, name):
    (gradient,) = [g for g in report.gradients if g.wrt == name]
    return [finding.code for finding in gradient.diagnosis]


def warnings_of(report):
    (case,) = report.checks[0].cases
    return [warning.code for warning in case.warnings]


def test_a_layer_that_keeps_the_contract_has_nothing_to_be_told():
    report = check_layer(Right(), X)
    assert report.verdict == "pass"
    assert warnings_of(report) == []


def test_gradients_that_add_up_over_calls_accumulate():
    def backward(self, dout):
        self.dW += self.x.T @ dout
        return dout @ self.W.T

    report = check_layer(changed(backward=backward), X)
    assert codes(report, "W")[0] == "accumulates"
    assert codes(report, "x") == []


def test_what_only_the_first_forward_keeps_is_stale():
    def forward(self, x):
        if not hasattr(self, "x"):
            self.x = x
        return x @ self.W

    report = check_layer(changed(forward=forward), X)
    assert codes(report, "W")[0] == "stale_cache"


def test_a_cache_that_instances_share_is_stale():
    def forward(self, x):
        type(self).x = x
        return x @ self.W

    assert codes(check_layer(changed(forward=forward), X), "W")[0] == "stale_cache"


def test_a_gradient_that_ignores_dout_is_told():
    def backward(self, dout):
        self.dW = self.x.T @ np.ones_like(dout)
        return dout @ self.W.T

    assert codes(check_layer(changed(backward=backward), X), "W")[0] == "upstream_ignored"


@pytest.mark.parametrize(
    "distort", [lambda d: d * np.abs(d), lambda d: d + 0.1, lambda d: d.clip(-5, 5)]
)
def test_a_gradient_that_is_not_linear_in_dout_is_told(distort):
    report = check_functions(lambda x: (np.sin(x), x), lambda d, x: distort(d) * np.cos(x), X)
    assert codes(report, "x")[0] == "nonlinear_upstream"


def test_changing_dout_or_the_input_is_a_warning_where_the_gradient_is_right():
    def backward(dout, x):
        right = dout * 2 * x
        dout *= 0
        x += 1
        return right

    report = check_functions(lambda x: (x**2, x), backward, X)
    assert report.verdict == "pass"
    assert sorted(warnings_of(report)) == ["mutates_input", "mutates_upstream"]


class WritesEverywhere:
    def __init__(self):
        self.W = np.array([[1.0, 2.0], [3.0, 4.5], [-1.0, 0.3], [0.2, 0.9]])

    def forward(self, x):
        self.x = x.copy()
        x -= x.mean(axis=0)
        return self.x @ self.W

    def backward(self, d_next):
        def halve(g):
            g *= 0.5

        dx, self.dW = d_next @ self.W.T, self.x.T @ d_next
        halve(d_next)
        self.W[0] -= 0.1
        return dx


def test_the_line_that_writes_into_the_callers_array_is_shown():
    (case,) = check_layer(WritesEverywhere(), X).checks[0].cases
    assert case.verdict == "pass"
    assert {w.code: (w.evidence["array"], w.line.text) for w in case.warnings} == {
        "mutates_input": ("x", "x -= x.mean(axis=0)"),
        "mutates_upstream": ("d_next", "g *= 0.5"),
        "mutates_parameter": ("W", "self.W[0] -= 0.1"),
    }


def test_a_debugger_s_trace_is_left_as_it_was():
    own = lambda frame, event, arg: None  # noqa: E731
    before = sys.gettrace()
    sys.settrace(own)
    try:
        check_layer(WritesEverywhere(), X)
        assert sys.gettrace() is own
    finally:
        sys.settrace(before)


def test_of_two_upstream_gradients_the_one_that_is_changed_is_named():
    def forward(h, c):
        return h * c, h + c, (h, c)

    def backward(dnext_h, dnext_c, cache):
        h, c = cache
        dh, dc = dnext_h * c + dnext_c, dnext_h * h + dnext_c
        dnext_c += dnext_h
        return dh, dc

    (case,) = check_functions(forward, backward, X, 2 * X).checks[0].cases
    (warning,) = case.warnings
    assert (warning.evidence["array"], warning.line.text) == ("dnext_c", "dnext_c += dnext_h")


def test_labels_that_are_changed_are_an_input_and_no_parameter():
    def forward(x, y):
        y -= 1
        return x[np.arange(len(x)), y], (x, y)

    def backward(dout, cache):
        x, y = cache
        dx = np.zeros_like(x)
        dx[np.arange(len(x)), y] = dout
        return dx

    report = check_functions(forward, backward, X, np.arange(len(X)) % 2)
    assert warnings_of(report) == ["mutates_input"]


def test_what_is_said_of_dout_uses_the_name_that_backward_has_for_it():
    report = check_functions(lambda x: (x**2, x), lambda dLdy, x: 2 * x, X)
    (found,) = report.gradients[0].diagnosis
    assert found.message.startswith("The gradient of x is the same whatever dLdy is")


def test_running_statistics_may_change():
    def forward(x, param):
        param["running_mean"] *= 0.9
        param["running_mean"] += 0.1 * x.mean(axis=0)
        return x - x.mean(axis=0), None

    report = check_functions(
        forward, lambda d, _: d - d.mean(axis=0), X, {"running_mean": np.zeros(4)}
    )
    assert report.verdict == "pass"
    assert warnings_of(report) == []


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (lambda g: g.T, "transposed"),
        (lambda g: g.ravel(), "flattened"),
        (lambda g: g[None], "axis of length 1"),
        (lambda g: g.sum(), "a single number"),
    ],
)
def test_a_wrong_shape_is_named(wrong, why):
    report = check_layer(changed(backward=lambda self, dout: wrong(dout @ self.W.T)), X)
    assert codes(report, "x")[0] == "shape"
    assert why in report.gradients[0].diagnosis[0].message


@pytest.mark.parametrize(
    "strange",
    [
        lambda g: g.astype(object),
        lambda g: g + 0j,
        lambda g: "a word",
        lambda g: {1, 2},
        lambda g: [[1, 2], [3]],
        lambda g: (row for row in g),
        lambda g: np.zeros(3, dtype=[("a", float)]),
        lambda g: {"dW": g},
    ],
)
def test_what_is_no_array_of_numbers_fails_and_does_not_end_the_check(strange):
    def backward(self, dout):
        self.dW = strange(self.x.T @ dout)
        return dout @ self.W.T

    report = check_layer(changed(backward=backward), X)
    assert [g.verdict for g in report.gradients if g.wrt == "x"] == ["pass"]
    assert report.verdict != "pass"
    assert str(report) and report.to_json()


def test_matrices_and_extended_precision_are_as_good_as_arrays():
    for convert in (np.asmatrix, lambda g: g.astype(np.longdouble)):
        report = check_functions(
            lambda x: (np.sin(x), x),
            lambda d, x, convert=convert: convert(d * np.cos(x)),
            X,
        )
        assert report.verdict == "pass"


def test_nan_in_a_gradient_is_located():
    def backward(dout, x):
        right = dout * np.cos(x)
        right[1, 2] = np.nan
        return right

    report = check_functions(lambda x: (np.sin(x), x), backward, X)
    assert codes(report, "x")[0] == "non_finite"
    assert "(1, 2)" in report.gradients[0].diagnosis[0].message


def test_a_gradient_that_is_not_there_is_missing_for_its_variable_alone():
    def backward(self, dout):
        self.dW = None
        return dout @ self.W.T

    report = check_layer(changed(backward=backward), X)
    assert codes(report, "W") == ["missing"]
    assert [g.verdict for g in report.gradients if g.wrt == "x"] == ["pass"]


def test_random_numbers_are_the_same_at_every_call():
    def forward(x):
        mask = np.random.rand(*x.shape) > 0.5  # noqa: NPY002
        return x * mask, mask

    assert check_functions(forward, lambda d, mask: d * mask, X).verdict == "pass"


def test_an_output_that_changes_from_call_to_call_stops_the_case():
    def forward(x):
        n = 1 + int.from_bytes(os.urandom(4))  # nothing that could be put back
        return x * n, n

    report = check_functions(forward, lambda d, n: d * n, X)
    assert [f.code for f in report.checks[0].cases[0].findings] == ["nondeterministic"]


def test_a_backward_that_reads_the_memory_of_its_input_in_another_order_is_caught():
    def backward(dout, x):
        return dout.reshape(x.shape) * 2 * x.ravel(order="K").reshape(x.shape)

    report = check_functions(lambda x: ((x**2).reshape(len(x), -1), x), backward, X)
    assert "how the input lies in memory" in report.gradients[0].diagnosis[0].message


def test_a_backward_that_reads_the_memory_of_dout_in_another_order_is_caught():
    def backward(dout, x):
        return dout.ravel(order="K").reshape(x.shape)

    report = check_functions(lambda x: (x.copy(), x), backward, X)
    assert "how dout lies in memory" in report.gradients[0].diagnosis[0].message


def test_a_softmax_that_overflows_is_a_warning_and_a_shifted_one_is_none():
    def check(shift):
        def forward(x):
            e = np.exp(x - shift(x))
            p = e / e.sum(axis=1, keepdims=True)
            return p, p

        return check_functions(
            forward, lambda d, p: p * (d - (d * p).sum(axis=1, keepdims=True)), X
        )

    assert warnings_of(check(lambda x: 0)) == ["overflow"]
    assert warnings_of(check(lambda x: x.max(axis=1, keepdims=True))) == []


@pytest.mark.parametrize(
    ("x", "reached"),
    [(X[X > 0], "1000"), (X[X < 0], "-1000"), (np.array([2.0, -1]), "-500 and 1000")],
)
def test_where_it_overflows_is_where_it_was_tried(x, reached):
    def forward(x):
        return np.log(1 + np.exp(x) + np.exp(-x)), x

    def backward(dout, x):
        e, f = np.exp(x), np.exp(-x)
        return dout * (e - f) / (1 + e + f)

    (warning,) = check_functions(forward, backward, x).checks[0].cases[0].warnings
    assert warning.message.startswith(f"forward is not finite when x reaches {reached}, though")


def entropy_by_the_log_of_a_softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.log(p).sum(axis=1)


def tanh_by_exponentials(x):
    a, b = np.exp(x), np.exp(-x)
    return (a - b) / (a + b)


def log_of_a_sigmoid(x):
    s = 1 / (1 + np.exp(-x))  # infinity below: no harm
    return np.log(s)


def reciprocal_of_an_underflow(x):
    e = np.exp(-np.abs(x))
    return e * x / e


@pytest.mark.parametrize(
    ("forward", "words", "text"),
    [
        (
            entropy_by_the_log_of_a_softmax,
            "log is taken of a number that has become 0",
            "np.log(p)",
        ),
        (tanh_by_exponentials, "exp overflows", "np.exp(x), np.exp(-x)"),
        (log_of_a_sigmoid, "log is taken of a number that has become 0", "np.log(s)"),
        (reciprocal_of_an_underflow, "divide gives nan", "e * x / e"),
    ],
)
def test_what_overflows_is_told_with_its_line(forward, words, text):
    (case,) = check_gradient(lambda x: forward(x).sum(), lambda x: 0 * x, X).checks[0].cases
    (warning,) = case.warnings
    assert warning.code == "overflow" and words in warning.message
    assert text in warning.line.text


def test_nan_in_a_gradient_is_shown_where_it_arises():
    def backward(dout, x):
        root = np.sqrt(x - 1e3)
        return dout * np.cos(x) * root

    report = check_functions(lambda x: (np.sin(x), x), backward, X)
    (found,) = report.gradients[0].diagnosis
    assert (found.code, found.line.text) == ("non_finite", "root = np.sqrt(x - 1e3)")


def test_what_is_not_defined_for_negative_numbers_does_not_overflow():
    def backward(dout, x):
        return dout * (np.log(x) + 1)

    forward = lambda x: (np.where(x > 0, x * np.log(np.maximum(x, 1e-9)), 0), x)  # noqa: E731
    assert warnings_of(check_functions(forward, backward, np.abs(X) + 0.1)) == []


def test_an_exception_without_a_message_is_named():
    def backward(dout, x):
        if not dout.flags.writeable:
            raise RuntimeError
        return dout * np.cos(x)

    (warning,) = check_functions(lambda x: (np.sin(x), x), backward, X).checks[0].cases[0].warnings
    assert warning.message == "It raises RuntimeError when dout is read-only and not contiguous."


@pytest.mark.parametrize("forward", [lambda x: (x + 1j, x), lambda x: (np.exp(1j * x), x)])
def test_complex_outputs_are_declined_in_one_line(forward):
    report = check_functions(forward, lambda d, x: d, X)
    assert report.verdict == "error"
    assert "complex" in str(report)


def test_an_empty_tuple_is_no_output():
    report = check_layer(changed(forward=lambda self, x: ()), X)
    assert report.verdict == "error"
    assert "no output" in str(report)


def test_labels_of_any_kind_are_left_in_peace():
    def loss(prediction, target):
        wanted = np.array([t == "cat" for t in target])
        return ((prediction - wanted) ** 2).sum(), 2 * (prediction - wanted)

    labels = np.array(["cat", "dog", "cat"], dtype=object)
    assert check_loss(loss, X[:, 0], labels).verdict == "pass"


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_small_gradient_that_is_read_off_an_update_is_linear(dtype):
    """W - rate * dW leaves few digits of a dW of 1e-8, and fewer of that for a small dout."""

    class Scaled:
        def __init__(self):
            self.W = np.random.default_rng(0).normal(size=(4, 3)).astype(dtype)

        def forward(self, x):
            self.x = x
            return x @ self.W * dtype(1e-8)

        def backward(self, dout, learning_rate):
            dx = dout @ self.W.T * dtype(1e-8)
            self.W = self.W - learning_rate * (self.x.T @ dout * dtype(1e-8))
            return dx

    x = np.random.default_rng(1).normal(size=(5, 4)).astype(dtype)
    report = check_layer(Scaled(), x)
    assert report.verdict == "pass", report


def test_a_gradient_that_cancels_to_zero_may_leave_round_off():
    """Attention to a single key: p is 1, and dq is the difference of two equal sums."""

    class Attention:
        def forward(self, q, k, v):
            self.q, self.k, self.v = q, k, v
            e = np.exp(q @ k.swapaxes(-1, -2))
            self.p = e / e.sum(-1, keepdims=True)
            self.out = self.p @ v
            return self.out.copy()

        def backward(self, dout):
            dp = dout @ self.v.swapaxes(-1, -2)
            ds = self.p * (dp - np.einsum("...e,...e->...", dout, self.out)[..., None])
            transposed = ds.swapaxes(-1, -2)
            return ds @ self.k, transposed @ self.q, self.p.swapaxes(-1, -2) @ dout

    r = np.random.default_rng(0)
    q, k, v = (r.normal(size=(1, 1, 3)) for _ in range(3))
    for seed in range(6):
        report = check_layer(Attention(), q, k, v, seed=seed)
        assert report.verdict == "pass", report
