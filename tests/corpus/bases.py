"""Correct student code at ordinary inputs: what the wrong corpus makes its mistakes in.

`BASES[name]` is the student's file and a function ``(module, rng) -> Call``.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np

from corpus.calls import Call, functions, gradient, layer, loss, sweep

Rng = np.random.Generator
Make = Callable[[ModuleType, Rng], Call]

BASES: dict[str, tuple[str, Make]] = {}


def base(file: str) -> Callable[[Make], Make]:
    def register(make: Make) -> Make:
        BASES[make.__name__] = (file, make)
        return make

    return register


# -- cs231n ------------------------------------------------------------------------------------


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


# -- mytorch -----------------------------------------------------------------------------------


def _filled(thing, rng, *names):
    """Random numbers for parameters that are born as zeros or ones."""
    for name in names:
        setattr(thing, name, rng.normal(size=np.shape(getattr(thing, name))))
    return thing


@base("mytorch_linear")
def mytorch_linear(m, rng):
    return layer(_filled(m.Linear(4, 3), rng, "W", "b"), rng.normal(size=(5, 4)))


@base("mytorch_linear")
def mytorch_linear_square(m, rng):
    return layer(_filled(m.Linear(4, 4), rng, "W", "b"), rng.normal(size=(5, 4)))


@base("mytorch_linear")
def mytorch_linear_class(m, rng):
    return sweep(m.Linear, witness=mytorch_linear(m, rng))


@base("mytorch_linear")
def mytorch_linear_class_batch_1(m, rng):
    witness = layer(_filled(m.Linear(4, 3), rng, "W", "b"), rng.normal(size=(1, 4)))
    return sweep(m.Linear, witness=witness)


@base("mytorch_linear")
def mytorch_batchnorm(m, rng):
    return layer(_filled(m.BatchNorm1d(4), rng, "BW", "Bb"), 2 * rng.normal(size=(6, 4)) + 1)


@base("mytorch_activation")
def mytorch_sigmoid(m, rng):
    return layer(m.Sigmoid(), rng.normal(size=(4, 3)))


@base("mytorch_activation")
def mytorch_sigmoid_class(m, rng):
    return sweep(m.Sigmoid, witness=mytorch_sigmoid(m, rng))


@base("mytorch_activation")
def mytorch_tanh(m, rng):
    return layer(m.Tanh(), rng.normal(size=(4, 3)))


@base("mytorch_activation")
def mytorch_relu(m, rng):
    return layer(m.ReLU(), rng.normal(size=(4, 5)))


@base("mytorch_activation")
def mytorch_gelu(m, rng):
    return layer(m.GELU(), rng.normal(size=(4, 3)))


@base("mytorch_activation")
def mytorch_identity(m, rng):
    return layer(m.Identity(), rng.normal(size=(4, 3)))


@base("mytorch_activation")
def mytorch_softmax(m, rng):
    return layer(m.Softmax(), rng.normal(size=(4, 3)))


@base("mytorch_activation")
def mytorch_mse(m, rng):
    return loss(m.MSELoss(), rng.normal(size=(5, 3)), rng.normal(size=(5, 3)))


@base("mytorch_activation")
def mytorch_crossentropy(m, rng):
    one_hot = np.eye(3)[rng.integers(3, size=5)]
    return loss(m.CrossEntropyLoss(), rng.normal(size=(5, 3)), one_hot)


@base("mytorch_conv")
def mytorch_conv1d(m, rng):
    return layer(_filled(m.Conv1d_stride1(2, 3, 3), rng, "b"), rng.normal(size=(2, 2, 6)))


@base("mytorch_conv")
def mytorch_conv2d(m, rng):
    return layer(_filled(m.Conv2d_stride1(2, 3, 2), rng, "b"), rng.normal(size=(2, 2, 4, 5)))


@base("mytorch_conv")
def mytorch_downsample(m, rng):
    return layer(m.Downsample2d(2), rng.normal(size=(2, 2, 4, 5)))


@base("mytorch_conv")
def mytorch_mean_pool(m, rng):
    return layer(m.MeanPool2d_stride1(2), rng.normal(size=(2, 2, 4, 5)))


# -- nnfs --------------------------------------------------------------------------------------


def _nnfs(thing, x):
    """The same pass as functions: the call that nnfs's own methods do not return from."""

    def forward(inputs):
        thing.forward(inputs)
        return thing.output, None

    def backward(dvalues, cache):
        thing.backward(dvalues)
        return thing.dinputs

    return functions(forward, backward, x)


