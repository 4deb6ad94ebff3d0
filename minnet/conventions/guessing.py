"""Guess how a class of unknown origin is constructed, from its name and its parameters' names."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minnet.gradcheck.under_test.spellings import LOSS_CLASS, TRAINING_FLAGS, parameter_letter

Rng = np.random.Generator

#: kind of layer, by a pattern in the lower-case class name; the first that fits
KINDS = (
    ("loss", LOSS_CLASS),
    ("conv1d", r"(conv|pool|sample|dilat|pad)\w*1d"),
    ("pool", r"pool|upsample|downsample"),
    ("conv", r"conv"),
    ("images", r"(batch|group|instance|layer)_?norm\w*2d|spatial|flatten|(conv|dropout|pad)\w*2d"),
    ("norm", r"norm|^bn|^ln$"),
    ("reshape", r"reshape"),
    ("dropout", r"dropout"),
    ("embedding", r"embedding"),
    ("attention", r"attention|^mha$|^multi_?head"),
    ("sequence", r"^time|^temporal|^(rnn|lstm|gru)(layer)?$"),
    ("cell", r"cell$|_step$"),
    (
        "activation",
        r"relu|sigmoid|tanh|softmax|gelu|silu|swish|elu|softplus|mish|identity|linear_?act|"
        r"activation|maxout|softsign|hard",
    ),
    ("dense", r"dense|linear|affine|fully|fc|matmul|layer|inner"),
)

_IN = re.compile(
    r"^(in|n_?in|num_?in|fan_?in|d_?in|in_?\w*|input_?(size|dim|dims|features|units|shape)?|"
    r"inputs|n_?inputs?|num_?inputs?|n_?x|D|nin|num_features|n_features|dim|features|"
    r"d_model|n|normalized_shape|input_channels?|channels?|n_channels|num_channels)$"
)
_OUT = re.compile(
    r"^(out|n_?out|num_?out|fan_?out|d_?out|out_?\w*|output_?(size|dim|dims|features|units)?|"
    r"outputs|n_?outputs?|num_?outputs?|units|n_?units|num_?units|n_?neurons|neurons|"
    r"num_?neurons|M|nout|hidden_?(size|dim|units)|n_?hidden|H|filters|num_?filters|n_?filters|"
    r"depth|embedding_dim|size|output_channels?)$"
)
_HEADS = re.compile(r"^(n|num|n_|num_)?_?heads?$|^h$")
_WIDTH = re.compile(r"^(d|dim|embed\w*|d_\w+|\w*_dim|\w*_size|\w*features|D|C|n_embd|\w*channels)$")
_SIDE = re.compile(r"^(kernel_?(size|h|w|height|width)?|pool_?(size|h|w|height|width)?|"
                   r"filter_?(size|h|w|height|width)|window_?(size)?|k|f|ksize|size)$")  # fmt: skip
_STEP = re.compile(r"^(strides?|s|(up|down)sampling_factor|factor|scale_factor|dilation)$")
_PAD = re.compile(r"^(pad|padding|p|pads)$")
_RATE = re.compile(r"^(rate|p|ratio|dropout_\w*|drop_?\w*|keep_?\w*|prob|probability)$")
_WORDS = re.compile(r"^(vocab\w*|n_?words|num_words|num_embeddings|V|n_tokens|dictionary_size)$")
_SMALL = re.compile(r"^(alpha|slope|negative_slope|beta|leak|a)$")

#: arrays that a constructor may take, by name: their shape in each kind of layer
_ARRAYS: dict[str, dict[str, tuple[int, ...]]] = {
    "conv": {"w": (3, 2, 3, 2), "b": (3,)},
    "conv1d": {"w": (3, 2, 2), "b": (3,)},
    "norm": {"gamma": (5,), "beta": (5,)},
    "embedding": {"w": (6, 4)},
    "cell": {"wx": (5, 3), "wh": (3, 3), "b": (3,)},
    "sequence": {"wx": (5, 3), "wh": (3, 3), "b": (3,)},
    "": {"w": (5, 3), "b": (3,), "bias": (3,), "gamma": (5,), "beta": (5,)},
}
FEATURES_IN, FEATURES_OUT, CHANNELS_IN, CHANNELS_OUT, VOCABULARY = 5, 3, 2, 3, 6
#: of attention: so that neither the heads nor the features of one are 1
HEADS, WIDTH = 2, 6


class CannotConstruct(Exception):
    """No arguments could be guessed for a constructor; the message names the parameter."""


@dataclass(frozen=True)
class Candidate:
    """One way to construct a layer, in words too."""

    kind: str
    arguments: dict[str, Any]

    def words(self) -> str:
        """Return the arguments as text."""
        shown = (f"{k}={v}" for k, v in self.arguments.items() if not isinstance(v, np.ndarray))
        return ", ".join(shown)


def kind_of(name: str) -> str:
    """Return the kind of layer that a class name means, or "".

    >>> kind_of("Layer_Dense"), kind_of("MaxPool2d"), kind_of("BatchNorm1d"), kind_of("Widget")
    ('dense', 'pool', 'norm', '')
    """
    low = name.lower()
    low = re.sub(r"^layer_|^activation_(?=\w)", "", low)
    return next((kind for kind, pattern in KINDS if re.search(pattern, low)), "")


def candidates(cls: type, rng: Rng) -> Iterator[Candidate]:
    """Yield ways to construct `cls`: one, or several that differ in stride and padding.

    Raises
    ------
    CannotConstruct
        When a required parameter means nothing that is known.
    """
    kind = kind_of(cls.__name__)
    family = next((f for f in ("lstm", "gru") if f in cls.__name__.lower()), "")
    parameters = _parameters(cls)
    settings: list[dict[str, int]] = [{}]
    if kind in ("conv", "conv1d", "pool"):
        settings = [{"stride": 1, "pad": 0}, {"stride": 2, "pad": 1}]
        settings += [{"stride": 2, "pad": 0}, {"stride": 1, "pad": 1}]
        if kind == "pool":
            settings = [{"stride": 2, "pad": 0}, {"stride": 1, "pad": 0}]
    made: list[dict[str, Any]] = []
    for chosen in settings:
        arguments = {
            name: value
            for name, p in parameters.items()
            if (value := _guess(name, p, kind, chosen, rng, family)) is not _LEAVE
        }
        plain = {k: v for k, v in arguments.items() if not isinstance(v, np.ndarray)}
        if plain not in made:
            made.append(plain)
            yield Candidate(kind, arguments)


def forward_arguments(forward: Any, kind: str) -> dict[str, Any]:
    """Return the settings that forward takes beside its inputs: the training flag."""
    return {
        name: True
        for name, p in _signature(forward).items()
        if name in TRAINING_FLAGS and (p.default is p.empty or kind in ("dropout", "norm"))
    }


def input_names(forward: Any) -> list[str]:
    """Return the names of forward's inputs, leaving out settings and what has a default."""
    return [
        name
        for name, p in _signature(forward).items()
        if p.default is p.empty
        and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        and name not in TRAINING_FLAGS
    ]


