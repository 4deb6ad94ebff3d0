"""minnet: neural networks from scratch, and a checker for backward passes.

Layers, losses, optimizers and `fit` are here, and so are the checker's functions. Each is imported
when it is first used: a command that needs no arrays does not wait for NumPy.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from minnet.version import __version__ as __version__

if TYPE_CHECKING:
    from minnet.conventions import check as check
    from minnet.crosschecking import crosscheck as crosscheck
    from minnet.datasets import *  # noqa: F403
    from minnet.gradcheck import *  # noqa: F403
    from minnet.layers import *  # noqa: F403
    from minnet.losses import *  # noqa: F403
    from minnet.optimizers import SGD as SGD
    from minnet.optimizers import Adam as Adam
    from minnet.optimizers import RMSProp as RMSProp
    from minnet.report.report import Report as Report
    from minnet.schedules import WarmupCosine as WarmupCosine
    from minnet.steps.stepping import step as step
    from minnet.training import History as History
    from minnet.training import evaluate as evaluate
    from minnet.training import fit as fit

#: what is here, by the module that it comes from
_CONTENTS = {
    "minnet.layers": (
        *("ELU", "GELU", "GRU", "LSTM", "RNN", "Attention", "AvgPool2D", "BatchNorm", "Conv1D"),
        *("Conv2D", "ConvTranspose2D", "Dense", "Dropout", "Embedding", "Flatten", "GroupNorm"),
        *("Layer", "LayerNorm", "LeakyReLU", "MaxPool2D", "MultiHeadAttention"),
        *("PositionalEncoding", "ReLU", "Residual", "RMSNorm", "Sequential", "Sigmoid", "SiLU"),
        *("Softmax", "Softplus", "Tanh", "Tied", "TransformerBlock", "Upsample2D"),
    ),
    "minnet.losses": (
        *("MSE", "BinaryCrossEntropy", "HalfSquaredError", "Hinge", "Huber", "KLDivergence"),
        *("Loss", "SoftmaxCrossEntropy", "TokenCrossEntropy"),
    ),
    "minnet.optimizers": ("SGD", "Adam", "RMSProp"),
    "minnet.schedules": ("WarmupCosine",),
    "minnet.training": ("History", "evaluate", "fit"),
    "minnet.datasets": (
        *("Characters", "linear_data", "load_digits", "load_mnist", "load_names", "load_text"),
    ),
    "minnet.gradcheck": (
        *("check_cases", "check_functions", "check_gradient", "check_layer", "check_loss"),
        "check_model",
    ),
    "minnet.conventions": ("check",),
    "minnet.crosschecking": ("crosscheck",),
    "minnet.report.report": ("Report",),
    "minnet.steps.stepping": ("step",),
}
_HOME = {name: module for module, names in _CONTENTS.items() for name in names}
__all__ = sorted(_HOME)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    """Import what is first asked for: a name of the table, or a part of the package."""
    if name in _HOME:
        found = getattr(import_module(_HOME[name]), name)
    elif not name.startswith("_") and find_spec(f"minnet.{name}") is not None:
        found = import_module(f"minnet.{name}")
    else:
        raise AttributeError(f"module 'minnet' has no attribute {name!r}")
    globals()[name] = found  # asked for once
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