def _nnfs_dense(m, rng, n, k):
    def forward(inputs, weights, biases):
        dense = m.Layer_Dense(n, k)
        dense.weights, dense.biases = weights, biases
        dense.forward(inputs)
        return dense.output, dense

    def backward(dvalues, dense):
        dense.backward(dvalues)
        return dense.dinputs, dense.dweights, dense.dbiases

    args = rng.normal(size=(5, n)), rng.normal(size=(n, k)), rng.normal(size=(1, k))
    return functions(forward, backward, *args)


@base("nnfs_layers")
def nnfs_dense(m, rng):
    return sweep(m.Layer_Dense, witness=_nnfs_dense(m, rng, 4, 3))


@base("nnfs_layers")
def nnfs_dropout(m, rng):
    return sweep(m.Layer_Dropout, witness=_nnfs(m.Layer_Dropout(0.25), rng.normal(size=(6, 4))))


@base("nnfs_layers")
def nnfs_relu(m, rng):
    return sweep(m.Activation_ReLU, witness=_nnfs(m.Activation_ReLU(), rng.normal(size=(5, 4))))


@base("nnfs_layers")
def nnfs_sigmoid(m, rng):
    witness = _nnfs(m.Activation_Sigmoid(), rng.normal(size=(5, 4)))
    return sweep(m.Activation_Sigmoid, witness=witness)


@base("nnfs_layers")
def nnfs_softmax(m, rng):
    witness = _nnfs(m.Activation_Softmax(), rng.normal(size=(5, 4)))
    return sweep(m.Activation_Softmax, witness=witness)


# -- tutorials: classes with their inputs ------------------------------------------------------


def _layers(file: str, table: dict[str, tuple[Callable, Callable]]) -> None:
    """Register ``name: (build(module, rng), inputs(rng))`` as layer checks."""
    for name, (build, inputs) in table.items():
        BASES[name] = (
            file,
            lambda m, rng, build=build, inputs=inputs: layer(build(m, rng), *inputs(rng)),
        )


def shaped(*shapes: tuple[int, ...], plus: float = 0.0) -> Callable[[Rng], list[np.ndarray]]:
    return lambda rng: [rng.normal(size=shape) + plus for shape in shapes]


def positive(*shapes: tuple[int, ...]) -> Callable[[Rng], list[np.ndarray]]:
    return lambda rng: [rng.uniform(0.5, 2, size=shape) for shape in shapes]


def words(rng: Rng) -> list[np.ndarray]:
    return [np.array([[0, 3, 3], [1, 0, 2]])]


