"""The references of classes, by their names: a `Layer_Dense`, a `Conv2d_stride1`, an `MSELoss`.

What a layer computes is told from the object: its parameters by name, its settings by name.
Where one of these is not understood, or the constructor takes a setting that minnet's layer has
not got, the forward is not judged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.references import convolution, dense, dropout, losses, normalization
from minnet.conventions.references.activations import BEHIND, STAGES, softmax
from minnet.conventions.references.reading import (
    Reading,
    Readings,
    Reference,
    Seen,
    right,
    variant,
)
from minnet.conventions.references.recurrent import rnn_step
from minnet.gradcheck.under_test import spellings
from minnet.gradcheck.under_test.signatures import signature_of

_WEIGHTS = r"w|weights?|kernels?|filters?|w_?ih"
_BIAS = r"b|bias(es)?"
_GAMMA = r"gamma|bw|scale|g|weights?|w"
_BETA = r"beta|bb|shift|bias|b"
#: parameters of a constructor that change nothing in what forward computes from its parameters
_HARMLESS = (
    r"(use_)?bias|debug|name|dtype|\w*init\w*|lr|learning_rate|\w*regularizer\w*|reg|l[12]|"
    r"trainable|optimizer|std|weight_scale|[Ww]|weights?|b|bias(es)?|gamma|beta|kernel|filters|"
    r"eps|epsilon|momentum|alpha|running_\w+|decay|args|kwargs|input_shape"
)
_SIZES = "|".join(
    (spellings.INPUT_SIZE, spellings.OUTPUT_SIZE, spellings.SEED, spellings.GENERATOR)
)
_WINDOWS = "|".join((spellings.WINDOW_SIDE, spellings.STRIDE, spellings.PADDING))


@dataclass(frozen=True)
class Kind:
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

    >>> class Layer_Dense: ...
    >>> [reference.against for reference in of_class(Layer_Dense, "nnfs")]
    ['minnet.Dense']
    """
    kind = KINDS.get(_plain(cls.__name__))
    if kind is None or cls.__module__.startswith("minnet."):
        return ()
    known = "|".join(filter(None, (_HARMLESS, _SIZES, kind.known)))
    unknown = [name for name in signature_of(cls).names if not re.fullmatch(known, name)]

    def readings(seen: Seen) -> Readings:
        yield from kind.readings(seen, course)
        for name in unknown:
            yield _whatever(f"{kind.against} has no setting {name}")

    found = [Reference(kind.against, readings)]
    if kind is KINDS["batchnorm"] and course == "mytorch":
        found.append(Reference(kind.against, _averages, _kept, normalization.KEPT))
    return tuple(found)


def forward_only(cls: type, layer: Any, rng: np.random.Generator) -> Iterator[tuple[Any, ...]]:
    """Yield what to run the forward of a class alone with, and set the state of `layer` for it.

    That is a large input for dropout, to see which share is kept; and for a batch normalisation
    whose forward has an argument `eval`, running averages like no batch's own.
    """
    kind = KINDS.get(_plain(cls.__name__))
    if kind is _DROPOUT:
        for _ in range(2):
            yield (rng.normal(size=(dropout.SIDE, dropout.SIDE)),)
    if kind is not _BATCHNORM or signature_of(layer.forward).names[1:] != ("eval",):
        return
    for name, value in vars(layer).items():
        if spellings.is_kept_average(name) and isinstance(value, np.ndarray):
            value[...] = rng.uniform(0.5, 2, value.shape)
            size = value.size
            shape = (3, size, 4, 5) if value.ndim == 4 else (6, size)
    for evaluated in (True, True, False, False):
        yield rng.normal(size=shape), evaluated


def _plain(name: str) -> str:
    """Return a class name without what does not tell layers apart.

    >>> _plain("Activation_ReLU"), _plain("BatchNorm1d"), _plain("Loss_MeanSquaredError")
    ('relu', 'batchnorm1d', 'meansquarederror')
    """
    low = re.sub(r"^(layer|activation|loss)_", "", name.lower()).replace("_", "")
    return re.sub(r"(?<=.)(layer|loss|activation)$", "", low)


def _whatever(why: str) -> Reading:
    """Return a variant that any output is."""
    return Reading("variant", why, lambda yours: yours, fitted=True)


# --- what an object says ----------------------------------------------------------------------


def _input(seen: Seen) -> Any:
    """Return the one array that forward is given; a training flag may stand behind it."""
    arrays = [value for value in seen.given if isinstance(value, np.ndarray)]
    if len(arrays) != 1 or len(arrays) + sum(isinstance(v, bool) for v in seen.given) != len(
        seen.given
    ):
        raise ValueError("there are several inputs")
    return arrays[0]


