"""Mistakes that are easy to overlook: at kinks, beside larger numbers, behind noise."""

from __future__ import annotations

import numpy as np

from corpus.calls import Call, functions, gradient
from corpus.entries import Rng, Wrong

ENTRIES: list[Wrong] = []


def hidden(*codes: str):
    """Register a function ``(rng, wrong) -> Call`` that makes the mistake when `wrong`."""

    def register(make):
        table = {"*": codes}
        ENTRIES.append(
            Wrong(make.__name__, lambda rng: make(rng, True), lambda rng: make(rng, False), table)
        )
        return make

    return register


def elementwise(f, slope, x) -> Call:
    return functions(lambda x: (f(x), x), lambda dout, x: dout * slope(x), x)


def with_zeros(rng: Rng, shape, share=0.3):
    return rng.normal(size=shape) * (rng.random(shape) > share)


# -- at kinks ----------------------------------------------------------------------------------


@hidden("region", "unexplained")
def relu_wrong_at_exact_zeros_only(rng, wrong):
    """Neither 0 nor 1 nor anything between: the slope at 0 is given as 2."""
    at_zero = 2.0 if wrong else 0.0
    slope = lambda x: np.where(x == 0, at_zero, x > 0)  # noqa: E731
    return elementwise(lambda x: np.maximum(x, 0), slope, with_zeros(rng, (6, 6)))


@hidden("region", "unexplained")
def abs_wrong_at_exact_zeros_only(rng, wrong):
    at_zero = -3.0 if wrong else 0.0
    slope = lambda x: np.where(x == 0, at_zero, np.sign(x))  # noqa: E731
    return elementwise(np.abs, slope, with_zeros(rng, (6, 6)))


@hidden("scale", "region", "local_derivative_missing", "unexplained")
def relu_wrong_beside_exact_zeros(rng, wrong):
    factor = 1.001 if wrong else 1.0
    return elementwise(
        lambda x: np.maximum(x, 0), lambda x: factor * (x > 0), with_zeros(rng, (6, 6), 0.5)
    )


@hidden("scale", "region", "unexplained")
def max_pool_counts_ties_twice(rng, wrong):
    """Each of two tied entries gets twice the upstream gradient."""

    def backward(dout, cache):
        x, out = cache
        mask = x == out[..., None]
        many = mask.sum(axis=-1, keepdims=True)
        return mask * dout[..., None] * (many if wrong else 1)

    x = rng.integers(0, 3, size=(4, 6, 4)).astype(float)
    return functions(lambda x: (x.max(axis=-1), (x, x.max(axis=-1))), backward, x)


@hidden("*")
def dense_after_relu_of_many_zeros(rng, wrong):
    """The kinks are in x; the mistake is in w."""

    def backward(dout, cache):
        x, w = cache
        r = np.maximum(x, 0)
        dw = r.T @ dout
        if wrong:
            dw[0, 0] *= 1.0001
        return dout @ w.T * (x > 0), dw

    forward = lambda x, w: (np.maximum(x, 0) @ w, (x, w))  # noqa: E731
    x = with_zeros(rng, (6, 4))
    x[0, 0] = 1.5
    return functions(forward, backward, x, rng.normal(size=(4, 3)))


# -- beside larger numbers ---------------------------------------------------------------------


@hidden("*")
def small_column_beside_large_ones(rng, wrong):
    """dw of the column of size 1e-6 is doubled, beside others of size 1e4."""

    def backward(dout, cache):
        x, w = cache
        dw = x.T @ dout
        if wrong:
            dw[0] *= 2
        return dout @ w.T, dw

    x = rng.normal(size=(5, 6)) * 10.0 ** np.arange(-6, 6, 2)
    return functions(lambda x, w: (x @ w, (x, w)), backward, x, rng.normal(size=(6, 3)))


@hidden("*")
def small_slope_beside_large_ones(rng, wrong):
    x = 10.0 ** rng.uniform(-5, 5, size=(5, 5))
    x[2, 3] = 1e5
    factor = 2.0 if wrong else 1.0
    return elementwise(np.log, lambda x: np.where(x == 1e5, factor, 1) / x, x)


@hidden("*")
def one_tenth_of_a_million_elements(rng, wrong):
    """One element of 100,000, off by a millionth."""
    x = rng.normal(size=(100, 1000))

    def slope(x):
        s = 1 - np.tanh(x) ** 2
        if wrong:
            s[57, 123] *= 1 + 1e-6
        return s

    x[57, 123] = 0.3
    return elementwise(np.tanh, slope, x)


@hidden("*")
def one_of_many_words(rng, wrong):
    words = rng.integers(3000, size=(8, 5))

    def backward(dout, shape):
        dW = np.zeros(shape)
        np.add.at(dW, words, dout)
        if wrong:
            dW[words[3, 2], 1] = 0
        return dW

    return functions(lambda W: (W[words], W.shape), backward, rng.normal(size=(3000, 4)))


# -- behind noise ------------------------------------------------------------------------------


