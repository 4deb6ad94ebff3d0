"""minnet: neural networks from scratch, and a checker for backward passes.

Layers, losses, optimizers and `fit` are here; so are the checker's functions, which are
imported only when first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from minnet.crosscheck import crosscheck  # at once: its module would take the name otherwise
from minnet.datasets import (
    Characters,
    linear_data,
    load_digits,
    load_mnist,
    load_names,
    load_text,
)
from minnet.layers import (
    ELU,
    GELU,
    GRU,
    LSTM,
    RNN,
    Attention,
    AvgPool2D,
    BatchNorm,
    Conv1D,
    Conv2D,
    ConvTranspose2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GroupNorm,
    Layer,
    LayerNorm,
    LeakyReLU,
    MaxPool2D,
    MultiHeadAttention,
    PositionalEncoding,
    ReLU,
    Residual,
    RMSNorm,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
    Tied,
    TransformerBlock,
    Upsample2D,
)
from minnet.losses import (
    MSE,
    BinaryCrossEntropy,
    HalfSquaredError,
    Hinge,
    Huber,
    KLDivergence,
    Loss,
    SoftmaxCrossEntropy,
    TokenCrossEntropy,
)
from minnet.optimizers import SGD, Adam, RMSProp
from minnet.schedules import WarmupCosine
from minnet.training import History, evaluate, fit
from minnet.version import __version__ as __version__

if TYPE_CHECKING:
    from minnet.conventions import check
    from minnet.gradcheck import (
        check_cases,
        check_functions,
        check_gradient,
        check_layer,
        check_loss,
        check_model,
    )
    from minnet.report.report import Report
    from minnet.steps.stepping import step

__all__ = [
    "Adam",
    "Attention",
    "AvgPool2D",
    "BatchNorm",
    "BinaryCrossEntropy",
    "Characters",
    "Conv1D",
    "Conv2D",
    "ConvTranspose2D",
    "Dense",
    "Dropout",
    "ELU",
    "Embedding",
    "Flatten",
    "GELU",
    "GRU",
    "GroupNorm",
    "HalfSquaredError",
    "Hinge",
    "History",
    "Huber",
    "KLDivergence",
    "LSTM",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Loss",
    "MSE",
    "MaxPool2D",
    "MultiHeadAttention",
    "PositionalEncoding",
    "RMSNorm",
    "RMSProp",
    "RNN",
    "ReLU",
    "Report",
    "Residual",
    "SGD",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "SoftmaxCrossEntropy",
    "Softplus",
    "Tanh",
    "Tied",
    "TokenCrossEntropy",
    "TransformerBlock",
    "Upsample2D",
    "WarmupCosine",
    "check",
    "check_cases",
    "check_functions",
    "check_gradient",
    "check_layer",
    "check_loss",
    "check_model",
    "crosscheck",
    "evaluate",
    "fit",
    "linear_data",
    "load_digits",
    "load_mnist",
    "load_names",
    "load_text",
    "step",
]

_IMPORTED_ON_FIRST_USE = {
    "check": "minnet.conventions",
    "check_cases": "minnet.gradcheck",
    "check_functions": "minnet.gradcheck",
    "check_gradient": "minnet.gradcheck",
    "check_layer": "minnet.gradcheck",
    "check_loss": "minnet.gradcheck",
    "check_model": "minnet.gradcheck",
    "Report": "minnet.report.report",
    "step": "minnet.steps.stepping",
}


def __getattr__(name: str) -> Any:
    """Import the checker when it is first asked for."""
    if name in _IMPORTED_ON_FIRST_USE:
        return getattr(import_module(_IMPORTED_ON_FIRST_USE[name]), name)
    raise AttributeError(f"module 'minnet' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
