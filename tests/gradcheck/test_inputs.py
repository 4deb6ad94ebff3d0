"""What goes in and what comes back: what is differentiated, and what is said of it."""

import numpy as np
import pytest
from agreement import Dense, W, assert_agrees, b, x

from minnet.gradcheck import check_functions, check_gradient, check_layer, check_loss
from minnet.gradcheck.under_test.functions import FunctionsCase
from minnet.gradcheck.under_test.layer import LayerCase


def notes(report):
    return report.checks[0].cases[0].notes


class Product:
    def forward(self, a, c):
        self.a, self.c = a, c
        return a * c

    def backward(self, dout):
        return dout * self.c, None


def taking(first, second):
    """Return a product whose forward calls its inputs so, and gives the second no gradient."""
    namespace = {}
    exec(
        f"def forward(self, {first}, {second}): return Product.forward(self, {first}, {second})",
        {"Product": Product},
        namespace,
    )
    return type("Named", (Product,), {"forward": namespace["forward"]})()


@pytest.mark.parametrize("name", ["mask", "attn_mask", "sample_weight", "times", "A_hat", "target"])
def test_an_input_whose_name_says_data_is_not_differentiated_and_that_is_said(name):
    report = check_layer(taking("x", name), x, x + 1)
    assert report and [g.wrt for g in report.gradients] == ["x"]
    assert name in notes(report)[0] and "not differentiated" in str(report)


@pytest.mark.parametrize(
    "value", [np.eye(4)[:, :3], np.where(x > 0, -np.inf, x), np.round(3 * x) + 7]
)
def test_an_input_whose_values_say_data_is_not_differentiated(value):
    class Sum(Product):
        def forward(self, x, foo):
            self.shape = x.shape
            return x + np.where(np.isfinite(foo), foo, 1)

        def backward(self, dout):
            return dout, None

    assert [g.wrt for g in check_layer(Sum(), x, value).gradients] == ["x"]


@pytest.mark.parametrize("names", [("a", "c"), ("x", "W"), ("x", "foo"), ("x", "h_prev")])
def test_an_input_to_which_a_gradient_is_owed_is_missing_it(names):
    report = check_layer(taking(*names), x, x + 1.3)
    assert report.gradient(names[1]).diagnosis[0].code == "missing"


def test_a_first_input_is_not_taken_for_data_by_its_values():
    class Backwards(Product):
        def forward(self, foo, bar):
            return super().forward(foo, bar)

        def backward(self, dout):
            return None, dout * self.a

    report = check_layer(Backwards(), np.round(3 * x), x)
    assert report.gradient("foo").diagnosis[0].code == "missing"


def test_a_gradient_of_a_wrong_shape_beside_dx_is_that_of_the_parameter_without_any():
    class Transposed(Dense):
        def backward(self, dout):
            return dout @ self.W.T, (self.x.T @ dout).T, dout.sum(axis=0)

    report = check_layer(Transposed(), x)
    assert [g.verdict for g in report.gradients] == ["pass", "fail", "pass"]
    assert report.gradient("W").diagnosis[0].code == "shape"


def test_a_loss_with_parameters_may_be_checked_as_a_layer():
    class Centers:
        def __init__(self):
            self.centers = W[0, :3].copy()

        def forward(self, x):
            self.e = x - self.centers
            return float((self.e**2).sum())

        def backward(self):
            self.dcenters = -2 * self.e.sum(axis=0)
            return 2 * self.e

    assert_agrees(LayerCase(Centers(), x), {"x", "centers"})


def softmax(scores):
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("last", [True, False])
def test_of_several_arrays_beside_a_loss_the_gradient_is_judged(last):
    labels = np.arange(4) % 3

    def loss(scores, labels, wrong=1):
        p = softmax(scores)
        dx = wrong * (p - np.eye(3)[labels]) / 4
        value = -float(np.log(p[np.arange(4), labels]).mean())
        return (value, p, dx) if last else (value, dx, p)

    report = check_loss(loss, x, labels)
    assert report and f"number {1 + last} is judged" in notes(report)[0]
    assert check_loss(lambda scores, labels: loss(scores, labels, 2), x, labels).verdict == "fail"


def test_integers_are_differentiated_where_backward_gives_them_a_gradient():
    class Cube:
        def forward(self, x):
            self.x = x
            return x**3

        def backward(self, dout):
            return 3 * dout * self.x**2

    report = check_layer(Cube(), np.array([[1, -2], [3, 4]]))
    assert report and "int64" in notes(report)[0]
    assert check_layer(Cube(), 2.5)


def test_an_index_stays_an_index():
    class Table:
        def __init__(self):
            self.W = W.copy()

        def forward(self, index):
            self.index = index
            return self.W[index]

        def backward(self, dout):
            self.dW = np.zeros_like(self.W)
            np.add.at(self.dW, self.index, dout)
            return np.ones(self.index.shape)

    assert_agrees(LayerCase(Table(), np.array([0, 2, 2])), {"W"})


