"""Any style of layer becomes a case whose claimed gradients are the measured ones."""

import sys

import numpy as np
import pytest
from agreement import Dense, W, assert_agrees, b, x

from minnet.gradcheck import check_layer
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.under_test.functions import FunctionsCase
from minnet.gradcheck.under_test.gradient import GradientCase
from minnet.gradcheck.under_test.layer import LayerCase


def test_attributes_with_gradients_beside_them():
    assert_agrees(LayerCase(Dense(), x), {"x", "W", "b"})


def test_a_layer_that_is_checked_is_not_changed():
    layer = Dense()
    case = LayerCase(layer, x)
    case.run({"W": W + 1}).backward((np.ones((4, 5)),))
    assert not hasattr(layer, "x")
    np.testing.assert_array_equal(layer.W, W)


def test_nnfs_leaves_everything_in_attributes():
    class LayerDense:
        def __init__(self):
            self.weights, self.biases = W.copy(), b[None].copy()

        def forward(self, inputs):
            self.inputs = inputs
            self.output = inputs @ self.weights + self.biases

        def backward(self, dvalues):
            self.dweights = self.inputs.T @ dvalues
            self.dbiases = dvalues.sum(axis=0, keepdims=True)
            self.dinputs = dvalues @ self.weights.T

    assert_agrees(LayerCase(LayerDense(), x), {"inputs", "weights", "biases"})


def test_a_backward_without_arguments_is_the_local_derivative():
    class Sigmoid:
        def forward(self, Z):
            self.A = 1 / (1 + np.exp(-Z))
            return self.A

        def backward(self):
            return self.A * (1 - self.A)

    assert_agrees(LayerCase(Sigmoid(), x), {"Z"})


@pytest.mark.parametrize("in_place", [True, False])
def test_a_layer_that_updates_itself_has_its_gradients_read_off_the_update(in_place):
    class Layer:
        def __init__(self):
            self.weights, self.bias = W.copy(), b.copy()

        def forward(self, input):
            self.input = input
            return input @ self.weights + self.bias

        def backward(self, output_gradient, learning_rate):
            dx = output_gradient @ self.weights.T
            if in_place:
                self.weights -= learning_rate * (self.input.T @ output_gradient)
            else:
                self.weights = self.weights - learning_rate * (self.input.T @ output_gradient)
            self.bias = self.bias - learning_rate * output_gradient.sum(axis=0)
            return dx

    case = LayerCase(Layer(), x)
    assert_agrees(case, {"input", "weights", "bias"})
    run = case.run()
    run.backward((np.ones((4, 5)),))
    np.testing.assert_array_equal(run.handed["weights"], W)


def test_a_layer_with_its_own_learning_rate():
    class Layer:
        def __init__(self):
            self.weights, self.learning_rate = W.copy(), 0.1

        def forward(self, input):
            return input @ self.weights

        def backward(self, input, grad_output):
            grad_input = grad_output @ self.weights.T
            self.weights = self.weights - self.learning_rate * input.T @ grad_output
            return grad_input

    assert_agrees(LayerCase(Layer(), x), {"input", "weights"})


def test_params_and_grads_as_dicts_and_as_lists():
    class ByName:
        def __init__(self):
            self.params, self.grads = {"W": W.copy()}, {}

        def forward(self, x):
            self.x = x
            return x @ self.params["W"]

        def backward(self, dout):
            self.grads["W"] = self.x.T @ dout
            return dout @ self.params["W"].T

    class ByPosition:
        def __init__(self):
            self.params, self.grads = [W.copy()], [np.zeros_like(W)]

        def forward(self, x):
            self.x = x
            return x @ self.params[0]

        def backward(self, dout):
            self.grads[0][...] = self.x.T @ dout
            return dout @ self.params[0].T

    assert_agrees(LayerCase(ByName(), x), {"x", "W"})
    assert_agrees(LayerCase(ByPosition(), x), {"x", "params[0]"})


