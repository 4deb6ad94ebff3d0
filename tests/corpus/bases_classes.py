"""Correct classes of other courses and of tutorials at ordinary inputs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from corpus.calls import functions, gradient, layer, loss, sweep
from corpus.registry import BASES, Rng, base

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

_layers(
    "tutorial_linear",
    {
        "mix": (lambda m, rng: m.Mix(4, rng), shaped((3, 4))),
        "turn": (lambda m, rng: m.Turn(), shaped((2, 3, 4))),
        "circular_convolution": (lambda m, rng: m.CircularConvolution(5, rng), shaped((2, 5))),
        "moving_average": (lambda m, rng: m.MovingAverage(), shaped((2, 5, 3))),
        "scan": (lambda m, rng: m.Scan(3, rng), shaped((5, 2, 3))),
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