def test_where_there_is_nothing_to_differentiate_that_is_said_and_nothing_passes():
    class Count:
        def forward(self, words):
            return np.bincount(words).astype(float)

        def backward(self, dout):
            return None

    report = check_layer(Count(), np.array([1, 0, 1]))
    assert report.verdict == "inconclusive" and "nothing to differentiate" in str(report)


def test_settings_in_a_dict_are_no_inputs_unless_backward_gives_them_gradients():
    def forward(x, params):
        return x @ params["W"] + params["b"], (x, params)

    def backward(dout, cache):
        x, params = cache
        return dout @ params["W"].T, {"W": x.T @ dout, "b": dout.sum(axis=0)}

    def of_x_alone(dout, cache):
        return backward(dout, cache)[0]

    args = (x, {"W": W.copy(), "b": b.copy()})
    assert_agrees(FunctionsCase(forward, backward, args), {"x", "params['W']", "params['b']"})
    assert_agrees(FunctionsCase(forward, of_x_alone, args), {"x"})


def test_a_gradient_attribute_that_backward_leaves_alone_is_none():
    class Made(Dense):
        def __init__(self):
            super().__init__()
            self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)

        def backward(self, dout):
            return dout @ self.W.T, self.x.T @ dout, dout.sum(axis=0)

    assert_agrees(LayerCase(Made(), x), {"x", "W", "b"})


def test_a_constant_called_like_a_gradient_is_none_and_a_buffer_never_filled_is_zero():
    class Decay:
        def __init__(self):
            self.t, self.dt, self.tau, self.dtau = np.linspace(0, 1, 3), 0.5, 2.0, 0.1
            self.theta, self.dtheta = np.ones(3), np.zeros(3)

        def forward(self, x):
            return x * np.exp(-self.t * self.dt / self.tau) * self.dtau * self.theta

        def backward(self, dout):
            return dout * np.exp(-self.t * self.dt / self.tau) * self.dtau * self.theta

    report = check_layer(Decay(), x)
    assert [g.wrt for g in report.gradients] == ["x", "theta"]
    assert report.gradient("theta").diagnosis[0].code == "zero"


def test_of_integer_outputs_the_upstream_gradient_is_zero():
    class Maximum:
        def forward(self, x):
            self.x, self.where = x, x.argmax(axis=1)
            return x.max(axis=1), self.where

        def backward(self, dout, dwhere):
            assert not dwhere.any()
            found = np.zeros_like(self.x)
            found[np.arange(len(dout)), self.where] = dout
            return found

    assert_agrees(LayerCase(Maximum(), x), {"x"})


def test_the_order_of_prediction_and_target_is_said_where_it_is_not_the_callers():
    class MSE:
        def forward(self, y_true, y_pred):
            self.e = y_pred - y_true
            return float((self.e**2).mean())

        def backward(self):
            return 2 * self.e / self.e.size

    report = check_loss(MSE(), x, x + 1)
    assert report and "y_pred was taken for the prediction" in notes(report)[0]


class Squares:
    def forward(self, prediction, target):
        self.e = prediction - target
        return (self.e**2).sum(axis=1)

    def backward(self):
        return 2 * self.e / self.factor


@pytest.mark.parametrize(("factor", "kind"), [(1, "sum"), (4, "mean")])
def test_a_loss_for_each_sample_is_judged_as_the_sum_or_the_mean_and_that_is_said(factor, kind):
    loss = Squares()
    loss.factor = factor
    report = check_loss(loss, x, x - 1)
    assert report and kind in notes(report)[0]
    loss.factor = 7.0
    assert check_loss(loss, x, x - 1).verdict == "fail"


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: check_layer(Dense, x), r"Dense is a class: give check_layer an object of it"),
        (lambda: check_layer(Dense()), r"Dense.forward\(x\) cannot be called with the 0 inputs"),
        (lambda: check_layer(Product(), x), r"forward\(a, c\) cannot be called with the one input"),
        (lambda: check_loss(Squares(), x), r"forward\(prediction, target\) cannot be called with"),
        (lambda: check_functions(None, np.sin, x), "forward is to be a function, not None"),
        (lambda: check_functions(np.sin, 3, x), "backward is to be a function, not 3"),
        (lambda: check_gradient(x, x, x), "f is to be a function"),
    ],
)
def test_a_call_that_cannot_be_meant_is_one_clear_line(call, match):
    with pytest.raises(TypeError, match=match):
        call()


def test_a_number_with_a_wrong_gradient_is_diagnosed():
    class Amplifier:
        def forward(self, x, gain):
            self.x, self.gain = x, gain
            return gain * x

        def backward(self, dout):
            return self.gain * dout, 2 * float((dout * self.x).sum())

    report = check_layer(Amplifier(), x, 2.5)
    assert report.gradient("gain").diagnosis[0].code == "scale"
