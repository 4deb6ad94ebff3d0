"""What is a loss, which argument is the prediction, and losses of any style as cases."""

import threading

import numpy as np
import pytest
from agreement import Dense, W, assert_agrees, b, rng, x

from minnet.gradcheck import check_loss
from minnet.gradcheck.under_test.loss_roles import is_loss
from minnet.gradcheck.under_test.losses import LossCase, LossFunctionCase, loss_case


def test_losses_as_objects_and_as_functions():
    class MSE:
        def forward(self, A, Y):
            self.A, self.Y = A, Y
            return ((A - Y) ** 2).mean()

        def backward(self):
            return 2 * (self.A - self.Y) / self.A.size

    def mse_loss(x, y):
        return ((x - y) ** 2).mean(), 2 * (x - y) / x.size

    assert_agrees(LossCase(MSE(), x, np.zeros_like(x)), {"A"})
    assert_agrees(loss_case(mse_loss, x, np.zeros_like(x)), {"x"})


class SquaredErrors:
    """Losses of an asymmetric error, by what their forward calls prediction and target."""

    def __init__(self, prediction_first):
        self.prediction_first = prediction_first

    def _loss(self, first, second):
        self.p, self.t = (first, second) if self.prediction_first else (second, first)
        return float(((self.p - 2 * self.t) ** 2 * self.p).sum())

    def backward(self):
        e = self.p - 2 * self.t
        return 2 * e * self.p + e**2


def loss_of(first, second, prediction_first=True):
    """Return a loss whose forward calls its arguments so."""
    namespace = {}
    exec(f"def forward(self, {first}, {second}): return self._loss({first}, {second})", namespace)
    return type("Named", (SquaredErrors,), {"forward": namespace["forward"]})(prediction_first)


target = rng.standard_normal(x.shape)


@pytest.mark.parametrize("names", [("Y", "T"), ("y", "d"), ("t", "x"), ("a", "b"), ("y", "gt")])
def test_prediction_and_target_are_handed_to_a_loss_in_the_callers_order(names):
    case = LossCase(loss_of(*names), x, target)
    assert_agrees(case, {names[0]})
    np.testing.assert_array_equal(case.variables[names[0]], x)
    assert check_loss(loss_of(*names), x, target)


@pytest.mark.parametrize(
    "names", [("y_true", "y_pred"), ("labels", "scores"), ("target", "y"), ("y", "y_hat")]
)
def test_names_beyond_doubt_say_that_forward_takes_the_target_first(names):
    case = LossCase(loss_of(*names, prediction_first=False), x, target)
    assert_agrees(case, {names[1]})
    np.testing.assert_array_equal(case.variables[names[1]], x)

    def function(y_true, y_pred):
        return ((y_pred - 2 * y_true) ** 2).sum(), 2 * (y_pred - 2 * y_true)

    assert_agrees(loss_case(function, x, target), {"y_pred"})


class Product:
    """A layer, although its second input is called y."""

    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dout):
        return dout * self.y, dout * self.x


class InnerProduct(Product):
    def forward(self, x, y):
        return super().forward(x, y).sum()


def test_a_loss_is_told_from_a_layer_with_two_inputs():
    for names in [("y_pred", "y_true"), ("prediction", "target"), ("A", "Y"), ("output", "y")]:
        loss = loss_of(*names)
        assert is_loss(loss) and is_loss(type(loss)) and is_loss(loss, x, target)
    assert not is_loss(Product) and not is_loss(Product(), x, x)
    assert not is_loss(InnerProduct), "by its names alone"
    assert is_loss(InnerProduct(), x, x), "one number of an x and a y"
    assert not is_loss(Dense) and not is_loss(Dense(), x)
    assert not is_loss(lambda y_pred, y_true: 0)


def test_to_ask_whether_something_is_a_loss_does_not_change_it():
    product, locked = InnerProduct(), InnerProduct()
    locked.lock = threading.Lock()  # which cannot be copied
    for thing in (product, locked):
        before = set(vars(thing))
        is_loss(thing, x, x)
        assert set(vars(thing)) == before


def test_a_network_whose_loss_method_returns_a_dict_of_gradients():
    class Net:
        def __init__(self):
            self.params = {"W1": W.copy(), "b1": b.copy()}

        def loss(self, X, y):
            out = X @ self.params["W1"] + self.params["b1"] - y
            return 0.5 * (out**2).sum(), {"W1": X.T @ out, "b1": out.sum(axis=0)}

    net = Net()
    assert_agrees(LossFunctionCase(net.loss, (x, np.zeros((4, 5))), owner=net), {"W1", "b1"})