def _parameters(seen: Seen, **patterns: str) -> dict[str, Array]:
    """Return all parameters by the roles whose patterns their names match.

    Raises
    ------
    ValueError
        When one has no role, or a role has two.
    """
    found: dict[str, Array] = {}
    for name, value in seen.parameters.items():
        bare = name.rpartition(".")[2].strip("_").lower()
        roles = [role for role, pattern in patterns.items() if re.fullmatch(pattern, bare)]
        if len(roles) != 1 or roles[0] in found:
            raise ValueError(f"what the parameter {name} is for is not known")
        found[roles[0]] = value
    return found


def _number(seen: Seen, pattern: str, otherwise: Any) -> Any:
    """Return the setting whose name matches a pattern; a pair of equal numbers as one number.

    Raises
    ------
    ValueError
        When it is no number.
    """
    found = [v for n, v in seen.settings.items() if re.fullmatch(pattern, n.strip("_").lower())]
    if not found:
        return otherwise
    values = {
        item for value in found for item in (value if isinstance(value, tuple | list) else (value,))
    }
    if len(values) > 1 or isinstance(value := values.pop(), str | bool):
        raise ValueError("the setting is no single number")
    return value


def _eps(seen: Seen) -> float:
    return float(_number(seen, "eps|epsilon", normalization.EPS))


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
    found = _parameters(seen, W=_WEIGHTS, b=_BIAS)
    return _with_something_behind(dense.of_object(_input(seen), found["W"], found.get("b")))


def _conv(seen: Seen, course: str) -> Readings:
    found = _parameters(seen, W=_WEIGHTS, b=_BIAS)
    stride = int(_number(seen, r"strides?|s|downsampling_factor", 1))
    pad = int(_number(seen, r"pad|padding|p|pads", 0))
    if _number(seen, r"dilations?|groups", 1) != 1:
        return iter(())
    readings = convolution.conv(_input(seen), found["W"], found.get("b"), stride, pad)
    return _with_something_behind(readings)


def _pool(stage: Callable[..., Readings], default: int | None) -> Callable[[Seen, str], Readings]:
    """Return the readings of a pooling; `default` is the stride of one that has no such setting."""

    def readings(seen: Seen, course: str) -> Readings:
        size = int(_number(seen, r"(kernel|pool|window|filter)(_?size)?|k|f|size", 0))
        height = int(_number(seen, r"(pool|kernel)_(h|height)", size))
        width = int(_number(seen, r"(pool|kernel)_(w|width)", size))
        stride = _number(seen, r"strides?|s", default)
        if not (height and width) or stride is None or _number(seen, spellings.PADDING, 0):
            return iter(())
        return stage(_input(seen), height, width, int(stride))

    return readings


def _activation(stage: Callable[..., Readings]) -> Callable[[Seen, str], Readings]:
    def readings(seen: Seen, course: str) -> Readings:
        return iter(()) if seen.parameters else stage(_input(seen))

    return readings


def _softmax(seen: Seen, course: str) -> Readings:
    return softmax(_input(seen), any_axes=course not in ("mytorch", "nnfs"))


def _tanh(seen: Seen, course: str) -> Readings:
    x = _input(seen)
    yield from STAGES["tanh"][1](x)
    yield variant("it is LeCun's tanh", 1.7159 * np.tanh(2 * x / 3))


def _scale_and_shift(seen: Seen, size: int) -> tuple[Array, Array]:
    found = _parameters(seen, gamma=_GAMMA, beta=_BETA)
    return np.ravel(found.get("gamma", np.ones(size))), np.ravel(found.get("beta", np.zeros(size)))


def _batchnorm(seen: Seen, course: str) -> Readings:
    x = _input(seen)
    gamma, beta = _scale_and_shift(seen, x.shape[1])
    averages = _averages_of(seen.settings)
    if averages is not None and _evaluates(seen):
        yield from normalization.evaluated(x, gamma, beta, *averages, _eps(seen))
        return
    yield from normalization.batchnorm(x, gamma, beta, _eps(seen))
    for held in (averages, _averages_of(seen.settings_after)):
        if held is not None:
            for reading in normalization.evaluated(x, gamma, beta, *held, _eps(seen)):
                yield Reading("variant", "it uses its running averages", reading.compute)
                break


def _evaluates(seen: Seen) -> bool:
    """Return whether an object is in test mode."""
    return seen.settings.get("training", True) is False or "eval" in seen.flags


def _averages_of(settings: Mapping[str, Any]) -> tuple[Array, Array] | None:
    """Return the running mean and variance that an object holds."""
    kept = {n.lower(): v for n, v in settings.items() if spellings.is_kept_average(n)}
    means = [v for n, v in kept.items() if re.search(r"mean|mu|_m$", n)]
    variances = [v for n, v in kept.items() if re.search(r"var|_v$", n)]
    if len(means) != 1 or len(variances) != 1:
        return None
    return np.ravel(means[0]), np.ravel(variances[0])


