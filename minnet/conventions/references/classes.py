"""The references of classes, by their names: a `Layer_Dense`, a `Conv2d_stride1`, an `MSELoss`.

What a layer computes is told from the object: its parameters by name, its settings by name.
Where one of these is not understood, or the constructor takes a setting that minnet's layer has
not got, the forward is not judged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.references import convolution, dense, dropout, losses, normalization
from minnet.conventions.references.activations import BEHIND, STAGES, elu, leaky_relu, softmax
from minnet.conventions.references.objects import (
    averages_of,
    eps_of,
    evaluates,
    input_of,
    number,
    parameters_of,
)
from minnet.conventions.references.reading import (
    Reading,
    Readings,
    Reference,
    Seen,
    right,
    variant,
    whatever,
)
from minnet.conventions.references.recurrent import rnn_step
from minnet.gradcheck.under_test import spellings
from minnet.gradcheck.under_test.signatures import signature_of
from minnet.records import NamedTuple

_WEIGHTS = r"w|weights?|kernels?|filters?|w_?ih"
_BIAS = r"b|bias(es)?"
_GAMMA = r"gamma|bw|scale|g|weights?|w"
_BETA = r"beta|bb|shift|bias|b"
#: parameters of a constructor that change nothing in what forward computes from its parameters
_HARMLESS = (
    r"(use_)?bias|debug|name|dtype|\w*init\w*|lr|learning_rate|\w*regularizer\w*|reg|l[12]|"
    r"trainable|optimizer|std|weight_scale|eps|epsilon|args|kwargs|input_shape"
)
_SIZES = "|".join(
    (spellings.INPUT_SIZE, spellings.OUTPUT_SIZE, spellings.SEED, spellings.GENERATOR)
)
_ARRAYS = r"[Ww]|weights?|b|bias(es)?|gamma|beta|kernel|filters"
_KEPT = r"momentum|alpha|running_\w+|decay"
_WINDOWS = "|".join((spellings.WINDOW_SIDE, spellings.STRIDE, spellings.PADDING))


class Kind(NamedTuple):
    """How the classes of some names are read.

    Attributes
    ----------
    against : str
    readings : callable
        ``readings(seen, course)``.
    known : str
        A pattern for the constructor's parameters that the readings take into account.
    """

    against: str
    readings: Callable[[Seen, str], Iterable[Reading]]
    known: str = ""


def of_class(cls: type, course: str) -> tuple[Reference, ...]:
    """Return what the forward of a class is compared with, by its name; empty if unknown.

    >>> layer = type("Layer_Dense", (), {"__module__": "my_layers"})
    >>> [reference.against for reference in of_class(layer, "nnfs")]
    ['minnet.Dense']
    """
    kind = KINDS.get(_plain(cls.__name__))
    if kind is None or cls.__module__.startswith("minnet."):
        return ()
    known = "|".join(filter(None, (_HARMLESS, kind.known)))
    unknown = [name for name in signature_of(cls).names if not re.fullmatch(known, name)]

    def readings(seen: Seen) -> Readings:
        yield from kind.readings(seen, course)
        for name in unknown:
            yield whatever(f"{kind.against} has no setting {name}")

    found = [Reference(kind.against, readings)]
    if kind is KINDS["batchnorm"] and course == "mytorch":
        found.append(Reference(kind.against, _averages, _kept, normalization.KEPT))
    return tuple(found)


def forward_only(cls: type, layer: Any, rng: np.random.Generator) -> Iterator[tuple[Any, ...]]:
    """Yield what to run the forward of a class alone with, and set the state of `layer` for it.

    That is a large input for dropout, to see which share is kept; and for a batch normalisation
    whose forward has an argument `eval`, averages and parameters like those of no fresh layer.
    """
    kind = KINDS.get(_plain(cls.__name__))
    if kind is _DROPOUT:
        for _ in range(2):
            yield (rng.normal(size=(dropout.SIDE, dropout.SIDE)),)
    if kind is not _BATCHNORM or signature_of(layer.forward).names[1:] != ("eval",):
        return
    shape: tuple[int, ...] = (6, 5)
    for value in vars(layer).values():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            value[...] = rng.uniform(0.5, 2, value.shape)
            shape = (3, value.size, 4, 5) if value.ndim == 4 else (6, value.size)
    for evaluated in (True, True, False, False):
        yield rng.normal(size=shape), evaluated


def _plain(name: str) -> str:
    """Return a class name without what does not tell layers apart.

    >>> _plain("Activation_ReLU"), _plain("BatchNorm1d"), _plain("Loss_MeanSquaredError")
    ('relu', 'batchnorm1d', 'meansquarederror')
    """
    low = re.sub(r"^(layer|activation|loss)_", "", name.lower()).replace("_", "")
    return re.sub(r"(?<=.)(layer|loss|activation)$", "", low)


# --- the kinds --------------------------------------------------------------------------------


def _with_something_behind(readings: Iterable[Reading]) -> Readings:
    """Yield readings, and as a variant the right one with an activation behind it."""
    for reading in readings:
        yield reading
        if reading.role == "right":
            for words, function in BEHIND.items():
                compute = _behind(reading, function)
                yield Reading("variant", f"it has {words} behind it", compute)


def _behind(reading: Reading, function: Callable[[Array], Array]) -> Any:
    return lambda yours: function(np.asarray(reading.compute(yours)))


def _dense(seen: Seen, course: str) -> Readings:
    found = parameters_of(seen, W=_WEIGHTS, b=_BIAS)
    return _with_something_behind(dense.of_object(input_of(seen), found["W"], found.get("b")))


def _conv(seen: Seen, course: str) -> Readings:
    found = parameters_of(seen, W=_WEIGHTS, b=_BIAS)
    stride = int(number(seen, r"strides?|s|downsampling_factor", 1))
    pad = int(number(seen, r"pad|padding|p|pads", 0))
    if number(seen, r"dilations?|groups", 1) != 1:
        return iter(())
    readings = convolution.conv(input_of(seen), found["W"], found.get("b"), stride, pad)
    return _with_something_behind(readings if course == "mytorch" else _either_way(readings))


def _either_way(readings: Iterable[Reading]) -> Readings:
    """Yield readings of a convolution that may be one in the mathematical sense."""
    for reading in readings:
        flipped = reading.words == convolution.FLIPPED
        yield reading._replace(role="variant") if flipped else reading


def _pool(stage: Callable[..., Readings], default: int | None) -> Callable[[Seen, str], Readings]:
    """Return the readings of a pooling; `default` is the stride of one that has no such setting."""

    def readings(seen: Seen, course: str) -> Readings:
        size = int(number(seen, r"(kernel|pool|window|filter)(_?size)?|k|f|size", 0))
        height = int(number(seen, r"(pool|kernel)_(h|height)", size))
        width = int(number(seen, r"(pool|kernel)_(w|width)", size))
        stride = number(seen, r"strides?|s", default)
        if not (height and width) or stride is None or number(seen, spellings.PADDING, 0):
            return iter(())
        return stage(input_of(seen), height, width, int(stride))

    return readings


def _activation(stage: Callable[..., Readings]) -> Callable[[Seen, str], Readings]:
    def readings(seen: Seen, course: str) -> Readings:
        return iter(()) if seen.parameters else stage(input_of(seen))

    return readings


def _with_slope(stage: Callable[..., Readings], usual: float) -> Callable[[Seen, str], Readings]:
    """Return the readings of an activation that has a constant, `usual` where it is not told."""

    def readings(seen: Seen, course: str) -> Readings:
        slope = float(number(seen, spellings.SLOPE, usual))
        return iter(()) if seen.parameters else stage(input_of(seen), slope)

    return readings


def _softmax(seen: Seen, course: str) -> Readings:
    return softmax(input_of(seen), any_axes=course not in ("mytorch", "nnfs"))


def _tanh(seen: Seen, course: str) -> Readings:
    x = input_of(seen)
    yield from STAGES["tanh"][1](x)
    yield variant("it is LeCun's tanh", 1.7159 * np.tanh(2 * x / 3))


def _scale_and_shift(seen: Seen, size: int) -> tuple[Array, Array]:
    found = parameters_of(seen, gamma=_GAMMA, beta=_BETA)
    return np.ravel(found.get("gamma", np.ones(size))), np.ravel(found.get("beta", np.zeros(size)))


def _batchnorm(seen: Seen, course: str) -> Readings:
    x = input_of(seen)
    gamma, beta = _scale_and_shift(seen, x.shape[1])
    averages = averages_of(seen.settings)
    if averages is not None and evaluates(seen):
        yield from normalization.evaluated(x, gamma, beta, *averages, eps_of(seen))
        return
    yield from normalization.batchnorm(x, gamma, beta, eps_of(seen))
    for held in (averages, averages_of(seen.settings_after)):
        if held is not None:
            for reading in normalization.evaluated(x, gamma, beta, *held, eps_of(seen)):
                yield Reading("variant", "it uses its running averages", reading.compute)
                break


def _kept(seen: Seen) -> tuple[Array, ...]:
    found = averages_of(seen.settings_after)
    if found is None:
        raise ValueError("it keeps no averages")
    return found


def _averages(seen: Seen) -> Readings:
    """Yield the readings of the averages that an object keeps in training, or when evaluated."""
    x, share = input_of(seen), float(number(seen, "alpha|momentum|decay", 0.9))
    old = averages_of(seen.settings)
    if old is None:
        return iter(())
    mode = "test" if evaluates(seen) else "train"
    names = {"running_mean": old[0], "running_var": old[1], "momentum": share, "mode": mode}
    return normalization.averages(Seen((x, names), (), seen.outputs))


def _layernorm(seen: Seen, course: str) -> Readings:
    x = input_of(seen)
    return normalization.layernorm(x, *_scale_and_shift(seen, x.shape[-1]), eps_of(seen))


def _groupnorm(seen: Seen, course: str) -> Readings:
    x = input_of(seen)
    groups = int(number(seen, r"(num_?|n_?)?groups|g", 0))
    return normalization.groupnorm(x, *_scale_and_shift(seen, x.shape[1]), groups, eps_of(seen))


def _dropout(seen: Seen, course: str) -> Readings:
    x = input_of(seen)
    shares = {float(v) for v in seen.settings.values() if isinstance(v, float) and 0 < v < 1}
    p = min(shares, default=0.0)
    if not shares <= {p, 1 - p} or not p:  # both the share kept and that dropped may be held
        return
    if evaluates(seen):
        yield right(x)
    for reading in dropout.in_training(x, p, ""):
        if reading.words == "what is kept is not divided by its share":
            yield Reading("variant", "it scales when it is evaluated", reading.compute)
        elif reading.words == dropout.AS_IT_IS:
            yield Reading("variant", "it is not in training", reading.compute)
        else:
            yield reading


def _embedding(seen: Seen, course: str) -> Readings:
    x = input_of(seen)
    W = parameters_of(seen, W=rf"{_WEIGHTS}|embeddings?|table")["W"]
    yield from dense.embedding(x, W)
    yield variant("it is scaled, as in a transformer", W[x] * np.sqrt(W.shape[1]))


def _flatten(seen: Seen, course: str) -> Readings:
    x = input_of(seen)
    yield right(x.reshape(len(x), -1))
    yield Reading("variant", "it takes the axes in another order", _rearranged(x), fitted=True)


def _rearranged(x: Array) -> Any:
    """Return what gives the output itself where that holds the numbers of `x`."""

    def compute(yours: tuple[Array, ...]) -> Array:
        if yours[0].ndim != 2 or not np.array_equal(np.sort(yours[0], None), np.sort(x, None)):
            raise ValueError("it is no rearrangement")
        return yours[0]

    return compute


def _rnn_cell(seen: Seen, course: str) -> Readings:
    x, h = seen.given
    roles = {"Wx": r"w_?(ih|x|xh)", "Wh": r"w_?(hh|h)", "b": r"b_?(ih)?", "c": r"b_?hh"}
    found = parameters_of(seen, **roles)
    b = np.ravel(found["b"]) + np.ravel(found.get("c", 0.0))
    Wx, Wh = found["Wx"], found["Wh"]
    if Wx.shape[0] == x.shape[-1] and Wx.shape[1] == h.shape[-1]:
        return rnn_step(x, h, Wx, Wh, b)
    return rnn_step(x, h, Wx.T, Wh.T, b)


def _loss(stage: Callable[..., Readings]) -> Callable[[Seen, str], Readings]:
    def readings(seen: Seen, course: str) -> Readings:
        prediction, target = seen.given[seen.prediction], seen.given[1 - seen.prediction]
        scores = {"scores": True} if course == "mytorch" and stage is losses.cross_entropy else {}
        return stage(np.asarray(prediction), np.asarray(target), **scores)

    return readings


_DROPOUT = Kind(
    "minnet.Dropout", _dropout, f"{spellings.DROP_RATE}|{spellings.SEED}|{spellings.GENERATOR}"
)
_CONV2D = Kind("minnet.Conv2D", _conv, f"{_SIZES}|{_ARRAYS}|{_WINDOWS}")
_CONV1D = Kind("minnet.Conv1D", _conv, f"{_SIZES}|{_ARRAYS}|{_WINDOWS}")
_MAXIMUM = Kind("minnet.MaxPool2D", _pool(convolution.max_pool, None), _WINDOWS)
_AVERAGE = Kind("minnet.AvgPool2D", _pool(convolution.avg_pool, None), _WINDOWS)
_MAXIMUM_1 = Kind("minnet.MaxPool2D", _pool(convolution.max_pool, 1), _WINDOWS)
_AVERAGE_1 = Kind("minnet.AvgPool2D", _pool(convolution.avg_pool, 1), _WINDOWS)
_DENSE = Kind("minnet.Dense", _dense, f"{_SIZES}|{_ARRAYS}")
_NORM = f"{_SIZES}|{_ARRAYS}|{_KEPT}"
_BATCHNORM = Kind("minnet.BatchNorm", _batchnorm, _NORM)
_GROUPNORM = Kind("minnet.GroupNorm", _groupnorm, f"{_NORM}|{spellings.GROUPS}")
_EMBEDDING = Kind("minnet.Embedding", _embedding, f"{_SIZES}|{_ARRAYS}|{spellings.VOCABULARY_SIZE}")

#: what classes of a name are, as `_plain` writes it
KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(
        ("dense", "linear", "affine", "fullyconnected", "fc"), _DENSE
    ),
    **{
        name.replace("_", ""): Kind(f"minnet.{minnets}", _activation(stage))
        for name, (minnets, stage) in STAGES.items()
    },
    "leakyrelu": Kind("minnet.LeakyReLU", _with_slope(leaky_relu, 0.01), spellings.SLOPE),
    "elu": Kind("minnet.ELU", _with_slope(elu, 1.0), spellings.SLOPE),
    "softmax": Kind("minnet.Softmax", _softmax),
    "tanh": Kind("minnet.Tanh", _tanh),
    **dict.fromkeys(("conv2d", "convolution2d", "conv2dstride1"), _CONV2D),
    **dict.fromkeys(("conv1d", "convolution1d", "conv1dstride1"), _CONV1D),
    **dict.fromkeys(("maxpool2d", "maxpool", "maxpooling2d", "maxpooling"), _MAXIMUM),
    **dict.fromkeys(("meanpool2d", "avgpool2d", "averagepooling2d", "avgpool"), _AVERAGE),
    "maxpool2dstride1": _MAXIMUM_1,
    "meanpool2dstride1": _AVERAGE_1,
    **dict.fromkeys(
        ("batchnorm", "batchnorm1d", "batchnorm2d", "batchnormalization"), _BATCHNORM
    ),
    **dict.fromkeys(
        ("layernorm", "layernormalization"), Kind("minnet.LayerNorm", _layernorm, _NORM)
    ),
    "groupnorm": _GROUPNORM,
    "dropout": _DROPOUT,
    "embedding": _EMBEDDING,
    "flatten": Kind("minnet.Flatten", _flatten),
    "rnncell": Kind("minnet.RNN", _rnn_cell, f"{_SIZES}|{_ARRAYS}"),
    **dict.fromkeys(("mse", "meansquarederror"), Kind("minnet.MSE", _loss(losses.mean_squared))),
    **dict.fromkeys(
        ("crossentropy", "categoricalcrossentropy", "softmaxcrossentropy", "softmaxwith",
         "softmaxwithcrossentropy", "softmaxlosscategoricalcrossentropy"),
        Kind("minnet.SoftmaxCrossEntropy", _loss(losses.cross_entropy)),
    ),
    **dict.fromkeys(
        ("binarycrossentropy", "bce", "bcewithlogits"),
        Kind("minnet.BinaryCrossEntropy", _loss(losses.binary_cross_entropy)),
    ),
}  # fmt: skip