_layers(
    "tutorial_classes",
    {
        "linear_dict": (lambda m, rng: m.Linear(4, 3, rng), shaped((5, 4))),
        "linear_dict_square": (lambda m, rng: m.Linear(4, 4, rng), shaped((5, 4))),
        "dense": (lambda m, rng: m.Dense(4, 3, rng), shaped((6, 4))),
        "dense_square": (lambda m, rng: m.Dense(3, 3, rng), shaped((5, 3))),
        "loop_dense": (lambda m, rng: m.LoopDense(4, 3, rng), shaped((5, 4))),
        "sigmoid": (lambda m, rng: m.Sigmoid(), shaped((4, 5))),
        "tanh": (lambda m, rng: m.Tanh(), shaped((4, 5))),
        "exp": (lambda m, rng: m.Exp(), shaped((4, 3))),
        "square": (lambda m, rng: m.Square(), shaped((4, 3))),
        "softplus": (lambda m, rng: m.Softplus(), shaped((4, 3))),
        "softplus_far": (lambda m, rng: m.Softplus(), lambda rng: [rng.normal(size=(3, 4)) * 900]),
        "swish": (lambda m, rng: m.Swish(), shaped((4, 3))),
        "elu": (lambda m, rng: m.ELU(), shaped((4, 6))),
        "leaky_relu": (lambda m, rng: m.LeakyReLU(), shaped((4, 6))),
        "prelu_float32": (
            lambda m, rng: m.PReLU(5, rng),
            lambda rng: [rng.normal(size=(6, 5)).astype(np.float32)],
        ),
        "prelu": (lambda m, rng: m.PReLU(5, rng), shaped((6, 5))),
        "hard_tanh": (lambda m, rng: m.HardTanh(), shaped((6, 5))),
        "add": (lambda m, rng: m.Add(), shaped((4, 3), (3,))),
        "multiply": (lambda m, rng: m.Multiply(), shaped((4, 3), (4, 3))),
        "divide": (lambda m, rng: m.Divide(), positive((4, 3), (4, 3))),
        "matmul": (lambda m, rng: m.MatMul(), shaped((2, 3, 4), (2, 4, 5))),
        "matmul_square": (lambda m, rng: m.MatMul(), shaped((2, 4, 4), (2, 4, 4))),
        "tied_autoencoder": (lambda m, rng: m.TiedAutoencoder(4, 3, rng), shaped((5, 4))),
        "residual": (lambda m, rng: m.ResidualBlock(4, rng), shaped((5, 4))),
        "embedding": (lambda m, rng: m.Embedding(5, 3, rng), words),
        "attention": (lambda m, rng: m.Attention(), shaped((2, 3, 4), (2, 3, 4), (2, 3, 4))),
        "attention_square": (lambda m, rng: m.Attention(), shaped(*3 * [(2, 4, 4)])),
        "bilinear": (lambda m, rng: m.Bilinear(3, 4, rng), shaped((5, 3), (5, 4))),
        "bilinear_square": (lambda m, rng: m.Bilinear(4, 4, rng), shaped((5, 4), (5, 4))),
        "gru": (lambda m, rng: m.GRUCell(3, 4, rng), shaped((2, 3), (2, 4))),
    },
)

_layers(
    "tutorial_vectors",
    {
        "standardize": (lambda m, rng: m.Standardize(), shaped((6, 4))),
        "center": (lambda m, rng: m.Center(), shaped((6, 4))),
        "l2_normalize": (lambda m, rng: m.L2Normalize(), shaped((4, 5))),
        "rmsnorm": (lambda m, rng: m.RMSNorm(5, rng), shaped((4, 5))),
        "max_scale": (lambda m, rng: m.MaxScale(), positive((4, 5))),
        "softmax": (lambda m, rng: m.Softmax(), shaped((4, 5))),
        "logsumexp": (lambda m, rng: m.LogSumExp(), shaped((4, 5))),
        "logsumexp_far": (
            lambda m, rng: m.LogSumExp(),
            lambda rng: [1000 + rng.normal(size=(4, 5))],
        ),
        "norm": (lambda m, rng: m.Norm(), shaped((4, 5))),
        "norm_at_zero": (
            lambda m, rng: m.Norm(),
            lambda rng: [rng.normal(size=(4, 3)) * [[1], [0], [1], [1]]],
        ),
        "abs": (lambda m, rng: m.Abs(), shaped((4, 6))),
        "abs_at_zero": (
            lambda m, rng: m.Abs(),
            lambda rng: [rng.normal(size=(4, 6)) * (rng.random((4, 6)) < 0.7)],
        ),
        "mean_over_time": (lambda m, rng: m.MeanOverTime(), shaped((2, 5, 3))),
        "average_pool": (lambda m, rng: m.AveragePool(2), shaped((2, 3, 4, 6))),
        "upsample": (lambda m, rng: m.Upsample(2), shaped((2, 3, 2, 3))),
        "cumsum": (lambda m, rng: m.Cumsum(), shaped((3, 5))),
        "reverse": (lambda m, rng: m.Reverse(5, rng), shaped((3, 5))),
        "rotate": (lambda m, rng: m.Rotate(), shaped((2, 2, 3, 4))),
        "transpose_image": (lambda m, rng: m.TransposeImage(), shaped((2, 2, 4, 4))),
        "flatten": (lambda m, rng: m.Flatten(), shaped((2, 3, 2, 4))),
        "channel_shuffle": (lambda m, rng: m.ChannelShuffle(2), shaped((2, 6, 2, 2))),
        "roll": (lambda m, rng: m.Roll(2), shaped((3, 5))),
        "sort": (lambda m, rng: m.Sort(), shaped((3, 6))),
        "own_dropout": (lambda m, rng: m.Dropout(0.6, 3), shaped((5, 6), plus=4.0)),
        "max_over_time": (lambda m, rng: m.MaxOverTime(), shaped((3, 5, 2))),
        "clip": (lambda m, rng: m.Clip(-0.5, 1.0), shaped((5, 6))),
        "zero_pad": (lambda m, rng: m.ZeroPad(1), shaped((2, 2, 3, 4))),
        "zero_pad_0": (lambda m, rng: m.ZeroPad(0), shaped((2, 2, 3, 4))),
        "concat": (lambda m, rng: m.Concat(), shaped((3, 2), (3, 4))),
        "concat_same": (lambda m, rng: m.Concat(), shaped((3, 4), (3, 4))),
    },
)


