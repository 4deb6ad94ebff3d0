"""What every layer promises, tested on each layer's own examples."""

import ast
import copy
import inspect
import math
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
TAKING_TOKENS = (layers_module.Embedding, layers_module.Tied)


def examples(cls):
    return list(cls.examples(np.random.default_rng(0)))


def float_inputs(inputs):
    return [x for x in inputs if x.dtype.kind == "f"]


def input_gradients(layer, dout):
    """What backward returns, as a list: one gradient for each input of floats."""
    returned = layer.backward(dout)
    return list(returned) if isinstance(returned, tuple) else [] if returned is None else [returned]


def generators(layer):
    return {inner: copy.deepcopy(inner.rng) for _, inner in layer.walk() if "rng" in vars(inner)}


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
    for layer, inputs in examples(cls):
        # Central differences say nothing at a kink or in float32; the checker covers those.
        x = inputs[0]
        kinked = len(np.unique(x)) < x.size and cls in (
            layers_module.ReLU,
            layers_module.LeakyReLU,
            layers_module.ELU,
            MaxPool2D,
        )
        random = generators(layer)
        out = layer.forward(*inputs)
        if out.dtype != np.float64 or kinked:
            continue
        dout = rng.normal(size=out.shape)

        def scalar(layer=layer, inputs=inputs, dout=dout, random=random):
            for inner, generator in random.items():
                inner.rng = copy.deepcopy(generator)
            return float((layer.forward(*inputs) * dout).sum())

        scalar()
        returned = input_gradients(layer, dout)
        gradients = {name: g.copy() for name, g in layer.named_gradients().items()}
        for x, dx in zip(float_inputs(inputs), returned, strict=True):
            np.testing.assert_allclose(central_differences(scalar, x), dx, atol=1e-7)
        for name, parameter in layer.named_parameters().items():
            slopes = central_differences(scalar, parameter)
            np.testing.assert_allclose(slopes, gradients[name], atol=1e-7, err_msg=str(layer))


@pytest.mark.parametrize("cls", LAYERS)
def test_a_float32_model_computes_in_float32_throughout(cls):
    for layer, inputs in examples(cls):
        layer.astype(np.float32)
        out = layer.forward(*(x.astype(np.float32) if x.dtype.kind == "f" else x for x in inputs))
        returned = input_gradients(layer, np.ones_like(out))
        assert {x.dtype for x in (out, *returned)} == {np.dtype(np.float32)}, layer
        for prefix, inner in layer.walk():
            for name, value in vars(inner).items():
                if isinstance(value, np.ndarray) and value.dtype.kind == "f":
                    assert value.dtype == np.float32, f"{prefix}{name} of {layer}"


@pytest.mark.parametrize("cls", LAYERS)
def test_forward_and_backward_leave_their_arguments_alone(cls):
    for layer, inputs in examples(cls):
        before = [x.copy() for x in inputs]
        out = layer.forward(*inputs)
        kept, dout = out.copy(), np.ones_like(out)
        layer.backward(dout)
        for x, copied in zip(inputs, before, strict=True):
            np.testing.assert_array_equal(x, copied)
        np.testing.assert_array_equal(out, kept)
        assert (dout == 1).all()


@pytest.mark.parametrize("cls", LAYERS)
def test_backward_overwrites_and_can_be_called_again(cls):
    for layer, inputs in examples(cls):
        out = layer.forward(*inputs)
        dout = np.random.default_rng(2).normal(size=out.shape).astype(out.dtype)
        first = [dx.copy() for dx in input_gradients(layer, dout)]
        gradients = {name: g.copy() for name, g in layer.named_gradients().items()}
        for dx, before in zip(input_gradients(layer, dout), first, strict=True):
            np.testing.assert_array_equal(dx, before)
        for name, gradient in layer.named_gradients().items():
            np.testing.assert_array_equal(gradient, gradients[name])


@pytest.mark.parametrize("cls", LAYERS)
def test_any_memory_order_gives_the_same_result(cls):
    for layer, inputs in examples(cls):
        other = copy.deepcopy(layer)
        out = layer.forward(*inputs)
        dout = np.random.default_rng(3).normal(size=out.shape).astype(out.dtype)
        results = [out, *input_gradients(layer, dout), *layer.named_gradients().values()]
        out = other.forward(*(np.asfortranarray(x) for x in inputs))
        returned = input_gradients(other, np.asfortranarray(dout))
        tolerance = 1e-12 if out.dtype == np.float64 else 1e-5
        for ours, theirs in zip(
            results, [out, *returned, *other.named_gradients().values()], strict=True
        ):
            np.testing.assert_allclose(theirs, ours, atol=tolerance)