def test_gradients_may_be_returned_together():
    class Layer:
        def __init__(self):
            self.W, self.b = W.copy(), b.copy()

        def forward(self, x):
            self.x = x
            return x @ self.W + self.b

        def backward(self, dout):
            return self.x.T @ dout, dout.sum(axis=0), dout @ self.W.T

    assert_agrees(LayerCase(Layer(), x), {"x", "W", "b"})


def test_layers_inside_a_layer_have_dotted_names():
    class Two:
        def __init__(self):
            self.layers = [Dense(), Dense()]

        def forward(self, x):
            return self.layers[0].forward(x) * self.layers[1].forward(x)

        def backward(self, dout):
            a, c = (layer.x @ layer.W + layer.b for layer in self.layers)
            return self.layers[0].backward(dout * c) + self.layers[1].backward(dout * a)

    names = {"x", "layers.0.W", "layers.0.b", "layers.1.W", "layers.1.b"}
    assert_agrees(LayerCase(Two(), x), names)


@pytest.mark.parametrize("declared", [True, False])
def test_parameters_that_the_first_forward_makes(declared):
    class Lazy(Dense):
        def __init__(self):
            if declared:
                self.W = self.b = None

        def forward(self, x):
            if getattr(self, "W", None) is None:
                self.W = np.random.rand(x.shape[1], 5)  # noqa: NPY002
                self.b = np.zeros(5)
            return super().forward(x)

    assert_agrees(LayerCase(Lazy(), x), {"x", "W", "b"})


def test_several_inputs():
    class Multiply:
        def forward(self, a, c):
            self.a, self.c = a, c
            return a * c

        def backward(self, dout):
            return dout * self.c, dout * self.a

    case = LayerCase(Multiply(), (x, x + 1))
    assert_agrees(case, {"a", "c"})
    assert case.batched == ("a", "c")
    assert_agrees(case.with_batch(7), {"a", "c"})


def test_function_pairs_with_settings_labels_and_several_outputs():
    def forward(x, index, w, param):
        out = x * w * param["factor"]
        return out, out.sum(axis=0), (x, w, param)

    def backward(dout, dsum, cache):
        x, w, param = cache
        total = (dout + dsum) * param["factor"]
        return total * w, (total * x).sum(axis=0)

    args = (x, np.arange(4), np.ones(3), {"factor": 3.0, "state": np.zeros(2)})
    case = FunctionsCase(forward, backward, args, batched=("x", "index"))
    assert_agrees(case, {"x", "w"})
    assert set(case.run().handed) == {"x", "index", "w", "param['state']"}
    assert case.with_batch(1).run().outputs[0].shape == (1, 3)
    assert case.quantities["the batch size"] == 4


@pytest.mark.parametrize(
    ("f", "gradient"),
    [
        (lambda x: (x**3).sum(), lambda x: 3 * x**2),
        (np.sin, np.cos),
        (lambda x: W.T @ x[0], lambda x: np.stack([W.T] + [0 * W.T] * 3, axis=1)),
    ],
)
def test_a_function_and_its_gradient(f, gradient):
    assert_agrees(GradientCase(f, gradient, x), {"x"})


def test_every_run_starts_from_the_same_state_and_random_numbers():
    class Noisy:
        def __init__(self):
            self.calls, self.rng = 0, np.random.default_rng(0)

        def forward(self, x):
            self.calls += 1
            noise = np.random.rand()  # noqa: NPY002
            return x * self.calls + noise + self.rng.random()

        def backward(self, dout):
            return dout * self.calls

    np.random.seed(5)  # noqa: NPY002
    expected = np.random.RandomState(5).rand()
    case = LayerCase(Noisy(), x)
    runs = [case.run().outputs[0] for _ in range(8)]
    assert all(np.array_equal(runs[0], other) for other in runs)
    assert_agrees(case, {"x"})
    assert np.random.rand() == expected  # noqa: NPY002


class GlobalNoise:
    def forward(self, x):
        return x + np.random.rand(*x.shape)  # noqa: NPY002

    def backward(self, dout):
        return dout


