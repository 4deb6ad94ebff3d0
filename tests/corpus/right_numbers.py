"""Correct code where floating-point arithmetic is hard: scales, precisions, cancellation."""

from __future__ import annotations

import numpy as np

from corpus.calls import functions, gradient, layer, loss, student
from corpus.entries import Right
from corpus.right_kinks import elementwise

ENTRIES: list[Right] = []


def right(make):
    ENTRIES.append(Right(make.__name__, make))
    return make


def affine(*args):
    m = student("cs231n_dense")
    return functions(m.affine_forward, m.affine_backward, *args)


# -- scales ------------------------------------------------------------------------------------


@right
def affine_times_1e9(rng):
    return affine(1e9 * rng.normal(size=(3, 4)), rng.normal(size=(4, 2)), rng.normal(size=2))


@right
def affine_times_1e_9(rng):
    return affine(1e-9 * rng.normal(size=(3, 4)), 1e-9 * rng.normal(size=(4, 2)), np.zeros(2))


@right
def tanh_of_tiny_numbers(rng):
    return elementwise(np.tanh, lambda x: 1 - np.tanh(x) ** 2, 1e-9 * rng.normal(size=(4, 4)))


@right
def square_of_large_numbers(rng):
    return elementwise(np.square, lambda x: 2 * x, 1e9 * rng.normal(size=(4, 4)))


@right
def square_of_tiny_numbers(rng):
    return elementwise(np.square, lambda x: 2 * x, 1e-9 * rng.normal(size=(4, 4)))


@right
def cube_of_large_numbers(rng):
    return elementwise(lambda x: x**3, lambda x: 3 * x**2, 1e6 * rng.normal(size=(4, 3)))


@right
def batchnorm_of_large_numbers(rng):
    m = student("cs231n_norm")
    args = (1e6 * rng.normal(size=(6, 3)), rng.normal(size=3), rng.normal(size=3))
    return functions(m.batchnorm_forward, m.batchnorm_backward, *args, {"mode": "train"})


@right
def batchnorm_of_tiny_numbers(rng):
    m = student("cs231n_norm")
    args = (1e-6 * rng.normal(size=(6, 3)), rng.normal(size=3), rng.normal(size=3))
    return functions(m.batchnorm_forward, m.batchnorm_backward, *args, {"mode": "train"})


@right
def conv_of_tiny_numbers(rng):
    m = student("cs231n_conv")
    x, w = 1e-6 * rng.normal(size=(2, 2, 4, 4)), 1e-6 * rng.normal(size=(2, 2, 3, 3))
    param = {"stride": 1, "pad": 1}
    return functions(m.conv_forward_naive, m.conv_backward_naive, x, w, np.zeros(2), param)


@right
def l2_normalize_at_both_ends_of_the_scale(rng):
    x = rng.normal(size=(4, 5)) * [[1e-9], [1e-3], [1e3], [1e9]]
    return layer(student("tutorial_vectors").L2Normalize(), x)


@right
def inverse_over_twelve_decades(rng):
    x = 10.0 ** rng.uniform(-6, 6, size=(5, 5))
    return elementwise(lambda x: 1 / x, lambda x: -1 / x**2, x)


@right
def logarithm_over_twelve_decades(rng):
    return elementwise(np.log, lambda x: 1 / x, 10.0 ** rng.uniform(-6, 6, size=(5, 5)))


@right
def square_root_near_zero(rng):
    x = 10.0 ** rng.uniform(-9, 0, size=(5, 5))
    return elementwise(np.sqrt, lambda x: 0.5 / np.sqrt(x), x)


@right
def arcsine_near_the_end_of_its_domain(rng):
    x = rng.choice([-1, 1], size=(4, 5)) * (1 - 10.0 ** rng.uniform(-6, -1, size=(4, 5)))
    return elementwise(np.arcsin, lambda x: 1 / np.sqrt(1 - x * x), x)


@right
def power_with_a_learned_exponent(rng):
    def backward(dout, cache):
        x, p, out = cache
        return dout * p * x ** (p - 1), np.sum(dout * out * np.log(x), axis=0)

    x, p = rng.uniform(0.01, 3, size=(5, 4)), rng.uniform(-1, 3, size=4)
    return functions(lambda x, p: (x**p, (x, p, x**p)), backward, x, p)