def is_plain(layer, inputs):
    """Whether the formulas are written for this example: some are for the plainest case."""
    x = inputs[0]
    if isinstance(layer, layers_module.BatchNorm | layers_module.LayerNorm):
        return x.ndim == 2 and layer.training
    if isinstance(layer, Dense | layers_module.Attention):
        return x.ndim == 2
    return not getattr(layer, "approximate", False)


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
    assert {"out", *(f"d{name}" for name in cls.parameters)} <= cls.formulas.keys()
    wanted, compared = {"out"}, set()
    for layer, inputs in examples(cls):
        if type(layer) is not cls or not is_plain(layer, inputs):
            continue
        given = dict(zip(inspect.signature(layer.forward).parameters, inputs, strict=False))
        out = layer.forward(*inputs)
        dout = np.random.default_rng(4).normal(size=out.shape).astype(out.dtype)
        floats = [f"d{name}" for name, x in given.items() if x.dtype.kind == "f"]
        returned = dict(zip(floats, input_gradients(layer, dout), strict=True))
        wanted |= {*returned, *(f"d{name}" for name in layer.parameters)}
        results = {**vars(layer), **returned, "out": out}
        names = {**vars(np), "sliding_window_view": sliding_window_view, **vars(layer)}
        names |= {**given, "dout": dout}
        names["erf"] = np.vectorize(math.erf)
        if cls in (Dense, Conv2D, layers_module.Conv1D):
            names.setdefault("b", np.zeros(out.shape[1]))  # without bias
        if cls is Residual:
            names["f"] = Sequential(*layer.layers)
        for name, formula in expressions(cls.formulas).items():
            names[name] = eval(formula, names)  # our own text
            if name in results and name != "xhat":  # no db without b; xhat may lie transposed
                tolerance = 1e-10 if out.dtype == np.float64 else 1e-4
                np.testing.assert_allclose(names[name], results[name], atol=tolerance)
                compared.add(name)
    assert wanted <= cls.formulas.keys()
    assert compared >= wanted & expressions(cls.formulas).keys() or cls is layers_module.Tied


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
    assert any(len(inputs[0]) == 1 for _, inputs in examples(cls))
    outs = [layer.forward(*inputs) for layer, inputs in examples(cls)]
    assert {out.dtype for out in outs} == {np.dtype(np.float32), np.dtype(np.float64)}


@pytest.mark.parametrize("cls", LAYERS)
def test_backward_before_forward_says_so(cls):
    for layer, inputs in examples(cls):
        run = copy.deepcopy(layer)
        dout = np.ones_like(run.forward(*inputs))
        with pytest.raises(RuntimeError, match="backward was called before forward"):
            layer.backward(dout)


@pytest.mark.parametrize("cls", [c for c in LAYERS if c not in TAKING_TOKENS])
@pytest.mark.parametrize(
    "spoil, error, words",
    [
        (lambda x: x[:0], ValueError, "empty"),
        (lambda x: x.astype(int), TypeError, "int64"),
        (lambda x: x.tolist(), TypeError, "list"),
    ],
)
def test_bad_input_is_refused_in_one_line(cls, spoil, error, words):
    layer, (x, *others) = examples(cls)[0]
    with pytest.raises(error, match=words) as refusal:
        layer(spoil(x), *others)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("cls", TAKING_TOKENS)
@pytest.mark.parametrize(
    "spoil, error, words",
    [
        (lambda x: x[:0], ValueError, "empty"),
        (lambda x: x.astype(float), TypeError, "integers.*float64"),
        (lambda x: x.tolist(), TypeError, "list"),
        (lambda x: x - 9, ValueError, r"token -\d+ at index \(0, 0\).*5 tokens, 0 to 4"),
        (lambda x: x * 0 + 5, ValueError, r"token 5 at index \(0, 0\).*5 tokens, 0 to 4"),
    ],
)
def test_bad_tokens_are_refused_in_one_line(cls, spoil, error, words):
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
    with pytest.raises(ValueError, match=r"Dense.*expects.*\(N, T, 3\).*got \(2, 5, 4\)"):
        Dense(3, 2)(np.ones((2, 5, 4)))
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