@hidden("scale", "local_derivative_missing", "unexplained")
def off_by_a_percent_in_float32(rng, wrong):
    factor = 1.01 if wrong else 1.0
    x = rng.normal(size=(5, 5)).astype(np.float32)
    return elementwise(np.tanh, lambda x: np.float32(factor) * (1 - np.tanh(x) ** 2), x)


@hidden("scale", "unexplained", "precision")
def off_by_a_half_in_float16(rng, wrong):
    factor = 1.5 if wrong else 1.0

    def forward(x):
        y = np.tanh(x.astype(np.float16))
        return y.astype(float), y

    def backward(dout, y):
        return factor * dout * (1 - y.astype(float) ** 2)

    return functions(forward, backward, rng.normal(size=(5, 5)))


@hidden("scale", "unexplained", "precision")
def off_by_a_thousandth_beside_a_million(rng, wrong):
    factor = 1.001 if wrong else 1.0
    return elementwise(
        lambda x: np.sin(x) + 1e6, lambda x: factor * np.cos(x), rng.normal(size=(5, 5))
    )


@hidden("*")
def zero_gradient_that_is_not_given_as_zero(rng, wrong):
    """The bias before a mean subtraction has no influence, but gets a gradient."""

    def backward(dout, cache):
        x, w = cache
        dz = dout - dout.mean(axis=0)
        db = dout.sum(axis=0) if wrong else np.zeros(3)
        return dz @ w.T, x.T @ dz, db

    def forward(x, w, b):
        z = x @ w + b
        return z - z.mean(axis=0), (x, w)

    args = rng.normal(size=(5, 4)), rng.normal(size=(4, 3)), rng.normal(size=3)
    return functions(forward, backward, *args)


@hidden("*")
def fast_sine_at_the_wrong_frequency(rng, wrong):
    k = 199.0 if wrong else 200.0
    return elementwise(
        lambda x: np.sin(200 * x), lambda x: k * np.cos(k * x), rng.normal(size=(4, 4))
    )


@hidden("*")
def large_constant_in_a_loss(rng, wrong):
    factor = 2.01 if wrong else 2.0
    return gradient(
        lambda x: float((x**2).sum() + 1e6), lambda x: factor * x, rng.normal(size=(4, 3))
    )


# -- in unusual arrays and labels --------------------------------------------------------------


@hidden("*")
def fills_a_copy_when_x_is_transposed(rng, wrong):
    """zeros_like keeps the layout of x, so that reshape makes a copy for some x."""

    def backward(dout, cache):
        x, best = cache
        dx = np.zeros_like(x) if wrong else np.zeros(x.shape)
        dx.reshape(-1)[best + np.arange(len(x)) * x.shape[1]] = dout
        return dx

    x = np.asfortranarray(rng.normal(size=(4, 5)))
    return functions(lambda x: (x.max(axis=1), (x, x.argmax(axis=1))), backward, x)


@hidden("region", "unexplained", "one_sample", "overwritten")
def every_second_sample(rng, wrong):
    def backward(dout, cache):
        x, w = cache
        dw = np.zeros_like(w)
        for n in range(0, len(x), 2 if wrong else 1):
            dw += np.outer(x[n], dout[n])
        return dout @ w.T, dw

    x, w = rng.normal(size=(6, 4)), rng.normal(size=(4, 3))
    return functions(lambda x, w: (x @ w, (x, w)), backward, x, w)


@hidden("region", "unexplained", "one_sample")
def label_zero_is_taken_for_no_label(rng, wrong):
    labels = np.array([0, 2, 1, 0, 2])

    def probs(x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def slope(x):
        dx = probs(x)
        for n, label in enumerate(labels):
            if label or not wrong:
                dx[n, label] -= 1
        return dx / len(x)

    f = lambda x: float(-np.log(probs(x)[np.arange(5), labels]).mean())  # noqa: E731
    return gradient(f, slope, rng.normal(size=(5, 3)))


@hidden("*")
def gradient_cut_to_whole_numbers(rng, wrong):
    def backward(dout, x):
        dx = np.zeros(x.shape, dtype=int if wrong else float)
        dx[...] = 2 * x * dout
        return dx.astype(float)

    return functions(lambda x: (x**2, x), backward, 3 * rng.normal(size=(4, 4)))


@hidden("region", "unexplained", "permuted", "overwritten")
def convolution_cropped_one_pixel_off(rng, wrong):
    kernel = rng.normal(size=3)

    def forward(x):
        padded = np.pad(x, ((0, 0), (1, 1)))
        return sum(kernel[k] * padded[:, k : k + x.shape[1]] for k in range(3)), x.shape

    def backward(dout, shape):
        padded = np.zeros((shape[0], shape[1] + 2))
        for k in range(3):
            padded[:, k : k + shape[1]] += kernel[k] * dout
        start = 0 if wrong else 1
        return padded[:, start : start + shape[1]]

    return functions(forward, backward, rng.normal(size=(3, 6)))
