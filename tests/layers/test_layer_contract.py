"""What every layer promises, tested on each layer's own examples."""

import ast
import copy
import subprocess
import sys
from typing import ClassVar

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

import minnet
from minnet import (
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Layer,
    MaxPool2D,
    ReLU,
    Residual,
    Sequential,
)
from minnet import layers as layers_module

LAYERS = [getattr(layers_module, name) for name in layers_module.__all__ if name != "Layer"]


def examples(cls):
    return list(cls.examples(np.random.default_rng(0)))


def central_differences(f, x, h=1e-6):
    slopes = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        value = x[index]
        x[index] = value + h
        above = f()
        x[index] = value - h
        below = f()
        x[index] = value
        slopes[index] = (above - below) / (2 * h)
    return slopes


@pytest.mark.parametrize("cls", LAYERS)
def test_gradients_are_those_of_forward(cls):
    rng = np.random.default_rng(1)
    for layer, (x,) in examples(cls):
        # Central differences say nothing at a kink or in float32; the checker covers those.
        kinked = len(np.unique(x)) < x.size and cls in (
            layers_module.ReLU,
            layers_module.LeakyReLU,
            MaxPool2D,
        )
        if x.dtype != np.float64 or kinked:
            continue
        state = copy.deepcopy(vars(layer))
        dout = rng.normal(size=layer.forward(x).shape)

        def scalar(layer=layer, x=x, dout=dout, state=state):
            if "rng" in state:
                layer.rng = copy.deepcopy(state["rng"])
            return float((layer.forward(x) * dout).sum())

        scalar()
        dx = layer.backward(dout)
        gradients = {name: g.copy() for name, g in layer.named_gradients().items()}
        np.testing.assert_allclose(central_differences(scalar, x), dx, atol=1e-7)
        for name, parameter in layer.named_parameters().items():
            slopes = central_differences(scalar, parameter)
            np.testing.assert_allclose(slopes, gradients[name], atol=1e-7, err_msg=str(layer))


@pytest.mark.parametrize("cls", LAYERS)
def test_a_float32_model_computes_in_float32_throughout(cls):
    for layer, (x,) in examples(cls):
        layer.astype(np.float32)
        out = layer.forward(x.astype(np.float32))
        dx = layer.backward(np.ones_like(out))
        assert out.dtype == dx.dtype == np.float32, layer
        for prefix, inner in layer.walk():
            for name, value in vars(inner).items():
                if isinstance(value, np.ndarray) and value.dtype.kind == "f":
                    assert value.dtype == np.float32, f"{prefix}{name} of {layer}"


@pytest.mark.parametrize("cls", LAYERS)
def test_forward_and_backward_leave_their_arguments_alone(cls):
    for layer, (x,) in examples(cls):
        before = x.copy()
        out = layer.forward(x)
        kept, dout = out.copy(), np.ones_like(out)
        layer.backward(dout)
        np.testing.assert_array_equal(x, before)
        np.testing.assert_array_equal(out, kept)
        assert (dout == 1).all()


@pytest.mark.parametrize("cls", LAYERS)
def test_backward_overwrites_and_can_be_called_again(cls):
    for layer, (x,) in examples(cls):
        dout = np.random.default_rng(2).normal(size=layer.forward(x).shape).astype(x.dtype)
        first = layer.backward(dout).copy()
        gradients = {name: g.copy() for name, g in layer.named_gradients().items()}
        np.testing.assert_array_equal(layer.backward(dout), first)
        for name, gradient in layer.named_gradients().items():
            np.testing.assert_array_equal(gradient, gradients[name])


@pytest.mark.parametrize("cls", LAYERS)
def test_any_memory_order_gives_the_same_result(cls):
    for layer, (x,) in examples(cls):
        state = copy.deepcopy(layer)
        out = layer.forward(x)
        dout = np.random.default_rng(3).normal(size=out.shape).astype(x.dtype)
        dx = layer.backward(dout)
        out_f = state.forward(np.asfortranarray(x))
        dx_f = state.backward(np.asfortranarray(dout))
        tolerance = 1e-12 if x.dtype == np.float64 else 1e-5
        np.testing.assert_allclose(out_f, out, atol=tolerance)
        np.testing.assert_allclose(dx_f, dx, atol=tolerance)


def expressions(formulas):
    """The formulas that are not prose."""
    return {name: formula for name, formula in formulas.items() if is_expression(formula)}


def is_expression(formula):
    try:
        ast.parse(formula, mode="eval")
    except SyntaxError:
        return False
    return True