def _kept(seen: Seen) -> tuple[Array, ...]:
    found = _averages_of(seen.settings_after)
    if found is None:
        raise ValueError("it keeps no averages")
    return found


def _averages(seen: Seen) -> Readings:
    """Yield the readings of the averages that an object keeps in training, or when evaluated."""
    x, share = _input(seen), float(_number(seen, "alpha|momentum|decay", 0.9))
    old = _averages_of(seen.settings)
    if old is None:
        return iter(())
    mode = "test" if _evaluates(seen) else "train"
    names = {"running_mean": old[0], "running_var": old[1], "momentum": share, "mode": mode}
    return normalization.averages(Seen((x, names), (), seen.outputs))


def _layernorm(seen: Seen, course: str) -> Readings:
    x = _input(seen)
    return normalization.layernorm(x, *_scale_and_shift(seen, x.shape[-1]), _eps(seen))


def _groupnorm(seen: Seen, course: str) -> Readings:
    x = _input(seen)
    groups = int(_number(seen, r"(num_?|n_?)?groups|g", 0))
    return normalization.groupnorm(x, *_scale_and_shift(seen, x.shape[1]), groups, _eps(seen))


def _dropout(seen: Seen, course: str) -> Readings:
    x = _input(seen)
    shares = {float(v) for v in seen.settings.values() if isinstance(v, float) and 0 < v < 1}
    if len(shares) != 1:
        return
    p = shares.pop()
    if _evaluates(seen):
        yield right(x)
    for reading in dropout.in_training(x, p, ""):
        if reading.words == "what is kept is not divided by its share":
            yield Reading("variant", "it scales when it is evaluated", reading.compute)
        elif reading.words == dropout.AS_IT_IS:
            yield Reading("variant", "it is not in training", reading.compute)
        else:
            yield reading


def _embedding(seen: Seen, course: str) -> Readings:
    x = _input(seen)
    return dense.embedding(x, _parameters(seen, W=rf"{_WEIGHTS}|embeddings?|table")["W"])


def _flatten(seen: Seen, course: str) -> Readings:
    x = _input(seen)
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
    found = _parameters(seen, **roles)
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


_DROPOUT = Kind("minnet.Dropout", _dropout, spellings.DROP_RATE)
_CONV2D = Kind("minnet.Conv2D", _conv, _WINDOWS)
_CONV1D = Kind("minnet.Conv1D", _conv, _WINDOWS)
_MAXIMUM = Kind("minnet.MaxPool2D", _pool(convolution.max_pool, None), _WINDOWS)
_AVERAGE = Kind("minnet.AvgPool2D", _pool(convolution.avg_pool, None), _WINDOWS)
_MAXIMUM_1 = Kind("minnet.MaxPool2D", _pool(convolution.max_pool, 1), _WINDOWS)
_AVERAGE_1 = Kind("minnet.AvgPool2D", _pool(convolution.avg_pool, 1), _WINDOWS)
_BATCHNORM = Kind("minnet.BatchNorm", _batchnorm)
_GROUPNORM = Kind("minnet.GroupNorm", _groupnorm, spellings.GROUPS)
_EMBEDDING = Kind("minnet.Embedding", _embedding, spellings.VOCABULARY_SIZE)

#: what classes of a name are, as `_plain` writes it
KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(
        ("dense", "linear", "affine", "fullyconnected", "fc"), Kind("minnet.Dense", _dense)
    ),
    **{
        name.replace("_", ""): Kind(
            f"minnet.{minnets}",
            _activation(stage),
            spellings.SLOPE if name in ("leaky_relu", "elu") else "",
        )
        for name, (minnets, stage) in STAGES.items()
    },
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
        ("layernorm", "layernormalization"), Kind("minnet.LayerNorm", _layernorm)
    ),
    "groupnorm": _GROUPNORM,
    "dropout": _DROPOUT,
    "embedding": _EMBEDDING,
    "flatten": Kind("minnet.Flatten", _flatten),
    "rnncell": Kind("minnet.RNN", _rnn_cell),
    **dict.fromkeys(("mse", "meansquarederror"), Kind("minnet.MSE", _loss(losses.mean_squared))),
    **dict.fromkeys(
        ("crossentropy", "categoricalcrossentropy", "softmaxcrossentropy", "softmaxwith",
         "softmaxwithcrossentropy", "softmaxlosscategoricalcrossentropy"),
        Kind("minnet.SoftmaxCrossEntropy", _loss(losses.cross_entropy)),
    ),
    **dict.fromkeys(
        ("binarycrossentropy", "bce"),
        Kind("minnet.BinaryCrossEntropy", _loss(losses.binary_cross_entropy)),
    ),
}  # fmt: skip
