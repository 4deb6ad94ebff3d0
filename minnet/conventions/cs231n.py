"""The function pairs, losses and networks of Stanford's cs231n, and the cases that test them.

Every generator here yields the arguments of one forward function, the most ordinary first. The
sizes of all axes differ, so that exchanging two is seen; they are small, because naive loops
over a convolution are slow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from minnet.conventions.composed import composed
from minnet.conventions.convention import Convention
from minnet.conventions.im2col_cython import CONTENTS
from minnet.conventions.networks import SmallNetwork, network_subject
from minnet.conventions.references.functions import (
    FUNCTIONS,
    of_loss,
    takes_weights_first,
)
from minnet.conventions.samples import Rng, Sample, Samples, normal, scale_and_shift
from minnet.conventions.subject import Subject
from minnet.gradcheck.under_test.passes import has_backward
from minnet.gradcheck.under_test.signatures import method_signature, names_returned
from minnet.records import replace
from minnet.report.results import Skipped


def affine(rng: Rng) -> Iterator[Sample]:
    """x of any number of axes, flattened to rows; w (D, M), b (M,)."""
    for shape, M in [((4, 5), 3), ((3, 2, 4), 5), ((2, 3, 2, 2), 4), ((1, 6), 2)]:
        D = int(np.prod(shape[1:]))
        yield Sample((normal(rng, *shape), normal(rng, D, M), normal(rng, M)))


def linear(rng: Rng) -> Iterator[Sample]:
    """The same under a name that promises no flattening."""
    for sample in affine(rng):
        yield replace(sample, optional=sample.args[0].ndim > 2)


def temporal_affine(rng: Rng) -> Iterator[Sample]:
    for N, T, D, M in [(2, 3, 4, 5), (3, 1, 2, 4), (1, 4, 3, 2)]:
        yield Sample((normal(rng, N, T, D), normal(rng, D, M), normal(rng, M)))


def unary(rng: Rng) -> Iterator[Sample]:
    """An activation: ordinary, exactly zero here and there, of four axes, saturated."""
    yield Sample((normal(rng, 4, 5),))
    zeros = normal(rng, 3, 7)
    zeros[rng.random(zeros.shape) < 0.3] = 0
    yield Sample((zeros,), note="30 % exact zeros")
    yield Sample((normal(rng, 2, 3, 4, 2),))
    yield Sample((8 * normal(rng, 1, 6),), note="large inputs")


def positive(rng: Rng) -> Iterator[Sample]:
    """A function of positive numbers, such as log and sqrt."""
    yield Sample((rng.uniform(0.5, 2, (4, 5)),))


def batchnorm(rng: Rng) -> Iterator[Sample]:
    for N, D, settings in [
        (5, 4, {}),
        (4, 3, {"eps": 0.3, "momentum": 0.7}),
        (7, 2, {"running_mean": normal(rng, 2), "running_var": rng.uniform(0.5, 2, 2)}),
    ]:
        x = 3 * normal(rng, N, D) + normal(rng, D)
        yield Sample((x, *scale_and_shift(rng, D), {"mode": "train"} | settings))


def layernorm(rng: Rng) -> Iterator[Sample]:
    settings: dict[str, Any]
    for N, D, settings in [(4, 5, {}), (3, 6, {"eps": 0.3}), (1, 4, {})]:
        x = 3 * normal(rng, N, D) + normal(rng, N, 1)
        yield Sample((x, *scale_and_shift(rng, D), settings))


def dropout(rng: Rng) -> Iterator[Sample]:
    for p, mode in [(0.7, "train"), (0.4, "train"), (0.6, "test")]:
        settings = {"p": p, "mode": mode, "seed": int(rng.integers(1000))}
        yield Sample((normal(rng, 6, 5), settings))
    yield Sample((normal(rng, 2, 3, 4, 2), {"p": 0.8, "mode": "train"}))


def conv(rng: Rng) -> Iterator[Sample]:
    """x (N, C, H, W), w (F, C, HH, WW), b (F,), conv_param with stride and pad."""
    for x, w, stride, pad in [
        ((3, 2, 3, 4), (4, 2, 3, 3), 1, 1),
        ((2, 3, 5, 3), (2, 3, 3, 3), 2, 1),
        ((2, 2, 4, 5), (3, 2, 2, 3), 1, 0),
        ((1, 2, 5, 7), (3, 2, 3, 3), 2, 0),
        ((3, 1, 4, 3), (2, 1, 1, 1), 1, 0),
        ((2, 1, 2, 3), (3, 1, 3, 2), 1, 2),
    ]:
        yield conv_sample(rng, x, w, {"stride": stride, "pad": pad})
    settings = {"stride": 2, "pad": 0}
    yield conv_sample(rng, (2, 2, 6, 4), (2, 2, 3, 3), settings, optional=True)


def conv_sample(
    rng: Rng,
    x: tuple[int, ...],
    w: tuple[int, ...],
    settings: dict[str, int],
    optional: bool = False,
) -> Sample:
    note = "the stride does not divide" if optional else ""
    args = (normal(rng, *x), normal(rng, *w), normal(rng, w[0]), settings)
    return Sample(args, note=note, optional=optional)


def pool(rng: Rng) -> Iterator[Sample]:
    """x (N, C, H, W); windows side by side, of unequal sides, overlapping, with ties."""
    yield from tiled_pool(rng)
    for x, height, width, stride in [
        ((2, 3, 4, 7), 2, 3, 2),
        ((2, 2, 5, 4), 3, 2, 1),
        ((1, 2, 5, 7), 3, 3, 2),
        ((2, 1, 5, 4), 1, 2, 2),
    ]:
        yield pool_sample(rng, x, height, width, stride)
    yield pool_sample(rng, (2, 2, 5, 7), 2, 2, 2, optional=True)


def tiled_pool(rng: Rng) -> Iterator[Sample]:
    """Square windows side by side, as the reshape and the fast variants want them."""
    yield pool_sample(rng, (2, 3, 4, 6), 2, 2, 2)
    yield pool_sample(rng, (1, 2, 6, 3), 3, 3, 3)
    tied = np.maximum(normal(rng, 2, 2, 4, 4), 0)
    settings = {"pool_height": 2, "pool_width": 2, "stride": 2}
    yield Sample((tied, settings), note="after a ReLU, with ties")


def pool_sample(
    rng: Rng, x: tuple[int, ...], height: int, width: int, stride: int, optional: bool = False
) -> Sample:
    settings = {"pool_height": height, "pool_width": width, "stride": stride}
    note = "the stride does not divide" if optional else ""
    return Sample((normal(rng, *x), settings), note=note, optional=optional)


def spatial_batchnorm(rng: Rng) -> Iterator[Sample]:
    for (N, C, H, W), settings in [
        ((2, 3, 4, 5), {}),
        ((3, 2, 2, 3), {"eps": 0.3, "momentum": 0.7}),
        ((1, 4, 3, 2), {}),
    ]:
        x = 2 * normal(rng, N, C, H, W) + normal(rng, C, 1, 1)
        yield Sample((x, *scale_and_shift(rng, C), {"mode": "train"} | settings))


def spatial_groupnorm(rng: Rng) -> Iterator[Sample]:
    """gamma and beta are (1, C, 1, 1); G groups of C / G channels."""
    settings: dict[str, Any]
    for (N, C, H, W), G, settings in [
        ((2, 6, 3, 4), 2, {}),
        ((2, 4, 2, 3), 1, {"eps": 0.3}),
        ((1, 3, 4, 2), 3, {}),
    ]:
        gamma, beta = (v.reshape(1, C, 1, 1) for v in scale_and_shift(rng, C))
        yield Sample((2 * normal(rng, N, C, H, W), gamma, beta, G, settings))


def scores(rng: Rng) -> Iterator[Sample]:
    """Scores (N, C) and labels (N,), with classes that repeat and classes that are absent."""
    yield Sample((normal(rng, 5, 4), np.array([0, 3, 1, 3, 2])), (0, 1))
    yield Sample((normal(rng, 3, 7), np.array([6, 0, 6])), (0, 1))
    yield Sample((normal(rng, 1, 3), np.array([1])), (0, 1))
    yield Sample((12 * normal(rng, 4, 5), np.array([4, 0, 2, 0])), (0, 1), note="large scores")


def temporal_scores(rng: Rng) -> Iterator[Sample]:
    for N, T, V in [(2, 4, 3), (3, 1, 5), (1, 5, 4)]:
        mask = rng.random((N, T)) < 0.6
        mask[0, 0] = True
        y = rng.integers(V, size=(N, T))
        yield Sample((normal(rng, N, T, V), y, mask), (0, 1, 2))


def linear_classifier(rng: Rng) -> Iterator[Sample]:
    """``loss, dW = f(W, X, y, reg)``: W (D, C), X (N, D)."""
    for N, D, C, reg in [(5, 4, 3, 0.0), (6, 3, 4, 0.5), (1, 5, 3, 0.1)]:
        y = rng.integers(C, size=N)
        args = (normal(rng, D, C), normal(rng, N, D), y, reg)
        yield Sample(args, (1, 2))


def rnn_step(rng: Rng) -> Iterator[Sample]:
    for N, D, H, size in [(3, 5, 4, 1.0), (1, 2, 3, 1.0), (2, 3, 4, 3.0)]:
        weights = normal(rng, D, H), normal(rng, H, H), normal(rng, H)
        note = "saturated" if size > 1 else ""
        yield Sample((size * normal(rng, N, D), normal(rng, N, H), *weights), (0, 1), note)


def rnn(rng: Rng) -> Iterator[Sample]:
    for N, T, D, H in [(2, 4, 5, 3), (3, 1, 2, 4), (1, 3, 4, 2)]:
        weights = normal(rng, D, H), normal(rng, H, H), normal(rng, H)
        yield Sample((normal(rng, N, T, D), normal(rng, N, H), *weights), (0, 1))


def lstm_step(rng: Rng) -> Iterator[Sample]:
    for N, D, H, size in [(3, 5, 4, 1.0), (1, 2, 3, 1.0), (2, 3, 4, 3.0)]:
        states = normal(rng, N, H), normal(rng, N, H)
        note = "saturated" if size > 1 else ""
        args = (size * normal(rng, N, D), *states, *lstm_weights(rng, D, H))
        yield Sample(args, (0, 1, 2), note)


def lstm(rng: Rng) -> Iterator[Sample]:
    for N, T, D, H in [(2, 4, 5, 3), (3, 1, 2, 4), (1, 3, 4, 2)]:
        args = (normal(rng, N, T, D), normal(rng, N, H), *lstm_weights(rng, D, H))
        yield Sample(args, (0, 1))


def lstm_weights(rng: Rng, D: int, H: int) -> tuple[Any, ...]:
    return normal(rng, D, 4 * H), normal(rng, H, 4 * H), normal(rng, 4 * H)


def word_embedding(rng: Rng) -> Iterator[Sample]:
    """Word indices (N, T) that repeat, and W (V, D)."""
    yield Sample((np.array([[0, 3, 1], [3, 3, 2]]), normal(rng, 5, 4)))
    yield Sample((np.array([[2, 2, 2, 2]]), normal(rng, 3, 2)))
    yield Sample((rng.integers(6, size=(4, 1)), normal(rng, 6, 3)))


UNARY = (
    "relu", "sigmoid", "tanh", "leaky_relu", "elu", "selu", "gelu", "silu", "swish", "softplus",
    "relu6", "softmax", "log_softmax", "sin", "cos", "exp", "square", "abs", "hardtanh", "mish",
)  # fmt: skip

#: X in X_forward, and its arguments
PAIRS: dict[str, Samples] = {
    **dict.fromkeys(UNARY, unary),
    **dict.fromkeys(("sqrt", "log"), positive),
    "affine": affine,
    **dict.fromkeys(("fc", "linear", "dense", "fully_connected"), linear),
    **dict.fromkeys(("batchnorm", "batch_norm", "bn"), batchnorm),
    **dict.fromkeys(("layernorm", "layer_norm", "ln"), layernorm),
    "dropout": dropout,
    **dict.fromkeys(("conv", "conv2d", "convolution"), conv),
    **dict.fromkeys(("max_pool", "maxpool", "pool", "avg_pool", "mean_pool"), pool),
    **dict.fromkeys(("spatial_batchnorm", "spatial_bn"), spatial_batchnorm),
    **dict.fromkeys(("spatial_groupnorm", "groupnorm", "spatial_gn"), spatial_groupnorm),
    "rnn_step": rnn_step,
    "rnn": rnn,
    "lstm_step": lstm_step,
    "lstm": lstm,
    **dict.fromkeys(("word_embedding", "embedding"), word_embedding),
    "temporal_affine": temporal_affine,
}
#: what the course calls their arguments
ARGUMENT_NAMES = frozenset(
    ["x", "w", "b", "W", "X", "y", "reg", "mask", "gamma", "beta", "bn_param", "ln_param"]
    + ["G", "gn_param", "dropout_param", "conv_param", "pool_param", "h", "h0", "prev_h"]
    + ["prev_c", "Wx", "Wh"]
)
#: loss functions, by how their names begin
LOSSES: dict[str, Samples] = {
    "temporal_softmax_loss": temporal_scores,
    "softmax_loss": scores,
    "softmax_cross_entropy_loss": scores,
    "cross_entropy_loss": scores,
    "svm_loss": scores,
    "hinge_loss": scores,
}


def loss_samples(name: str, names: Sequence[str]) -> Samples | None:
    """Return the samples of a loss function; those that begin with W, X are linear classifiers."""
    found = next((samples for known, samples in LOSSES.items() if name.startswith(known)), None)
    return linear_classifier if found and takes_weights_first(names) else found


#: a vocabulary of the course's captions
_WORDS = {word: index for index, word in enumerate(["<NULL>", "<START>", "<END>", "a", "dog"])}
#: TwoLayerNet, FullyConnectedNet, ThreeLayerConvNet and CaptioningRNN, made small
NETWORK = SmallNetwork(
    values={
        "input_dim": 5, "input_size": 5, "D": 5, "hidden_dim": 4, "hidden_size": 4, "H": 4,
        "hidden_dims": [4, 6], "num_classes": 3, "output_size": 3, "output_dim": 3, "C": 3,
        "n_classes": 3, "input_dims": 5, "max_pools": [0], "num_filters": 2, "filter_size": 3,
        "weight_scale": 0.5, "std": 0.5, "dtype": np.float64, "word_to_idx": _WORDS,
        "wordvec_dim": 3,
    },
    inputs=("input_dim", "input_dims", "input_size", "D"),
    image=(2, 4, 6),
    classes=3,
)  # fmt: skip


def is_network(cls: type) -> bool:
    """Return whether a class has ``loss(self, X, y, ...)`` and no backward of its own.

    Of a network of captions they are called ``features, captions``.
    """
    if not hasattr(cls, "loss") or has_backward(cls):
        return False
    names = method_signature(cls, "loss").names[:2]
    if names == ("x", "y"):  # or else a loss, of a prediction and a target
        return [name.lower() for name in names_returned(cls.loss)] == ["loss", "grads"]
    return names in (("X", "y"), ("features", "captions"))


def subject(cls: Any, convention: Convention) -> Subject | Skipped:
    """Return what to check a network by."""
    return network_subject(cls, convention.name, NETWORK)


CONVENTION = Convention(
    "cs231n",
    is_class=is_network,
    subject=subject,
    is_function=lambda names: True,
    pairs=PAIRS,
    composed=composed,
    argument_names=ARGUMENT_NAMES,
    loss_samples=loss_samples,
    references=FUNCTIONS,
    loss_references=of_loss,
    stand_ins={"im2col_cython": CONTENTS},
)