@right
def columns_of_very_different_scale(rng):
    x = rng.normal(size=(5, 6)) * 10.0 ** np.arange(-6, 6, 2)
    return affine(x, rng.normal(size=(6, 3)), rng.normal(size=3))


@right
def exp_from_tiny_to_huge(rng):
    return elementwise(np.exp, np.exp, rng.uniform(-30, 30, size=(5, 5)))


@right
def binary_cross_entropy_near_certainty(rng):
    y = rng.choice([0.0, 1.0], size=(5, 2))
    p = np.where(y == 1, 1 - 1e-6, 1e-6) * rng.uniform(0.9, 1, size=(5, 2))
    return loss(student("tutorial_losses").BinaryCrossEntropy(), p, y)


# -- precision ---------------------------------------------------------------------------------


def as_type(dtype):
    """A layer that computes in `dtype` behind a float64 face."""

    def forward(x, w):
        out = np.tanh(x.astype(dtype) @ w.astype(dtype))
        return out.astype(np.float64), (x.astype(dtype), w.astype(dtype), out)

    def backward(dout, cache):
        x, w, out = cache
        da = dout.astype(dtype) * (1 - out**2)
        return (da @ w.T).astype(np.float64), (x.T @ da).astype(np.float64)

    return forward, backward


@right
def float32_behind_a_float64_face(rng):
    return functions(*as_type(np.float32), rng.normal(size=(4, 3)), rng.normal(size=(3, 5)))


@right
def float16_behind_a_float64_face(rng):
    return functions(*as_type(np.float16), rng.normal(size=(4, 3)), rng.normal(size=(3, 5)))


@right
def affine_in_float32(rng):
    args = (rng.normal(size=(4, 5)), rng.normal(size=(5, 3)), rng.normal(size=3))
    return affine(*(a.astype(np.float32) for a in args))


@right
def relu_in_float32(rng):
    x = (rng.normal(size=(5, 6)) * (rng.random((5, 6)) > 0.3)).astype(np.float32)
    return elementwise(lambda x: np.maximum(x, 0), lambda x: x > 0, x)


@right
def batchnorm_in_float32(rng):
    m = student("cs231n_norm")
    args = (rng.normal(size=(6, 3)), rng.normal(size=3), rng.normal(size=3))
    args = tuple(a.astype(np.float32) for a in args)
    return functions(m.batchnorm_forward, m.batchnorm_backward, *args, {"mode": "train"})


@right
def softmax_loss_in_float32(rng):
    softmax_loss = student("cs231n_dense").softmax_loss
    x, y = rng.normal(size=(5, 4)).astype(np.float32), rng.integers(4, size=5)
    return gradient(lambda x: softmax_loss(x, y)[0], lambda x: softmax_loss(x, y)[1], x)


@right
def conv_in_float32(rng):
    m = student("cs231n_fast")
    args = (rng.normal(size=(2, 2, 5, 4)), rng.normal(size=(3, 2, 3, 3)), rng.normal(size=3))
    args = tuple(a.astype(np.float32) for a in args)
    pair = m.conv_forward_im2col, m.conv_backward_im2col
    return functions(*pair, *args, {"stride": 1, "pad": 1})


@right
def square_in_float16(rng):
    x = rng.normal(size=(4, 5)).astype(np.float16)
    return elementwise(np.square, lambda x: 2 * x, x)


@right
def float32_parameters_and_float64_inputs(rng):
    w, b = rng.normal(size=(4, 3)).astype(np.float32), rng.normal(size=3).astype(np.float32)
    return affine(rng.normal(size=(5, 4)), w, b)


@right
def long_sum_in_float32(rng):
    x = rng.normal(size=(1, 20_000)).astype(np.float32)
    return functions(lambda x: ((x * x).sum(axis=1), x), lambda dout, x: dout[:, None] * 2 * x, x)


# -- saturation and wild functions -------------------------------------------------------------


@right
def sigmoid_far_into_saturation(rng):
    m = student("tutorial_classes")
    return layer(m.Sigmoid(), 40 * rng.normal(size=(5, 5)))


