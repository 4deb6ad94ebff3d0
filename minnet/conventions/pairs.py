"""Recognise function pairs and loss functions by their names and signatures.

``X_forward`` belongs to ``X_backward``; a variant is named behind it (``conv_forward_naive``,
``batchnorm_backward_alt``), and a backward whose variant has no forward of its own is checked
with the plain one.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minnet.conventions import cs231n, deeplearning_ai
from minnet.conventions.cs231n import Sample, Samples
from minnet.conventions.subject import ENABLE, Subject
from minnet.gradcheck.case import Case, CodeError
from minnet.gradcheck.under_test.functions import FunctionsCase
from minnet.gradcheck.under_test.losses import LossFunctionCase
from minnet.gradcheck.under_test.spellings import BACKWARD_SUFFIXES, FORWARD_SUFFIXES
from minnet.report.results import Skipped

Function = Callable[..., Any]

_PASS = "|".join((*FORWARD_SUFFIXES, *BACKWARD_SUFFIXES))
_PAIR = re.compile(rf"(?P<stem>\w+?)_(?P<pass>{_PASS})(?:_(?P<variant>\w+))?$")
_UNARY = (
    "relu", "sigmoid", "tanh", "leaky_relu", "elu", "selu", "gelu", "silu", "swish", "softplus",
    "relu6", "softmax", "log_softmax", "sin", "cos", "exp", "square", "abs", "hardtanh", "mish",
)  # fmt: skip

#: what each name means: the cases of its forward
KNOWN: dict[str, Samples] = {
    **dict.fromkeys(_UNARY, cs231n.unary),
    **dict.fromkeys(("sqrt", "log"), cs231n.positive),
    **dict.fromkeys(("affine", "fc", "linear", "dense", "fully_connected"), cs231n.affine),
    **dict.fromkeys((f"affine_{name}" for name in _UNARY), cs231n.affine),
    **dict.fromkeys(("batchnorm", "batch_norm", "bn"), cs231n.batchnorm),
    **dict.fromkeys(("layernorm", "layer_norm", "ln"), cs231n.layernorm),
    "dropout": cs231n.dropout,
    **dict.fromkeys(("conv", "conv2d", "convolution"), cs231n.conv),
    **dict.fromkeys(("max_pool", "maxpool", "pool", "avg_pool", "mean_pool"), cs231n.pool),
    **dict.fromkeys(("spatial_batchnorm", "spatial_bn"), cs231n.spatial_batchnorm),
    **dict.fromkeys(("spatial_groupnorm", "groupnorm", "spatial_gn"), cs231n.spatial_groupnorm),
    "rnn_step": cs231n.rnn_step,
    "rnn": cs231n.rnn,
    "lstm_step": cs231n.lstm_step,
    "lstm": cs231n.lstm,
    **dict.fromkeys(("word_embedding", "embedding"), cs231n.word_embedding),
    "temporal_affine": cs231n.temporal_affine,
    **dict.fromkeys(
        ("affine_bn_relu", "affine_batchnorm_relu", "affine_norm_relu"),
        cs231n.affine_norm("batch"),
    ),
    **dict.fromkeys(("affine_ln_relu", "affine_layernorm_relu"), cs231n.affine_norm("layer")),
    **dict.fromkeys((f"conv_{name}" for name in _UNARY), cs231n.small_conv),
    **dict.fromkeys(("conv_bn_relu", "conv_batchnorm_relu"), cs231n.conv_norm),
    **dict.fromkeys(("conv_relu_pool", "conv_pool"), cs231n.conv_pool),
}
#: loss functions, by how their names begin
KNOWN_LOSSES: dict[str, Samples] = {
    "temporal_softmax_loss": cs231n.temporal_scores,
    "softmax_loss": cs231n.scores,
    "softmax_cross_entropy_loss": cs231n.scores,
    "cross_entropy_loss": cs231n.scores,
    "svm_loss": cs231n.scores,
    "hinge_loss": cs231n.scores,
}


@dataclass(frozen=True)
class Pair:
    """A backward function and the forward that it belongs to."""

    name: str
    stem: str
    variant: str
    forward: Function
    backward: Function


def find_functions(functions: Mapping[str, Function]) -> Iterator[Subject | Skipped]:
    """Yield what can be checked among `functions`, and what cannot, in their order."""
    pairs = {
        name: pair
        for pair in _pairs(functions)
        for name in functions
        if functions[name] is pair.backward
    }
    forwards = {name for name in functions for p in pairs.values() if functions[name] is p.forward}
    for name, function in functions.items():
        match = _PAIR.match(name)
        if name in pairs:
            yield pair_subject(pairs[name])
        elif match and name not in forwards:
            other = "forward" if match["pass"] in BACKWARD_SUFFIXES else "backward"
            yield Skipped(name, f"there is no {match['stem']}_{other} to go with it")
        elif not match and "loss" in name.split("_"):
            yield _loss_subject(name, function)


def pair_named(name: str, functions: Mapping[str, Function]) -> list[Pair]:
    """Return the pairs that `name` means: a pair's name, or either of its functions."""
    return [
        pair
        for pair in _pairs(functions)
        if name in (pair.name, pair.stem, pair.forward.__name__, pair.backward.__name__)
    ]