def test_the_global_generators_stand_where_the_seed_says():
    def drawn(case):
        return case.run().outputs[0]

    case = LayerCase(GlobalNoise(), x)
    np.testing.assert_array_equal(drawn(case), drawn(case.seeded(0)))
    other = case.seeded(7)
    assert not np.array_equal(drawn(case), drawn(other))
    np.testing.assert_array_equal(drawn(other), drawn(other.another()))
    np.testing.assert_array_equal(drawn(other), drawn(other.with_variables({"x": x})))
    assert not np.array_equal(drawn(case), drawn(case.seeded(2**40 + 7)))


def test_backward_belongs_to_its_own_forward_although_the_layer_ran_again():
    case = LayerCase(Dense(), x)
    first, second = case.run(), case.run({"x": 2 * x})
    upstream = (np.ones((4, 5)),)
    np.testing.assert_allclose(first.backward(upstream)["W"] * 2, second.backward(upstream)["W"])


def test_exceptions_exits_and_nothing_at_all_are_code_errors(capsys):
    def forward(x):
        print("noise" * 100)
        raise SystemExit(3)

    case = FunctionsCase(forward, forward, (x,))
    with pytest.raises(CodeError, match="SystemExit"):
        case.run()
    assert capsys.readouterr().out == ""
    assert case.printed >= 500
    with pytest.raises(CodeError) as caught:
        FunctionsCase(lambda x: None, forward, (x,)).run()
    assert isinstance(caught.value.original, NotImplementedError)


def test_an_unused_buffer_is_no_parameter_and_a_forgotten_gradient_is_missing():
    class Layer(Dense):
        def __init__(self):
            super().__init__()
            self.running_mean, self.weights = np.zeros(5), np.ones(3)

        def backward(self, dout):
            self.dW = self.x.T @ dout
            return dout @ self.W.T

    case = LayerCase(Layer(), x)
    assert set(case.variables) == {"x", "W", "b"}
    assert case.run().backward((np.ones((4, 5)),))["b"] is None


def test_another_instance_does_not_share_its_cache():
    case = LayerCase(Dense(), x)
    run, other = case.run(), case.another()
    other.run({"x": 3 * x})
    np.testing.assert_allclose(run.backward((np.ones((4, 5)),))["W"], x.T @ np.ones((4, 5)))


def test_a_pass_costs_little_more_than_the_code_itself():
    case, calls = LayerCase(Dense(), x), []
    for _ in range(5):  # the first few are watched for random numbers
        case.run()
    sys.setprofile(lambda frame, event, what: calls.append(what) if "call" in event else None)
    try:
        case.run()
    finally:
        sys.setprofile(None)
    print(len(calls))
    assert len(calls) < 150


def test_a_gradient_written_out_as_a_list_of_rows_is_one_gradient():
    case = FunctionsCase(lambda x: (np.sin(x), x), lambda d, x: (d * np.cos(x)).tolist(), (x,))
    assert_agrees(case, {"x"})
    row = FunctionsCase(lambda x: (np.sin(x), x), lambda d, x: (d * np.cos(x)).tolist(), (x[0],))
    assert_agrees(row, {"x"})


def test_an_empty_list_of_gradients_is_no_gradient():
    case = FunctionsCase(lambda x: (np.sin(x), x), lambda d, x: [], (x,))
    assert case.run().backward((np.ones_like(x),)) == {"x": None}


def test_a_parameter_of_ones_by_another_name_is_one_too():
    class Gain:
        def __init__(self):
            self.gain = np.ones(3)

        def forward(self, x):
            self.x = x
            return x * self.gain

        def backward(self, dout):
            self.dgain = (dout * self.x).sum(axis=0)
            return dout * self.gain

    assert_agrees(LayerCase(Gain(), x), {"x", "gain"})


def test_an_object_that_cannot_be_copied_is_checked_all_the_same():
    class Held:
        def __init__(self):
            self.params, self.grads = {"W": W.copy()}, {}

        def __getattr__(self, name):
            return self.params[name]  # which the copy has not got yet: a KeyError, or no end

        def forward(self, x):
            self.x = x
            return x @ self.params["W"]

        def backward(self, dout):
            self.grads["W"] = self.x.T @ dout
            return dout @ self.params["W"].T

    assert check_layer(Held(), x)
