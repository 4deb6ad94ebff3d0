"""minnet: neural networks from scratch, and a checker for backward passes.

Layers, losses, optimizers and `fit` are here; so are the checker's functions, which are
imported only when first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from minnet.datasets import (
    Characters,
    linear_data,
    load_digits,
    load_mnist,
    load_names,
    load_text,
)
from minnet.layers import (
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Layer,
    LayerNorm,
    LeakyReLU,
    MaxPool2D,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
)
from minnet.losses import (
    MSE,
    BinaryCrossEntropy,
    HalfSquaredError,
    Hinge,
    Loss,
    SoftmaxCrossEntropy,
)
from minnet.optimizers import SGD, Adam, RMSProp
from minnet.schedules import WarmupCosine
from minnet.training import History, evaluate, fit

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

__version__ = "0.1.0"

__all__ = [
    "Adam",
    "AvgPool2D",
    "BatchNorm",
    "BinaryCrossEntropy",
    "Characters",
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "HalfSquaredError",
    "Hinge",
    "History",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Loss",
    "MSE",
    "MaxPool2D",
    "RMSProp",
    "ReLU",
    "Report",
    "Residual",
    "SGD",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "SoftmaxCrossEntropy",
    "Tanh",
    "WarmupCosine",
    "check",
    "check_cases",
    "check_functions",
    "check_gradient",
    "check_layer",
    "check_loss",
    "check_model",
    "evaluate",
    "fit",
    "linear_data",
    "load_digits",
    "load_mnist",
    "load_names",
    "load_text",
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
}


def __getattr__(name: str) -> Any:
    """Import the checker when it is first asked for."""
    if name in _IMPORTED_ON_FIRST_USE:
        return getattr(import_module(_IMPORTED_ON_FIRST_USE[name]), name)
    raise AttributeError(f"module 'minnet' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