@right
def tanh_far_into_saturation(rng):
    return layer(student("tutorial_classes").Tanh(), 30 * rng.normal(size=(5, 5)))


@right
def softmax_of_one_certain_class(rng):
    x = rng.normal(size=(4, 5))
    x[:, 2] += 60
    return layer(student("tutorial_vectors").Softmax(), x)


@right
def softmax_at_logits_of_1000(rng):
    return layer(student("tutorial_vectors").Softmax(), 1000 + rng.normal(size=(4, 5)))


@right
def softmax_of_equal_logits(rng):
    return layer(student("tutorial_vectors").Softmax(), np.zeros((4, 5)))


@right
def logsumexp_with_a_spread_of_1000(rng):
    return layer(student("tutorial_vectors").LogSumExp(), 500 * rng.normal(size=(4, 5)))


@right
def softplus_at_plus_and_minus_1000(rng):
    x = rng.choice([-1000.0, 1000.0, 0.5], size=(5, 4))
    return elementwise(lambda x: np.logaddexp(0, x), lambda x: 0.5 * (1 + np.tanh(x / 2)), x)


@right
def logits_cross_entropy_at_1000(rng):
    y = rng.choice([0.0, 1.0], size=(5, 2))
    return loss(student("tutorial_losses").LogitsCrossEntropy(), 1000 * rng.normal(size=(5, 2)), y)


@right
def fast_sine(rng):
    x = rng.normal(size=(5, 5))
    return elementwise(lambda x: np.sin(200 * x), lambda x: 200 * np.cos(200 * x), x)


@right
def sine_of_large_arguments(rng):
    return elementwise(np.sin, np.cos, 1e4 * rng.normal(size=(4, 5)))


@right
def sine_plus_a_million(rng):
    return elementwise(lambda x: np.sin(x) + 1e6, np.cos, rng.normal(size=(4, 5)))


@right
def loss_with_a_constant_of_a_million(rng):
    return gradient(lambda x: float((x**2).sum() + 1e6), lambda x: 2 * x, rng.normal(size=(4, 3)))


@right
def outputs_with_and_without_an_offset(rng):
    shift = np.where(np.arange(6) % 2, 1e6, 0)
    return elementwise(
        lambda x: np.tanh(x) + shift, lambda x: 1 - np.tanh(x) ** 2, rng.normal(size=(4, 6))
    )


@right
def inputs_around_a_million(rng):
    m = student("cs231n_norm")
    args = (1e6 + rng.normal(size=(6, 3)), rng.normal(size=3), rng.normal(size=3))
    return functions(m.batchnorm_forward, m.batchnorm_backward, *args, {"mode": "train"})


@right
def variance_by_the_textbook_formula(rng):
    """mean(x^2) - mean(x)^2: noisier than its size tells."""

    def forward(x):
        return (x**2).mean(axis=0) - x.mean(axis=0) ** 2, x

    def backward(dout, x):
        return dout * 2 * (x - x.mean(axis=0)) / len(x)

    return functions(forward, backward, 1000 + rng.normal(size=(6, 4)))


@right
def gaussian_bump_that_vanishes(rng):
    x = np.concatenate([rng.normal(size=(2, 4)), 50 + rng.normal(size=(2, 4))])
    return elementwise(lambda x: np.exp(-x * x), lambda x: -2 * x * np.exp(-x * x), x)


@right
def narrow_bump(rng):
    f = lambda x: 1 / (1 + 1e4 * x * x)  # noqa: E731
    return elementwise(f, lambda x: -2e4 * x * f(x) ** 2, 0.05 * rng.normal(size=(5, 5)))


@right
def gelu_with_tanh(rng):
    c = np.sqrt(2 / np.pi)

    def slope(x):
        t = np.tanh(c * (x + 0.044715 * x**3))
        return 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * c * (1 + 3 * 0.044715 * x**2)

    f = lambda x: 0.5 * x * (1 + np.tanh(c * (x + 0.044715 * x**3)))  # noqa: E731
    return elementwise(f, slope, 2 * rng.normal(size=(5, 5)))


@right
def layernorm_of_a_row_that_hardly_varies(rng):
    m = student("cs231n_norm")
    x = 3 + 1e-4 * rng.normal(size=(3, 6))
    args = (x, rng.normal(size=6), rng.normal(size=6), {})
    return functions(m.layernorm_forward, m.layernorm_backward, *args)


