"""Correct cs231n code at ordinary inputs: what the wrong corpus makes its mistakes in."""

from __future__ import annotations

import numpy as np

from corpus.calls import functions, gradient, sweep
from corpus.registry import base


@base("cs231n_dense")
def affine(m, rng):
    x, w, b = rng.normal(size=(4, 2, 3)), rng.normal(size=(6, 5)), rng.normal(size=5)
    return functions(m.affine_forward, m.affine_backward, x, w, b)


@base("cs231n_dense")
def affine_square(m, rng):
    x, w, b = rng.normal(size=(3, 4)), rng.normal(size=(4, 4)), rng.normal(size=4)
    return functions(m.affine_forward, m.affine_backward, x, w, b)


@base("cs231n_dense")
def affine_100k(m, rng):
    x, w, b = rng.normal(size=(3, 400)), rng.normal(size=(400, 250)), rng.normal(size=250)
    return functions(m.affine_forward, m.affine_backward, x, w, b)


@base("cs231n_dense")
def relu(m, rng):
    return functions(m.relu_forward, m.relu_backward, rng.normal(size=(5, 4)))


@base("cs231n_dense")
def affine_relu(m, rng):
    x, w, b = rng.normal(size=(4, 6)), rng.normal(size=(6, 5)), rng.normal(size=5)
    return functions(m.affine_relu_forward, m.affine_relu_backward, x, w, b)


@base("cs231n_dense")
def dropout(m, rng):
    x = rng.normal(size=(6, 7)) + 3
    param = {"mode": "train", "p": 0.8, "seed": 7}
    return functions(m.dropout_forward, m.dropout_backward, x, param)


@base("cs231n_dense")
def dropout_test_time(m, rng):
    param = {"mode": "test", "p": 0.8, "seed": 7}
    return functions(m.dropout_forward, m.dropout_backward, rng.normal(size=(6, 7)), param)


def _loss_gradient(f, x, y):
    return gradient(lambda x: f(x, y)[0], lambda x: f(x, y)[1], x)


@base("cs231n_dense")
def softmax_loss(m, rng):
    return _loss_gradient(m.softmax_loss, rng.normal(size=(5, 4)), rng.integers(4, size=5))


@base("cs231n_dense")
def svm_loss(m, rng):
    return _loss_gradient(m.svm_loss, rng.normal(size=(5, 4)), rng.integers(4, size=5))


@base("cs231n_norm")
def batchnorm(m, rng):
    x = 3 * rng.normal(size=(5, 4)) + 2
    args = (x, rng.normal(size=4), rng.normal(size=4), {"mode": "train"})
    return functions(m.batchnorm_forward, m.batchnorm_backward, *args)


@base("cs231n_norm")
def batchnorm_eps(m, rng):
    param = {"mode": "train", "eps": 0.1}
    args = (rng.normal(size=(5, 4)), rng.normal(size=4), rng.normal(size=4), param)
    return functions(m.batchnorm_forward, m.batchnorm_backward, *args)


@base("cs231n_norm")
def batchnorm_test_time(m, rng):
    param = {
        "mode": "test",
        "running_mean": rng.normal(size=4),
        "running_var": rng.uniform(0.5, 2, size=4),
    }
    args = (rng.normal(size=(5, 4)), rng.normal(size=4), rng.normal(size=4), param)
    return functions(m.batchnorm_forward, m.batchnorm_backward, *args)


@base("cs231n_norm")
def batchnorm_alt(m, rng):
    x = 3 * rng.normal(size=(5, 4)) + 2
    args = (x, rng.normal(size=4), rng.normal(size=4), {"mode": "train"})
    return functions(m.batchnorm_forward, m.batchnorm_backward_alt, *args)


@base("cs231n_norm")
def batchnorm_constant_feature(m, rng):
    x = rng.normal(size=(5, 4))
    x[:, 2] = 1.0
    args = (x, rng.normal(size=4), rng.normal(size=4), {"mode": "train"})
    return functions(m.batchnorm_forward, m.batchnorm_backward, *args)


@base("cs231n_norm")
def norm_file(m, rng):
    return sweep(m, witness=batchnorm_eps(m, rng))


@base("cs231n_norm")
def layernorm(m, rng):
    args = (rng.normal(size=(3, 6)), rng.normal(size=6), rng.normal(size=6), {})
    return functions(m.layernorm_forward, m.layernorm_backward, *args)


@base("cs231n_norm")
def spatial_batchnorm(m, rng):
    args = (rng.normal(size=(2, 3, 4, 2)), rng.normal(size=3), rng.normal(size=3))
    pair = m.spatial_batchnorm_forward, m.spatial_batchnorm_backward
    return functions(*pair, *args, {"mode": "train"})


@base("cs231n_norm")
def groupnorm(m, rng):
    gamma, beta = rng.normal(size=(1, 6, 1, 1)), rng.normal(size=(1, 6, 1, 1))
    pair = m.spatial_groupnorm_forward, m.spatial_groupnorm_backward
    return functions(*pair, rng.normal(size=(2, 6, 2, 3)), gamma, beta, 2, {})


@base("cs231n_conv")
def conv(m, rng):
    x, w, b = rng.normal(size=(2, 3, 5, 4)), rng.normal(size=(2, 3, 3, 3)), rng.normal(size=2)
    param = {"stride": 1, "pad": 1}
    return functions(m.conv_forward_naive, m.conv_backward_naive, x, w, b, param)


