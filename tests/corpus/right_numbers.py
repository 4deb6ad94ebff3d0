"""Correct code where floating-point arithmetic is hard: scales, precisions, cancellation."""

from __future__ import annotations

import numpy as np

from corpus.calls import functions, gradient, layer, loss, student
from corpus.entries import Register
from corpus.right_kinks import elementwise

right = Register()


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
