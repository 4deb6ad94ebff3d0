"""Correct code of saturated, fast, noisy and flat functions."""

from __future__ import annotations

import numpy as np

from corpus.calls import functions, gradient, layer, loss, student
from corpus.entries import Register
from corpus.right_kinks import elementwise

right = Register()


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
