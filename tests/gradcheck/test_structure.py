"""A wrong factor, term, axis or half of a Jacobian is named by what it is."""

import numpy as np
import pytest

from minnet.gradcheck import check_functions, check_layer, check_loss


def rng():
    return np.random.default_rng(3)


def first(report, wrt=None):
    wrong = [g for g in report.gradients if g.verdict == "fail" and wrt in (None, g.wrt)]
    return wrong[0].diagnosis[0]


class Layer:
    """A layer of two functions; what forward keeps is an attribute."""

    def __init__(self, forward, backward, **kept):
        self._forward, self._backward = forward, backward
        self.__dict__.update(kept)

    def forward(self, x):
        self.x = x
        self.out = self._forward(x)
        return self.out

    def backward(self, dout):
        return self._backward(self, dout)


def elementwise(f, slope, x=None):
    layer = Layer(f, lambda self, dout: dout * slope(self.x, self.out))
    return first(check_layer(layer, rng().normal(size=(4, 5)) if x is None else x))


# --- factors --------------------------------------------------------------------------------


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize(
    ("f", "slope", "over", "under"),
    [
        (sigmoid, lambda x, y: y, "", "(1 - the output)"),
        (sigmoid, lambda x, y: 1 - y, "", "the output"),
        (sigmoid, lambda x, y: y**2 * (1 - y), "the output", ""),
        (np.tanh, lambda x, y: 1 - y, "", "(1 + the output)"),
        (lambda x: x**3, lambda x, y: 3 * x, "", "x"),
        (lambda x: x**3, lambda x, y: 3 * x**3, "x", ""),
    ],
)
def test_the_factor_that_a_slope_lacks_or_has_too_many_is_named(f, slope, over, under):
    found = elementwise(f, slope)
    assert (found.code, found.evidence["over"], found.evidence["under"]) == (
        "wrong_factor", over, under,
    )  # fmt: skip


def test_a_constant_beside_the_factor_is_told():
    found = elementwise(sigmoid, lambda x, y: 0.5 * y)
    assert found.code == "wrong_factor" and "it is half that, too" in found.message


def test_an_array_that_forward_kept_is_named_as_backward_calls_it():
    def forward(x, w):
        gate = sigmoid(x)
        return gate * w, (gate, w)

    def backward(dout, cache):
        g, weights = cache
        return dout * weights * (1 - g), dout * g

    r = rng()
    arrays = r.normal(size=(4, 3)), r.normal(size=(4, 3)) + 2
    found = first(check_functions(forward, backward, *arrays))
    assert (found.code, found.evidence["under"]) == ("wrong_factor", "g")


def test_the_new_state_in_the_place_of_the_old_one_is_named():
    def forward(x, h, W):
        y = np.tanh(x + h @ W)
        return y, (h, W, y)

    def backward(dout, cache):
        h, W, y = cache
        da = dout * (1 - y**2)
        return da, da @ W.T, y.T @ da

    r = rng()
    arrays = [r.normal(size=shape) for shape in ((4, 3), (4, 3), (3, 3))]
    found = first(check_functions(forward, backward, *arrays))
    assert (found.evidence["over"], found.evidence["under"]) == ("the output", "h")


def test_a_mask_that_backward_forgets_is_named_and_not_its_rows():
    mask = np.array([1.0, 0.0, 1.0, 1.0, 0.0, 1.0])[:, None]
    layer = Layer(lambda x: np.sin(x) * mask, lambda self, dout: dout * np.cos(self.x), keep=mask)
    found = first(check_layer(layer, rng().normal(size=(6, 3))))
    assert (found.code, found.evidence["under"]) == ("wrong_factor", "self.keep")


