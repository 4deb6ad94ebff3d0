"""The references of cs231n's functions, by what stands before ``_forward``, and of its losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from minnet.conventions.references import dropout, losses
from minnet.conventions.references.activations import STAGES
from minnet.conventions.references.convolution import avg_pool, conv_param, max_pool, pool_param
from minnet.conventions.references.dense import affine, embedding, temporal_affine
from minnet.conventions.references.normalization import (
    AVERAGES,
    averages_samples,
    bn_param,
    gn_param,
    ln_param,
)
from minnet.conventions.references.reading import Reference, Stage, of_arguments
from minnet.conventions.references.recurrent import lstm, lstm_step, rnn, rnn_step

_AFFINE = of_arguments("minnet.Dense", affine)
_CONV = of_arguments("minnet.Conv2D", conv_param)
_AVERAGE = of_arguments("minnet.AvgPool2D", pool_param(avg_pool))
_MAXIMUM = of_arguments("minnet.MaxPool2D", pool_param(max_pool))
_LAYER_NORM = of_arguments("minnet.LayerNorm", ln_param)
_EMBEDDING = of_arguments("minnet.Embedding", embedding)


def _batch_norm(*shape: int) -> tuple[Reference, ...]:
    samples = averages_samples(*shape)
    return of_arguments("minnet.BatchNorm", bn_param, samples=samples), AVERAGES


_SPATIAL_GROUP = (of_arguments("minnet.GroupNorm", gn_param),)

#: X in X_forward
FUNCTIONS: Mapping[str, tuple[Reference, ...]] = {
    **{n: (of_arguments(f"minnet.{name}", stage),) for n, (name, stage) in STAGES.items()},
    **dict.fromkeys(("affine", "fc", "linear", "dense", "fully_connected"), (_AFFINE,)),
    **dict.fromkeys(("batchnorm", "batch_norm", "bn"), _batch_norm(6, 4)),
    **dict.fromkeys(("layernorm", "layer_norm", "ln"), (_LAYER_NORM,)),
    "dropout": (dropout.FUNCTION,),
    **dict.fromkeys(("conv", "conv2d", "convolution"), (_CONV,)),
    **dict.fromkeys(("max_pool", "maxpool"), (_MAXIMUM,)),
    **dict.fromkeys(("avg_pool", "mean_pool"), (_AVERAGE,)),
    **dict.fromkeys(("spatial_batchnorm", "spatial_bn"), _batch_norm(2, 3, 4, 5)),
    **dict.fromkeys(("spatial_groupnorm", "groupnorm", "spatial_gn"), _SPATIAL_GROUP),
    "rnn_step": (of_arguments("minnet.RNN", rnn_step),),
    "rnn": (of_arguments("minnet.RNN", rnn),),
    "lstm_step": (of_arguments("minnet.LSTM", lstm_step),),
    "lstm": (of_arguments("minnet.LSTM", lstm),),
    **dict.fromkeys(("word_embedding", "embedding"), (_EMBEDDING,)),
    "temporal_affine": (of_arguments("minnet.Dense", temporal_affine),),
}

_ANY_ENTROPY = losses.in_any_reduction(losses.softmax_loss)

#: loss functions, by how their names begin: the reference, and that of a linear classifier
LOSSES: Mapping[str, tuple[str, Stage]] = {
    "temporal_softmax_loss": ("minnet.SoftmaxCrossEntropy", losses.temporal_softmax_loss),
    "softmax_loss": ("minnet.SoftmaxCrossEntropy", losses.softmax_loss),
    "svm_loss": ("minnet.Hinge", losses.svm_loss),
    "softmax_cross_entropy_loss": ("minnet.SoftmaxCrossEntropy", _ANY_ENTROPY),
    "cross_entropy_loss": ("minnet.SoftmaxCrossEntropy", _ANY_ENTROPY),
    "hinge_loss": ("minnet.Hinge", losses.in_any_reduction(losses.svm_loss)),
}


def takes_weights_first(names: Sequence[str]) -> bool:
    """Return whether the arguments of a loss are those of a linear classifier.

    >>> takes_weights_first(["W", "X", "y", "reg"]), takes_weights_first(["x", "y"])
    (True, False)
    """
    return [name.lower() for name in names[:2]] == ["w", "x"]


def of_loss(name: str, names: Sequence[str]) -> tuple[Reference, ...]:
    """Return the references of a loss function by its name and those of its arguments."""
    found = next((LOSSES[known] for known in LOSSES if name.startswith(known)), None)
    if found is None:
        return ()
    against, stage = found
    if takes_weights_first(names):
        stage = losses.linear_classifier("svm" if against == "minnet.Hinge" else "softmax")
    return (of_arguments(against, stage),)