@pytest.mark.parametrize("cls", LAYERS)
def test_formulas_that_are_expressions_give_what_the_layer_computes(cls):
    wanted = {"out", "dx", *(f"d{name}" for name in cls.parameters)}
    assert wanted <= cls.formulas.keys()
    compared = set()
    for layer, (x,) in examples(cls):
        if cls in (layers_module.BatchNorm, layers_module.LayerNorm) and (
            x.ndim != 2 or not layer.training
        ):
            continue  # the formulas are written for features in training
        out = layer.forward(x)
        dout = np.random.default_rng(4).normal(size=out.shape).astype(x.dtype)
        results = {"dx": layer.backward(dout), "out": out, **vars(layer)}
        names = {**vars(np), "sliding_window_view": sliding_window_view, **vars(layer)}
        names |= {"x": x, "dout": dout}
        if cls in (Dense, Conv2D):
            names.setdefault("b", np.zeros(out.shape[1]))  # without bias
        if cls is Residual:
            names["f"] = Sequential(*layer.layers)
        for name, formula in expressions(cls.formulas).items():
            names[name] = eval(formula, names)  # our own text
            if name in results and name != "xhat":  # no db without b; xhat may lie transposed
                tolerance = 1e-10 if x.dtype == np.float64 else 1e-4
                np.testing.assert_allclose(names[name], results[name], atol=tolerance)
                compared.add(name)
    assert compared >= wanted & expressions(cls.formulas).keys()


@pytest.mark.parametrize("cls", LAYERS)
def test_the_documentation_of_a_class_ends_with_its_formulas(cls):
    shown = [f"{name} = {formula}" for name, formula in cls.formulas.items()]
    assert cls.__doc__.endswith("\n".join(["", "Formulas", "--------", *shown]))


def test_a_subclass_does_not_claim_the_formulas_that_it_inherits():
    class Cubed(ReLU):
        """The cube of a ReLU."""

    class Undocumented(ReLU):
        formulas: ClassVar = {"out": "maximum(x, 0) ** 3"}

    assert Cubed.__doc__ == "The cube of a ReLU."
    assert Undocumented.__doc__ is None


def test_layers_work_where_python_drops_documentation():
    program = "import minnet; print(minnet.Dense.__doc__, minnet.Dense.formulas['dx'])"
    command = [sys.executable, "-OO", "-c", program]
    result = subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
    assert result.stdout.strip() == "None dout @ W.T"


@pytest.mark.parametrize("cls", LAYERS)
def test_examples_cover_a_single_sample_and_float32(cls):
    inputs = [x for _, (x,) in examples(cls)]
    assert any(len(x) == 1 for x in inputs)
    assert any(x.dtype == np.float32 for x in inputs)


@pytest.mark.parametrize("cls", LAYERS)
def test_backward_before_forward_says_so(cls):
    for layer, (x,) in examples(cls):
        with pytest.raises(RuntimeError, match="backward was called before forward"):
            layer.backward(x)


@pytest.mark.parametrize("cls", LAYERS)
@pytest.mark.parametrize(
    "spoil, error, words",
    [
        (lambda x: x[:0], ValueError, "empty"),
        (lambda x: x.astype(int), TypeError, "int64"),
        (lambda x: x.tolist(), TypeError, "list"),
    ],
)
def test_bad_input_is_refused_in_one_line(cls, spoil, error, words):
    layer, (x,) = examples(cls)[0]
    with pytest.raises(error, match=words) as refusal:
        layer(spoil(x))
    assert "\n" not in str(refusal.value)


def test_nan_input_is_refused_when_a_model_is_called():
    x = np.ones((2, 3))
    x[1, 2] = np.nan
    with pytest.raises(ValueError, match=r"Dense.*1 NaN.*\(1, 2\)"):
        Dense(3, 2)(x)


def test_wrong_shape_names_the_layer_and_both_shapes():
    with pytest.raises(ValueError, match=r"Dense.*expects.*\(N, 3\).*got \(5, 4\)"):
        Dense(3, 2)(np.ones((5, 4)))
    with pytest.raises(ValueError, match=r"Conv2D.*\(N, 2, H, W\).*got \(1, 3, 5, 5\)"):
        Conv2D(2, 4, 3)(np.ones((1, 3, 5, 5)))
    with pytest.raises(ValueError, match=r"Dense.*\(N, 9\).*got \(2, 8\)"):
        Sequential(Flatten(), Dense(9, 2))(np.ones((2, 2, 2, 2)))


def test_a_kernel_larger_than_the_padded_image_is_refused():
    with pytest.raises(ValueError, match=r"\(5, 5\) is larger than the \(padded\) image \(4, 4\)"):
        Conv2D(1, 1, 5, padding=1)(np.ones((1, 1, 2, 2)))
    with pytest.raises(ValueError, match="MaxPool2D"):
        MaxPool2D(3)(np.ones((1, 1, 2, 2)))


@pytest.mark.parametrize("settings", [{"stride": 0}, {"padding": -1}, {"stride": 1.5}])
def test_impossible_settings_are_refused(settings):
    with pytest.raises((ValueError, TypeError), match=next(iter(settings))):
        Conv2D(1, 1, 3, **settings)


def test_misspelt_attributes_are_plain_attribute_errors():
    with pytest.raises(AttributeError, match="no attribute 'weights'"):
        _ = Dense(2, 2).weights
    assert not hasattr(Dense(2, 2), "layers")