def test_a_weight_for_each_label_is_named():
    class Weighted:
        def forward(self, prediction, target):
            self.p, self.t = prediction, target
            self.weights = np.array([0.2, 1.0, 3.0])
            picked = prediction[np.arange(len(target)), target]
            return float((self.weights[target] * picked**2).sum())

        def backward(self):
            dp = np.zeros_like(self.p)
            rows = np.arange(len(self.t))
            dp[rows, self.t] = 2 * self.p[rows, self.t]
            return dp

    found = first(check_loss(Weighted(), rng().normal(size=(6, 3)), np.array([0, 1, 2, 2, 1, 0])))
    assert (found.code, found.evidence["under"]) == ("wrong_factor", "self.weights")


# --- terms ----------------------------------------------------------------------------------


def test_a_term_that_only_backward_has_is_named():
    found = elementwise(np.sin, lambda x, y: np.cos(x) + 0.5 * x * y)
    assert (found.code, found.evidence["term"]) == ("extra_term", "0.5 * x * the output")


def test_an_error_that_stays_when_the_prediction_moves_is_told():
    noise = rng().normal(size=(3, 4))

    class Shifted:
        def forward(self, prediction, target):
            self.p = prediction
            return float(np.sum(prediction**3))

        def backward(self):
            return 3 * self.p**2 + self.offset()

        def offset(self):
            return 0.1 * np.cos(np.arange(12.0)).reshape(3, 4) + 0 * noise

    found = first(check_loss(Shifted(), rng().normal(size=(3, 4)), noise))
    assert found.code == "extra_term" and "does not depend on prediction" in found.message


# --- the Jacobian ---------------------------------------------------------------------------


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("backward", "code"),
    [
        (lambda y, dout: y * (1 - y) * dout, "jacobian_diagonal"),
        (lambda y, dout: 2 * y * (1 - y) * dout, "jacobian_diagonal"),
        (lambda y, dout: y * (dout - (y * dout).sum(axis=0)), "wrong_axis"),
        (lambda y, dout: y * (dout + (y * dout).sum(axis=1, keepdims=True)), "statistic_constant"),
        (lambda y, dout: y * dout, "statistic_constant"),
    ],
)
def test_each_half_of_a_softmax_has_its_name(backward, code):
    layer = Layer(softmax, lambda self, dout: backward(self.out, dout))
    assert first(check_layer(layer, rng().normal(size=(3, 4)))).code == code


M = np.random.default_rng(7).normal(size=(4, 4))


@pytest.mark.parametrize("factor", [1, 0.5, -3])
def test_a_matrix_for_its_transpose_is_named_whatever_the_factor(factor):
    layer = Layer(lambda x: x @ M, lambda self, dout: factor * dout @ M)
    found = first(check_layer(layer, rng().normal(size=(3, 4))))
    assert found.code == "jacobian_transposed"
    assert found.factor is None if factor == 1 else found.factor.near(factor)


def test_a_symmetric_jacobian_is_not_transposed():
    layer = Layer(lambda x: x @ (M + M.T), lambda self, dout: dout @ (M + M.T))
    assert check_layer(layer, rng().normal(size=(3, 4)))


def test_statistics_that_are_constant_in_forward_and_not_in_backward_are_named():
    mean, std = np.array([0.5, -1.0, 2.0]), np.array([1.5, 0.7, 1.1])

    def backward(self, dout):
        y = (self.x - self.x.mean(axis=0)) / self.x.std(axis=0)
        return (dout - dout.mean(axis=0) - y * (dout * y).mean(axis=0)) / std

    layer = Layer(lambda x: (x - mean) / std, backward)
    found = first(check_layer(layer, rng().normal(size=(6, 3))))
    assert found.code == "statistic_constant" and "lets gradient flow" in found.message


# --- steps ----------------------------------------------------------------------------------