@right
def batchnorm_of_a_constant_feature(rng):
    m = student("cs231n_norm")
    x = rng.normal(size=(6, 4))
    x[:, 1] = 0.7
    args = (x, rng.normal(size=4), rng.normal(size=4), {"mode": "train", "eps": 1e-5})
    return functions(m.batchnorm_forward, m.batchnorm_backward, *args)


@right
def batchnorm_of_constant_features_only(rng):
    m = student("cs231n_norm")
    args = (np.full((5, 3), 2.0), rng.normal(size=3), rng.normal(size=3), {"mode": "train"})
    return functions(m.batchnorm_forward, m.batchnorm_backward, *args)


# -- gradients that are truly zero -------------------------------------------------------------


@right
def bias_before_a_mean_subtraction(rng):
    def forward(x, w, b):
        z = x @ w + b
        return z - z.mean(axis=0), (x, w)

    def backward(dout, cache):
        x, w = cache
        dz = dout - dout.mean(axis=0)
        return dz @ w.T, x.T @ dz, dz.sum(axis=0)

    return functions(
        forward, backward, rng.normal(size=(5, 4)), rng.normal(size=(4, 3)), rng.normal(size=3)
    )


@right
def bias_before_batchnorm(rng):
    m = student("cs231n_norm")

    def forward(x, w, b):
        z = x @ w + b
        out, cache = m.batchnorm_forward(z, np.ones(3), np.zeros(3), {"mode": "train"})
        return out, (x, w, cache)

    def backward(dout, cache):
        x, w, inner = cache
        dz, _, _ = m.batchnorm_backward(dout, inner)
        return dz @ w.T, x.T @ dz, np.zeros(3)

    return functions(
        forward, backward, rng.normal(size=(6, 4)), rng.normal(size=(4, 3)), rng.normal(size=3)
    )


@right
def shift_before_a_softmax(rng):
    m = student("tutorial_vectors")

    def forward(x, shift):
        soft = m.Softmax()
        return soft.forward(x + shift[:, None]), soft

    def backward(dout, soft):
        dz = soft.backward(dout)
        return dz, dz.sum(axis=1)

    return functions(forward, backward, rng.normal(size=(4, 5)), rng.normal(size=4))


@right
def key_bias_in_attention(rng):
    """A bias added to every key changes no score's softmax."""
    m = student("tutorial_classes")

    def forward(q, k, v, b):
        attention = m.Attention()
        return attention.forward(q, k + b, v), attention

    def backward(dout, attention):
        dq, dk, dv = attention.backward(dout)
        return dq, dk, dv, dk.sum(axis=(0, 1))

    args = [rng.normal(size=(2, 3, 4)) for _ in range(3)]
    return functions(forward, backward, *args, rng.normal(size=4))


@right
def output_that_does_not_depend_on_one_input(rng):
    return functions(
        lambda a, b: (np.exp(a) + 0 * b, a),
        lambda d, a: (d * np.exp(a), np.zeros_like(d)),
        rng.normal(size=(3, 4)),
        rng.normal(size=(3, 4)),
    )


@right
def sign_has_no_slope(rng):
    return elementwise(np.sign, np.zeros_like, rng.normal(size=(4, 4)))


@right
def parabola_at_its_minimum(rng):
    x = np.zeros((3, 3))
    return gradient(lambda x: float(np.sum(x**2)), lambda x: 2 * x, x)


@right
def fourth_power_at_its_minimum(rng):
    return elementwise(lambda x: x**4, lambda x: 4 * x**3, np.zeros((3, 3)))


@right
def cosine_loss_of_parallel_vectors(rng):
    x = rng.normal(size=(4, 3))
    return loss(student("tutorial_losses").CosineLoss(), x, 2 * x)


@right
def normalised_rows_have_constant_length(rng):
    def forward(x):
        n = np.sqrt((x**2).sum(axis=1, keepdims=True))
        return ((x / n) ** 2).sum(axis=1), x.shape

    return functions(forward, lambda dout, shape: np.zeros(shape), rng.normal(size=(4, 3)))