@base("cs231n_conv")
def conv_stride_2(m, rng):
    x, w, b = rng.normal(size=(2, 2, 6, 5)), rng.normal(size=(3, 2, 3, 3)), rng.normal(size=3)
    param = {"stride": 2, "pad": 1}
    return functions(m.conv_forward_naive, m.conv_backward_naive, x, w, b, param)


@base("cs231n_conv")
def conv_same_channels(m, rng):
    x, w, b = rng.normal(size=(2, 3, 4, 5)), rng.normal(size=(3, 3, 2, 2)), rng.normal(size=3)
    param = {"stride": 1, "pad": 0}
    return functions(m.conv_forward_naive, m.conv_backward_naive, x, w, b, param)


@base("cs231n_conv")
def conv_file(m, rng):
    return sweep(m, witness=conv(m, rng))


@base("cs231n_conv")
def conv_file_stride_2(m, rng):
    return sweep(m, witness=conv_stride_2(m, rng))


@base("cs231n_conv")
def conv_file_pad_0(m, rng):
    return sweep(m, witness=conv_same_channels(m, rng))


@base("cs231n_conv")
def conv_file_batch_1(m, rng):
    x, w, b = rng.normal(size=(1, 2, 4, 5)), rng.normal(size=(3, 2, 3, 2)), rng.normal(size=3)
    pair = m.conv_forward_naive, m.conv_backward_naive
    return sweep(m, witness=functions(*pair, x, w, b, {"stride": 1, "pad": 1}))


@base("cs231n_pool")
def max_pool(m, rng):
    param = {"pool_height": 2, "pool_width": 3, "stride": 2}
    return functions(
        m.max_pool_forward_naive, m.max_pool_backward_naive, rng.normal(size=(2, 2, 4, 5)), param
    )


@base("cs231n_pool")
def max_pool_overlapping(m, rng):
    x = rng.normal(size=(2, 2, 4, 4))
    x[:, :, 1:3, 1:3] += 5  # the maxima of several windows
    param = {"pool_height": 2, "pool_width": 2, "stride": 1}
    return functions(m.max_pool_forward_naive, m.max_pool_backward_naive, x, param)


@base("cs231n_pool")
def max_pool_negative(m, rng):
    param = {"pool_height": 2, "pool_width": 2, "stride": 2}
    x = -1 - rng.random(size=(2, 2, 4, 4))
    return functions(m.max_pool_forward_naive, m.max_pool_backward_naive, x, param)


@base("cs231n_pool")
def max_pool_file(m, rng):
    return sweep(m, witness=max_pool_overlapping(m, rng))


@base("cs231n_pool")
def max_pool_file_negative(m, rng):
    return sweep(m, witness=max_pool_negative(m, rng))


@base("cs231n_fast")
def conv_im2col(m, rng):
    x, w, b = rng.normal(size=(2, 2, 4, 5)), rng.normal(size=(3, 2, 3, 2)), rng.normal(size=3)
    param = {"stride": 1, "pad": 1}
    return functions(m.conv_forward_im2col, m.conv_backward_im2col, x, w, b, param)


@base("cs231n_fast")
def conv_im2col_pad_0(m, rng):
    x, w, b = rng.normal(size=(2, 2, 4, 5)), rng.normal(size=(3, 2, 3, 2)), rng.normal(size=3)
    param = {"stride": 1, "pad": 0}
    return functions(m.conv_forward_im2col, m.conv_backward_im2col, x, w, b, param)


@base("cs231n_fast")
def max_pool_reshape(m, rng):
    param = {"pool_height": 2, "pool_width": 2, "stride": 2}
    pair = m.max_pool_forward_reshape, m.max_pool_backward_reshape
    return functions(*pair, rng.normal(size=(2, 2, 4, 6)), param)


@base("cs231n_rnn")
def rnn_step(m, rng):
    args = [rng.normal(size=s) for s in ((3, 4), (3, 5), (4, 5), (5, 5), (5,))]
    return functions(m.rnn_step_forward, m.rnn_step_backward, *args)


@base("cs231n_rnn")
def rnn(m, rng):
    args = [0.7 * rng.normal(size=s) for s in ((2, 4, 3), (2, 5), (3, 5), (5, 5), (5,))]
    return functions(m.rnn_forward, m.rnn_backward, *args)


@base("cs231n_rnn")
def word_embedding(m, rng):
    words = np.array([[0, 3, 1, 3], [3, 2, 0, 1]])
    pair = m.word_embedding_forward, m.word_embedding_backward
    return functions(*pair, words, rng.normal(size=(5, 3)))


@base("cs231n_rnn")
def temporal_affine(m, rng):
    args = [rng.normal(size=s) for s in ((2, 3, 4), (4, 5), (5,))]
    return functions(m.temporal_affine_forward, m.temporal_affine_backward, *args)


@base("cs231n_rnn")
def temporal_softmax(m, rng):
    y, mask = rng.integers(4, size=(2, 3)), np.array([[True, True, False], [True, True, True]])
    return gradient(
        lambda x: m.temporal_softmax_loss(x, y, mask)[0],
        lambda x: m.temporal_softmax_loss(x, y, mask)[1],
        rng.normal(size=(2, 3, 4)),
    )


@base("cs231n_lstm")
def lstm_file(m, rng):
    return sweep(m, witness=lstm(m, rng))


@base("cs231n_lstm")
def lstm(m, rng):
    args = [0.7 * rng.normal(size=s) for s in ((2, 3, 4), (2, 3), (4, 12), (3, 12), (12,))]
    return functions(m.lstm_forward, m.lstm_backward, *args)