def recurrence(carried, last_alone=False):
    """Check h[t] = tanh(x[t] + h[t - 1] @ U); `carried` makes the gradient of the state before.

    The output are all states, or the last alone.
    """

    class Recurrence:
        def __init__(self):
            self.U = rng().normal(size=(3, 3))

        def forward(self, x):
            self.h = [np.zeros(x.shape[1:])]
            for step in x:
                self.h.append(np.tanh(step + self.h[-1] @ self.U))
            return self.h[-1] if last_alone else np.stack(self.h[1:])

        def backward(self, dout):
            steps = len(self.h) - 1
            if last_alone:
                dout = np.stack([*np.zeros((steps - 1, *dout.shape)), dout])
            dx, dh, self.dU = np.zeros_like(dout), 0.0, np.zeros_like(self.U)
            for t in reversed(range(steps)):
                dx[t] = (dout[t] + dh) * (1 - self.h[t + 1] ** 2)
                self.dU += self.h[t].T @ dx[t]
                dh = carried(dx[t], self.U)
            return dx

    return check_layer(Recurrence(), rng().normal(size=(4, 2, 3)))


@pytest.mark.parametrize(
    ("carried", "code"),
    [
        (lambda da, U: 0.0, "truncated_time"),
        (lambda da, U: da @ U, "wrong_carry"),
        (lambda da, U: da, "wrong_carry"),
    ],
)
@pytest.mark.parametrize("wrt", ["x", "U"])
@pytest.mark.parametrize("last_alone", [False, True])
def test_what_is_not_carried_back_or_wrongly_is_named(carried, code, last_alone, wrt):
    assert first(recurrence(carried, last_alone), wrt).code == code


def test_a_right_recurrence_is_right():
    assert recurrence(lambda da, U: da @ U.T) and recurrence(lambda da, U: da @ U.T, True)


def test_a_first_row_that_is_wrong_is_no_step_of_a_sequence():
    mix = rng().normal(size=(4, 4))

    def forward(x, W):
        return mix @ np.sin(x) @ W, (x, W)

    def backward(dout, cache):
        x, W = cache
        dx, dW = np.cos(x) * (mix.T @ dout @ W.T), (mix @ np.sin(x)).T @ dout
        dx[0] += 0.1 * dx[1]
        return dx, dW

    r = rng()
    report = check_functions(forward, backward, r.normal(size=(4, 3)), r.normal(size=(3, 3)))
    assert first(report).code == "region"


def test_samples_that_are_wrong_but_for_the_last_are_no_steps():
    def backward(self, dout):
        dx = dout * np.cos(self.x)
        dx[:-1] *= dx[:-1] + 2  # not linear, and wrong in another way for each
        return dx

    found = first(check_layer(Layer(np.sin, backward), rng().normal(size=(4, 3))))
    assert found.code not in ("wrong_carry", "truncated_time")


# --- places and whole numbers ---------------------------------------------------------------


def test_a_crop_at_the_wrong_edge_is_a_shift_on_a_short_axis_too():
    padded = Layer(
        lambda x: np.sin(np.pad(x, ((0, 0), (1, 1)))),
        lambda self, dout: (dout * np.cos(np.pad(self.x, ((0, 0), (1, 1)))))[:, :3],
    )
    found = first(check_layer(padded, rng().normal(size=(2, 3))))
    assert found.code == "permuted" and "shifted by +1 along axis 1" in found.message


def test_what_an_output_passes_back_to_the_wrong_element_is_named():
    def backward(self, dout):
        dx = np.zeros_like(self.x)
        dx[:-1] += 0.7 * dout  # for 0.3
        dx[1:] += 0.3 * dout
        return dx

    between = Layer(lambda x: 0.3 * x[:-1] + 0.7 * x[1:], backward)
    found = first(check_layer(between, rng().normal(size=5)))
    assert found.code == "permuted" and "passes back lands on element" in found.message


def test_a_gradient_in_whole_numbers_is_told():
    found = first(
        check_layer(
            Layer(np.sin, lambda self, dout: np.trunc(9 * dout * np.cos(self.x))),
            rng().normal(size=(4, 5)),
        )
    )
    assert (found.code, found.evidence["dtype"]) == ("precision", "integer")


def test_a_gradient_of_signs_is_not_called_whole():
    found = elementwise(np.tanh, lambda x, y: np.sign(x))
    assert found.code != "precision"
