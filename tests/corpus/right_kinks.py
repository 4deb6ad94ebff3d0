"""Correct code at points where the function has a kink, or very near one."""

from __future__ import annotations

import numpy as np

from corpus.calls import functions, gradient, layer, loss, student
from corpus.entries import Register

right = Register()


def elementwise(f, slope, x):
    """``out = f(x)`` with derivative ``slope(x)``."""
    return functions(lambda x: (f(x), x), lambda dout, x: dout * slope(x), x)


def with_zeros(rng, shape, share=0.3):
    return rng.normal(size=shape) * (rng.random(shape) > share)


# -- elementwise -------------------------------------------------------------------------------


@right
def relu_with_exact_zeros(rng):
    x = with_zeros(rng, (8, 6))
    return elementwise(lambda x: np.maximum(x, 0), lambda x: x > 0, x)


@right
def relu_whose_slope_at_zero_is_one(rng):
    x = with_zeros(rng, (8, 6))
    return elementwise(lambda x: np.maximum(x, 0), lambda x: x >= 0, x)


@right
def relu_whose_slope_at_zero_is_a_half(rng):
    x = with_zeros(rng, (8, 6))
    return elementwise(lambda x: np.maximum(x, 0), lambda x: np.heaviside(x, 0.5), x)


@right
def relu_of_zeros_only(rng):
    return elementwise(lambda x: np.maximum(x, 0), lambda x: x > 0, np.zeros((4, 5)))


@right
def relu_of_negative_zeros(rng):
    return elementwise(lambda x: np.maximum(x, 0), lambda x: x > 0, -np.zeros((3, 3)))


@right
def relu_a_billionth_from_its_kink(rng):
    x = rng.choice([-1e-9, 1e-9, 1.0, -2.0], size=(6, 5))
    return elementwise(lambda x: np.maximum(x, 0), lambda x: x > 0, x)


@right
def relu_at_every_distance_from_its_kink(rng):
    x = rng.choice([-1.0, 1.0], size=(13, 4)) * 10.0 ** -np.arange(13)[:, None]
    return elementwise(lambda x: np.maximum(x, 0), lambda x: x > 0, x)


@right
def abs_at_zero(rng):
    return elementwise(np.abs, np.sign, with_zeros(rng, (5, 6)))


@right
def sqrt_of_a_square(rng):
    return elementwise(lambda x: np.sqrt(x * x), np.sign, with_zeros(rng, (5, 6)))


@right
def leaky_relu_with_exact_zeros(rng):
    x = with_zeros(rng, (6, 6))
    return elementwise(
        lambda x: np.where(x > 0, x, 0.01 * x), lambda x: np.where(x > 0, 1, 0.01), x
    )


@right
def prelu_with_exact_zeros(rng):
    m = student("tutorial_classes")
    return layer(m.PReLU(5, rng), with_zeros(rng, (6, 5)))


@right
def elu_with_a_kink_at_zero(rng):
    m = student("tutorial_classes")
    return layer(m.ELU(alpha=0.3), with_zeros(rng, (6, 5)))


@right
def hard_tanh_on_its_borders(rng):
    x = rng.choice([-1.0, 1.0, 0.3, -2.0], size=(6, 5))
    return elementwise(lambda x: np.clip(x, -1, 1), lambda x: (x > -1) & (x < 1), x)


@right
def hard_tanh_with_borders_inside(rng):
    x = rng.choice([-1.0, 1.0, 0.3, -2.0], size=(6, 5))
    return elementwise(lambda x: np.clip(x, -1, 1), lambda x: (x >= -1) & (x <= 1), x)


@right
def relu6_on_its_borders(rng):
    x = rng.choice([0.0, 6.0, 3.0, 7.0, -1.0], size=(6, 5))
    return elementwise(lambda x: np.minimum(np.maximum(x, 0), 6), lambda x: (x > 0) & (x < 6), x)


@right
def hard_sigmoid_on_its_borders(rng):
    x = rng.choice([-2.5, 2.5, 0.7, -3.0], size=(5, 5))
    slope = lambda x: np.where(np.abs(x) < 2.5, 0.2, 0.0)  # noqa: E731
    return elementwise(lambda x: np.clip(0.2 * x + 0.5, 0, 1), slope, x)