def _losses(table: dict[str, tuple[Callable, Callable]]) -> None:
    for name, (build, data) in table.items():
        BASES[name] = (
            "tutorial_losses",
            lambda m, rng, build=build, data=data: loss(build(m), *data(rng)),
        )


def signs(rng: Rng) -> list[np.ndarray]:
    return [rng.normal(size=(6, 2)), rng.choice([-1.0, 1.0], size=(6, 2))]


def probabilities(rng: Rng) -> list[np.ndarray]:
    return [rng.uniform(0.1, 0.9, size=(6, 2)), rng.choice([0.0, 1.0], size=(6, 2))]


def logits(rng: Rng) -> list[np.ndarray]:
    return [3 * rng.normal(size=(6, 2)), rng.choice([0.0, 1.0], size=(6, 2))]


def far_logits(rng: Rng) -> list[np.ndarray]:
    return [rng.choice([-1, 1], size=(6, 2)) * 800.0, rng.choice([0.0, 1.0], size=(6, 2))]


def labels(rng: Rng) -> list[np.ndarray]:
    return [rng.normal(size=(5, 4)), rng.integers(4, size=5)]


def distributions(rng: Rng) -> list[np.ndarray]:
    return [np.log(rng.dirichlet(np.ones(4), size=5)), rng.dirichlet(np.ones(4), size=5)]


_losses(
    {
        "mse": (lambda m: m.MeanSquaredError(), shaped((5, 3), (5, 3))),
        "half_mse": (lambda m: m.HalfSquaredError(), shaped((5, 3), (5, 3))),
        "mae": (lambda m: m.MeanAbsoluteError(), shaped((5, 3), (5, 3))),
        "huber": (lambda m: m.Huber(), shaped((6, 4), (6, 4))),
        "quantile": (lambda m: m.Quantile(), shaped((6, 2), (6, 2))),
        "hinge": (lambda m: m.Hinge(), signs),
        "bce": (lambda m: m.BinaryCrossEntropy(), probabilities),
        "bce_logits": (lambda m: m.LogitsCrossEntropy(), logits),
        "bce_logits_far": (lambda m: m.LogitsCrossEntropy(), far_logits),
        "cross_entropy": (lambda m: m.SoftmaxCrossEntropy(), labels),
        "kl": (lambda m: m.KLDivergence(), distributions),
        "cosine": (lambda m: m.CosineLoss(), shaped((4, 3), (4, 3))),
    }
)


@base("tutorial_losses")
def ridge(m, rng):
    x, y = rng.normal(size=(6, 4)), rng.normal(size=(6, 2))
    return gradient(
        lambda W: m.ridge_loss(W, x, y, 0.1)[0],
        lambda W: m.ridge_loss(W, x, y, 0.1)[1],
        rng.normal(size=(4, 2)),
    )