def test_a_layer_without_bias_has_none_and_does_not_blame_forward():
    layer = Dense(2, 2, bias=False)
    assert list(layer.named_parameters()) == ["W"]
    with pytest.raises(AttributeError, match="no attribute 'b'"):
        _ = layer.b


def test_batch_norm_refuses_to_train_on_a_single_value():
    with pytest.raises(ValueError, match="BatchNorm.*more than one value"):
        BatchNorm(3)(np.ones((1, 3)))


def test_batch_norm_evaluates_with_the_averages_it_kept_in_training():
    x = np.random.default_rng(0).normal(3.0, 2.0, size=(5000, 1))
    layer = BatchNorm(1, momentum=0.5)
    for _ in range(30):
        layer(x)
    np.testing.assert_allclose(layer.eval()(x), (x - x.mean()) / x.std(), atol=1e-3)


def test_dropout_keeps_the_mean_and_does_nothing_in_evaluation():
    x = np.ones((200, 200))
    layer = Dropout(0.3, rng=0)
    out = layer(x)
    assert set(np.unique(out)) == {0, 1 / 0.7}
    assert abs(out.mean() - 1) < 0.01
    np.testing.assert_array_equal(layer.eval()(x), x)


def test_relu_of_exactly_zero_passes_no_gradient():
    layer = ReLU()
    layer(np.zeros((1, 2)))
    np.testing.assert_array_equal(layer.backward(np.ones((1, 2))), [[0, 0]])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_rectifiers_are_right_at_infinity_at_negative_zero_and_at_nan(dtype):
    x = np.array([-np.inf, -2, -0.0, 0, 2, np.inf, np.nan], dtype)
    relu, leaky = ReLU(), layers_module.LeakyReLU(0.5)
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(relu.forward(x), [0, 0, 0, 0, 2, np.inf, np.nan])
        np.testing.assert_array_equal(leaky.forward(x), [-np.inf, -1, 0, 0, 2, np.inf, np.nan])
        for layer, slope in ((relu, 0), (leaky, 0.5)):
            dx = layer.backward(np.ones_like(x))
            np.testing.assert_array_equal(dx[:-1], [slope] * 4 + [1] * 2)


def test_the_first_of_a_tie_in_a_window_gets_the_gradient():
    layer = MaxPool2D(2)
    layer(np.array([[[[0.0, 7.0], [7.0, 7.0]]]]))
    dx = layer.backward(np.ones((1, 1, 1, 1)))
    np.testing.assert_array_equal(dx, [[[[0, 1], [0, 0]]]])


def pooled_window_by_window(x, dout, size, stride):
    """What max-pooling gives, one window after the other: the output and dx."""
    out, dx = np.empty_like(dout), np.zeros_like(x)
    for n, c, p, q in np.ndindex(dout.shape):
        down, across = p * stride[0], q * stride[1]
        window = x[n, c, down : down + size[0], across : across + size[1]]
        i, j = np.unravel_index(window.argmax(), window.shape)  # argmax: the first of a tie
        out[n, c, p, q] = window[i, j]
        dx[n, c, down + i, across + j] += dout[n, c, p, q]
    return out, dx


@pytest.mark.parametrize("values", ["all different", "many ties", "all equal"])
@pytest.mark.parametrize(
    "size, stride",
    [((2, 2), (2, 2)), ((3, 2), (2, 2)), ((2, 3), (3, 2)), ((2, 2), (3, 3)), ((1, 1), (1, 1))],
)
def test_max_pool_gives_each_gradient_to_the_first_largest_value_of_its_window(
    size, stride, values
):
    rng = np.random.default_rng(0)
    most = {"all different": 10**9, "many ties": 3, "all equal": 1}[values]
    for shape in [(3, 2, 6, 4), (1, 1, 3, 3), (2, 3, 8, 9)]:
        x = rng.integers(0, most, size=shape).astype(float)
        layer = MaxPool2D(size, stride)
        out = layer(x)
        dout = rng.normal(size=out.shape)
        expected_out, expected_dx = pooled_window_by_window(x, dout, size, stride)
        np.testing.assert_array_equal(out, expected_out)
        np.testing.assert_allclose(layer.backward(dout), expected_dx, rtol=1e-14, atol=1e-14)


def test_changing_the_output_of_a_pool_of_one_pixel_does_not_change_the_input():
    for cls in (MaxPool2D, layers_module.AvgPool2D):
        x = np.ones((1, 1, 2, 2))
        cls(1).forward(x)[...] = 5
        assert (x == 1).all()


def test_a_user_layer_needs_two_methods_only():
    class Double(Layer):
        def forward(self, x):
            return 2 * x

        def backward(self, dout):
            return 2 * dout

    model = Sequential(Double(), Double())
    assert model(np.ones((1, 1))) == 4 and model.backward(np.ones((1, 1))) == 4


def test_public_names_exist_without_the_checker():
    checker = {"check", "Report", *(n for n in minnet.__all__ if n.startswith("check_"))}
    for name in set(minnet.__all__) - checker:
        assert hasattr(minnet, name), name