@right
def clip_with_every_entry_outside(rng):
    m = student("tutorial_vectors")
    return layer(m.Clip(-0.5, 1.0), 5 + rng.random((4, 5)))


@right
def triangle_wave_near_its_kinks(rng):
    x = rng.integers(-3, 4, size=(5, 6)) + rng.choice([-1e-9, 1e-9], size=(5, 6))
    return elementwise(lambda x: np.abs((x % 2) - 1), lambda x: np.where((x % 2) < 1, -1.0, 1.0), x)


@right
def soft_threshold_on_its_border(rng):
    x = rng.choice([-0.5, 0.5, 0.0, 1.2, -0.7], size=(5, 5))
    f = lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0)  # noqa: E731
    return elementwise(f, lambda x: np.abs(x) > 0.5, x)


@right
def fraction_of_a_number(rng):
    """x - floor(x) jumps, but not here."""
    return elementwise(lambda x: x - np.floor(x), np.ones_like, 5 * rng.normal(size=(4, 4)))


# -- maxima ------------------------------------------------------------------------------------


@right
def max_pool_with_ties_to_the_first(rng):
    m = student("cs231n_pool")
    x = rng.integers(0, 3, size=(2, 2, 4, 4)).astype(float)
    param = {"pool_height": 2, "pool_width": 2, "stride": 2}
    return functions(m.max_pool_forward_naive, m.max_pool_backward_naive, x, param)


@right
def max_pool_of_an_image_after_relu(rng):
    m = student("cs231n_pool")
    x = np.maximum(rng.normal(size=(2, 2, 5, 5)), 0)
    param = {"pool_height": 3, "pool_width": 3, "stride": 1}
    return functions(m.max_pool_forward_naive, m.max_pool_backward_naive, x, param)


@right
def max_pool_of_equal_entries(rng):
    m = student("cs231n_pool")
    param = {"pool_height": 2, "pool_width": 2, "stride": 2}
    return functions(
        m.max_pool_forward_naive, m.max_pool_backward_naive, np.full((2, 2, 4, 4), 1.5), param
    )


@right
def max_pool_where_tied_entries_share(rng):
    m = student("cs231n_fast")
    x = rng.integers(0, 3, size=(2, 2, 4, 4)).astype(float)
    return functions(m.max_pool_forward_reshape, m.max_pool_backward_reshape, x, {"stride": 2})


@right
def max_pool_where_each_tied_entry_gets_all(rng):
    m = student("cs231n_fast", (" / share", ""))
    x = np.maximum(rng.normal(size=(2, 3, 4, 4)), 0)
    return functions(m.max_pool_forward_reshape, m.max_pool_backward_reshape, x, {"stride": 2})


@right
def max_over_time_with_ties_to_all(rng):
    m = student("tutorial_vectors")
    return layer(m.MaxOverTime(), rng.integers(0, 3, size=(3, 5, 2)).astype(float))


@right
def maximum_of_two_equal_arrays(rng):
    a = rng.normal(size=(4, 3))
    b = np.where(rng.random((4, 3)) < 0.5, a, rng.normal(size=(4, 3)))
    return functions(
        lambda a, b: (np.maximum(a, b), a >= b), lambda d, first: (d * first, d * ~first), a, b
    )


@right
def maxout_with_equal_pieces(rng):
    x = rng.normal(size=(4, 2, 5))
    x[:2, 1] = x[:2, 0]

    def backward(dout, first):
        return np.stack([dout * first, dout * ~first], axis=1)

    return functions(lambda x: (x.max(axis=1), x[:, 0] >= x[:, 1]), backward, x)


@right
def sort_with_equal_entries(rng):
    m = student("tutorial_vectors")
    return layer(m.Sort(), rng.integers(0, 4, size=(3, 6)).astype(float))


@right
def top_two(rng):
    def forward(x):
        order = np.argsort(-x, axis=1, kind="stable")[:, :2]
        return np.take_along_axis(x, order, axis=1), (order, x.shape)

    def backward(dout, cache):
        order, shape = cache
        dx = np.zeros(shape)
        np.put_along_axis(dx, order, dout, axis=1)
        return dx

    return functions(forward, backward, rng.normal(size=(4, 6)))