def _pairs(functions: Mapping[str, Function]) -> Iterator[Pair]:
    forwards: dict[tuple[str, str], Function] = {}
    backwards: dict[tuple[str, str], Function] = {}
    for name, function in functions.items():
        if match := _PAIR.match(name):
            side = forwards if match["pass"] in FORWARD_SUFFIXES else backwards
            side[match["stem"], match["variant"] or ""] = function
    for (stem, variant), backward in backwards.items():
        choices = [(stem, v) for v in (variant, "", "naive") if (stem, v) in forwards]
        choices += [key for key in forwards if key[0] == stem]
        if not choices and stem in _UNARY and stem in functions:  # Z -> A, cache
            forwards[stem, ""] = functions[stem]
            choices = [(stem, "")]
        if choices:
            plain = variant in ("", "naive") and not (variant and (stem, "") in backwards)
            name = stem if plain else f"{stem}_{variant}"
            yield Pair(name, stem, variant, forwards[choices[0]], backward)


def pair_subject(pair: Pair) -> Subject | Skipped:
    convention, samples = "cs231n", KNOWN.get(pair.stem)
    names = list(_signature(pair.forward))
    if deeplearning_ai.recognises(names):
        convention, samples = "any", deeplearning_ai.KNOWN.get(pair.stem)
    if samples is None:
        return Skipped(pair.name, f"no convention knows this name; {ENABLE}")
    first = next(samples(np.random.default_rng(0)))
    if not _accepts(pair.forward, len(first.args)):
        return Skipped(pair.name, _other_signature(pair.forward, convention, first))

    def build(rng: np.random.Generator) -> Iterator[Case]:
        for index, sample in enumerate(_with_float32(samples, rng)):
            if index > 1 and pair.variant not in ("", "naive", "alt"):
                sample = replace(sample, optional=True)  # a fast variant may be more particular
            case = FunctionsCase(
                pair.forward,
                pair.backward,
                sample.args,
                name=pair.name,
                convention=convention,
                batched=[names[i] for i in sample.batched] if sample.batched else (),
                quantities=sample.quantities,
            )
            if sample.optional and not _runs(case):
                continue
            yield noted(case, sample.note)

    return Subject(pair.name, convention, build)


def _loss_subject(name: str, function: Function) -> Subject | Skipped:
    names = list(_signature(function))
    begins = [known for known in KNOWN_LOSSES if name.startswith(known)]
    if not begins:
        return Skipped(name, f"no convention knows this name; {ENABLE}")
    samples = KNOWN_LOSSES[begins[0]]
    if names[:2] == ["W", "X"]:
        samples = cs231n.linear_classifier
    first = next(samples(np.random.default_rng(0)))
    if not _accepts(function, len(first.args)):
        return Skipped(name, _other_signature(function, "cs231n", first))

    def build(rng: np.random.Generator) -> Iterator[Case]:
        for sample in _with_float32(samples, rng):
            batched = [names[i] for i in sample.batched]
            case = LossFunctionCase(
                function, sample.args, name=name, convention="cs231n", batched=batched
            )
            yield noted(case, sample.note)

    return Subject(name, "cs231n", build)


def noted(case: Case, note: str) -> Case:
    """Return `case` with a remark at the end of its description."""
    if note:
        case.description += f", {note}"
    return case


def _with_float32(samples: Samples, rng: np.random.Generator) -> Iterator[Sample]:
    """Yield all samples, and at last the second one again in single precision."""
    seen: list[Sample] = []
    for sample in samples(rng):
        seen.append(sample)
        yield sample
    again = seen[min(1, len(seen) - 1)]
    yield replace(again, args=tuple(_single(value) for value in again.args))


def _single(value: Any) -> Any:
    is_float = isinstance(value, np.ndarray) and value.dtype.kind == "f"
    return value.astype(np.float32) if is_float else value


def _runs(case: Case) -> bool:
    try:
        case.run()
    except CodeError:
        return False
    return True


def _signature(function: Function) -> dict[str, inspect.Parameter]:
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return {}


def _accepts(function: Function, count: int) -> bool:
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError:
        return False
    except ValueError:
        return True
    return True


def _other_signature(function: Function, convention: str, sample: Sample) -> str:
    given = ", ".join(_signature(function))
    return (
        f"{function.__name__}({given}) takes other arguments than {convention}'s "
        f"({len(sample.args)} of them); {ENABLE}"
    )