_LEAVE = object()


def _guess(
    name: str,
    parameter: inspect.Parameter,
    kind: str,
    chosen: dict[str, int],
    rng: Rng,
    family: str,
) -> Any:
    """Return a value for one parameter of a constructor, or _LEAVE for its default."""
    optional = parameter.default is not parameter.empty
    shapes = _ARRAYS.get(kind, _ARRAYS[""])
    key = parameter_letter(name)
    images = kind in ("conv", "conv1d", "pool", "images")
    if _STEP.match(name) and kind in ("conv", "conv1d", "pool"):
        return chosen["stride"]
    if _PAD.match(name) and kind in ("conv", "conv1d", "pool"):
        return _LEAVE if isinstance(parameter.default, str) else chosen["pad"]
    if _RATE.match(name) and kind == "dropout":
        return 0.3
    if kind == "attention" and _HEADS.match(name):
        return HEADS
    if optional:
        return _LEAVE
    if kind == "attention" and _WIDTH.match(name):
        return WIDTH
    if name in ("rng", "generator", "random_state"):
        return np.random.default_rng(0)
    if name in ("seed", "random_seed"):
        return 0
    if _WORDS.match(name):
        return VOCABULARY
    if key in shapes and kind in ("cell", "sequence"):
        gates = {"lstm": 4, "gru": 3}.get(family, 1)
        return rng.standard_normal((*shapes[key][:-1], gates * FEATURES_OUT))
    if key in shapes and not (key in ("beta",) and kind == "activation"):
        return rng.standard_normal(shapes[key])
    if name == "input_shape":
        return (CHANNELS_IN, 5, 4) if kind in ("conv", "pool", "reshape") else (FEATURES_IN,)
    if name == "output_shape":
        return (CHANNELS_IN * 20, 1)
    if _SIDE.match(name) and kind in ("conv", "conv1d", "pool"):
        return 2
    if _IN.match(name):
        return VOCABULARY if kind == "embedding" else CHANNELS_IN if images else FEATURES_IN
    if _OUT.match(name):
        return 4 if kind == "embedding" else CHANNELS_OUT if images else FEATURES_OUT
    if _STEP.match(name):
        return 2
    if _RATE.match(name):
        return 0.3
    if _SMALL.match(name):
        return 0.1
    if _PAD.match(name):
        return 1
    if name in ("num_groups", "groups", "G"):
        return 2
    raise CannotConstruct(f"its constructor wants {name!r}, whose meaning is not known")


def _parameters(cls: type) -> dict[str, inspect.Parameter]:
    if cls.__init__ is object.__init__:  # type: ignore[misc]
        return {}
    found = _signature(cls.__init__)  # type: ignore[misc]
    found.pop(next(iter(found), ""), None)  # self
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return {name: p for name, p in found.items() if p.kind not in kinds}


def _signature(function: Any) -> dict[str, inspect.Parameter]:
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return {}