@right
def median_of_an_odd_number(rng):
    def forward(x):
        middle = np.argsort(x, axis=1)[:, x.shape[1] // 2]
        return x[np.arange(len(x)), middle], (middle, x.shape)

    def backward(dout, cache):
        middle, shape = cache
        dx = np.zeros(shape)
        dx[np.arange(shape[0]), middle] = dout
        return dx

    return functions(forward, backward, rng.normal(size=(4, 7)))


@right
def minimum_over_everything(rng):
    def forward(x):
        return np.min(x), np.unravel_index(np.argmin(x), x.shape) + (x.shape,)

    def backward(dout, cache):
        *at, shape = cache
        dx = np.zeros(shape)
        dx[tuple(at)] = dout
        return dx

    return functions(forward, backward, rng.integers(0, 9, size=(3, 4)).astype(float))


@right
def max_scale_with_ties(rng):
    x = rng.integers(1, 4, size=(4, 6)).astype(float)
    return layer(student("tutorial_vectors").MaxScale(), x)


# -- losses ------------------------------------------------------------------------------------


@right
def hinge_exactly_at_the_margin(rng):
    prediction, target = rng.normal(size=(6, 2)), rng.choice([-1.0, 1.0], size=(6, 2))
    prediction[::2] = target[::2]
    return loss(student("tutorial_losses").Hinge(), prediction, target)


@right
def svm_loss_with_equal_scores_and_margins(rng):
    svm_loss = student("cs231n_dense").svm_loss
    x, y = rng.integers(0, 3, size=(6, 4)).astype(float), rng.integers(4, size=6)
    return gradient(lambda x: svm_loss(x, y)[0], lambda x: svm_loss(x, y)[1], x)


@right
def huber_at_its_knots(rng):
    target = rng.integers(-2, 3, size=(6, 3)).astype(float)
    prediction = target + rng.choice([-1.0, 1.0, 0.0, 0.4, 3.0], size=(6, 3))
    return loss(student("tutorial_losses").Huber(), prediction, target)


@right
def smooth_l1_at_its_knots(rng):
    x = rng.choice([-1.0, 1.0, 0.0, 0.5, 2.0], size=(5, 5))
    f = lambda x: np.where(np.abs(x) < 1, 0.5 * x * x, np.abs(x) - 0.5)  # noqa: E731
    return elementwise(f, lambda x: np.where(np.abs(x) < 1, x, np.sign(x)), x)


@right
def quantile_loss_where_prediction_is_target(rng):
    target = rng.normal(size=(6, 2))
    prediction = np.where(rng.random((6, 2)) < 0.4, target, rng.normal(size=(6, 2)))
    return loss(student("tutorial_losses").Quantile(), prediction, target)


@right
def mean_absolute_error_where_prediction_is_target(rng):
    target = rng.normal(size=(5, 3))
    return loss(student("tutorial_losses").MeanAbsoluteError(), target.copy(), target)


@right
def l1_distance_of_equal_rows(rng):
    a = rng.normal(size=(4, 3))
    b = np.where(rng.random((4, 1)) < 0.5, a, rng.normal(size=(4, 3)))
    s = lambda d, sign: (d[:, None] * sign, -d[:, None] * sign)  # noqa: E731
    return functions(lambda a, b: (np.abs(a - b).sum(axis=1), np.sign(a - b)), s, a, b)


@right
def norm_of_a_zero_row(rng):
    x = rng.normal(size=(4, 3))
    x[1] = 0
    return layer(student("tutorial_vectors").Norm(), x)


@right
def affine_relu_whose_rows_are_zero(rng):
    m = student("cs231n_dense")
    x = with_zeros(rng, (5, 4)) * (np.arange(5) % 2)[:, None]
    return functions(
        m.affine_relu_forward, m.affine_relu_backward, x, rng.normal(size=(4, 3)), np.zeros(3)
    )


@right
def relu_then_softmax_of_all_zeros(rng):
    def forward(x):
        r = np.maximum(x, 0)
        p = np.exp(r) / np.exp(r).sum(axis=1, keepdims=True)
        return p, (x, p)

    def backward(dout, cache):
        x, p = cache
        return p * (dout - (dout * p).sum(axis=1, keepdims=True)) * (x > 0)

    return functions(forward, backward, np.zeros((3, 4)))
